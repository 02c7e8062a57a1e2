"""What Vig et al. (arXiv 2006.15222, their probing figures) found of TapeBert: read from the figures.

Other proteins, and for attention other features (see docs/probing.md): a landmark, not a target.
"""

from __future__ import annotations

from typing import Final

__all__ = ["SOURCE", "TAPE_BERT", "find_published"]

SOURCE: Final = "Vig et al., arXiv 2006.15222, TapeBert"

TAPE_BERT: Final[dict[tuple[str, str], tuple[float, float, float, int]]] = {
    ("embeddings", "f1_H"): (0.524, 0.759, 0.761, 11),
    ("embeddings", "f1_T"): (0.061, 0.232, 0.269, 10),
    ("embeddings", "f1_E"): (0.154, 0.622, 0.624, 11),
    ("embeddings", "precision_at_L/20"): (0.102, 0.171, 0.171, 12),
    ("embeddings", "precision_at_L/5"): (0.069, 0.166, 0.183, 11),
    ("attention", "precision_at_L/5"): (0.041, 0.190, 0.190, 12),
}
"""By source and metric: at layer 1, at layer 12, the best, and its layer."""


def find_published(source: str, metric: str) -> dict[int, float]:
    """Return the published numbers of TapeBert by layer; empty where there are none."""
    if (source, metric) not in TAPE_BERT:
        return {}
    first, last, best, place = TAPE_BERT[source, metric]
    return {1: first, 12: last, place: best}
