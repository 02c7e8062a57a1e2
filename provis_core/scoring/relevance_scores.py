"""Heads scored by the relevance that falls on a property of residues, against all shifts of the property."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..annotations.annotation import Annotation
from ..errors import InputError
from ..structures.sequence import SequenceMap
from .circular_shifts import ShiftNull, shift_residues, summarize_shifts
from .head_counts import KnownResidues
from .statistics import rank_values

__all__ = ["RelevanceScores", "score_relevance"]

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RelevanceScores:
    """One chain. Arrays have shape (n_layers, n_heads); signs are those of relevance.

    Attributes
    ----------
    n_known, n_on : int
        Residues of which the property is known, and that have it.
    difference : numpy.ndarray
        Mean relevance of residues with the property minus that of residues without.
    auroc : numpy.ndarray
        Area under the ROC curve: 0.5 is chance, below that relevance falls elsewhere, or is negative there.
    r : numpy.ndarray
        Point-biserial correlation; NaN for a head without any relevance.
    z, p, p_max : numpy.ndarray
        Of r against all circular shifts of the property, two-sided; `p_max` is corrected for all heads.
    """

    n_known: int
    n_on: int
    difference: _Floats
    auroc: _Floats
    r: _Floats
    z: _Floats
    p: _Floats
    p_max: _Floats

    @property
    def order(self) -> npt.NDArray[np.int64]:
        """Flat indices of heads, the most telling first; those without a z at the end."""
        sizes = np.where(np.isfinite(self.z), np.abs(self.z), -1)
        order: npt.NDArray[np.int64] = np.argsort(-sizes, axis=None, kind="stable")
        return order


def score_relevance(
    relevance: npt.NDArray[np.float32], sequence_map: SequenceMap, annotation: Annotation
) -> RelevanceScores:
    """Score every head; special tokens, and residues of which the property is not known, have no part.

    Parameters
    ----------
    relevance : numpy.ndarray, shape (n_layers, n_heads, n_positions)
    sequence_map : SequenceMap
    annotation : Annotation
        A property that residues have or do not have.

    Returns
    -------
    RelevanceScores

    Raises
    ------
    InputError
        If it is about pairs or is a number, or all residues are alike.
    """
    if annotation.kind != "residue" or annotation.is_numeric:
        raise InputError(
            f"{annotation.name} is {'a number' if annotation.kind == 'residue' else 'a property of pairs'}",
            "Relevance is scored on a property that residues have or do not have",
            "Choose another one with «by=», like site or helix",
        )
    known = KnownResidues.find(sequence_map, annotation)
    has = annotation.values[known.residues].astype(np.bool_)
    n_on = int(has.sum())
    if not 0 < n_on < known.n_known:
        raise InputError(
            f"{n_on} of {known.n_known} residues of {annotation.source} have {annotation.name}",
            "Some that have it and some that have not are needed",
            "Choose another property with «by=»",
        )
    shape = relevance.shape[:2]
    rows = relevance[:, :, known.positions].reshape(-1, known.n_known).astype(np.float64)
    rows -= rows.mean(axis=1, keepdims=True)
    spread = rows.std(axis=1)
    is_flat = spread <= 1e-12 * np.abs(relevance).max(initial=0.0)
    scale = np.where(is_flat, np.nan, known.n_known * spread * has.std())
    correlation = shift_residues(rows, has, known.moves) / scale[:, None]
    null: ShiftNull = summarize_shifts(correlation, ~is_flat, two_sided=True)
    difference = rows[:, has].mean(axis=1) - rows[:, ~has].mean(axis=1)
    n_off = known.n_known - n_on
    ranks = np.array([rank_values(row)[has].sum() for row in rows])
    auroc = (ranks - n_on * (n_on + 1) / 2) / (n_on * n_off)
    parts = (difference, auroc, correlation[:, 0], null.z, null.p, null.p_max)
    return RelevanceScores(known.n_known, n_on, *(part.reshape(shape) for part in parts))
