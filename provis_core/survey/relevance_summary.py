"""What a survey of relevance says of each head and each property: the paper's statistics beside ours.

Proteins are the unit; clusters count once in ours, each protein in the paper's. Rows are heads, counted
through, and behind them the relevance of the residues at the embedding layer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..scoring.circular_shifts import summarize_shifts
from ..scoring.head_scores import SIGNIFICANT
from ..scoring.statistics import correct_fdr
from ..structures.components import HYDROPATHY
from .relevance_blocks import COUNTED
from .relevance_counting import LETTERS
from .results import BlockResults
from .summary import median_interval

__all__ = ["COLUMNS", "RelevanceResults", "RelevanceSummary", "compare_sets", "summarize_relevance"]

COLUMNS: Final = (
    "proteins", "clusters", "median", "median_low", "median_high", "p", "fdr",
    "auroc", "auroc_low", "auroc_high", "within", "within_low", "within_high",
    "shift_expected", "shift_z", "shift_p", "shift_p_max", "shuffled", "shuffled_fdr",
    "sum", "sum_p", "sum_fdr",
    "paper_median", "paper_p", "paper_fdr", "paper_log_p", "paper_sum_log_p", "paper_both", "survives",
)  # fmt: skip
"""Columns of ``heads.csv`` behind feature, layer and head; their formulas are in ``docs/survey.md``."""

_Floats = npt.NDArray[np.float64]


class RelevanceResults(BlockResults):
    """What a survey of relevance has counted."""

    @property
    def n_heads(self) -> int:
        """Of all layers."""
        return self.plan.n_layers * self.plan.n_heads

    def sums(self) -> _Floats:
        """Relevance over all tokens of each protein, shape (n_proteins, n_rows)."""
        return np.concatenate([block.read("sums")["sums"] for block in self._blocks if block.proteins])

    def feature(self, name: str) -> dict[str, npt.NDArray[Any]]:
        """Arrays of one feature, each with the proteins of which it is known as its first axis.

        `proteins` are their places; `shifted` and `n_shifted`, shape (n_rows, n_shifts), are sums over them.
        """
        parts = self._read(name, (*COUNTED, "shifted", "n_shifted"))
        arrays: dict[str, npt.NDArray[Any]] = {key: np.concatenate(parts[key]) for key in COUNTED}
        arrays |= {key: np.sum(parts[key], axis=0) for key in ("shifted", "n_shifted")}
        return {"proteins": np.concatenate(parts["place"]), **arrays}


@dataclass(frozen=True, eq=False)
class RelevanceSummary:
    """One property.

    Attributes
    ----------
    name : str
    columns : dict of str to numpy.ndarray, shape (n_heads + 1,)
        By `COLUMNS`; the last row is the embedding layer, which is tested by itself.
    types : mapping of str to tuple of float
        What the kind of residue alone gives: median r with its interval, and median AUROC, of ``hydropathy``
        and of ``residue_type`` (the log-odds of the property by amino acid in proteins of other clusters).
    """

    name: str
    columns: dict[str, npt.NDArray[Any]]
    types: Mapping[str, tuple[float, float, float, float]]

    def order(self) -> npt.NDArray[np.int64]:
        """Heads that survive first, then by falling median."""
        heads = slice(0, len(self.columns["median"]) - 1)
        median = np.nan_to_num(-self.columns["median"][heads], nan=np.inf)
        return np.lexsort((np.arange(len(median)), median, ~self.columns["survives"][heads]))


def summarize_relevance(results: RelevanceResults) -> dict[str, RelevanceSummary]:
    """Summarize all properties; corrections are over heads, and in ours over heads and properties together.

    Parameters
    ----------
    results : RelevanceResults

    Returns
    -------
    dict of str to RelevanceSummary
    """
    found = {name: _summarize(results, name) for name in results.features}
    for raw, corrected in (("p", "fdr"), ("shuffled_p", "shuffled_fdr")):
        every = correct_fdr(np.array([one.columns[raw][:-1] for one in found.values()]))
        for one, heads in zip(found.values(), every, strict=True):
            one.columns[corrected] = np.append(heads, np.nan)
    for one in found.values():
        del one.columns["shuffled_p"]
        with np.errstate(invalid="ignore"):
            one.columns["survives"] = (one.columns["fdr"] < SIGNIFICANT) & (
                one.columns["shift_p_max"] < SIGNIFICANT
            )
    return found


def _summarize(results: RelevanceResults, name: str) -> RelevanceSummary:
    table = results.feature(name)
    proteins = table["proteins"]
    clusters = results.clusters[proteins]
    sums = results.sums()
    joined = {key: _join(table[key], clusters) for key in ("r", "auroc", "within", "shuffled_r")}
    columns: dict[str, npt.NDArray[Any]] = {
        "proteins": np.isfinite(table["r"]).sum(axis=0),
        "clusters": np.isfinite(joined["r"]).sum(axis=0),
    }
    for key, ours in (("median", "r"), ("auroc", "auroc"), ("within", "within")):
        columns[key], columns[f"{key}_low"], columns[f"{key}_high"] = median_interval(joined[ours])
    columns["p"] = _test(joined["r"])
    columns["shuffled"], columns["shuffled_p"] = (
        median_interval(joined["shuffled_r"])[0],
        _test(joined["shuffled_r"]),
    )
    columns |= _compare_shifts(table, results.n_heads)
    every = _join(sums, results.clusters)
    columns["sum"], columns["sum_p"] = np.median(every, axis=0), _test(every)
    columns["sum_fdr"] = _correct_heads(columns["sum_p"])
    columns["paper_median"] = median_interval(table["paper"])[0]
    columns["paper_p"] = _test(table["paper"])
    columns["paper_fdr"] = _correct_heads(columns["paper_p"])
    paper_sums = _correct_heads(_test(sums))
    columns["paper_log_p"], columns["paper_sum_log_p"] = _log(columns["paper_fdr"]), _log(paper_sums)
    with np.errstate(invalid="ignore"):
        columns["paper_both"] = (columns["paper_fdr"] < SIGNIFICANT) & (paper_sums < SIGNIFICANT)
    columns["shuffled_paper_fdr"] = _correct_heads(_test(table["shuffled_paper"]))
    return RelevanceSummary(name, columns, _score_types(table["types"], clusters))


def compare_sets(one: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_]) -> float:
    """Jaccard's overlap of two sets of heads; NaN where both are empty."""
    either = int((one | other).sum())
    return int((one & other).sum()) / either if either else float("nan")


def _join(values: _Floats, clusters: npt.NDArray[np.int64]) -> _Floats:
    """Mean over the proteins of each cluster, shape (n_clusters, n_rows); NaN where nothing is known."""
    _, place = np.unique(clusters, return_inverse=True)
    known = np.isfinite(values)
    sums, counts = (np.zeros((place.max(initial=-1) + 1, values.shape[1])) for _ in range(2))
    np.add.at(sums, place, np.where(known, values, 0.0))
    np.add.at(counts, place, known)
    found: _Floats = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
    return found


def _test(values: _Floats) -> _Floats:
    """One-sided Wilcoxon signed-rank test of each column: are its numbers above zero?"""
    from scipy.stats import wilcoxon

    found = np.full(values.shape[1], np.nan)
    for k, column in enumerate(values.T):
        there = column[np.isfinite(column)]
        if there.any():
            found[k] = wilcoxon(there, alternative="greater").pvalue
    return found


def _correct_heads(p: _Floats) -> _Floats:
    """Benjamini-Hochberg over heads; the embedding's stays as it is, as in the paper."""
    return np.append(correct_fdr(p[:-1]), p[-1])


def _log(p: _Floats) -> _Floats:
    """Minus the natural logarithm."""
    with np.errstate(divide="ignore"):
        found: _Floats = -np.log(p)
    return found


def _compare_shifts(table: Mapping[str, npt.NDArray[Any]], n_heads: int) -> dict[str, _Floats]:
    """Mean r over proteins against that under each shift, two-sided; the largest z is that of all heads."""
    names = ("expected", "z", "p", "p_max")
    if not table["shifted"].shape[1]:
        return {f"shift_{key}": np.full(n_heads + 1, np.nan) for key in names}
    counts = table["n_shifted"]
    shifted = np.divide(table["shifted"], counts, out=np.full(counts.shape, np.nan), where=counts > 0)
    own = np.divide(
        np.nansum(table["r"], axis=0), np.isfinite(table["r"]).sum(axis=0),
        out=np.full(n_heads + 1, np.nan), where=np.isfinite(table["r"]).any(axis=0),
    )  # fmt: skip
    tested = np.isfinite(own)
    tested[-1] = False
    null = summarize_shifts(np.column_stack([own, shifted]), tested, two_sided=True)
    return {f"shift_{key}": getattr(null, key) for key in names}


def _score_types(
    types: npt.NDArray[np.int64], clusters: npt.NDArray[np.int64]
) -> dict[str, tuple[float, float, float, float]]:
    """Median r with its interval, and median AUROC, of numbers that the kind of residue alone decides."""
    hydropathy = np.array([HYDROPATHY.get(letter, 0.0) for letter in LETTERS])
    total = types.sum(axis=0)
    by_cluster = {one: types[clusters == one].sum(axis=0) for one in np.unique(clusters).tolist()}

    def learn(k: int) -> _Floats:
        rest = total - by_cluster[int(clusters[k])] + 0.5
        odds: _Floats = np.log(rest[:, 0] / rest[:, 1])
        return odds

    ways: dict[str, Callable[[int], _Floats]] = {"hydropathy": lambda _: hydropathy, "residue_type": learn}
    found = {}
    for name, choose in ways.items():
        pairs = np.array([_score_type(one, choose(k)) for k, one in enumerate(types)])
        (median, auroc), (low, _), (high, _) = median_interval(_join(pairs, clusters))
        found[name] = (float(median), float(low), float(high), float(auroc))
    return found


def _score_type(counts: npt.NDArray[np.int64], scores: _Floats) -> tuple[float, float]:
    """Point-biserial r and AUROC of a number that each kind of residue has, from counts of kinds."""
    on, off = counts[:, 0].astype(np.float64), counts[:, 1].astype(np.float64)
    n_on, n = on.sum(), on.sum() + off.sum()
    mean = scores @ (on + off) / n
    spread = np.sqrt(((scores - mean) ** 2) @ (on + off) / n)
    share = n_on / n
    difference = scores @ on / n_on - scores @ off / (n - n_on)
    r = difference * np.sqrt(share * (1 - share)) / spread if spread > 0 else float("nan")
    wins = np.sign(scores[:, None] - scores) / 2 + 0.5
    return float(r), float(on @ wins @ off / (n_on * (n - n_on)))
