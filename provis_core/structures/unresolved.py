"""Where the unresolved residues of a chain stand, when only their order and their numbers are known.

Viewers keep the observed and the unresolved residues of a polymer each in order, but not always in one
order: residues with insertion codes that count backwards (1H, 1G ... 1A, 1) are sorted differently.
Unresolved residues can only stand at the ends and where the chain is broken; of all ways to share them out,
that with the smoothest numbering is taken, by a dynamic programme over breaks and unresolved residues.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from ..chain import ResidueId

__all__ = ["merge_unresolved"]

Integers = npt.NDArray[np.int64]

_CA_CA: Final = 4.5
"""Å; consecutive residues whose CA are nearer are neighbours in the polymer."""
_JUMP: Final = 10
"""Cost of two neighbours whose numbers do not follow each other."""


def merge_unresolved(
    observed: Sequence[ResidueId], ca_coords: npt.NDArray[np.float32], unresolved: Sequence[ResidueId]
) -> tuple[Integers, bool]:
    """Share unresolved residues out to the breaks and ends of a chain.

    Parameters
    ----------
    observed : sequence of ResidueId, length n_residues
        In the order of the chain; at least one.
    ca_coords : numpy.ndarray, shape (n_residues, 3)
        Å, NaN where not known.
    unresolved : sequence of ResidueId, length n_unresolved
        In the order of the chain.

    Returns
    -------
    before : numpy.ndarray, shape (n_unresolved,), dtype int64
        For each unresolved residue the 0-based index of the observed residue that comes next; n_residues
        after the last one. Rising.
    is_complete : bool
        Whether every break with a jump in the numbers got residues: False says that some are not known.
    """
    apart = np.linalg.norm(np.diff(np.asarray(ca_coords, dtype=np.float64), axis=0), axis=1)
    # a slot is the place before an observed residue, and the last one the place after all of them
    slots = np.concatenate([[0], np.flatnonzero(~(apart <= _CA_CA)) + 1, [len(observed)]])
    counts = _share_out(slots, observed, unresolved)
    before = np.repeat(slots, counts)
    is_told = np.zeros(len(observed) + 1, dtype=bool)
    is_told[before] = True
    is_complete = all(
        is_told[slot] or not apart[slot - 1] > _CA_CA or _cost(observed[slot - 1], observed[slot]) < _JUMP
        for slot in slots[1:-1].tolist()
    )
    return before, is_complete


def _share_out(slots: Integers, observed: Sequence[ResidueId], unresolved: Sequence[ResidueId]) -> list[int]:
    """How many residues go to each slot."""
    n = len(unresolved)
    inner = np.array([_cost(a, b) for a, b in itertools.pairwise(unresolved)], dtype=np.int64)
    # the steps within the first k residues
    along = np.concatenate([[0, 0], np.cumsum(inner)])[: n + 1]
    best = np.full(n + 1, np.iinfo(np.int64).max // 4)
    best[0] = 0
    origins: list[Integers] = []
    for slot in slots.tolist():
        before = observed[slot - 1] if slot else None
        after = observed[slot] if slot < len(observed) else None
        entering = np.array([_cost(before, residue) for residue in unresolved], dtype=np.int64)
        leaving = np.array([_cost(residue, after) for residue in unresolved], dtype=np.int64)
        # residues a .. b-1 in this slot: best[a] + entering[a] + along[b] - along[a + 1] + leaving[b - 1]
        begun = best[:-1] + entering - along[1:]
        running = np.minimum.accumulate(begun)
        first = np.maximum.accumulate(np.where(begun <= running, np.arange(n), 0))
        filled = running + along[1:] + leaving
        empty = best + _cost(before, after)
        origin = np.arange(n + 1)
        is_filled = filled < empty[1:]
        origin[1:][is_filled] = first[is_filled]
        best = empty.copy()
        best[1:][is_filled] = filled[is_filled]
        origins.append(origin)
    counts = []
    end = n
    for origin in reversed(origins):
        start = int(origin[end])
        counts.append(end - start)
        end = start
    return counts[::-1]


def _cost(first: ResidueId | None, second: ResidueId | None) -> int:
    """How badly two numbers follow each other; nothing is expected at the ends."""
    if first is None or second is None:
        return 0
    step = second.number - first.number
    if step == 1:
        return 0
    if step == 0:
        codes = ord(second.insertion_code or "@") - ord(first.insertion_code or "@")  # @ comes before A
        return 0 if abs(codes) == 1 else 2
    return _JUMP + min(abs(step - 1), _JUMP)
