"""All atoms of one structure by residue and by kind of residue: for binding sites and CB contacts.

Coordinates are in Å. A *row* is a 0-based index in the residues of `StructureAtoms`; it is no
`residue_index`, which counts the polymer residues of one `Chain`. `StructureAtoms.rows_of` leads from one to
the other.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .chain import Chain, ResidueId

__all__ = [
    "RESIDUE_KINDS",
    "StructureAtoms",
    "defer_structure_atoms",
    "number_values",
]

RESIDUE_KINDS: Final = ("protein", "nucleic", "water", "ligand", "ion")
"""What a residue can be. An ion is one atom of a metal or halogen; protein and nucleic are polymers."""

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
        return number_values(pairs)

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


def number_values(values: Sequence[Any]) -> tuple[npt.NDArray[np.int64], list[Any]]:
    """Number values in the order in which they come first: the number of each, and the values."""
    table = {value: number for number, value in enumerate(dict.fromkeys(values))}
    return np.fromiter(map(table.__getitem__, values), np.int64, len(values)), list(table)
