"""How much attention each residue gives and receives in one head."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..structures.sequence import SequenceMap
from .head_id import Head
from .relevance import Relevance

__all__ = ["Profile", "compute_profile", "place_on_residues", "place_relevance"]


@dataclass(frozen=True, eq=False)
class Profile:
    """Sums over one head's map.

    Attributes
    ----------
    received : numpy.ndarray, shape (n_residues,), dtype float64
        Attention that a residue receives from all residues, the column sums; NaN for a residue that the model
        does not see. The linker between linked chains has no part in a sum over a map; what a scan gives is
        with what the linker attends to.
    given : numpy.ndarray, shape (n_residues,), dtype float64
        What it gives to residues rather than to special tokens, the row sums; all NaN until the whole map is
        there.
    """

    received: npt.NDArray[np.float64]
    given: npt.NDArray[np.float64]

    @property
    def top(self) -> npt.NDArray[np.int64]:
        """Residue indices by falling attention received; those without a number are left out."""
        known = np.flatnonzero(np.isfinite(self.received))
        return known[np.argsort(-self.received[known], kind="stable")]


def compute_profile(
    received: npt.NDArray[np.floating] | None,
    weights: npt.NDArray[np.float32] | None,
    sequence_map: SequenceMap,
    n_residues: int,
) -> Profile:
    """Sum up one head.

    Parameters
    ----------
    received : numpy.ndarray, shape (n_positions,), or None
        Column sums out of a scan.
    weights : numpy.ndarray, shape (n_positions, n_positions), or None
        The whole map, query by key.
    sequence_map : SequenceMap
    n_residues : int
        Of the chain.

    Returns
    -------
    Profile
        NaN where neither tells.
    """
    unknown = np.full(sequence_map.n_positions, np.nan)
    part = sequence_map.part
    own = slice(None) if part is None else part >= 0
    if part is not None and weights is not None:
        received = None
    given = unknown if weights is None else weights[:, own].sum(axis=1, dtype=np.float64)
    if received is None:
        received = unknown if weights is None else weights[own].sum(axis=0, dtype=np.float64)
    return Profile(
        place_on_residues(received, sequence_map, n_residues),
        place_on_residues(given, sequence_map, n_residues),
    )


def place_relevance(
    relevance: Relevance, head: Head, sequence_map: SequenceMap, n_residues: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Relevance of the residues, and the part through a head (of a set the mean), each (n_residues,)."""
    part = np.mean([relevance.heads[one] for one in head.heads], axis=0)
    residues = place_on_residues(relevance.residues, sequence_map, n_residues)
    return residues, place_on_residues(part, sequence_map, n_residues)


def place_on_residues(
    values: npt.NDArray[np.floating], sequence_map: SequenceMap, n_residues: int
) -> npt.NDArray[np.float64]:
    """Numbers per position as numbers per residue, shape (n_residues,); NaN where a residue has none."""
    placed = np.full(n_residues, np.nan)
    resolved = sequence_map.residue_index >= 0
    placed[sequence_map.residue_index[resolved]] = values[resolved]
    return placed
