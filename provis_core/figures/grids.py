"""One number for every head: what the head grid can show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ..annotations.annotation import Annotation
from ..annotations.annotators import offered_properties
from ..attention.arcs import MIN_ATTN
from ..attention.head_scan import HeadScan
from ..errors import InputError, check_word
from ..scoring.head_scores import HeadScores
from ..scoring.head_scoring import compute_head_scores
from ..scoring.metrics import HeadValues, Metric, ScoreMetric, known_metrics
from ..structures.sequence import SequenceMap
from .head_grid import HeadGrid, make_head_grid

__all__ = [
    "DEFAULT_METRIC",
    "RANKED",
    "MetricChoice",
    "compute_grid",
    "find_choice",
    "known_choices",
    "make_ranked_grid",
]

_N_BEST: Final = 5


DEFAULT_METRIC: Final = "contact"
"""What is shown first."""

_ARC_UNIT: Final = "share"


@dataclass(frozen=True)
class MetricChoice:
    """A metric as it is offered to the user.

    Attributes
    ----------
    name, label, unit : str
    annotation : str
        Which property it is about; empty for none.
    metric : Metric or None
        What computes it; None for the share of arcs that have the property.
    """

    name: str
    label: str
    unit: str
    annotation: str = ""
    metric: Metric | None = None


RANKED: Final = MetricChoice("ranked", "last ranking", "%")
"""What the last ``provis_heads`` on this chain gave, on whatever property."""


def known_choices() -> tuple[MetricChoice, ...]:
    """All that the grid can show: arcs on the properties of annotators, then the metrics.

    An arc is a pair with attention of at least 0.3, as in Vig et al. (arXiv 2006.15222).
    """
    arcs = [
        MetricChoice(name, label, _show_unit(_ARC_UNIT), name) for name, label in offered_properties().items()
    ]
    metrics = [
        MetricChoice(
            one.name,
            one.label,
            _show_unit(one.unit),
            one.needs if isinstance(one, ScoreMetric) else "",
            one,
        )
        for one in known_metrics()
    ]
    return (*arcs, *sorted(metrics, key=lambda choice: not choice.annotation))


def find_choice(name: str) -> MetricChoice:
    """Find a metric by its name.

    Raises
    ------
    InputError
        If there is none.
    """
    known = {choice.name: choice for choice in known_choices()}
    check_word("metric", name, known)
    return known[name]


def _show_unit(unit: str) -> str:
    return "%" if unit == _ARC_UNIT else unit


def compute_grid(
    choice: MetricChoice,
    scan: HeadScan,
    sequence_map: SequenceMap,
    annotations: Mapping[str, Annotation],
    title: str = "",
    min_attn: float = MIN_ATTN,
) -> HeadGrid:
    """Compute a metric of all heads.

    Parameters
    ----------
    choice : MetricChoice
    scan : HeadScan
    sequence_map : SequenceMap
    annotations : mapping of str to Annotation
        By the names that `MetricChoice.annotation` has.
    title : str
        Model and chain.
    min_attn : float
        Smallest weight of an arc.

    Returns
    -------
    HeadGrid
        Heads with few arcs, and those that feed a sink, are muted in what is counted in arcs.

    Raises
    ------
    InputError
        If the annotation is known for fewer than two residues, or the scan lacks what is needed.
    """
    metric, scores = choice.metric, None
    if choice.annotation:
        annotation = annotations[choice.annotation]
        scores = compute_head_scores(scan, sequence_map, annotation, min_attn=min_attn, shifts=metric is None)
    if metric is None:
        assert scores is not None
        return _share_grid(choice, scores, title)
    if isinstance(metric, ScoreMetric):
        found = metric.compute(scan, scores)
    elif metric.name in scan.metrics:
        n = np.full((scan.n_layers, scan.n_heads), scan.n_positions)
        found = HeadValues(scan.metrics[metric.name].values, n)
    else:
        raise InputError(
            f"This scan has no {metric.name}, only {', '.join(scan.metrics)}",
            "A scan with it is needed",
            "Choose another metric, or compute all heads again",
        )
    scale = 100 if metric.unit == _ARC_UNIT else 1
    return make_head_grid(
        scale * found.values,
        found.n,
        label=choice.label,
        unit=choice.unit,
        n_best=_N_BEST if found.is_ranked else 0,
        reference=scale * found.reference,
        counted=found.counted,
        title=title,
    )


def make_ranked_grid(scores: HeadScores, title: str) -> HeadGrid:
    """Show the scores of ``provis_heads``: shares, or the means of a property that is a number."""
    unit = "" if scores.is_numeric else RANKED.unit
    choice = replace(RANKED, label=f"score by {scores.name} ({RANKED.label})", unit=unit)
    return _share_grid(choice, scores, title)


def _share_grid(choice: MetricChoice, scores: HeadScores, title: str) -> HeadGrid:
    muted, scale = scores.is_few | scores.is_sink, 1 if scores.is_numeric else 100
    grid = make_head_grid(
        np.where(muted, np.nan, scale * scores.share),
        scores.n_arcs,
        label=choice.label,
        unit=choice.unit,
        n_best=0,
        reference=scale * scores.background,
        counted="arcs",
        title=title,
    )
    return replace(
        grid,
        values=scale * scores.share,
        muted=muted,
        best=tuple(scores.best(_N_BEST)),
        muted_reason=f"fewer than {scores.min_arcs} arcs, or most of them end in a sink",
        best_reason="farthest beyond chance",
        p_all=np.where(muted, np.nan, scores.p_max),
        min_weight=scores.min_attn,
    )
