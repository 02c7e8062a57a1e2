"""Residues that everybody attends to: where a head puts the attention that it has no use for.

Attention rows must sum to 1, so a head that has nothing to say about a residue puts its weight somewhere:
mostly on special tokens, often on one residue (the first one, a cysteine, a bound residue) from all over the
chain. Such a head gives a high share to whatever property that residue happens to have.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..attention.head_scan import HeadScan

__all__ = ["SINK_BREADTH", "SINK_WEIGHT", "find_sinks", "measure_sinks"]

SINK_WEIGHT: Final = 0.05
"""Weight from which on a residue counts as attending to a sink; more in chains of fewer than 40 residues."""

SINK_BREADTH: Final = 0.5
"""Share of the residues that must attend to a residue that is a sink."""

_Floats = npt.NDArray[np.float64]


def find_sinks(scan: HeadScan) -> npt.NDArray[np.bool_]:
    """Find the residues that everybody attends to.

    A position is a sink of a head when at least half of the positions that could attend to it do so with a
    weight of at least 0.05 each (2 / n in a chain of n < 40, the weight of even attention being 1 / n). How
    much it receives does not count by itself: one residue that attends to it with a weight of 1 makes no
    sink.

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


def measure_sinks(
    scan: HeadScan, sinks: npt.NDArray[np.bool_], counted: npt.NDArray[np.bool_]
) -> tuple[_Floats, _Floats, _Floats]:
    """How much of each head's attention goes where it says nothing.

    Parameters
    ----------
    scan : HeadScan
    sinks : numpy.ndarray of bool, shape (n_layers, n_heads, n_positions)
        As from `find_sinks`.
    counted : numpy.ndarray of bool, shape (n_arcs,)
        Arcs of the scan.

    Returns
    -------
    special, sink : numpy.ndarray, shape (n_layers * n_heads,), dtype float64
        Shares of the residues' attention that go to special tokens, and to sinks.
    arcs : numpy.ndarray, shape (n_layers * n_heads,), dtype float64
        Share of the counted arcs that end at sinks; NaN where there are no arcs.
    """
    size = scan.n_layers * scan.n_heads
    flat = np.repeat(np.arange(size), np.diff(scan.arcs.offsets))[counted]
    ends = sinks.reshape(size, -1)[flat, scan.arcs.key[counted]]
    n_arcs, n_ends = (np.bincount(part, minlength=size) for part in (flat, flat[ends]))
    arcs = np.full(size, np.nan)
    np.divide(n_ends, n_arcs, out=arcs, where=n_arcs > 0)
    received = (scan.received * sinks).sum(axis=2, dtype=np.float64).ravel()
    return _special_share(scan).ravel(), received / max(1, scan.n_positions), arcs


def _special_share(scan: HeadScan) -> _Floats:
    metric = scan.metrics.get("special_tokens")
    if metric is not None:
        return metric.values
    share: _Floats = 1 - scan.received.sum(axis=2, dtype=np.float64) / max(1, scan.n_positions)
    return share


def _reach(windows: npt.NDArray[np.int64], n_positions: int) -> npt.NDArray[Any]:
    """How many positions could attend to each position: those that are in a window with it."""
    first, last = np.full(n_positions, n_positions), np.zeros(n_positions, dtype=np.int64)
    for start, stop in windows.tolist():
        first[start:stop] = np.minimum(first[start:stop], start)
        last[start:stop] = np.maximum(last[start:stop], stop)
    reach: npt.NDArray[Any] = np.maximum(last - first, 1)
    return reach
