"""How many of the pairs that are drawn are near in the sequence, and how many of the others are contacts.

A head that joins neighbours in the sequence says little about a fold, however strong it is; and of pairs that
are a few residues apart many are contacts whatever a head knows, so contacts are held against what the
separations of the pairs give by themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ..attention.edges import Edges
from ..structures.chain import Chain
from ..structures.neighbours import compute_neighbours
from ..structures.sequence import BETWEEN_CHAINS, SequenceMap

__all__ = ["FAR", "FarPairs", "count_far_pairs"]

FAR: Final = 6
"""Smallest |i - j| of residues that are far apart in the sequence, as in contacts (arXiv 2006.15222)."""


@dataclass(frozen=True)
class FarPairs:
    """Drawn pairs by their separation.

    Attributes
    ----------
    n_near, n_far : int
        Nearer in the sequence than `FAR`; the others, those of linked chains among them.
    n_contacts : int
        Far ones whose CA atoms are nearer than `cutoff`.
    n_expected : float
        How many contacts as many pairs of the chain with the same separations have on average.
    cutoff : float
        Å.
    """

    n_near: int
    n_far: int
    n_contacts: int
    n_expected: float
    cutoff: float


def count_far_pairs(chain: Chain, sequence_map: SequenceMap, edges: Edges, cutoff: float = 8.0) -> FarPairs:
    """Count the pairs that are drawn.

    Parameters
    ----------
    chain : Chain
    sequence_map : SequenceMap
    edges : Edges
    cutoff : float
        Å; a contact is nearer than this.

    Returns
    -------
    FarPairs
    """
    position = sequence_map.positions_of(chain.n_residues)
    coords = chain.ca_coords
    apart = sequence_map.separations(position[edges.query], position[edges.key])
    far = apart >= FAR
    distance = np.linalg.norm(coords[edges.query].astype(np.float64) - coords[edges.key], axis=1)
    seen = np.flatnonzero((position >= 0) & np.isfinite(coords).all(axis=1))
    i, j, between = compute_neighbours(coords[seen], coords[seen], cutoff)
    once = (i < j) & (between < cutoff)
    contacts = sequence_map.separations(position[seen[i[once]]], position[seen[j[once]]])
    expected = 0.0
    for separation, n_drawn in zip(*np.unique(apart[far], return_counts=True), strict=True):
        n_pairs = _count_pairs(position[seen], sequence_map, int(separation))
        expected += int(n_drawn) * np.count_nonzero(contacts == separation) / n_pairs
    return FarPairs(
        n_near=int(np.count_nonzero(~far)),
        n_far=int(np.count_nonzero(far)),
        n_contacts=int(np.count_nonzero(far & (distance < cutoff))),
        n_expected=float(expected),
        cutoff=cutoff,
    )


def _count_pairs(positions: npt.NDArray[np.int64], sequence_map: SequenceMap, separation: int) -> int:
    """How many pairs of positions there are with a separation, or between linked chains."""
    part = sequence_map.part
    if separation == BETWEEN_CHAINS:
        assert part is not None
        sizes = np.unique(part[positions], return_counts=True)[1].astype(np.int64)
        return int(sizes.sum() ** 2 - (sizes**2).sum()) // 2
    is_there = np.zeros(sequence_map.n_positions + separation, dtype=np.bool_)
    is_there[positions] = True
    first = positions[is_there[positions + separation]]
    return len(first) if part is None else int(np.count_nonzero(part[first] == part[first + separation]))
