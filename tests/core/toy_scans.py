"""Scans made of whole maps by plain numpy, as the worker makes them of a model's."""

from __future__ import annotations

import numpy as np

from provis_core.attention.arcs import ArcsBuilder
from provis_core.attention.head_scan import HeadMetric, HeadScan, TopPairs

__all__ = ["make_scan"]

MIN_SEPARATION = 6


def make_scan(maps, sequence: str = "", *, min_weight: float = 0.05, notes=()) -> HeadScan:
    """Reduce maps (n_layers, n_heads, n, n); what a row lacks to 1 goes to special tokens."""
    maps = np.asarray(maps, dtype=np.float32)
    n_layers, n_heads, n, _ = maps.shape
    builder = ArcsBuilder(n_layers, n_heads, n, min_weight)
    for layer in range(n_layers):
        builder.add_heads(layer, range(n_heads))
        head, query, key = np.nonzero(maps[layer] >= np.float32(min_weight))
        builder.add(layer, head, query, key, maps[layer, head, query, key])
    distance = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    rows = np.full((n_layers, n_heads), float(n))
    metrics = {
        "special_tokens": HeadMetric((1 - maps.sum(axis=3)).sum(axis=2).astype(float), rows, "share"),
        "separation": HeadMetric(
            (maps * distance).sum(axis=(2, 3)).astype(float), maps.sum(axis=(2, 3)).astype(float), "residues"
        ),
    }
    scores = maps + maps.transpose(0, 1, 3, 2)
    return HeadScan(
        model="toy",
        sequence=sequence or "A" * n,
        metrics=metrics,
        received=maps.sum(axis=2),
        arcs=builder.build(),
        top_pairs=_rank(_correct(scores)),
        notes=tuple(notes),
        windows=np.array([[0, n]]),
        plain_pairs=_rank(scores),
    )


def _correct(scores):
    sums = scores.sum(axis=3)
    total = np.maximum(scores.sum(axis=(2, 3)), 1e-30)[..., None, None]
    return scores - sums[..., :, None] * sums[..., None, :] / total


def _rank(scores) -> TopPairs:
    """The best 2 n pairs of each range of separations, the highest first."""
    n = scores.shape[2]
    i, j = np.triu_indices(n, MIN_SEPARATION)
    flat = scores[:, :, i, j]
    kept = np.zeros(flat.shape, dtype=bool)
    for low, high in ((6, 12), (12, 24), (24, n)):
        inside = (j - i >= low) & (j - i < high)
        order = np.argsort(np.where(inside, -flat, np.inf), axis=2, kind="stable")
        np.put_along_axis(kept, order[:, :, : min(2 * n, inside.sum())], True, axis=2)
    n_kept = int(kept[0, 0].sum())
    order = np.argsort(np.where(kept, -flat, np.inf), axis=2, kind="stable")[:, :, :n_kept]
    return TopPairs(
        i[order].astype(np.int32), j[order].astype(np.int32), np.take_along_axis(flat, order, axis=2)
    )
