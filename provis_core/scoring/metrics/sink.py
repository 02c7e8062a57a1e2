"""How much of a head's attention goes where it says nothing: to residues that everybody attends to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from ..sinks import find_sinks, measure_sinks
from ._metric import HeadValues, ScoreMetric

if TYPE_CHECKING:
    from ...attention.head_scan import HeadScan
    from ..head_scores import HeadScores

__all__ = ["METRIC"]


def _compute(scan: HeadScan, scores: HeadScores | None) -> HeadValues:
    shape = scan.n_layers, scan.n_heads
    _, sinks, _ = measure_sinks(scan, find_sinks(scan), np.zeros(scan.arcs.n_arcs, dtype=np.bool_))
    return HeadValues(sinks.reshape(shape), np.full(shape, scan.n_positions))


METRIC: Final = ScoreMetric(
    name="sink",
    label="attention to sinks",
    summary="share of a head's attention that goes to residues that everybody attends to",
    unit="share",
    compute=_compute,
)
