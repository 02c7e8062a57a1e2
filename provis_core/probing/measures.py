"""How good a probe is on proteins that it has not seen: per protein, so that proteins can be drawn anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = ["Measure", "count_classes", "measure_f1", "measure_mean_precision", "precision_at"]

_Floats = npt.NDArray[np.float64]
_N_DRAWS: Final = 1000


@dataclass(frozen=True)
class Measure:
    """One number with its interval.

    Attributes
    ----------
    value : float
    low, high : float
        95 % of bootstrap draws over the clusters of proteins; NaN where there is one cluster.
    n_proteins : int
    """

    value: float
    low: float
    high: float
    n_proteins: int


def precision_at(scores: _Floats, values: npt.NDArray[np.int64], n_best: int) -> float:
    """Return the share of the highest scores that have the property; of equal scores the first ones count."""
    best = np.argsort(-scores, kind="stable")[: max(1, n_best)]
    return float(values[best].mean())


def count_classes(
    predicted: npt.NDArray[np.int64], values: npt.NDArray[np.int64], n_classes: int
) -> npt.NDArray[np.int64]:
    """Return true positives, false positives and false negatives of each class, shape (n_classes, 3)."""
    counts = [
        [
            np.sum((predicted == one) & (values == one)),
            np.sum((predicted == one) & (values != one)),
            np.sum((predicted != one) & (values == one)),
        ]
        for one in range(n_classes)
    ]
    return np.array(counts, dtype=np.int64)


def measure_mean_precision(precisions: Sequence[float], clusters: Sequence[str]) -> Measure:
    """Return the mean over proteins.

    Parameters
    ----------
    precisions : sequence of float
        One per protein.
    clusters : sequence of str
        Of each protein: relatives are drawn together.
    """
    sums = np.stack([np.asarray(precisions, dtype=np.float64), np.ones(len(precisions))], axis=1)
    return _measure(sums, clusters, lambda total: total[..., 0] / total[..., 1])


def measure_f1(counts: Sequence[npt.NDArray[np.int64]], which: int, clusters: Sequence[str]) -> Measure:
    """Return the F1 score of a class over the residues of all proteins, as scikit-learn's ``f1_score``.

    Parameters
    ----------
    counts : sequence of numpy.ndarray, shape (n_classes, 3)
        Of each protein, from `count_classes`.
    which : int
        The class.
    clusters : sequence of str
    """
    mine = np.array([one[which] for one in counts], dtype=np.float64)

    def f1(total: _Floats) -> _Floats:
        below = 2 * total[..., 0] + total[..., 1] + total[..., 2]
        score = np.zeros(below.shape)
        np.divide(2 * total[..., 0], below, out=score, where=below > 0)
        return score

    return _measure(mine, clusters, f1)


def _measure(sums: _Floats, clusters: Sequence[str], ratio: Callable[[_Floats], _Floats]) -> Measure:
    names, place = np.unique(np.asarray(clusters, dtype=np.str_), return_inverse=True)
    by_cluster = np.zeros((len(names), sums.shape[1]))
    np.add.at(by_cluster, place, sums)
    value = float(ratio(by_cluster.sum(axis=0)))
    if len(names) < 2:
        return Measure(value, float("nan"), float("nan"), len(sums))
    draws = np.random.default_rng(0).multinomial(len(names), np.full(len(names), 1 / len(names)), _N_DRAWS)
    low, high = np.percentile(ratio(draws @ by_cluster), (2.5, 97.5))
    return Measure(value, float(low), float(high), len(sums))
