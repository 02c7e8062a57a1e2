"""Relevance of one protein as numbers: how it falls on each property, per head and for the residues.

Rows are heads, counted through (``layer * n_heads + head``), and behind them the relevance of the residues at
the embedding layer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ..attention.relevance import Relevance
from .counting import draw_steps
from .labels import ResidueLabel

__all__ = ["LETTERS", "RelevanceCounts", "correlate", "count_relevance", "stack_rows"]

LETTERS: Final = "ABCDEFGHIKLMNOPQRSTUVWXYZ"
"""Rows of `RelevanceCounts.types`; J is read as X."""

_FLAT: Final = 1e-9
"""Spread of a row, as a share of its largest number, from which on it is one."""

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RelevanceCounts:
    """One property of one protein; arrays of shape (n_rows,) unless said otherwise. NaN where a row is flat.

    Attributes
    ----------
    r : numpy.ndarray
        Point-biserial correlation of relevance with the property, over residues of which it is known.
    auroc : numpy.ndarray
        How often a residue with the property has more relevance than one without; ties count half.
    within : numpy.ndarray
        The same correlation among residues of one kind: the mean of each amino acid is taken from both.
    paper : numpy.ndarray
        The authors': over all tokens, special ones and residues of which nothing is known without it.
    shifted : numpy.ndarray, shape (n_rows, n_shifts)
        `r` under shifts of the property.
    types : numpy.ndarray, shape (len(LETTERS), 2), dtype int64
        Residues of each kind with the property, and without.
    """

    r: _Floats
    auroc: _Floats
    within: _Floats
    paper: _Floats
    shifted: _Floats
    types: npt.NDArray[np.int64]


def stack_rows(relevance: Relevance) -> tuple[_Floats, _Floats]:
    """Relevance of residues, shape (n_rows, n_positions), and of special tokens, (n_rows, n_special)."""
    heads, special = relevance.heads, relevance.head_special
    size = heads.shape[0] * heads.shape[1]
    inside = np.concatenate([heads.reshape(size, heads.shape[2]), relevance.residues[None]])
    outside = np.concatenate([special.reshape(size, special.shape[2]), relevance.special[None]])
    return inside.astype(np.float64), outside.astype(np.float64)


def correlate(rows: _Floats, values: _Floats) -> _Floats:
    """Pearson's correlation of each row with each column of values.

    Parameters
    ----------
    rows : numpy.ndarray, shape (n_rows, n)
    values : numpy.ndarray, shape (n,) or (n, n_columns)

    Returns
    -------
    numpy.ndarray, shape (n_rows,) or (n_rows, n_columns)
        NaN where one of the two does not change.
    """
    rows, values = rows - rows.mean(axis=1, keepdims=True), values - values.mean(axis=0)
    sizes = np.sqrt((rows**2).sum(axis=1)), np.sqrt((values**2).sum(axis=0))
    below = np.multiply.outer(*sizes)
    largest = np.abs(rows).max(axis=1, initial=0.0)
    flat = sizes[0] <= _FLAT * largest * np.sqrt(rows.shape[1])
    found: _Floats = np.divide(rows @ values, below, out=np.full(below.shape, np.nan), where=below > 0)
    found[flat] = np.nan
    return found


def count_relevance(relevance: Relevance, label: ResidueLabel, shifts: _Floats) -> RelevanceCounts | None:
    """How relevance falls on a property.

    Parameters
    ----------
    relevance : Relevance
    label : ResidueLabel
        Of the same positions; no numbers.
    shifts : numpy.ndarray, shape (n_shifts,)
        Of `provis_core.survey.counting.draw_shifts`.

    Returns
    -------
    RelevanceCounts or None
        None unless some residues have the property and some have not.
    """
    inside, outside = stack_rows(relevance)
    places = np.flatnonzero(label.known)
    has = label.values[places]
    if not 0 < has.sum() < len(has):
        return None
    rows = inside[:, places]
    letters = np.array([LETTERS.find("X" if one == "J" else one) for one in relevance.sequence])[places]
    tokens = np.concatenate([inside, outside], axis=1)
    marked = np.concatenate([np.where(label.known, label.values, 0.0), np.zeros(outside.shape[1])])
    moving = np.flatnonzero(np.isin(places, label.moves))
    n_moving = len(moving)
    moved = np.repeat(has[:, None], len(shifts), axis=1)
    turned = (np.arange(n_moving)[:, None] - draw_steps(shifts, n_moving)) % max(n_moving, 1)
    moved[moving] = has[moving][turned]
    types = np.stack([np.bincount(letters[has == k], minlength=len(LETTERS)) for k in (1, 0)], axis=1)
    return RelevanceCounts(
        r=correlate(rows, has),
        auroc=_measure_auroc(rows, has > 0),
        within=correlate(_take_means(rows, letters), _take_means(has[None], letters)[0]),
        paper=correlate(tokens, marked),
        shifted=correlate(rows, moved),
        types=types,
    )


def _take_means(rows: _Floats, letters: npt.NDArray[np.int64]) -> _Floats:
    """Rows without the mean of each letter."""
    counts = np.bincount(letters, minlength=len(LETTERS))
    is_of = np.zeros((len(letters), len(LETTERS)))
    is_of[np.arange(len(letters)), letters] = 1
    means = rows @ is_of / np.maximum(counts, 1)
    left: _Floats = rows - means[:, letters]
    left[np.abs(left) <= 1e-12 * np.abs(rows).max(initial=0.0)] = 0
    return left


def _measure_auroc(rows: _Floats, has: npt.NDArray[np.bool_]) -> _Floats:
    from scipy.stats import rankdata

    n_on = int(has.sum())
    ranks = rankdata(rows, axis=1)[:, has].sum(axis=1)
    found: _Floats = (ranks - n_on * (n_on + 1) / 2) / (n_on * (len(has) - n_on))
    return found
