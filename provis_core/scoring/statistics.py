"""Tests of shares, and corrections for testing many heads; arrays in, arrays out.

NaN stands for "not tested": it stays NaN and is not counted among the tests.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt

__all__ = ["compare_proportions", "correct_bonferroni", "correct_fdr", "count_tests", "rank_values"]

_SQRT2: Final = math.sqrt(2.0)

_Floats = npt.NDArray[np.float64]


def compare_proportions(
    hits: npt.ArrayLike, counts: npt.ArrayLike, other_hits: npt.ArrayLike, other_counts: npt.ArrayLike
) -> tuple[_Floats, _Floats]:
    """Two-proportion z-test with the pooled share, two-sided, as in Vig et al. (arXiv 2006.15222).

    Parameters
    ----------
    hits, counts : array_like of int
        Of the heads.
    other_hits, other_counts : array_like of int
        Of the background; they broadcast.

    Returns
    -------
    z : numpy.ndarray of float64
        Above 0 where the share of the heads is larger; NaN where there is nothing to compare.
    p : numpy.ndarray of float64
    """
    hits, counts, other_hits, other_counts = np.broadcast_arrays(
        *(np.asarray(part, dtype=np.float64) for part in (hits, counts, other_hits, other_counts))
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = (hits + other_hits) / (counts + other_counts)
        spread = np.sqrt(pooled * (1 - pooled) * (1 / counts + 1 / other_counts))
        z = (hits / counts - other_hits / other_counts) / spread
    z = np.where(np.isfinite(z), z, np.nan)
    return z, _two_sided(z)


def count_tests(p: npt.NDArray[Any]) -> int:
    """How many p-values there are: those that are not NaN."""
    return int(np.count_nonzero(~np.isnan(p)))


def correct_bonferroni(p: npt.NDArray[Any]) -> _Floats:
    """Bonferroni: each p-value times their number, at most 1.

    Parameters
    ----------
    p : numpy.ndarray of float64
        Of any shape.

    Returns
    -------
    numpy.ndarray of float64
        Of the same shape.
    """
    return np.minimum(np.asarray(p, dtype=np.float64) * count_tests(p), 1.0)


def correct_fdr(p: npt.NDArray[Any]) -> _Floats:
    """False discovery rate of Benjamini and Hochberg (1995), as adjusted p-values.

    Parameters
    ----------
    p : numpy.ndarray of float64
        Of any shape.

    Returns
    -------
    numpy.ndarray of float64
        Of the same shape.
    """
    flat = np.asarray(p, dtype=np.float64).ravel()
    tested = np.flatnonzero(~np.isnan(flat))
    corrected = np.full(flat.shape, np.nan)
    order = tested[np.argsort(flat[tested], kind="stable")]
    steps = flat[order] * len(order) / np.arange(1, len(order) + 1)
    corrected[order] = np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1.0)
    return corrected.reshape(np.shape(p))


def rank_values(values: npt.NDArray[Any]) -> _Floats:
    """Return ranks from 1 on, shape (n,); equal values share the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks: _Floats = (ends - (counts - 1) / 2)[place]
    return ranks


def _two_sided(z: _Floats) -> _Floats:
    """The p-value of a normal z, two-sided."""
    p = [math.erfc(abs(value) / _SQRT2) for value in z.ravel().tolist()]  # erfc(nan) is nan
    return np.array(p, dtype=np.float64).reshape(z.shape)
