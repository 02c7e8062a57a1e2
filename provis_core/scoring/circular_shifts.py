"""What a share would be if the property lay elsewhere along the chain: every circular shift of it.

The pairs of one head in one chain are not independent of each other: neighbours attend alike, and
properties come in stretches. A shift of the property along the chain keeps both, and in pairs the sequence
separation, so the shares under all shifts say what chance alone brings. What is shifted are the residues of
which the property is known, in their order; residues of which it is not stay where they are and never count.

Of a property of residues, the ends of the chain keep it in every shift: a head that looks one or two residues
on cannot reach them all, and what they have, like high B-factors, no other place has.

A statistic has shape (n_heads, n_shifts); shift 0 is the chain as it is, and one of the shifts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

__all__ = ["ShiftNull", "shift_pairs", "shift_residues", "summarize_shifts"]

_Floats = npt.NDArray[np.float64]

_CHUNK: Final = 1_000_000
"""Numbers that are made at a time."""

_TOLERANCE: Final = 1e-9
"""Statistics nearer than this, in units of the largest, are equal: the way of summing must not decide."""


@dataclass(frozen=True, eq=False)
class ShiftNull:
    """The statistic of each head against its values under all shifts.

    Attributes
    ----------
    expected, low, high : numpy.ndarray, shape (n_heads,), dtype float64
        Mean over the shifts, and the bounds between which 95 % of them lie.
    z : numpy.ndarray, shape (n_heads,), dtype float64
        Distance from the mean in standard deviations of the shifts; NaN where all shifts give the same.
    p : numpy.ndarray, shape (n_heads,), dtype float64
        Share of the shifts, the one by 0 among them, that give at least as much (two-sided: are at least as
        far from the mean); so never less than 1 / n_shifts.
    p_max : numpy.ndarray, shape (n_heads,), dtype float64
        The same for the largest z of all tested heads in each shift (Westfall and Young 1993): corrected for
        having looked at so many heads. NaN for heads that are not tested.
    p_fdr : numpy.ndarray, shape (n_heads,), dtype float64
        False discovery rate by pooled shifts: of the heads with so large a z, the share that the shifts give
        on average (Tusher et al. 2001), made to rise with falling z. So never less than 1 / n_shifts, for
        however many heads, which one p-value of each head would not allow. NaN for heads that are not tested.
    """

    expected: _Floats
    low: _Floats
    high: _Floats
    z: _Floats
    p: _Floats
    p_max: _Floats
    p_fdr: _Floats


def shift_residues(
    weights: npt.NDArray[Any], values: npt.NDArray[Any], moves: npt.NDArray[np.bool_]
) -> _Floats:
    """Weighted sums of a property under every shift of it among the residues that move.

    Parameters
    ----------
    weights : numpy.ndarray, shape (n_heads, n)
        Of each residue.
    values : numpy.ndarray, shape (n,)
        The property; bool or numbers, none of them NaN.
    moves : numpy.ndarray of bool, shape (n,)
        Residues among which it is shifted; the others keep it.

    Returns
    -------
    numpy.ndarray, shape (n_heads, n_moving), dtype float64
        ``[h, s]``: the sum over k of ``weights[h, k] * values[(k - s) % n_moving]``, k counted among those
        that move, and of ``weights[h, k] * values[k]`` over the others. Without any that move there is one
        shift, by 0.
    """
    own = weights @ values.astype(np.float64)
    weights, values = weights[:, moves], values[moves]
    n_heads, n = weights.shape
    if not n:
        return own[:, None].astype(np.float64)
    found = np.empty((n_heads, n))
    spectrum = np.conj(np.fft.rfft(values.astype(np.float64)))
    step = max(1, _CHUNK // n)
    for first in range(0, n_heads, step):
        part = slice(first, first + step)
        found[part] = np.fft.irfft(np.fft.rfft(weights[part].astype(np.float64)) * spectrum, n=n)
    found += (own - weights @ values.astype(np.float64))[:, None]
    found[:, 0] = own  # without the rounding of the shifts
    return found


def shift_pairs(
    head: npt.NDArray[Any],
    i: npt.NDArray[Any],
    j: npt.NDArray[Any],
    weight: npt.NDArray[Any],
    labels: npt.NDArray[np.bool_],
    known: npt.NDArray[np.bool_],
    n_heads: int,
) -> tuple[_Floats, _Floats]:
    """Weighted sums over pairs that have a property, and over those of which it is known, for every shift.

    Parameters
    ----------
    head, i, j, weight : numpy.ndarray, shape (n_pairs,)
        Head and residues of each pair, 0-based.
    labels, known : numpy.ndarray of bool, shape (n, n)
        Which pairs of residues have the property, and of which it is known.
    n_heads : int

    Returns
    -------
    hits, counts : numpy.ndarray, shape (n_heads, n), dtype float64
        ``hits[h, s]``: the sum of the weights of the pairs of head h for which
        ``labels[(i - s) % n, (j - s) % n]``.
    """
    n = len(labels)
    total = np.bincount(head, weight, minlength=n_heads)[:, None] + np.zeros((1, n))
    counts = total - _add_up(head, i, j, weight, ~known, n_heads)
    has = labels & known
    if 2 * np.count_nonzero(has) <= n * n:
        return _add_up(head, i, j, weight, has, n_heads), counts
    return counts - _add_up(head, i, j, weight, known & ~labels, n_heads), counts


def summarize_shifts(
    statistic: _Floats, tested: npt.NDArray[np.bool_], *, two_sided: bool = False
) -> ShiftNull:
    """Compare each head with its shifts.

    Parameters
    ----------
    statistic : numpy.ndarray, shape (n_heads, n_shifts), dtype float64
        NaN where a shift leaves nothing to count.
    tested : numpy.ndarray of bool, shape (n_heads,)
        Heads among which the largest z is taken.
    two_sided : bool
        Whether less than expected is as telling as more.

    Returns
    -------
    ShiftNull
    """
    n_heads, n_shifts = statistic.shape
    none = np.full(n_heads, np.nan)
    there = np.isfinite(statistic[:, 0]) if n_shifts else np.zeros(n_heads, dtype=np.bool_)
    expected, low, high, z, p, p_max, p_fdr = (none.copy() for _ in range(7))
    given = statistic[there]
    if not given.size:
        return ShiftNull(expected, low, high, z, p, p_max, p_fdr)
    finite = np.isfinite(given)
    whole = bool(finite.all())
    n_finite = finite.sum(axis=1)
    filled = given if whole else np.where(finite, given, 0.0)
    mean = filled.sum(axis=1) / n_finite
    away = np.where(finite, filled - mean[:, None], 0.0)
    spread = np.sqrt((away**2).sum(axis=1) / n_finite)
    expected[there] = mean
    quantile: Any = np.quantile if whole else np.nanquantile
    low[there], high[there] = quantile(given, (0.025, 0.975), axis=1)
    size = np.abs(filled).max(axis=1)
    is_flat = spread <= _TOLERANCE * np.maximum(size, 1e-300)
    scores = np.where(is_flat[:, None], 0.0, away / np.where(is_flat, 1.0, spread)[:, None])
    z[there] = np.where(is_flat, np.nan, scores[:, 0])
    if two_sided:
        scores = np.abs(scores)
    scores[~finite] = -np.inf
    own = scores[:, :1] - _TOLERANCE * np.abs(scores[:, :1]).max(initial=1.0)
    p[there] = np.count_nonzero(scores >= own, axis=1) / n_finite
    compared = tested[there]
    if compared.any():
        largest = scores[compared].max(axis=0)
        corrected = np.count_nonzero(largest[None, :] >= own, axis=1) / n_shifts
        p_max[there] = np.where(compared, corrected, np.nan)
        p_fdr[np.flatnonzero(there)[compared]] = _false_share(scores[compared], own[compared, 0])
    return ShiftNull(expected, low, high, z, p, p_max, p_fdr)


def _false_share(scores: _Floats, own: _Floats) -> _Floats:
    """Of the heads whose own score is as large as that of each head, the share that the shifts give.

    Scores have shape (n_heads, n_shifts); the first column are the heads' own, and `own` a bit below them.
    """
    order = np.argsort(own, kind="stable")  # the smallest first
    limits = own[order]
    n_found = len(own) - np.searchsorted(np.sort(scores[:, 0]), limits, side="left")
    n_false = scores.size - np.searchsorted(np.sort(scores, axis=None), limits, side="left")
    share = np.minimum(n_false / (scores.shape[1] * n_found), 1.0)
    rates = np.empty(len(own))
    rates[order] = np.minimum.accumulate(share)
    return rates


def _add_up(
    head: npt.NDArray[Any],
    i: npt.NDArray[Any],
    j: npt.NDArray[Any],
    weight: npt.NDArray[Any],
    labels: npt.NDArray[np.bool_],
    n_heads: int,
) -> _Floats:
    """Sums over the pairs that a shift brings to a True of `labels`, shape (n_heads, n).

    A pair and a True at (t, u) meet where both lie on the same circular diagonal, ``j - i == u - t`` modulo
    n, and then in the one shift ``i - t``: so only the Trues of the pair's own diagonal are looked at.
    """
    n = len(labels)
    first, second = np.nonzero(labels)
    diagonal = (second - first) % n
    order = np.argsort(diagonal, kind="stable")
    first = first[order]
    starts = np.searchsorted(diagonal[order], np.arange(n + 1))
    mine = (np.asarray(j, dtype=np.int64) - i) % n
    lengths = starts[mine + 1] - starts[mine]
    found = np.zeros(n_heads * n)
    for part in _chunks(lengths):
        n_each = lengths[part]
        ends = np.cumsum(n_each)
        place = np.arange(int(ends[-1]) if len(ends) else 0)
        place += np.repeat(starts[mine[part]] - ends + n_each, n_each)
        shift = (np.repeat(np.asarray(i, dtype=np.int64)[part], n_each) - first[place]) % n
        shift += np.repeat(np.asarray(head, dtype=np.int64)[part] * n, n_each)
        found += np.bincount(shift, np.repeat(weight[part], n_each), minlength=n_heads * n)
    return found.reshape(n_heads, n)


def _chunks(lengths: npt.NDArray[Any]) -> Iterator[slice]:
    """Parts of the pairs that make about `_CHUNK` numbers each."""
    ends = np.cumsum(lengths)
    start = 0
    while start < len(lengths):
        done = int(ends[start - 1]) if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, done + _CHUNK, side="right")))
        yield slice(start, stop)
        start = stop
