"""What the counts of one feature say of each head: shares beside backgrounds, intervals and p-values.

Proteins are the unit, not arcs: intervals are drawn over clusters of proteins, and a feature is shifted in
each protein. The two-proportion test of the paper, of which arcs are the unit, stands beside it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..scoring.circular_shifts import summarize_shifts
from ..scoring.head_scores import SIGNIFICANT
from ..scoring.statistics import compare_proportions, correct_bonferroni, count_tests
from .results import FeatureTable, Results

__all__ = ["COLUMNS", "HeadSummary", "bootstrap_share", "median_interval", "summarize_feature"]

N_DRAWS: Final = 2000
_SEED: Final = 0
MIN_PROTEIN_ARCS: Final = 5
"""Arcs from which on a protein (or cluster) has a share of its own."""

_Floats = npt.NDArray[np.float64]

COLUMNS: Final = (
    "arcs", "hits", "share", "background", "enrichment", "z", "z_p", "z_bonferroni", "ci_low", "ci_high",
    "known_arcs", "known_share", "known_background", "matched_background", "all_arcs", "all_share",
    "pairs", "pair_hits", "pair_share", "weighted_share",
    "proteins", "clusters", "share_low", "share_high", "median", "median_low", "median_high",
    "shift_expected", "shift_low", "shift_high", "shift_z", "shift_p", "shift_p_max", "shift_fdr",
    "special_share", "sink_share", "sink_arcs", "is_few", "is_sink", "survives",
)  # fmt: skip
"""Columns of ``heads.csv`` behind feature, layer and head; their formulas are in ``docs/survey.md``."""


@dataclass(frozen=True, eq=False)
class HeadSummary:
    """One feature.

    Attributes
    ----------
    name, kind : str
    columns : dict of str to numpy.ndarray, each of shape (n_layers * n_heads,)
        By `COLUMNS`.
    n_tested : int
        Heads with enough arcs.
    n_proteins : int
        Proteins of which the feature is known.
    """

    name: str
    kind: str
    columns: dict[str, npt.NDArray[Any]]
    n_tested: int
    n_proteins: int

    def order(self) -> npt.NDArray[np.int64]:
        """Heads that survive first, those that feed a sink or have few arcs last; the best z first."""
        z, share = (np.nan_to_num(-self.columns[key], nan=np.inf) for key in ("shift_z", "share"))
        group = np.where(self.columns["is_few"], 2, np.where(self.columns["is_sink"], 1, 0))
        rank = np.where(self.columns["survives"], -1, group)
        return np.lexsort((np.arange(len(z)), share, z, rank))


def summarize_feature(results: Results, name: str) -> HeadSummary:
    """Summarize one feature.

    Parameters
    ----------
    results : Results
    name : str

    Returns
    -------
    HeadSummary
    """
    protocol = results.plan.protocol
    table = results.feature(name)
    clusters = results.clusters[table.proteins]
    by_all = protocol.denominator == "all"
    hits, known, every = (part.sum(axis=0) for part in (table.hits, table.arcs, table.all_arcs))
    arcs = every if by_all else known
    base = (table.paper_background if by_all else table.background).sum(axis=0)
    own_base = table.background.sum(axis=0)
    few = arcs < protocol.min_arcs
    share = _ratio(hits, arcs)
    if table.is_numeric:
        z = p = low = high = np.full(len(share), np.nan)
    else:
        tested = np.where(few, np.nan, 1.0)
        z, p = (part * tested for part in compare_proportions(hits, arcs, *base))
        low, high = _proportion_interval(share, arcs, max(1, count_tests(p)))
    joined = _Clustered.join(table, clusters, by_all=by_all)
    share_low, share_high = bootstrap_share(joined.hits, joined.arcs)
    median, median_low, median_high = median_interval(joined.shares)
    null = _compare_shifts(table, few=few, by_all=by_all)
    totals = {key: part[table.proteins].sum(axis=0) for key, part in results.totals.items()}
    rows = sum(results.proteins[k]["residues"] for k in table.proteins.tolist())
    sink_arcs = _ratio(totals["sink_arcs"], totals["arcs"])
    special, sink = totals["special"] / rows, totals["sink"] / rows
    is_sink = np.nan_to_num(sink_arcs) > 0.5
    pairs, pair_hits = table.pairs.sum(axis=0), table.pair_hits.sum(axis=0)
    expected = _ratio(table.expected.sum(axis=0), known)
    background = np.full(len(share), _one_ratio(*base))
    columns: dict[str, npt.NDArray[Any]] = {
        "arcs": arcs, "hits": hits, "share": share, "background": background,
        "enrichment": _ratio(share, background) if not table.is_numeric else np.full(len(share), np.nan),
        "z": z, "z_p": p, "z_bonferroni": correct_bonferroni(p), "ci_low": low, "ci_high": high,
        "known_arcs": known, "known_share": _ratio(hits, known),
        "known_background": np.full(len(share), _one_ratio(*own_base)),
        "matched_background": expected if table.kind == "pair" else np.full(len(share), np.nan),
        "all_arcs": every, "all_share": _ratio(hits, every),
        "pairs": pairs, "pair_hits": pair_hits, "pair_share": _ratio(pair_hits, pairs),
        "weighted_share": _ratio(table.weighted_hits.sum(axis=0), table.weighted_counts.sum(axis=0)),
        "proteins": (table.arcs > 0).sum(axis=0), "clusters": np.isfinite(joined.shares).sum(axis=0),
        "share_low": share_low, "share_high": share_high,
        "median": median, "median_low": median_low, "median_high": median_high,
        **null, "special_share": special, "sink_share": sink, "sink_arcs": sink_arcs,
        "is_few": few, "is_sink": is_sink,
    }  # fmt: skip
    with np.errstate(invalid="ignore"):
        columns["survives"] = (null["shift_p_max"] < SIGNIFICANT) & ~few & ~is_sink
    return HeadSummary(name, table.kind, columns, int((~few).sum()), len(table.proteins))


@dataclass(frozen=True, eq=False)
class _Clustered:
    """Sums over the proteins of each cluster, divided by their number: a cluster counts once."""

    hits: _Floats
    arcs: _Floats
    shares: _Floats

    @classmethod
    def join(cls, table: FeatureTable, clusters: npt.NDArray[np.int64], *, by_all: bool) -> _Clustered:
        _, place, sizes = np.unique(clusters, return_inverse=True, return_counts=True)
        arcs = table.all_arcs if by_all else table.arcs
        sums = []
        for part in (table.hits, arcs):
            total = np.zeros((len(sizes), part.shape[1]))
            np.add.at(total, place, part.astype(np.float64))
            sums.append(total)
        hits, below = (total / sizes[:, None] for total in sums)
        shares = np.where(sums[1] >= MIN_PROTEIN_ARCS, _ratio(*sums), np.nan)
        return cls(hits, below, shares)


def bootstrap_share(hits: _Floats, arcs: _Floats) -> tuple[_Floats, _Floats]:
    """95 % interval of the pooled share, over rows drawn with replacement.

    Parameters
    ----------
    hits, arcs : numpy.ndarray, shape (n_clusters, n_heads)

    Returns
    -------
    low, high : numpy.ndarray, shape (n_heads,)
        NaN for a head without arcs.
    """
    n = len(hits)
    times = np.random.default_rng(_SEED).multinomial(n, np.full(n, 1 / n), size=N_DRAWS).astype(np.float64)
    ratios = _ratio(times @ hits, times @ arcs)
    low, high = (np.full(hits.shape[1], np.nan) for _ in range(2))
    there = np.isfinite(ratios).any(axis=0)
    low[there], high[there] = np.nanquantile(ratios[:, there], (0.025, 0.975), axis=0)
    return low, high


def median_interval(shares: _Floats) -> tuple[_Floats, _Floats, _Floats]:
    """Median of each column, with the 95 % percentile interval of the bootstrap, which needs no draws.

    The bootstrap's median is at most the k-th of n sorted values where at least half of n draws are among the
    first k, of which the probability is known (Efron 1979).

    Parameters
    ----------
    shares : numpy.ndarray, shape (n_clusters, n_heads)
        NaN for clusters without a share.

    Returns
    -------
    median, low, high : numpy.ndarray, shape (n_heads,)
        NaN for a head without shares.
    """
    from scipy.stats import binom

    ordered = np.sort(shares, axis=0)  # NaN last
    counts = np.isfinite(shares).sum(axis=0)
    median, low, high = (np.full(shares.shape[1], np.nan) for _ in range(3))
    for n in np.unique(counts[counts > 0]).tolist():
        mine = np.flatnonzero(counts == n)
        values = ordered[:n, mine]
        median[mine] = np.median(values, axis=0)
        k = np.arange(1, n + 1)
        at_most = binom.sf((n + 1) // 2 - 1, n, k / n)
        low[mine] = values[int(np.argmax(at_most >= 0.025))]
        high[mine] = values[int(np.argmax(at_most >= 0.975))]
    return median, low, high


def _compare_shifts(table: FeatureTable, *, few: npt.NDArray[np.bool_], by_all: bool) -> dict[str, _Floats]:
    """Compare the pooled share with that under each shift."""
    own = (table.hits.sum(axis=0), table.arcs.sum(axis=0))
    below = table.all_arcs.sum(axis=0)
    shifted = _ratio(table.shift_hits, below[:, None] + 0 * table.shift_arcs if by_all else table.shift_arcs)
    statistic = np.column_stack([_ratio(own[0], below if by_all else own[1]), shifted])
    names = ("expected", "low", "high", "z", "p", "p_max", "fdr")
    if not table.shift_hits.shape[1]:
        return {f"shift_{name}": np.full(len(statistic), np.nan) for name in names}
    null = summarize_shifts(statistic, ~few, two_sided=table.is_numeric)
    values = (null.expected, null.low, null.high, null.z, null.p, null.p_max, null.p_fdr)
    return {f"shift_{name}": value for name, value in zip(names, values, strict=True)}


def _proportion_interval(share: _Floats, arcs: npt.NDArray[Any], n_tests: int) -> tuple[_Floats, _Floats]:
    """Normal interval with alpha = 0.05 divided by the number of tested heads, as in the paper."""
    wide = NormalDist().inv_cdf(1 - 0.05 / n_tests / 2)
    spread = wide * np.sqrt(_ratio(share * (1 - share), arcs))
    return np.clip(share - spread, 0, 1), np.clip(share + spread, 0, 1)


def _ratio(above: npt.NDArray[Any], below: npt.NDArray[Any]) -> _Floats:
    """NaN where nothing counts."""
    above, below = np.broadcast_arrays(above, below)
    found: _Floats = np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0)
    return found


def _one_ratio(above: float, below: float) -> float:
    return float(above / below) if below else math.nan
