"""From an array to the pixels that are there: the largest value of the cells that share a pixel.

Cell k of an array covers ``k - 0.5`` to ``k + 0.5`` on its axis. A strong pair in a large map keeps its full
value, because a pixel shows the maximum of what lies under it and not a sample or a mean.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["Bins", "find_edges", "make_bins", "outline", "sample"]


class Bins(NamedTuple):
    """Which cells lie under each pixel of a row of pixels.

    Attributes
    ----------
    first : numpy.ndarray, shape (n_pixels,), dtype int64
        First cell under a pixel; -1 where there is none.
    stop : int
        One behind the last cell that is seen.
    is_many : bool
        Whether several cells can share a pixel; if not, a pixel shows its one cell.
    """

    first: npt.NDArray[np.int64]
    stop: int
    is_many: bool

    @property
    def inside(self) -> npt.NDArray[np.bool_]:
        """Pixels with a cell, shape (n_pixels,)."""
        return self.first >= 0


def make_bins(low: float, high: float, n_pixels: int, n_cells: int) -> Bins:
    """Lay cells under pixels.

    Parameters
    ----------
    low, high : float
        Places at the outer edges of the first and the last pixel; `high` may be the smaller one.
    n_pixels, n_cells : int

    Returns
    -------
    Bins
        From `low` to `high`.
    """
    left, right = min(low, high), max(low, high)
    per_pixel = (right - left) / max(1, n_pixels)
    edges = left + per_pixel * np.arange(n_pixels)
    is_many = per_pixel > 1
    # where cells share a pixel, a cell belongs to the pixel that its middle lies in
    first = (np.ceil(edges) if is_many else np.floor(edges + per_pixel / 2 + 0.5)).astype(np.int64)
    stop = int(min(n_cells, np.ceil(right)))
    first[(first < 0) | (first >= n_cells)] = -1
    return Bins(first if low <= high else first[::-1], stop, is_many)


def sample(array: npt.NDArray[Any], rows: Bins, columns: Bins, outside: Any) -> npt.NDArray[Any]:
    """What the pixels show of an array.

    Parameters
    ----------
    array : numpy.ndarray, shape (n, m)
        A boolean pixel is True where any of its cells is; NaN counts only where there is nothing else.
    rows, columns : Bins
    outside : number
        Value of pixels without a cell.

    Returns
    -------
    numpy.ndarray, shape (n_pixel_rows, n_pixel_columns)
    """
    values = array.view(np.uint8) if array.dtype == np.bool_ else array
    reduced = _reduce(_reduce(values, rows, 0), columns, 1)
    if rows.inside.all() and columns.inside.all():
        result = reduced
    else:
        result = np.full((len(rows.first), len(columns.first)), outside, dtype=values.dtype)
        result[np.ix_(rows.inside, columns.inside)] = reduced
    return result.view(np.bool_) if array.dtype == np.bool_ else result


def _reduce(values: npt.NDArray[Any], bins: Bins, axis: int) -> npt.NDArray[Any]:
    first = bins.first[bins.inside]
    if axis == 1:  # whole rows are taken much faster than columns
        return _reduce(np.ascontiguousarray(values.T), bins, 0).T
    if not bins.is_many or not len(first):
        return values[first]
    starts = np.sort(first)
    ends = np.append(starts[1:], bins.stop)
    largest = np.fmax if values.dtype.kind == "f" else np.maximum
    reduced: npt.NDArray[Any] = values[starts]
    for k in range(1, int((ends - starts).max())):
        largest(reduced, values[np.minimum(starts + k, ends - 1)], out=reduced)
    return reduced[::-1] if first[0] > first[-1] else reduced


def outline(mask: npt.NDArray[np.bool_], thickness: int, *, inner: bool) -> npt.NDArray[np.bool_]:
    """Pixels along the border of what a mask covers.

    Parameters
    ----------
    mask : numpy.ndarray of bool, shape (n, m)
        Of pixels.
    thickness : int
        Pixels.
    inner : bool
        Whether the line lies inside of what the mask covers, or around it.

    Returns
    -------
    numpy.ndarray of bool, shape (n, m)
    """
    covered = ~mask if inner else mask
    grown = covered
    for _ in range(thickness):
        wide = grown.copy()
        wide[1:] |= grown[:-1]
        wide[:-1] |= grown[1:]
        grown = wide.copy()
        grown[:, 1:] |= wide[:, :-1]
        grown[:, :-1] |= wide[:, 1:]
    line: npt.NDArray[np.bool_] = grown & ~covered
    return line


def find_edges(bins: Bins) -> npt.NDArray[np.bool_]:
    """Pixels where a new cell begins, but for the first, shape (n_pixels,)."""
    edge = np.zeros(len(bins.first), dtype=np.bool_)
    edge[1:] = np.diff(bins.first) != 0
    return edge
