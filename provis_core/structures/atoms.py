"""All atoms of one structure by residue and by kind of residue: for binding sites and CB contacts.

Coordinates are in Å. A *row* is a 0-based index in the residues of `StructureAtoms`; it is no
`residue_index`, which counts the polymer residues of one `Chain`. `StructureAtoms.rows_of` leads from one to
the other.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .chain import Chain, ResidueId
from .components import NUCLEOTIDES, WATERS

__all__ = [
    "RESIDUE_KINDS",
    "StructureAtoms",
    "defer_structure_atoms",
    "make_structure_atoms",
    "residue_kind",
]

RESIDUE_KINDS: Final = ("protein", "nucleic", "water", "ligand", "ion")
"""What a residue can be. An ion is one atom of a metal or halogen; protein and nucleic are polymers."""

_NO_ION: Final = frozenset(
    ["H", "D", "B", "C", "N", "O", "SI", "P", "S", "HE", "NE", "AR", "KR", "XE", "X", ""]
)
_NO_WEIGHT: Final = frozenset(["H", "D", "M", "EP", "LP"])
"""Hydrogen, and the sites of charge that water models have beside their atoms."""
_SAME_PLACE: Final = 0.1  # Å


_COLUMNS: Final[dict[str, Any]] = {
    "coords": np.float32,
    "atom_names": np.str_,
    "elements": np.str_,
    "atom_rows": np.int64,
    "is_main": np.bool_,
    "b_factors": np.float32,
}


@dataclass(frozen=True, eq=False)
class StructureAtoms:
    """The atoms of one object in one state with all their locations, and the residues they belong to.

    Attributes
    ----------
    object_name : str
        The object (PyMOL), model (ChimeraX) or file.
    coords : numpy.ndarray, shape (n_atoms, 3), dtype float32
        Å.
    atom_names : numpy.ndarray of str, shape (n_atoms,)
        Without blanks, like ``"CA"``.
    elements : numpy.ndarray of str, shape (n_atoms,)
        Upper case, like ``"ZN"``; empty where it is not known.
    atom_rows : numpy.ndarray, shape (n_atoms,), dtype int64
        Row of the residue that the atom belongs to.
    is_main : numpy.ndarray of bool, shape (n_atoms,)
        False for alternate locations other than the one that stands for the atom.
    b_factors : numpy.ndarray, shape (n_atoms,), dtype float32
        Å²; in predicted models the confidence; NaN where there is none.
    residue_ids : tuple of ResidueId, length n_rows
    residue_names : tuple of str, length n_rows
        Where a place in a polymer has several (microheterogeneity), the one of the main atoms.
    segment_ids : tuple of str, length n_rows
        What tells chains with the same id apart; empty where nothing does.
    kinds : tuple of str, length n_rows
        One of `RESIDUE_KINDS` each.
    """

    object_name: str
    coords: npt.NDArray[np.float32]
    atom_names: npt.NDArray[np.str_]
    elements: npt.NDArray[np.str_]
    atom_rows: npt.NDArray[np.int64]
    is_main: npt.NDArray[np.bool_]
    b_factors: npt.NDArray[np.float32]
    residue_ids: tuple[ResidueId, ...]
    residue_names: tuple[str, ...]
    segment_ids: tuple[str, ...]
    kinds: tuple[str, ...]

    def __post_init__(self) -> None:
        for name, dtype in _COLUMNS.items():
            array = np.array(getattr(self, name), dtype=dtype)
            array = array.reshape(-1, 3) if name == "coords" else array
            array.flags.writeable = False
            object.__setattr__(self, name, array)
            if len(array) != self.n_atoms:
                raise ValueError(f"{name} has {len(array)} entries for {self.n_atoms} atoms")
        if {len(self.residue_names), len(self.segment_ids), len(self.kinds)} != {len(self.residue_ids)}:
            raise ValueError("the columns of the residues have different lengths")
        if self.n_atoms and not 0 <= self.atom_rows.min() <= self.atom_rows.max() < self.n_rows:
            raise ValueError("atom_rows points outside of the residues")
        if unknown := set(self.kinds) - set(RESIDUE_KINDS):
            raise ValueError(f"unknown kinds {sorted(unknown)}")

    @property
    def n_atoms(self) -> int:
        """Number of atoms."""
        return len(self.atom_rows)

    @property
    def n_rows(self) -> int:
        """Number of residues of all kinds."""
        return len(self.residue_ids)

    # what follows from the columns is remembered: a structure has thousands of chains that ask for it
    @functools.cached_property
    def is_heavy(self) -> npt.NDArray[np.bool_]:
        """Atoms other than hydrogen that have coordinates, shape (n_atoms,)."""
        heavy: npt.NDArray[np.bool_] = ~np.isin(self.elements, ("H", "D"))
        return heavy & np.isfinite(self.coords).all(axis=1)

    @functools.cached_property
    def n_heavy(self) -> npt.NDArray[np.int64]:
        """Number of heavy atoms of each row and, at the end, of none; shape (n_rows + 1,)."""
        return np.bincount(self.atom_rows[self.is_heavy], minlength=self.n_rows + 1)

    @functools.cached_property
    def kind_names(self) -> npt.NDArray[np.str_]:
        """`kinds` as an array, shape (n_rows,)."""
        return np.array(self.kinds, dtype=np.str_)

    @functools.cached_property
    def component_names(self) -> npt.NDArray[np.str_]:
        """`residue_names` as an array, shape (n_rows,)."""
        return np.array(self.residue_names, dtype=np.str_)

    @functools.cached_property
    def chain_keys(self) -> tuple[npt.NDArray[np.int64], list[tuple[str, str]]]:
        """Number of the chain of each row, shape (n_rows,), and chain id and segment id by number."""
        pairs = [
            (residue.chain, segment)
            for residue, segment in zip(self.residue_ids, self.segment_ids, strict=True)
        ]
        return _encode(pairs)

    @functools.cached_property
    def _rows_by_residue(self) -> dict[ResidueId, list[int]]:
        found: dict[ResidueId, list[int]] = {}
        for row, residue in enumerate(self.residue_ids):
            found.setdefault(residue, []).append(row)
        return found

    @functools.cached_property
    def _coords_by_name(self) -> dict[str, npt.NDArray[np.float32]]:
        return {}

    def rows_of(self, chain: Chain) -> npt.NDArray[np.int64]:
        """Row of each residue of a chain.

        Parameters
        ----------
        chain : Chain
            Of the same object.

        Returns
        -------
        numpy.ndarray, shape (n_residues,), dtype int64
            -1 where there is no atom of the residue, or its CA is elsewhere (another state, a copy).
        """
        segment = chain.segment_id
        found = np.full(chain.n_residues, -1, dtype=np.int64)
        for index, residue in enumerate(chain.residue_ids):
            known = self._rows_by_residue.get(residue, ())
            rows = [row for row in known if not segment or self.segment_ids[row] == segment]
            of_polymer = [row for row in rows if self.kinds[row] == "protein"]
            exact = [row for row in rows if self.residue_names[row] == chain.residue_names[index]]
            found[index] = next(iter(of_polymer or exact), -1)
        apart = np.linalg.norm(self.atom_coords(found, "CA") - chain.ca_coords, axis=1)
        return np.where(apart > _SAME_PLACE, -1, found)

    def atom_coords(self, rows: npt.NDArray[np.int64], atom_name: str) -> npt.NDArray[np.float32]:
        """Coordinates of one atom in each of some residues.

        Parameters
        ----------
        rows : numpy.ndarray, shape (n,)
            Rows; -1 for none.
        atom_name : str

        Returns
        -------
        numpy.ndarray, shape (n, 3), dtype float32
            Å; NaN where the residue has no such atom.
        """
        if atom_name not in self._coords_by_name:
            found = np.full((self.n_rows + 1, 3), np.nan, dtype=np.float32)
            atoms = np.flatnonzero((self.atom_names == atom_name) & self.is_main)[::-1]
            found[self.atom_rows[atoms]] = self.coords[atoms]
            self._coords_by_name[atom_name] = found
        picked: npt.NDArray[np.float32] = self._coords_by_name[atom_name][rows]
        return picked


class _DeferredAtoms(StructureAtoms):
    """Filled when something of it is first asked for, on whatever thread asks."""

    _make: Callable[[], StructureAtoms]
    _lock: threading.Lock

    def __getattr__(self, name: str) -> Any:
        """Called for what is not there, which is everything until it is filled."""
        if name.startswith("_"):
            raise AttributeError(name)
        with self._lock:
            if "kinds" not in vars(self):
                vars(self).update(vars(self._make()))
                object.__setattr__(self, "_make", None)
        return object.__getattribute__(self, name)


def defer_structure_atoms(make: Callable[[], StructureAtoms]) -> StructureAtoms:
    """Atoms that are sorted into residues when they are first looked at.

    Parameters
    ----------
    make : callable
        Gives them; is called once, on the thread that looks first, and must not touch a viewer.

    Returns
    -------
    StructureAtoms
        What `make` gives is an error only there, too.
    """
    deferred = object.__new__(_DeferredAtoms)
    object.__setattr__(deferred, "_make", make)
    object.__setattr__(deferred, "_lock", threading.Lock())
    return deferred


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
    names_at, known_names = _encode(names)
    segments = [""] * n if segment_ids is None else segment_ids
    alternates = [""] * n if altlocs is None else altlocs
    columns = [_encode(column) for column in (chain_ids, numbers, insertion_codes, segments)]
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


def _encode(values: Sequence[Any]) -> tuple[npt.NDArray[np.int64], list[Any]]:
    """Number values in the order in which they come first: the number of each, and the values."""
    table = {value: number for number, value in enumerate(dict.fromkeys(values))}
    return np.fromiter(map(table.__getitem__, values), np.int64, len(values)), list(table)


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
