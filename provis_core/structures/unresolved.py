"""Where the unresolved residues of a chain stand, when only their order and their numbers are known.

Viewers keep the observed and the unresolved residues of a polymer each in order, but not always in one
order: residues with insertion codes that count backwards (1H, 1G ... 1A, 1) are sorted differently.
Unresolved residues can only stand at the ends and where the chain is broken; of all ways to share them out,
that with the smoothest numbering is taken, by a dynamic programme over breaks and unresolved residues.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from .chain import ResidueId

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
    numbers = _numbers(observed)
    steps = _cost(numbers[:, :-1], numbers[:, 1:])
    is_complete = all(
        is_told[slot] or not apart[slot - 1] > _CA_CA or steps[slot - 1] < _JUMP
        for slot in slots[1:-1].tolist()
    )
    return before, is_complete


def _share_out(slots: Integers, observed: Sequence[ResidueId], unresolved: Sequence[ResidueId]) -> list[int]:
    """How many residues go to each slot."""
    n = len(unresolved)
    numbers = _numbers(unresolved)
    inner = _cost(numbers[:, :-1], numbers[:, 1:])
    # the steps within the first k residues
    along = np.concatenate([[0, 0], np.cumsum(inner)])[: n + 1]
    best = np.full(n + 1, np.iinfo(np.int64).max // 4)
    best[0] = 0
    origins: list[Integers] = []
    for slot in slots.tolist():
        # nothing is expected at the ends
        before, after = _numbers(observed[max(slot - 1, 0) : slot]), _numbers(observed[slot : slot + 1])
        entering = _cost(before, numbers) if slot else np.zeros(n, dtype=np.int64)
        leaving = _cost(numbers, after) if slot < len(observed) else np.zeros(n, dtype=np.int64)
        passing = int(_cost(before, after)[0]) if 0 < slot < len(observed) else 0
        # residues a .. b-1 in this slot: best[a] + entering[a] + along[b] - along[a + 1] + leaving[b - 1]
        begun = best[:-1] + entering - along[1:]
        running = np.minimum.accumulate(begun)
        first = np.maximum.accumulate(np.where(begun <= running, np.arange(n), 0))
        filled = running + along[1:] + leaving
        empty = best + passing
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


def _numbers(residues: Sequence[ResidueId]) -> Integers:
    """Numbers and insertion codes, shape (2, n); no code comes before A."""
    rows = [(residue.number, ord(residue.insertion_code or "@")) for residue in residues]
    return np.array(rows, dtype=np.int64).reshape(-1, 2).T


def _cost(first: Integers, second: Integers) -> Integers:
    """How badly numbers follow each other, by pairs."""
    step, codes = second - first
    jump = _JUMP + np.minimum(np.abs(step - 1), _JUMP)
    same = np.where(np.abs(codes) == 1, 0, 2)
    return np.where(step == 1, 0, np.where(step == 0, same, jump))
