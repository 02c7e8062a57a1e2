"""Loose atoms of a viewer or a file, sorted into residues, and what kind each residue is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .atoms import StructureAtoms, number_values
from .chain import ResidueId
from .components import NUCLEOTIDES, WATERS

__all__ = ["make_structure_atoms", "residue_kind"]

_NO_ION: Final = frozenset(
    ["H", "D", "B", "C", "N", "O", "SI", "P", "S", "HE", "NE", "AR", "KR", "XE", "X", ""]
)
_NO_WEIGHT: Final = frozenset(["H", "D", "M", "EP", "LP"])
"""Hydrogen, and the sites of charge that water models have beside their atoms."""


def residue_kind(name: str, atom_names: Iterable[str], elements: Iterable[str], in_polymer: bool) -> str:
    """What a residue is.

    Parameters
    ----------
    name : str
        Component name in upper case.
    atom_names, elements : iterable of str
        Of its atoms.
    in_polymer : bool
        Whether it is a link of a protein or nucleic acid chain, or a cap on one: PyMOL's ``polymer``, a
        ``label_seq_id`` in mmCIF.

    Returns
    -------
    str
        One of `RESIDUE_KINDS`.
    """
    if name in WATERS:
        return "water"
    if name in NUCLEOTIDES:
        return "nucleic"
    if in_polymer:
        sugar = {atom.replace("*", "'") for atom in atom_names} & {"C1'", "C3'"}
        return "nucleic" if len(sugar) == 2 else "protein"
    heavy = [element for element in elements if element not in _NO_WEIGHT]
    if heavy == ["O"]:  # whatever a force field calls its water
        return "water"
    return "ion" if len(heavy) == 1 and heavy[0] not in _NO_ION else "ligand"


def make_structure_atoms(
    object_name: str,
    *,
    chain_ids: Sequence[str],
    numbers: Sequence[int],
    insertion_codes: Sequence[str],
    residue_names: Sequence[str],
    atom_names: Sequence[str],
    elements: Sequence[str],
    coords: npt.ArrayLike,
    in_polymer: Sequence[bool],
    segment_ids: Sequence[str] | None = None,
    altlocs: Sequence[str] | None = None,
    occupancies: Sequence[float] | None = None,
    b_factors: Sequence[float] | None = None,
) -> StructureAtoms:
    """Sort the atoms of a viewer or a file into residues; one entry per atom and location.

    Of several locations of an atom the one with the highest occupancy is the main one, of equal ones the
    first by name. Where one place in a polymer carries several residue names (microheterogeneity), it is
    those of the residue with the most occupied atom, of equal ones of the one with the first location.

    Parameters
    ----------
    object_name : str
    chain_ids, insertion_codes, residue_names, atom_names, elements : sequence of str, length n
    numbers : sequence of int, length n
        Author residue numbers.
    coords : array_like, shape (n, 3)
        Å.
    in_polymer : sequence of bool, length n
        See `residue_kind`.
    segment_ids, altlocs : sequence of str, length n, optional
    occupancies, b_factors : sequence of float, length n, optional
        1 and NaN by default.

    Returns
    -------
    StructureAtoms
    """
    n = len(chain_ids)
    upper = _translate(elements, lambda element: element.strip().upper())
    names = _translate(residue_names, lambda name: name.strip().upper())
    names_at, known_names = number_values(names)
    segments = [""] * n if segment_ids is None else segment_ids
    alternates = [""] * n if altlocs is None else altlocs
    columns = [number_values(column) for column in (chain_ids, numbers, insertion_codes, segments)]
    place_at = _number_groups([numbered for numbered, _ in columns])
    is_water = np.array([name in WATERS for name in known_names], dtype=np.bool_)
    polymer = np.array(in_polymer, dtype=np.bool_).reshape(n) & ~is_water[names_at]

    def rank(atom: int) -> tuple[float, str, int]:
        return -1.0 if occupancies is None else -occupancies[atom], alternates[atom], atom

    # in a polymer a place is one residue, elsewhere a ligand and a water may share their number
    kept_at = _resolve_names(place_at, names_at, polymer, rank)
    atom_rows = _number_groups([place_at, kept_at, polymer])
    is_main = names_at == kept_at
    best: dict[tuple[int, str], int] = {}
    # an atom that names no location is itself, however often its name occurs in the residue
    for atom in [k for k, location in enumerate(alternates) if location.strip() and is_main[k]]:
        key = int(atom_rows[atom]), atom_names[atom]
        other = best.setdefault(key, atom)
        if other != atom:
            best[key], worse = (atom, other) if rank(atom) < rank(other) else (other, atom)
            is_main[worse] = False
    first = np.unique(atom_rows, return_index=True)[1].tolist()
    return StructureAtoms(
        object_name=object_name,
        coords=np.asarray(coords, dtype=np.float32).reshape(-1, 3),
        atom_names=np.array(atom_names, dtype=np.str_),
        elements=np.array(upper, dtype=np.str_),
        atom_rows=atom_rows,
        is_main=is_main,
        b_factors=np.full(n, np.nan) if b_factors is None else np.array(b_factors),
        residue_ids=tuple(ResidueId(chain_ids[k], numbers[k], insertion_codes[k]) for k in first),
        residue_names=tuple(known_names[kept_at[k]] for k in first),
        segment_ids=tuple(segments[k] for k in first),
        kinds=_find_kinds([(known_names[kept_at[k]], bool(polymer[k])) for k in first], atom_rows, is_main,
                          atom_names, upper),
    )  # fmt: skip


def _translate(words: Sequence[str], change: Callable[[str], str]) -> list[str]:
    """Change each of many words of which few are different."""
    table = {word: change(word) for word in set(words)}
    return [table[word] for word in words]


def _number_groups(columns: Sequence[npt.NDArray[Any]]) -> npt.NDArray[np.int64]:
    """Number the different rows of some columns of small numbers, in the order in which they come first."""
    joined = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        joined = joined * (int(column.max(initial=0)) + 1) + column
        joined = np.unique(joined, return_inverse=True)[1].reshape(-1)
    _, first, groups = np.unique(joined, return_index=True, return_inverse=True)
    order = np.empty(len(first), dtype=np.int64)
    order[np.argsort(first)] = np.arange(len(first))
    return order[groups.reshape(-1)]


def _resolve_names(
    places: npt.NDArray[np.int64],
    names: npt.NDArray[np.int64],
    polymer: npt.NDArray[np.bool_],
    rank: Callable[[int], tuple[float, str, int]],
) -> npt.NDArray[np.int64]:
    """The residue name that is kept for each atom: at a place of a polymer one of several."""
    kept = names.copy()
    inside = np.flatnonzero(polymer)
    n_names = int(names.max(initial=0)) + 1
    pairs = np.unique(places[inside] * n_names + names[inside])
    several, counts = np.unique(pairs // n_names, return_counts=True)
    for place in several[counts > 1]:
        atoms = inside[places[inside] == place]
        kept[atoms] = names[min(atoms.tolist(), key=rank)]
    return kept


def _find_kinds(
    residues: Sequence[tuple[str, bool]],
    atom_rows: npt.NDArray[np.int64],
    is_main: npt.NDArray[np.bool_],
    atom_names: Sequence[str],
    elements: Sequence[str],
) -> tuple[str, ...]:
    """Kind of each residue (name, whether in a polymer); atoms are looked at where they tell something."""
    sugar = {name for name in set(atom_names) if name.replace("*", "'") in ("C1'", "C3'")}
    has_sugar = np.zeros(len(residues), dtype=np.bool_)
    has_sugar[atom_rows[[k for k, name in enumerate(atom_names) if name in sugar]]] = True
    unclear = (
        np.array([not flag and name not in WATERS for name, flag in residues], dtype=np.bool_) | has_sugar
    )
    members: dict[int, list[int]] = {row: [] for row in np.flatnonzero(unclear).tolist()}
    for atom in np.flatnonzero(is_main & unclear[atom_rows]).tolist():
        members[int(atom_rows[atom])].append(atom)
    kinds = []
    for row, (name, flag) in enumerate(residues):
        inside = members.get(row, ())
        kinds.append(residue_kind(name, [atom_names[k] for k in inside], [elements[k] for k in inside], flag))
    return tuple(kinds)
