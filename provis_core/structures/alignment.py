"""Place the observed residues of a chain on the whole sequence of its polymer.

Observed residues are nearly always a subsequence of the polymer: what has to be found is where the gaps are.
First the numbering is tried as it is; where that does not explain every residue, a dynamic programme finds
the placement with the highest score, between unbroken stretches of 30 residues that occur only once. It is a
global alignment (Gotoh, J Mol Biol 162:705, 1982) in which

- a residue counts what its name or letter agrees,
- skipping polymer positions is free where the chain is broken (CA-CA distance) and dear where it is not,
- skipping as many as the residue numbers do is better than skipping another number,
- residues may be left out (tags that a given sequence does not have), at a price,
- polymer positions before the first and after the last residue are free.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from .chain import Chain
from .components import one_letter

__all__ = ["align_to_components", "align_to_letters"]

Integers = npt.NDArray[np.int64]
Scores = npt.NDArray[np.int32]

_SAME: Final = 100
_SAME_LETTER: Final = 90
_UNKNOWN: Final = 0
_DIFFERENT: Final = -100
_SKIP_IN_BOND: Final = -300
_SKIP_BY_UNKNOWN: Final = -150
_SKIP_OTHER_NUMBER: Final = -40
_TOUCH_AT_BREAK: Final = -30
_TOUCH_AT_NUMBER_GAP: Final = -30
_LEAVE_OUT: Final = -200
_LEAVE_OUT_END: Final = -100
_LEAVE_OUT_MORE: Final = -20
_NEVER: Final = -(10**9)
_FIXED: Final = 10**8
_ANCHOR: Final = 30
"""Residues of a stretch that is not moved where it fits in one place only."""

_MOST_PAIRS: Final = 3 * 10**8  # 1.5 GB
_CA_CA: Final = 4.5
"""Å; consecutive residues whose CA are nearer are neighbours in the polymer."""


def align_to_components(chain: Chain, names: Sequence[str]) -> Integers:
    """Place residues on a polymer that is known by component names.

    Parameters
    ----------
    chain : Chain
    names : sequence of str, length n_positions

    Returns
    -------
    numpy.ndarray, shape (n_residues,), dtype int64
        0-based position of each residue, rising; -1 for a residue that has none.

    Raises
    ------
    InputError
        If there are too many pairs of the two to compare.
    """
    return _align(chain, chain.residue_names, names, _score_components)


def align_to_letters(chain: Chain, letters: str) -> Integers:
    """Place residues on a sequence of letters, which may be of another construct or a relative.

    Parameters
    ----------
    chain : Chain
    letters : str, length n_positions

    Returns
    -------
    numpy.ndarray, shape (n_residues,), dtype int64
        0-based position of each residue, rising; -1 for a residue that has none.

    Raises
    ------
    InputError
        If there are too many pairs of the two to compare.
    """
    return _align(chain, chain.sequence, letters, _score_letters)


def _score_components(name: str, other: str) -> int:
    return _SAME if name == other else min(_score_letters(one_letter(name), one_letter(other)), _SAME_LETTER)


def _score_letters(letter: str, other: str) -> int:
    if "X" in (letter, other):
        return _UNKNOWN
    return _SAME if letter == other else _DIFFERENT


def _align(
    chain: Chain, residues: Sequence[str], polymer: Sequence[str], score: Callable[[str, str], int]
) -> Integers:
    if not residues or not polymer:
        return np.full(len(residues), -1, dtype=np.int64)
    if len(residues) * len(polymer) > _MOST_PAIRS:
        raise InputError(
            f"A sequence of {len(polymer):,} letters for {chain.label} of {len(residues):,} residues",
            f"At most {_MOST_PAIRS // len(residues):,} letters can be aligned to it",
            "Give the part of the sequence that the chain has",
        )
    kinds = {kind: code for code, kind in enumerate(dict.fromkeys([*residues, *polymer]))}
    codes = np.array([kinds[kind] for kind in residues], dtype=np.int64)
    polymer_codes = np.array([kinds[kind] for kind in polymer], dtype=np.int64)
    table = np.array([[score(kind, other) for other in kinds] for kind in kinds], dtype=np.int32)
    # one row per kind of residue, one column per position
    scores = table[:, polymer_codes]
    steps = _number_steps(chain)
    apart = np.linalg.norm(np.diff(chain.ca_coords.astype(np.float64), axis=0), axis=1)
    places = _place_by_number(codes, scores, steps, apart)
    if places is not None:
        return places
    anchors = _find_anchors(codes, polymer_codes, apart <= _CA_CA)
    return _place_between(anchors, codes, scores, steps, apart)


def _number_steps(chain: Chain) -> Integers:
    """By how many positions the numbering moves on from each residue to the next; 1 with insertion codes."""
    numbers = np.array([residue.number for residue in chain.residue_ids], dtype=np.int64)
    return np.maximum(np.diff(numbers), 1)


def _place_by_number(
    codes: Integers, scores: Scores, steps: Integers, apart: npt.NDArray[np.float64]
) -> Integers | None:
    """The placement that follows the numbering, where it explains every residue and every break.

    No other placement can have a higher score then.
    """
    if np.any((steps == 1) & (apart > _CA_CA)) or np.any((steps > 1) & ~(apart > _CA_CA)):
        return None
    places = np.concatenate([[0], np.cumsum(steps)])
    n_starts = scores.shape[1] - int(places[-1])
    starts = np.arange(max(n_starts, 0))
    for k in range(0, len(codes), max(1, len(codes) // 16)):
        starts = starts[scores[codes[k], starts + places[k]] == _SAME]
    for start in starts:
        if np.all(scores[codes, places + start] == _SAME):
            return np.asarray(places + start)
    return None


def _find_anchors(
    codes: Integers, polymer: Integers, is_bonded: npt.NDArray[np.bool_]
) -> list[tuple[int, int]]:
    """Residue and position of unbroken stretches that occur once in the chain and once in the polymer."""
    text, whole = ("".join(map(chr, row.tolist())) for row in (codes, polymer))
    anchors: list[tuple[int, int]] = []
    for first in range(0, len(text) - _ANCHOR + 1, _ANCHOR):
        word = text[first : first + _ANCHOR]
        place = whole.find(word)
        is_once = place >= 0 and whole.find(word, place + 1) < 0 and text.count(word) == 1
        if is_once and is_bonded[first : first + _ANCHOR - 1].all():
            anchors.append((first, place))
    rises = all(a[1] + _ANCHOR <= b[1] for a, b in itertools.pairwise(anchors))
    return anchors if rises else []


def _place_between(
    anchors: list[tuple[int, int]],
    codes: Integers,
    scores: Scores,
    steps: Integers,
    apart: npt.NDArray[np.float64],
) -> Integers:
    """Keep the anchors and align what is before, between and after them."""
    places = np.full(len(codes), -1, dtype=np.int64)
    for residue, position in anchors:
        places[residue : residue + _ANCHOR] = np.arange(position, position + _ANCHOR)
    # each part ends with the first residue of an anchor, and the next one begins with its last
    ends = [*anchors, (len(codes) - 1, scores.shape[1] - 1)]
    begins = [(0, 0), *((residue + _ANCHOR - 1, position + _ANCHOR - 1) for residue, position in anchors)]
    for k, ((i, p), (j, q)) in enumerate(zip(begins, ends, strict=True)):
        if (j - i, q - p) == (1, 1) and 0 < k < len(anchors):
            continue
        part = scores[codes[i : j + 1], p : q + 1]
        if k:
            part[0, 0] = _FIXED
        if k < len(anchors):
            part[-1, -1] = _FIXED
        found = _place_by_score(part, steps[i:j], apart[i:j])
        places[i : j + 1] = np.where(found >= 0, found + p, -1)
    return places


def _place_by_score(scores: Scores, steps: Integers, apart: npt.NDArray[np.float64]) -> Integers:
    """The placement with the highest score; `scores` has a row per residue and a column per position.

    Column q of a row of scores stands for "the last position that was used is q - 1"; `placed` is for the
    previous residue placed there, `left` for the previous residue left out after it.
    """
    n_residues, n_positions = scores.shape
    source = np.zeros((n_residues, n_positions), dtype=np.int32)
    from_left = np.zeros((n_residues, n_positions), dtype=bool)
    begins_left = np.zeros((n_residues, n_positions + 1), dtype=bool)
    columns = np.arange(n_positions + 1, dtype=np.int32)
    placed = np.full(n_positions + 1, _NEVER, dtype=np.int32)
    left = placed.copy()
    best, end = _NEVER, (0, 0)
    for i in range(n_residues):
        row, start = (
            np.full(n_positions, _leave_out_ends(i), dtype=np.int32),
            np.full(n_positions, -1, np.int32),
        )
        if i:
            touch, skip, by_number = _transitions(int(steps[i - 1]), float(apart[i - 1]))
            row, start, from_left[i] = _step(
                placed, left, columns, row, (touch, skip, by_number, int(steps[i - 1]))
            )
        row += scores[i]
        source[i] = start
        opened, more = placed + _LEAVE_OUT, left + _LEAVE_OUT_MORE
        begins_left[i] = opened >= more
        left = np.maximum(np.maximum(opened, more), _NEVER)
        placed = np.concatenate([[np.int32(_NEVER)], row])
        total = int(row.max()) + _leave_out_ends(n_residues - 1 - i)
        if total > best:
            best, end = total, (i, int(row.argmax()))
    return _trace(end, source, from_left, begins_left)


def _leave_out_ends(n_residues: int) -> int:
    return _LEAVE_OUT_END + (n_residues - 1) * _LEAVE_OUT_MORE if n_residues else 0


def _transitions(step: int, distance: float) -> tuple[int, int, int]:
    """Scores for two residues in neighbouring positions, at any distance, and at that of the numbering."""
    if distance <= _CA_CA:
        return 0, _SKIP_IN_BOND, _SKIP_IN_BOND
    if np.isnan(distance):
        return (
            (0, _SKIP_BY_UNKNOWN, _SKIP_BY_UNKNOWN)
            if step == 1
            else (_TOUCH_AT_NUMBER_GAP, _SKIP_OTHER_NUMBER, 0)
        )
    return _TOUCH_AT_BREAK * (1 if step == 1 else 2), _SKIP_OTHER_NUMBER, 0


def _step(
    placed: Scores, left: Scores, columns: Scores, row: Scores, costs: tuple[int, int, int, int]
) -> tuple[Scores, Scores, npt.NDArray[np.bool_]]:
    """Best way to each position: score, column it comes from (-1: none), and from which of the two."""
    touch, skip, by_number, step = costs
    start = np.full(len(row), -1, dtype=np.int32)
    from_left = np.zeros(len(row), dtype=bool)

    def offer(scores: Scores, origin: Scores, is_left: bool | npt.NDArray[np.bool_], first: int = 0) -> None:
        better = scores > row[first:]
        np.copyto(row[first:], scores, where=better)
        np.copyto(start[first:], origin, where=better)
        np.copyto(from_left[first:], is_left, where=better)

    offer(placed[:-1] + touch, columns[:-1], False)
    if 1 < step <= len(row):
        offer(placed[: len(row) - step + 1] + by_number, columns[: len(row) - step + 1], False, step - 1)
    # any greater distance; after a residue that was left out, skipping is free
    after_left = left[:-1]
    is_left = np.ones(len(row), dtype=bool)
    either = after_left.copy()
    skipped = placed[:-2] + np.int32(skip)
    is_left[1:] = after_left[1:] > skipped
    np.maximum(either[1:], skipped, out=either[1:])
    running = np.maximum.accumulate(either)
    best = np.maximum.accumulate(np.where(either >= running, columns[:-1], 0))
    offer(running, best - ~is_left[best], is_left[best])
    return row, start, from_left


def _trace(
    end: tuple[int, int], source: Scores, from_left: npt.NDArray[np.bool_], begins_left: npt.NDArray[np.bool_]
) -> Integers:
    places = np.full(len(source), -1, dtype=np.int64)
    i, position = end
    while True:
        places[i] = position
        column = int(source[i, position])
        if column < 0:
            return places
        is_left = bool(from_left[i, position])
        i -= 1
        while is_left:
            is_left = not begins_left[i, column]
            i -= 1
        position = column - 1
