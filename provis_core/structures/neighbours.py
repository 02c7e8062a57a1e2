"""Which points of two sets are near each other, without a loop over pairs."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["compute_neighbours"]


def compute_neighbours(
    points: npt.NDArray[Any], others: npt.NDArray[Any], cutoff: float
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """All pairs of points that are near each other, by a grid of cells as wide as the cut-off.

    Parameters
    ----------
    points : numpy.ndarray, shape (n, 3)
    others : numpy.ndarray, shape (m, 3)
        Å. A point with a NaN has no neighbour.
    cutoff : float
        Å, above 0; pairs at exactly this distance are in.

    Returns
    -------
    i, j : numpy.ndarray, shape (n_pairs,), dtype int64
        Indices in `points` and `others`, ascending by i, then j.
    distance : numpy.ndarray, shape (n_pairs,), dtype float64
        Å.
    """
    left = np.flatnonzero(np.isfinite(points).all(axis=1))
    right = np.flatnonzero(np.isfinite(others).all(axis=1))
    if not len(left) or not len(right):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), np.empty(0)
    a, b = points[left].astype(np.float64), others[right].astype(np.float64)
    low = np.minimum(a.min(axis=0), b.min(axis=0))
    cell_a = np.floor((a - low) / cutoff).astype(np.int64) + 1
    cell_b = np.floor((b - low) / cutoff).astype(np.int64) + 1
    n_y, n_z = np.maximum(cell_a.max(axis=0), cell_b.max(axis=0))[1:] + 2
    strides = np.array([n_y * n_z, n_z, 1])
    key_a, key_b = cell_a @ strides, cell_b @ strides
    order = np.argsort(key_b, kind="stable")
    sorted_keys = key_b[order]
    found_i, found_j = [], []
    for shift in ((x * n_y + y) * n_z for x in (-1, 0, 1) for y in (-1, 0, 1)):
        first = np.searchsorted(sorted_keys, key_a + shift - 1, side="left")
        count = np.searchsorted(sorted_keys, key_a + shift + 1, side="right") - first
        offset = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        found_i.append(np.repeat(np.arange(len(a)), count))
        found_j.append(order[np.repeat(first, count) + offset])
    i, j = np.concatenate(found_i), np.concatenate(found_j)
    distance = np.sqrt(((a[i] - b[j]) ** 2).sum(axis=1))
    near = np.flatnonzero(distance <= cutoff)
    near = near[np.lexsort((j[near], i[near]))]
    return left[i[near]], right[j[near]], distance[near]
