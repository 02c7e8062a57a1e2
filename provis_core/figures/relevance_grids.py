"""What the head grid shows of relevance: how much each head contributed, and how much of it on a site."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from ..annotations.annotation import Annotation
from ..attention.head_id import HeadId
from ..attention.relevance import Relevance
from ..scoring.relevance_scores import score_relevance
from ..structures.sequence import SequenceMap
from .grids import MetricChoice, find_choice
from .head_grid import HeadGrid, make_head_grid

__all__ = ["RELEVANCE_CHOICES", "find_shown", "is_relevance", "make_relevance_grid"]

RELEVANCE_CHOICES: Final = (
    MetricChoice("relevance", "relevance", ""),
    MetricChoice("relevance_site", "relevance on the site", "%", "site"),
    MetricChoice("relevance_z", "relevance on the site, z", "", "site"),
)
"""The sum over residues and special tokens; the share of its size that falls on the site, with the sign of
the sum there; and how far the correlation with the site is from that with the site shifted."""

_N_BEST: Final = 5


def is_relevance(metric: str) -> bool:
    """Whether a metric is one of relevance, not of attention."""
    return metric in [one.name for one in RELEVANCE_CHOICES]


def find_shown(name: str) -> MetricChoice:
    """Find what a grid can show by its name: of attention, or of relevance.

    Raises
    ------
    InputError
        If there is none.
    """
    return {one.name: one for one in RELEVANCE_CHOICES}.get(name) or find_choice(name)


def make_relevance_grid(
    choice: MetricChoice,
    relevance: Relevance,
    sequence_map: SequenceMap,
    site: Annotation | None,
    title: str = "",
) -> HeadGrid:
    """Show one of `RELEVANCE_CHOICES`; heads that contribute most, for or against, are marked.

    Parameters
    ----------
    choice : MetricChoice
    relevance : Relevance
    sequence_map : SequenceMap
    site : Annotation, optional
        Where the choice is about it.
    title : str

    Returns
    -------
    HeadGrid
        Zero in the middle.
    """
    n, p_all = np.full(relevance.head_sums.shape, len(relevance.sequence)), None
    values = relevance.head_sums.astype(np.float64)
    label = f"relevance for {relevance.prediction}"
    if choice.annotation:
        assert site is not None
        scores = score_relevance(relevance.heads, sequence_map, site)
        label += " on the site"
        if choice.name == "relevance_z":
            values, label, p_all = scores.z, f"{label}, z", scores.p_max
        else:
            values = _share_on(relevance, sequence_map, site)
        n = np.full(values.shape, scores.n_known)
    known = np.where(np.isfinite(values), np.abs(values), -1.0)
    high = float(known.max(initial=0.0)) or 1.0
    order = np.argsort(-known, axis=None, kind="stable")[:_N_BEST].tolist()
    grid = make_head_grid(
        values,
        n,
        label=label,
        unit=choice.unit,
        n_best=0,
        low=-high,
        high=high,
        counted="residues",
        title=title,
    )
    best = [HeadId(*divmod(int(k), values.shape[1])) for k in order if known.ravel()[k] > 0]
    return replace(grid, is_signed=True, best=tuple(best), best_reason="farthest from zero", p_all=p_all)


def _share_on(relevance: Relevance, sequence_map: SequenceMap, site: Annotation) -> npt.NDArray[np.float64]:
    residue = sequence_map.residue_index
    on = np.zeros(len(residue), dtype=np.bool_)
    seen = residue >= 0
    on[seen] = site.values[residue[seen]].astype(np.bool_) & site.valid[residue[seen]]
    sizes = np.abs(relevance.heads).sum(axis=2, dtype=np.float64)
    sums = relevance.heads[:, :, on].sum(axis=2, dtype=np.float64)
    shares: npt.NDArray[np.float64]
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.where(sizes > 0, 100 * sums / sizes, np.nan)
    return shares
