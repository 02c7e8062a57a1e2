"""One number for every head: what the head grid can show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ..annotations.annotation import Annotation
from ..attention.head_scan import HeadScan
from ..errors import InputError
from ..scoring.head_scores import HeadScores
from ..scoring.head_scoring import compute_head_scores
from ..scoring.sinks import find_sinks, measure_sinks
from ..structures.sequence import SequenceMap
from .head_grid import HeadGrid, make_head_grid

__all__ = ["METRICS", "RANKED", "MetricChoice", "compute_grid", "find_choice", "make_ranked_grid"]

_N_BEST: Final = 5


@dataclass(frozen=True)
class MetricChoice:
    """A metric as it is offered to the user.

    Attributes
    ----------
    name, label, unit : str
    annotation : str
        Which property it is about; empty for none.
    """

    name: str
    label: str
    unit: str
    annotation: str = ""


METRICS: Final = tuple(
    MetricChoice(*words)
    for words in (
        ("contact", "arcs that are contacts", "%", "contact"),
        ("site", "arcs to the binding site", "%", "site"),
        ("ptm", "arcs to modified residues", "%", "ptm"),
        ("helix", "arcs to helix", "%", "helix"),
        ("strand", "arcs to strand", "%", "strand"),
        ("precision", "contact precision at L", "%", "contact"),
        ("separation", "mean sequence separation", "residues"),
        ("entropy", "entropy of attention", "nats"),
        ("special_tokens", "attention to special tokens", "%"),
        ("sink", "attention to sinks", "%"),
    )
)
"""All metrics; an arc is a pair with attention of at least 0.3, as in Vig et al. (arXiv 2006.15222)."""

RANKED: Final = MetricChoice("ranked", "provis_heads", "%")
"""What the last ``provis_heads`` on this chain gave, on whatever property."""


def find_choice(name: str) -> MetricChoice:
    """Find a metric by its name.

    Raises
    ------
    InputError
        If there is none.
    """
    known = {choice.name: choice for choice in METRICS}
    if name not in known:
        raise InputError(f"«metric={name}»", f"One of {', '.join(known)} is needed", "Choose one of them")
    return known[name]


def compute_grid(
    choice: MetricChoice,
    scan: HeadScan,
    sequence_map: SequenceMap,
    annotations: Mapping[str, Annotation],
    title: str = "",
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

    Returns
    -------
    HeadGrid
        Heads with few arcs, and those that feed a sink, are muted in what is counted in arcs.

    Raises
    ------
    InputError
        If the annotation is known for fewer than two residues, or the scan lacks what is needed.
    """
    label, unit = choice.label, choice.unit
    if choice.annotation:
        is_precision = choice.name == "precision"
        scores = compute_head_scores(
            scan, sequence_map, annotations[choice.annotation], shifts=not is_precision
        )
        return (_precision_grid if is_precision else _share_grid)(choice, scores, title)
    n = np.full((scan.n_layers, scan.n_heads), scan.n_positions)
    if choice.name == "sink":
        _, sinks, _ = measure_sinks(scan, find_sinks(scan), np.zeros(scan.arcs.n_arcs, dtype=np.bool_))
        values = 100 * sinks.reshape(n.shape)
        return make_head_grid(values, n, label=label, unit=unit, n_best=0, counted="residues", title=title)
    if choice.name not in scan.metrics:
        raise InputError(
            f"This scan has no {choice.name}, only {', '.join(scan.metrics)}",
            "A scan with it is needed",
            "Choose another metric, or compute all heads again",
        )
    values = scan.metrics[choice.name].values * (100 if unit == "%" else 1)
    return make_head_grid(values, n, label=label, unit=unit, n_best=0, counted="residues", title=title)


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
    )


def _precision_grid(choice: MetricChoice, scores: HeadScores, title: str) -> HeadGrid:
    if "L" not in scores.precision:
        raise InputError(
            "; ".join(scores.notes) or "The pairs of this scan are not ranked",
            "The best L pairs of each head are needed",
            "Choose another metric, or compute all heads again",
        )
    n = np.full(scores.n_arcs.shape, scores.n_known)
    return make_head_grid(
        100 * scores.precision["L"],
        n,
        label=choice.label,
        unit=choice.unit,
        n_best=_N_BEST,
        reference=100 * scores.background,
        title=title,
    )
