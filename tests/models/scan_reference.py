"""What a scan should give, by plain numpy from all maps of transformers' eager attention."""

from __future__ import annotations

import numpy as np

__all__ = ["apc_scores", "compute_expected_metrics", "rank_pairs", "rank_ranges"]


def compute_expected_metrics(whole: np.ndarray) -> dict[str, np.ndarray]:
    """Metrics of maps (n_layers, n_heads, n + 2, n + 2) with a special token at both ends."""
    rows = whole[:, :, 1:-1].astype(np.float64)
    inner = rows[..., 1:-1]
    n = inner.shape[-1]
    distance = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    logs = np.log(rows, where=rows > 0, out=np.zeros_like(rows))
    return {
        "entropy": -(rows * logs).sum(axis=3).mean(axis=2),
        "special_tokens": (rows[..., 0] + rows[..., -1]).mean(axis=2),
        "separation": (inner * distance).sum(axis=(2, 3)) / inner.sum(axis=(2, 3)),
    }


def apc_scores(weights: np.ndarray) -> np.ndarray:
    """Average product correction of one map between residues (n, n)."""
    symmetric = weights.astype(np.float64) + weights.T
    sums = symmetric.sum(axis=1)
    return symmetric - np.outer(sums, sums) / symmetric.sum()


def rank_pairs(scores: np.ndarray, n_pairs: int) -> list[tuple[int, int]]:
    """Pairs (i, j), j - i >= 6, the highest score first."""
    i, j = np.triu_indices(len(scores), 6)
    order = np.argsort(-scores[i, j], kind="stable")[:n_pairs]
    return list(zip(i[order].tolist(), j[order].tolist(), strict=True))


def rank_ranges(scores: np.ndarray, n_pairs: int) -> list[tuple[int, int]]:
    """The best pairs (i, j) of short, medium and long range, the highest score of each first."""
    ranked = rank_pairs(scores, scores.size)
    ranges = ((6, 12), (12, 24), (24, len(scores)))
    return [
        pair for low, high in ranges for pair in [p for p in ranked if low <= p[1] - p[0] < high][:n_pairs]
    ]
