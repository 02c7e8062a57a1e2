"""Where residues come nearest to what they bind."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .atoms import StructureAtoms
from .chain import Chain
from .neighbours import compute_neighbours

__all__ = ["compute_nearest_atoms"]

_Coords = npt.NDArray[np.float32]


def compute_nearest_atoms(
    chain: Chain, atoms: StructureAtoms, targets: npt.NDArray[np.int64], radius: float
) -> tuple[npt.NDArray[np.int64], _Coords, _Coords]:
    """The nearest heavy atoms of each residue and each of some other residues, where they are near.

    Parameters
    ----------
    chain : Chain
    atoms : StructureAtoms
        Of the same object and state.
    targets : numpy.ndarray, shape (n_targets,)
        Rows of `atoms`.
    radius : float
        Å.

    Returns
    -------
    residues : numpy.ndarray, shape (n_pairs,), dtype int64
        Residue index of each pair, ascending.
    start, end : numpy.ndarray, shape (n_pairs, 3), dtype float32
        Å; the atom of the residue and that of the target.
    """
    rows = atoms.rows_of(chain)
    residue_of_row = np.full(atoms.n_rows + 1, -1)
    residue_of_row[rows[rows >= 0]] = np.flatnonzero(rows >= 0)
    is_target = np.zeros(atoms.n_rows + 1, dtype=np.bool_)
    is_target[targets] = True
    ours = np.flatnonzero(atoms.is_heavy & (residue_of_row[atoms.atom_rows] >= 0))
    theirs = np.flatnonzero(atoms.is_heavy & is_target[atoms.atom_rows])
    i, j, distance = compute_neighbours(atoms.coords[ours], atoms.coords[theirs], radius)
    i, j = ours[i], theirs[j]
    residue, target = residue_of_row[atoms.atom_rows[i]], atoms.atom_rows[j]
    order = np.lexsort((distance, target, residue))
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (np.diff(residue[order]) != 0) | (np.diff(target[order]) != 0)
    kept = order[first]
    return residue[kept], atoms.coords[i[kept]], atoms.coords[j[kept]]
