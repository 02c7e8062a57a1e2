"""``provis contacts`` and ``provis sites``: what is known about the residues of a file, without a model."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .. import __version__
from ..actions.sites import COMMAND
from ..annotations.annotation import Annotation
from ..annotations.annotators import find_annotator, property_options
from ..annotations.annotators.contacts import compute_reference_coords
from ..commands.declaration import options_of
from ..errors import InputError, ProvisError, StructureError
from ..exports.pair_table import (
    CONTACT_COLUMNS,
    RESIDUE_COLUMNS,
    make_chain_arrays,
    make_contact_rows,
    name_residue,
)
from ..exports.saving import known_suffixes, write_table
from ..exports.tables import Table
from ..session.settings import Settings
from ..structures.chain import Chain, SelectedChain
from ..structures.subject import Subject
from ..targets.properties import Property, place_subject
from ..targets.scope import Scope
from ..targets.targets import make_targets
from .arguments import (
    add_file_arguments,
    add_options,
    add_out_arguments,
    read_out,
    read_typed,
)
from .console import give_table, open_session, tell

__all__ = ["add_commands", "check_one_chain"]

_SITE_COLUMNS = ("residue", "value", "property", "parts", *RESIDUE_COLUMNS)

Found = tuple[Subject, tuple[Annotation, ...]]


def add_commands(commands: Any) -> None:
    """Add these commands to the subparsers of the program."""
    parser = commands.add_parser("contacts", help="residue pairs of a file that are near each other")
    add_file_arguments(parser)
    sequence = options_of(Scope)
    options = {one.name: one for one in find_annotator("contact").options}
    add_options(parser, (*options.values(), sequence["gaps"], sequence["seqres"]))
    add_out_arguments(parser, known_suffixes())
    parser.set_defaults(run=_find_contacts, names=tuple(options))

    parser = commands.add_parser("sites", help="residues of a file that bind something, or another property")
    add_file_arguments(parser)
    options = {one.name: one for one in property_options()}
    add_options(parser, (COMMAND.own["by"], *options.values()))
    add_out_arguments(parser, known_suffixes())
    parser.set_defaults(run=_find_sites, names=tuple(options), by="site")


@dataclass(frozen=True)
class _Question:
    """What is asked of every chain, and what the answer looks like."""

    property: Property
    columns: tuple[str, ...]
    rows_are: str
    make_rows: Callable[[Found], list[tuple[Any, ...]]]
    make_arrays: Callable[[Found], dict[str, Any]]
    prepare: Callable[[Subject], Subject] = lambda subject: subject


def _find_contacts(asked: argparse.Namespace, settings: Settings) -> int:
    options = read_typed(asked, asked.names)
    atom = options.get("atom", "CA")
    pairs: set[frozenset[str]] = set()  # of chains that are done

    def count_positions(subject: Subject) -> Subject:
        selected = SelectedChain(subject.chain, np.ones(subject.chain.n_residues, dtype=np.bool_))
        try:
            (target,), _ = make_targets([selected], asked.gaps or "auto", asked.seqres or "")
        except StructureError:  # no model can read it, which contacts do not need
            return subject
        return place_subject(subject, target)

    def make_rows(answer: Found) -> list[tuple[Any, ...]]:
        subject, found = answer
        chain = subject.chain
        coords = compute_reference_coords(chain, atom, subject.atoms)
        rows = make_contact_rows(found[0], chain, coords, positions=subject.positions)
        for annotation, other in zip(found[1:], subject.partners, strict=len(found) > 1):
            if (pair := frozenset((chain.label, other.label))) not in pairs:
                pairs.add(pair)
                other_coords = compute_reference_coords(other, atom, subject.atoms)
                rows += make_contact_rows(annotation, chain, coords, other, other_coords)
        return rows

    def make_arrays(answer: Found) -> dict[str, Any]:
        _, found = answer
        if len(found) > 1:
            raise InputError(
                "«between=1» for an NPZ file",
                "An NPZ file holds the contacts within one chain",
                "Leave «between=1» out, or write a table",
            )
        return {"contacts": found[0].values, "valid": found[0].valid, "method": found[0].method}

    wanted = Property("contact", options=options)
    question = _Question(wanted, CONTACT_COLUMNS, "contacts", make_rows, make_arrays, count_positions)
    return _answer(asked, settings, question)


def _find_sites(asked: argparse.Namespace, settings: Settings) -> int:
    wanted = Property(asked.by, options=read_typed(asked, asked.names))
    if find_annotator(wanted.name).name == "contact":
        raise InputError(
            f"«by={asked.by}»",
            "A property of residues is needed, and contacts are pairs",
            "Use «contacts»",
        )

    def make_arrays(answer: Found) -> dict[str, Any]:
        _, found = answer
        return {
            "names": np.array([item.name for item in found]),
            "values": np.stack([item.values for item in found]),
            "valid": np.stack([item.valid for item in found]),
            "method": np.array([item.method for item in found]),
        }

    question = _Question(wanted, _SITE_COLUMNS, "residues", _make_site_rows, make_arrays)
    return _answer(asked, settings, question)


def _make_site_rows(answer: Found) -> list[tuple[Any, ...]]:
    """A row for each residue that has a property; those that it consists of are named in ``parts``."""
    (subject, found), rows = answer, []
    for top in found:
        if any(_is_below(top, other) for other in found):
            continue
        below = [one for one in found if _is_below(one, top)]
        targets = [one for one in below if not any(_is_below(other, one) for other in below)]
        for index in top.residues.tolist():
            names = [one.name[len(top.name) + 1 :] for one in targets if one.values[index]]
            value = float(str(top.values[index])) if top.is_numeric else True
            residue = name_residue(subject.chain, index)
            rows.append((subject.chain.residue_label(index), value, top.name, ",".join(names), *residue))
    return rows


def _is_below(annotation: Annotation, other: Annotation) -> bool:
    return annotation.name.startswith(f"{other.name}:")


def _answer(asked: argparse.Namespace, settings: Settings, question: _Question) -> int:
    out = read_out(asked)
    wanted = question.property
    with open_session(asked, settings) as session:
        viewer = session.viewer
        chains = [selected.chain for selected in viewer.read_chains("")]
        if out is not None and out.suffix.lower() == ".npz":
            check_one_chain(chains, asked.out)
        done: list[Found] = []
        errors: list[ProvisError] = []
        for chain in chains:
            try:
                subject = question.prepare(viewer.read_subjects([chain])[0])
                done.append((subject, wanted.compute(subject)))
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
        arrays = {**question.make_arrays(done[0]), **make_chain_arrays(chains[0])}
        where = write_table(out, Table((), [], arrays=arrays))
        tell(f"{wanted.name} of {chains[0].label} {where}")
        return 0
    rows = [row for answer in done for row in question.make_rows(answer)]
    about = _about(asked.structure, wanted, done)
    give_table(Table(question.columns, rows, about, shown=question.columns[:4]), out, question.rows_are)
    return 0


def check_one_chain(chains: Sequence[Chain], out: str) -> None:
    """Raise `InputError` unless there is one chain for an NPZ file."""
    names = [chain.chain_id or chain.segment_id for chain in chains]
    if len(names) > 1:
        raise InputError(
            f"«out={out}» for {len(names)} chains: {', '.join(names)}",
            "An NPZ file holds the arrays of one chain",
            f"Choose one, for example «selection=chain {names[0]}», or write a table",
        )


def _describe(subject: Subject, found: Sequence[Annotation], write: Callable[[str], object]) -> None:
    n_residues = subject.chain.n_residues
    for item in [one for one in found if not any(_is_below(one, other) for other in found)]:
        count = f"{len(item.residues)} of {n_residues} residues"
        write(f"{subject.chain.label}: {item.name}: {count} ({item.method})")
    for note in dict.fromkeys(note for item in found for note in item.notes):
        write(f"   {note}")


def _about(file: Path, wanted: Property, done: Sequence[Found]) -> dict[str, Any]:
    return {
        "program": f"provis {__version__}",
        "file": str(file),
        "by": wanted.name,
        "options": dict(wanted.options),
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
