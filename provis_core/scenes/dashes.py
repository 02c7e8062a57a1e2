"""Dashed lines, as the short cylinders that a viewer draws."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = ["DASH_RADIUS", "make_dashes"]

DASH_RADIUS: Final = 0.09  # Å
_DASH, _GAP = 0.35, 0.35  # Å
_MANY = 1000  # lines; of more the dashes are longer, so that there are fewer cylinders to draw


def make_dashes(
    start: npt.NDArray[np.float32], end: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Cut lines into dashes.

    Parameters
    ----------
    start, end : numpy.ndarray, shape (n_lines, 3)
        Å.

    Returns
    -------
    start, end : numpy.ndarray, shape (n_dashes, 3)
        The first and last dash of a line begin and end with it.
    line : numpy.ndarray, shape (n_dashes,), dtype int64
        Index of the line that a dash belongs to.
    """
    length = np.linalg.norm(end - start, axis=1)
    dash, gap = (_DASH, _GAP) if len(start) <= _MANY else (3 * _DASH, 3 * _GAP)
    count = np.maximum(1, np.rint((length + gap) / (dash + gap))).astype(np.int64)
    line = np.repeat(np.arange(len(count)), count)
    number = np.arange(len(line)) - np.repeat(np.cumsum(count) - count, count)
    # n dashes and n - 1 gaps fill the line
    period = (1 / (count - gap / (dash + gap)))[line]
    low = number * period
    high = low + period * dash / (dash + gap)
    axis = (end - start)[line]
    begin = start[line] + low[:, None] * axis
    return begin.astype(np.float32), (start[line] + high[:, None] * axis).astype(np.float32), line
