"""Residues that everybody attends to: where a head puts the attention that it has no use for.

Attention rows must sum to 1, so a head that has nothing to say about a residue puts its weight somewhere:
mostly on special tokens, often on one residue (the first one, a cysteine, a bound residue) from all over the
chain. Such a head gives a high share to whatever property that residue happens to have.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .head_scan import HeadScan

__all__ = ["SINK_BREADTH", "SINK_WEIGHT", "compute_special_share", "find_sinks"]

SINK_WEIGHT: Final = 0.05
"""Weight from which on a residue counts as attending to a sink; more in chains of fewer than 40 residues."""

SINK_BREADTH: Final = 0.5
"""Share of the residues that must attend to a residue that is a sink."""


def find_sinks(scan: HeadScan) -> npt.NDArray[np.bool_]:
    """Find the residues that everybody attends to.

    A position is a sink of a head when at least half of the positions that could attend to it do so with a
    weight of at least 0.05 each (2 / n in a chain of n < 40, the weight of even attention being 1 / n). How
    much it receives does not count by itself: one residue that attends to it with a weight of 1 makes no sink.

    Parameters
    ----------
    scan : HeadScan

    Returns
    -------
    numpy.ndarray of bool, shape (n_layers, n_heads, n_positions)
    """
    arcs, n = scan.arcs, scan.n_positions
    shape = (scan.n_layers, scan.n_heads, n)
    weight = max(SINK_WEIGHT, arcs.min_weight, 2 / max(1, n))
    broad = arcs.weight >= np.float32(weight)
    head = np.repeat(np.arange(shape[0] * shape[1]), np.diff(arcs.offsets))[broad]
    attending = np.bincount(head * n + arcs.key[broad], minlength=shape[0] * shape[1] * n).reshape(shape)
    found: npt.NDArray[np.bool_] = attending >= SINK_BREADTH * _reach(scan.windows, n)
    return found


def compute_special_share(scan: HeadScan) -> npt.NDArray[np.float64]:
    """Share of the residues' attention that goes to special tokens, shape (n_layers, n_heads)."""
    metric = scan.metrics.get("special_tokens")
    if metric is not None:
        return metric.values
    return 1 - scan.received.sum(axis=2, dtype=np.float64) / max(1, scan.n_positions)


def _reach(windows: npt.NDArray[np.int64], n_positions: int) -> npt.NDArray[Any]:
    """How many positions could attend to each position: those that are in a window with it."""
    first, last = np.full(n_positions, n_positions), np.zeros(n_positions, dtype=np.int64)
    for start, stop in windows.tolist():
        first[start:stop] = np.minimum(first[start:stop], start)
        last[start:stop] = np.maximum(last[start:stop], stop)
    return np.maximum(last - first, 1)
