"""``provis contacts`` and ``provis sites``: what is known about the residues of a file, without a model."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .. import __version__
from ..annotation import Annotation, Subject
from ..annotations import compute_annotations, find_annotator, known_annotators
from ..annotations.contacts import compute_reference_coords
from ..errors import InputError, ProvisError, StructureError
from ..pair_table import CONTACT_COLUMNS, RESIDUE_COLUMNS, make_chain_arrays, make_contact_rows, name_residue
from ..settings import Settings
from ..tables import SUFFIXES, Table, check_out_path, save_arrays
from .console import add_file_arguments, add_out_argument, give_table, open_explorer, read_options, tell

__all__ = ["add_commands", "add_option_argument"]

_SUFFIXES = (*SUFFIXES, ".npz")
_SITE_COLUMNS = ("residue", "value", "property", "parts", *RESIDUE_COLUMNS)

Found = tuple[Subject, tuple[Annotation, ...]]


def add_commands(commands: Any) -> None:
    """Add these commands to the subparsers of the program."""
    parser = commands.add_parser("contacts", help="residue pairs of a file that are near each other")
    add_file_arguments(parser)
    add_option_argument(parser, "atom=CB, cutoff=10, min_sep=4, between=1")
    parser.add_argument("--quiet", action="store_true", help="no summary")
    add_out_argument(parser, _SUFFIXES)
    parser.set_defaults(run=_find_contacts)

    names = ", ".join(name for item in known_annotators() for name in (item.parts or (item.name,)))
    parser = commands.add_parser("sites", help="residues of a file that bind something, or another property")
    add_file_arguments(parser)
    parser.add_argument(
        "--by", default="site", metavar="WHAT", help=f"one of {names}; or a part of it: site:ligand:HEM"
    )
    add_option_argument(parser, "radius=4.5, kinds=ligand,chain, file=P69905.txt")
    parser.add_argument("--quiet", action="store_true", help="no summary")
    add_out_argument(parser, _SUFFIXES)
    parser.set_defaults(run=_find_sites)


def add_option_argument(parser: argparse.ArgumentParser, examples: str) -> None:
    """Add ``--option``."""
    parser.add_argument(
        "--option",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help=f"an option of the property, like {examples} (docs/annotations.md has them all)",
    )


def _find_contacts(asked: argparse.Namespace, settings: Settings) -> int:
    options = read_options(asked)
    atom = options.get("atom", "CA")

    def make_rows(subject: Subject, found: tuple[Annotation, ...]) -> list[tuple[Any, ...]]:
        coords = compute_reference_coords(subject.chain, atom, subject.atoms)
        rows = make_contact_rows(found[0], subject.chain, coords)
        for annotation, other in zip(found[1:], subject.partners, strict=True):
            other_coords = compute_reference_coords(other, atom, subject.atoms)
            rows += make_contact_rows(annotation, subject.chain, coords, other, other_coords)
        return rows

    def make_arrays(subject: Subject, found: tuple[Annotation, ...]) -> dict[str, Any]:
        if len(found) > 1:
            raise InputError(
                "between=1 for an NPZ file",
                "An NPZ file holds the contacts within one chain",
                "Leave between=1 out, or write a table",
            )
        return {"contacts": found[0].values, "valid": found[0].valid, "method": found[0].method}

    return _run(asked, settings, "contact", CONTACT_COLUMNS, make_rows, make_arrays, "contacts")


def _find_sites(asked: argparse.Namespace, settings: Settings) -> int:
    if find_annotator(asked.by).name == "contact":
        raise InputError(
            f"by={asked.by}",
            "A property of residues is needed, and contacts are pairs",
            "Use provis contacts",
        )

    def make_arrays(_: Subject, found: tuple[Annotation, ...]) -> dict[str, Any]:
        return {
            "names": np.array([item.name for item in found]),
            "values": np.stack([item.values for item in found]),
            "valid": np.stack([item.valid for item in found]),
            "method": np.array([item.method for item in found]),
        }

    return _run(asked, settings, asked.by, _SITE_COLUMNS, make_site_rows, make_arrays, "residues")


def make_site_rows(subject: Subject, found: tuple[Annotation, ...]) -> list[tuple[Any, ...]]:
    """A row for each residue that has a property; those that it consists of are named in ``parts``."""
    chain, rows = subject.chain, []
    for top in found:
        if any(_is_below(top, other) for other in found):
            continue
        parts = [
            one for one in found if _is_below(one, top) and not any(_is_below(two, one) for two in found)
        ]
        for index in top.residues.tolist():
            names = [one.name[len(top.name) + 1 :] for one in parts if one.values[index]]
            value = float(str(top.values[index])) if top.is_numeric else True
            rows.append(
                (chain.residue_label(index), value, top.name, ",".join(names), *name_residue(chain, index))
            )
    return rows


def _is_below(annotation: Annotation, other: Annotation) -> bool:
    return annotation.name.startswith(f"{other.name}:")


def _run(
    asked: argparse.Namespace,
    settings: Settings,
    by: str,
    columns: tuple[str, ...],
    make_rows: Callable[[Subject, tuple[Annotation, ...]], list[tuple[Any, ...]]],
    make_arrays: Callable[[Subject, tuple[Annotation, ...]], dict[str, Any]],
    what: str,
) -> int:
    out = check_out_path(asked.out, _SUFFIXES) if asked.out else None
    options = read_options(asked)
    with open_explorer(asked, settings) as explorer:
        viewer = explorer.viewer
        chains = [selected.chain for selected in viewer.read_chains("")]
        if out is not None and out.suffix.lower() == ".npz":
            check_one_chain([chain.chain_id or chain.segment_id for chain in chains], out)
        done: list[Found] = []
        errors: list[ProvisError] = []
        for chain in chains:
            subject = viewer.read_subject(chain)
            try:
                done.append((subject, compute_annotations(by, subject, **options)))
            except (InputError, StructureError) as error:
                errors.append(error)
        if not done:
            raise errors[0]
        for problem in errors:
            viewer.warn(str(problem))
        if not asked.quiet:
            for subject, found in done:
                _describe(subject, found, viewer.write)
    if out is not None and out.suffix.lower() == ".npz":
        ((subject, found),) = done
        save_arrays(out, {**make_arrays(subject, found), **make_chain_arrays(subject.chain)})
        tell(f"{by} of {subject.chain.label} written to {out}")
        return 0
    rows = [row for subject, found in done for row in make_rows(subject, found)]
    shown = columns[:4]
    give_table(Table(columns, rows, _about(asked.file, by, options, done), shown), out, what)
    return 0


def check_one_chain(names: Sequence[str], out: Path) -> None:
    """Raise `InputError` unless there is one chain for an NPZ file."""
    if len(names) > 1:
        raise InputError(
            f"out={out.name} for {len(names)} chains: {', '.join(names)}",
            "An NPZ file holds the arrays of one chain",
            f"Choose one, for example --chain {names[0]}, or write a table",
        )


def _describe(subject: Subject, found: Sequence[Annotation], write: Callable[[str], object]) -> None:
    n_residues = subject.chain.n_residues
    for item in found:
        count = f"{len(item.residues)} of {n_residues} residues"
        write(f"{subject.chain.label}: {item.name}: {count} ({item.method})")
    for note in dict.fromkeys(note for item in found for note in item.notes):
        write(f"   {note}")


def _about(file: Path, by: str, options: dict[str, str], done: Sequence[Found]) -> dict[str, Any]:
    return {
        "program": f"provis {__version__}",
        "file": str(file),
        "by": by,
        "options": options,
        "chains": [
            {
                "chain": subject.chain.chain_id,
                "segment": subject.chain.segment_id,
                "state": subject.chain.state,
                "sequence": subject.chain.sequence,
                "annotations": [
                    {
                        "name": item.name,
                        "method": item.method,
                        "source": item.source,
                        "notes": list(item.notes),
                        "n_residues": len(item.residues),
                        "n_unknown": int(np.count_nonzero(~item.valid)),
                    }
                    for item in found
                ],
            }
            for subject, found in done
        ],
    }
