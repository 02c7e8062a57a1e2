"""How many of the pairs that a head ranks first are contacts, as the field reports it.

The best L pairs (L: residues whose contacts are known), ranked after average product correction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from ...errors import InputError
from ._metric import HeadValues, ScoreMetric

if TYPE_CHECKING:
    from ...attention.head_scan import HeadScan
    from ..head_scores import HeadScores

__all__ = ["METRIC"]


def _compute(scan: HeadScan, scores: HeadScores | None) -> HeadValues:
    assert scores is not None
    if "L" not in scores.precision:
        raise InputError(
            "; ".join(scores.notes) or "The pairs of this scan are not ranked",
            "The best L pairs of each head are needed",
            "Choose another metric, or compute all heads again",
        )
    n = np.full(scores.n_arcs.shape, scores.n_known)
    return HeadValues(scores.precision["L"], n, "pairs", scores.background, is_ranked=True)


METRIC: Final = ScoreMetric(
    name="precision",
    label="contact precision at L",
    summary="share of the best L pairs of a head that are contacts",
    unit="share",
    compute=_compute,
    needs="contact",
)
