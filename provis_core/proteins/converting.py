"""Published sets of labelled proteins, and lists of PDB ids, as records that a survey reads."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ..errors import InputError
from ..system.given_files import load_text
from ..system.whole_files import write_whole
from .protein import BadItem, Protein
from .reading import read_proteins

__all__ = ["convert_sets"]

_Record = Mapping[str, Any]
_LARGEST: Final = 2 * 10**9  # bytes, unpacked
_STRUCTURES: Final = ("{}.cif.gz", "{}.cif", "{}.pdb.gz", "{}.pdb", "pdb{}.ent.gz", "pdb{}.ent")


def convert_sets(files: Sequence[Path], out: Path, structures: Path) -> tuple[int, list[BadItem]]:
    """Write sets as JSON lines; of a protein that several sets have, the labels come together.

    Parameters
    ----------
    files : sequence of pathlib.Path
        JSON lines in one of the layouts of `_LAYOUTS`; or texts (``.txt``) with a PDB id on each line, and a
        chain behind it or not: ``1hpv``, ``1hpv_A``, ``1hpv.A``.
    out : pathlib.Path
        Is there when it is whole.
    structures : pathlib.Path
        Folder in which, and below which, structures of PDB ids are looked for.

    Returns
    -------
    n_records : int
    left_out : list of BadItem

    Raises
    ------
    InputError
        If a file cannot be read, or is of no known layout.
    """
    left_out: list[BadItem] = []
    n_records = 0
    with write_whole(out) as temporary, temporary.open("w", encoding="utf-8") as lines:
        for one in _join_sets(files, structures):
            if isinstance(one, BadItem):
                left_out.append(one)
            else:
                lines.write(json.dumps(one, ensure_ascii=False) + "\n")
                n_records += 1
    return n_records, left_out


def _join_sets(files: Sequence[Path], structures: Path) -> Iterator[dict[str, Any] | BadItem]:
    """Records of all files; those of several sets are kept until all have been read, one set is not."""
    joined: dict[tuple[str, str], dict[str, Any]] = {}
    n_sets = sum(path.suffix != ".txt" for path in files)
    for path in files:
        if path.suffix == ".txt":
            yield from _read_ids(path, structures)
            continue
        for one in _read_set(path):
            if isinstance(one, BadItem) or n_sets < 2:
                yield one
            else:
                joined.setdefault((one["id"], one["sequence"]), {}).update(one)
    yield from joined.values()


def _read_set(path: Path) -> Iterator[dict[str, Any] | BadItem]:
    text = load_text(path, "JSON lines are needed", largest=_LARGEST)
    layout: _Layout | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            layout = layout or _find_layout(record, path)
            made = layout.convert(record)
        except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
            reason = f"It is not as the lines before it ({type(error).__name__}: {error})."
            yield BadItem(f"{path.name}:{number}", str(path), reason)
            continue
        yield {"id": str(record[layout.name]), "sequence": record["sequence"], **made}


@dataclass(frozen=True)
class _Layout:
    """How a set writes its labels.

    Attributes
    ----------
    keys : tuple of str
        By which it is known.
    name : str
        Key of the protein's name.
    convert : callable
        Labels of a record as `provis_core.proteins.records` reads them.
    """

    keys: tuple[str, ...]
    name: str
    convert: Callable[[_Record], dict[str, Any]]


def _from_one(residues: Sequence[int]) -> list[int]:
    return [number - 1 for number in residues]


def _mark(text: str, letters: str, unknown: str = "") -> str:
    """A string of 0, 1 and - for the letters that count, and those that are not known."""
    return "".join("-" if one in unknown else "1" if one in letters else "0" for one in text)


def _three_states(record: _Record) -> dict[str, Any]:
    """Turns are not told from other, so that neither is made; residues without coordinates are not known."""
    states = [one if known == "1" else "-" for one, known in zip(record["ss3"], record["mask"], strict=True)]
    return {f"ss_{one}": _mark("".join(states), one, "-") for one in "HE"}


def _binding(record: _Record) -> dict[str, Any]:
    kinds = {"metal": "metal_1based", "nucleic": "nuclear_1based", "small": "small_1based"}
    found = {name: _from_one(record[key]) for name, key in kinds.items()}
    return {"binding_site": sorted({one for residues in found.values() for one in residues}), **found}


def _binding_bits(record: _Record) -> dict[str, Any]:
    digits = [int(one) for one in record["label"]]
    bits = {"metal": 1, "nucleic": 2, "small": 4}
    found = {name: [k for k, digit in enumerate(digits) if digit & bit] for name, bit in bits.items()}
    return {"binding_site": [k for k, digit in enumerate(digits) if digit], **found}


def _membrane(record: _Record) -> dict[str, Any]:
    parts = {"tm_helix": "Hh", "tm_strand": "Bb", "signal": "S"}
    return {name: _mark(record["topology"], letters, "U") for name, letters in parts.items()}


_LAYOUTS: Final = (
    _Layout(("sites_index_0based",), "pdb_chain", lambda one: {"binding_site": one["sites_index_0based"]}),
    _Layout(
        ("modifications_index_0based",), "pdb_chain", lambda one: {"ptm": one["modifications_index_0based"]}
    ),
    _Layout(("ss3", "mask"), "id", _three_states),
    _Layout(("metal_1based", "nuclear_1based", "small_1based"), "id", _binding),
    _Layout(("topology",), "id", _membrane),
    _Layout(
        ("conservation",),
        "id",
        lambda one: {"conservation": {"numbers": [int(k) for k in one["conservation"]]}},
    ),
    _Layout(("sites_1based", "kind"), "id", lambda one: {one["kind"]: _from_one(one["sites_1based"])}),
    _Layout(("resnum", "origin", "label"), "origin", lambda one: {"interface": _mark(one["label"], "1")}),
    _Layout(("split", "label"), "id", _binding_bits),
)
"""The first one whose keys a record has."""


def _find_layout(record: _Record, path: Path) -> _Layout:
    for layout in _LAYOUTS:
        if {*layout.keys, layout.name, "sequence"} <= set(record):
            return layout
    known = "; ".join(", ".join((layout.name, *layout.keys)) for layout in _LAYOUTS)
    raise InputError(
        f"{path} has the keys {', '.join(record)}",
        f"A sequence, and one of these sets of keys, is needed: {known}",
        "Write records with id, sequence and labels yourself; the survey's page says how",
    )


def _read_ids(path: Path, structures: Path) -> Iterator[dict[str, Any] | BadItem]:
    at_hand = {one.name.lower(): one for one in sorted(structures.rglob("*")) if one.is_file()}
    wanted: dict[str, set[str]] = {}
    for word in load_text(path, "A PDB id on each line is needed").split():
        entry, _, chain = re.sub(r"[._:]", " ", word, count=1).partition(" ")
        wanted.setdefault(entry.lower(), set()).add(chain)
    for entry, chains in wanted.items():
        file = next((at_hand[name] for one in _STRUCTURES if (name := one.format(entry)) in at_hand), None)
        if file is None:
            yield BadItem(entry, str(path), f"There is no structure of it in {structures}.")
            continue
        seen = set()
        for one in read_proteins([file]):
            chain = one.name.partition("_")[2]
            if chains != {""} and chain not in chains:
                continue
            seen.add(chain)
            yield one if isinstance(one, BadItem) else _write_structure(one)
        for chain in sorted(chains - seen - {""}):
            yield BadItem(f"{entry}_{chain}", str(file), "The structure has no such protein chain.")


def _write_structure(protein: Protein) -> dict[str, Any]:
    """Sequence, coordinates, and what the structure tells; unresolved residues are not known."""
    record: dict[str, Any] = {"id": protein.name, "sequence": protein.sequence}
    coords = protein.ca_coords
    record["ca_coords"] = [
        None if one[0] != one[0] else [round(float(part), 3) for part in one] for one in coords.tolist()
    ]
    states = ["-"] * len(protein.sequence)
    for name, one in protein.annotate(("site", "ptm", "ss")).known.items():
        state = name.removeprefix("ss_")
        if state != name:  # each residue has one: together they are the string that a survey reads
            states = [state if value else before for value, before in zip(one.values, states, strict=True)]
            continue
        record[name] = "".join(
            "1" if value else "0" if known else "-"
            for value, known in zip(one.values, one.valid, strict=True)
        )
    if {*states} != {"-"}:
        record["ss"] = "".join(states)
    return record
