"""Residues along an axis: ticks that carry the numbers the user knows.

An axis has one place per residue, in the order of the chain; places are 0-based. Ticks stand on residues with
round numbers. Gaps, insertion codes and numbers that run backwards need no special case: a tick belongs to a
residue and not to a number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..structures.chain import Chain

__all__ = ["ResidueAxis", "Ticks", "join_axes", "make_residue_axis"]


class Ticks(NamedTuple):
    """Where ticks stand, and what is written there.

    Attributes
    ----------
    places : numpy.ndarray, shape (n,), dtype int64
        Ascending.
    labels : tuple of str, length n
        Residue number and insertion code: ``"52A"``.
    """

    places: npt.NDArray[np.int64]
    labels: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class ResidueAxis:
    """The residues along one axis.

    Attributes
    ----------
    numbers : numpy.ndarray, shape (n,), dtype int64
        Author residue numbers.
    resi : tuple of str, length n
        Number and insertion code.
    labels : tuple of str, length n
        ``"A/ASP25"``.
    short : tuple of str, length n
        ``"D25"``; the component name where there is no letter.
    has_code : numpy.ndarray of bool, shape (n,)
        Whether the residue has an insertion code.
    starts : numpy.ndarray, shape (n_segments,), dtype int64
        Where a stretch of consecutive numbers begins; the first is 0.
    chain_starts : tuple of int
        Where a chain begins; the first is 0.
    chain_names : tuple of str
        Chain ids, empty where a chain has none.
    """

    numbers: npt.NDArray[np.int64]
    resi: tuple[str, ...]
    labels: tuple[str, ...]
    short: tuple[str, ...]
    has_code: npt.NDArray[np.bool_]
    starts: npt.NDArray[np.int64]
    chain_starts: tuple[int, ...]
    chain_names: tuple[str, ...]

    @property
    def n(self) -> int:
        """Number of residues."""
        return len(self.resi)

    @property
    def breaks(self) -> npt.NDArray[np.int64]:
        """First places after a break of the numbering inside a chain, shape (n_breaks,)."""
        return np.setdiff1d(self.starts, np.array(self.chain_starts))

    @property
    def dividers(self) -> tuple[int, ...]:
        """First places of the second and later chains."""
        return self.chain_starts[1:]

    @property
    def longest_label(self) -> int:
        """Letters of the longest tick label."""
        return max(map(len, self.resi), default=1)

    def ticks(self, low: float, high: float, spacing: float) -> Ticks:
        """Ticks between two places.

        Residues whose number is a multiple of 1, 2, 5, 10, 20, 50... come first, rounder ones before others.
        A stretch of the numbering that has no such residue is labelled where there is room first.

        Parameters
        ----------
        low, high : float
            First and last visible place.
        spacing : float
            Smallest distance of two ticks, in residues.

        Returns
        -------
        Ticks
        """
        first, last = max(0, int(np.ceil(low))), min(self.n - 1, int(np.floor(high)))
        if last < first:
            return Ticks(np.empty(0, dtype=np.int64), ())
        shown = np.arange(first, last + 1)
        step = _round_step(spacing)
        numbers = self.numbers[shown]
        is_round = numbers % step == 0
        if step > 1:
            is_round &= ~self.has_code[shown]
        candidates = shown[is_round]
        roundness = sum((self.numbers[candidates] % (step * k) == 0).astype(int) for k in (2, 5, 10))
        taken = _take(candidates[np.argsort(-roundness, kind="stable")].tolist(), spacing, [])
        starts = [int(k) for k in np.union1d(self.starts, [first]) if first <= k <= last]
        ends = [*(k - 1 for k in starts[1:]), last]
        silent = [
            (start, end)
            for start, end in zip(starts, ends, strict=True)
            if not any(start <= place <= end for place in taken)
        ]
        silent.sort(key=lambda span: span[0] - span[1])  # the longest stretch first
        for start, end in silent:
            room = [k for k in range(start, end + 1) if all(abs(k - other) >= spacing for other in taken)]
            taken += room[:1]
        places = np.array(sorted(taken), dtype=np.int64)
        return Ticks(places, tuple(self.resi[place] for place in places))


def make_residue_axis(chain: Chain) -> ResidueAxis:
    """The residues of a chain, in its order.

    Parameters
    ----------
    chain : Chain
        Of a joined one (`provis_core.structures.linking.join_chains`), each member is a chain of the axis.

    Returns
    -------
    ResidueAxis
    """
    if chain.members:
        return join_axes([make_residue_axis(member) for member in chain.members])
    numbers = np.array([residue.number for residue in chain.residue_ids], dtype=np.int64)
    step = np.diff(numbers)
    starts = np.concatenate([[0], np.flatnonzero((step != 0) & (step != 1)) + 1]).astype(np.int64)
    return ResidueAxis(
        numbers=numbers,
        resi=tuple(residue.resi for residue in chain.residue_ids),
        labels=tuple(chain.residue_label(index) for index in range(chain.n_residues)),
        short=tuple(
            f"{name if letter == 'X' else letter}{residue.resi}"
            for letter, name, residue in zip(
                chain.sequence, chain.residue_names, chain.residue_ids, strict=True
            )
        ),
        has_code=np.array([bool(residue.insertion_code) for residue in chain.residue_ids], dtype=np.bool_),
        starts=starts,
        chain_starts=(0,),
        chain_names=(chain.chain_id or chain.segment_id,),
    )


def join_axes(axes: Sequence[ResidueAxis]) -> ResidueAxis:
    """Several chains one after another.

    Parameters
    ----------
    axes : sequence of ResidueAxis
        At least one.

    Returns
    -------
    ResidueAxis
    """
    offsets = np.cumsum([0, *(axis.n for axis in axes)]).tolist()
    pairs = list(zip(offsets[:-1], axes, strict=True))
    return ResidueAxis(
        numbers=np.concatenate([axis.numbers for axis in axes]),
        resi=tuple(text for axis in axes for text in axis.resi),
        labels=tuple(text for axis in axes for text in axis.labels),
        short=tuple(text for axis in axes for text in axis.short),
        has_code=np.concatenate([axis.has_code for axis in axes]),
        starts=np.concatenate([axis.starts + offset for offset, axis in pairs]),
        chain_starts=tuple(start + offset for offset, axis in pairs for start in axis.chain_starts),
        chain_names=tuple(name for axis in axes for name in axis.chain_names),
    )


def _round_step(spacing: float) -> int:
    """The smallest of 1, 2, 5, 10, 20, 50... that is at least `spacing`."""
    step = 1
    while step < spacing:
        step = step * 5 // 2 if str(step)[0] == "2" else 2 * step
    return step


def _take(places: list[int], spacing: float, taken: list[int]) -> list[int]:
    """Add the places that keep their distance, in this order."""
    taken = list(taken)
    for place in places:
        if all(abs(place - other) >= spacing for other in taken):
            taken.append(place)
    return taken
