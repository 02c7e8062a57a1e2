"""Chains beyond a model's hard limit, in overlapping windows, and which window speaks for a pair.

The rule: a residue pair takes its weight from the window in which both residues are farthest from an edge
that was cut (the ends of the chain itself are no such edges), the earlier window where two are equal. A pair
that is never in one window is absent. What concerns a row alone is taken where the residue's pair with itself
is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..errors import InputError

__all__ = ["Window", "describe_windows", "owns_pairs", "split_windows"]


class Window(NamedTuple):
    """Positions that are computed together.

    Attributes
    ----------
    start, stop : int
        0-based; stop is not in it.
    """

    start: int
    stop: int


def split_windows(n_positions: int, window: int, overlap: int | None = None) -> tuple[Window, ...]:
    """Cut a sequence into windows of equal size; the last one ends with the sequence.

    Parameters
    ----------
    n_positions : int
    window : int
        Positions of each window; one window where the sequence is not longer.
    overlap : int, optional
        Positions that neighbours share at least; half of the window by default.

    Returns
    -------
    tuple of Window

    Raises
    ------
    InputError
        Unless 0 <= overlap < window.
    """
    overlap = window // 2 if overlap is None else overlap
    if not 0 <= overlap < window:
        raise InputError(
            f"«window={window}», overlap={overlap}",
            "A window of at least 1 residue is needed, and an overlap smaller than it",
            f"Try overlap={max(0, window // 2)}" if window > 0 else "Try «window=1000»",
        )
    if n_positions <= window:
        return (Window(0, n_positions),)
    last = n_positions - window
    starts = [*range(0, last, window - overlap), last]
    return tuple(Window(start, start + window) for start in starts)


def owns_pairs(
    windows: Sequence[Window], index: int, i: npt.NDArray[Any], j: npt.NDArray[Any]
) -> npt.NDArray[np.bool_]:
    """Whether a window speaks for pairs of positions.

    Parameters
    ----------
    windows : sequence of Window
        All of the sequence, in order.
    index : int
        Which one; all the positions lie in it.
    i, j : numpy.ndarray of int
        Positions in the sequence, of shapes that broadcast.

    Returns
    -------
    numpy.ndarray of bool
    """
    low, high = np.minimum(i, j), np.maximum(i, j)
    end = windows[-1].stop
    own = _margin(windows[index], end, low, high)
    owned = np.ones(own.shape, dtype=np.bool_)
    for other, window in enumerate(windows):
        if other != index and window.start < windows[index].stop and windows[index].start < window.stop:
            margin = _margin(window, end, low, high)
            owned &= own >= margin if other > index else own > margin
    return owned


def describe_windows(windows: Sequence[Window]) -> str:
    """One sentence that states how a stitched result was made."""
    size, n_positions = windows[0].stop - windows[0].start, windows[-1].stop
    spans = ", ".join(f"{window.start + 1}-{window.stop}" for window in windows)
    return (
        f"The {n_positions} residues were computed in {len(windows)} windows of {size} ({spans}), each blind "
        "to the rest. Each pair comes from the window in which both residues are farthest from a cut edge; "
        "pairs that are never in one window are absent. Rows come from several windows, so they may sum to "
        "more than 1."
    )


def _margin(window: Window, end: int, low: npt.NDArray[Any], high: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """How far a pair is from the nearest cut edge; below 0 outside of the window."""
    far = np.iinfo(np.int64).max
    left = np.where(low < window.start, -1, far if window.start == 0 else low - window.start)
    right = np.where(high >= window.stop, -1, far if window.stop == end else window.stop - 1 - high)
    return np.minimum(left, right)
