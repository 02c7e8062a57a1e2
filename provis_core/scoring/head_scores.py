"""The scores of all heads of a model on one property of one chain, their order, and which are beyond chance.

Everything that names best heads, in a table, a grid or a sentence, asks here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..attention.head_id import HeadId
from .statistics import count_tests

__all__ = ["SIGNIFICANT", "HeadScores"]

SIGNIFICANT: Final = 0.05
"""Below this `HeadScores.p_max`, which is corrected for all heads, a head is beyond chance."""

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class HeadScores:
    """Scores of all heads; arrays of shape (n_layers, n_heads), NaN where there is nothing to score.

    Attributes
    ----------
    model, chain, name : str
        Checkpoint, label of the chain, name of the property.
    property_method, property_source : str
        Of the annotation.
    kind : {'residue', 'pair'}
    is_numeric : bool
        Whether the property is a number: then `share`, `background`, `expected`, `low` and `high` are means
        of it, `hits` its sums, and the tests are two-sided.
    min_attn : float
        Smallest weight of an arc.
    min_arcs : int
        Arcs from which on a head is tested.
    n_known : int
        Residues of which the property is known.
    n_shifts : int
        Circular shifts behind the p-values: as many as residues move. 0 where none were made.
    background : float
        Share of the chain's residues (or pairs) that have the property, or the mean of the numbers.
    background_hits, background_counts : float
        What it is the ratio of.
    n_arcs, n_near : numpy.ndarray of int64
        Arcs that count: at least `min_attn`, the property known. Arcs that do not because the property is
        not defined for residues so near in the sequence.
    hits : numpy.ndarray of float64
        Arcs with the property: of residues, the one that is attended to has it.
    share : numpy.ndarray of float64
        ``hits / n_arcs``.
    enrichment : numpy.ndarray of float64
        ``share / background``; NaN for numbers.
    expected, low, high : numpy.ndarray of float64
        Mean of the share over all circular shifts of the property, and the bounds of 95 % of them.
    shift_z : numpy.ndarray of float64
        Distance of the share from `expected` in standard deviations of the shifts.
    p, p_bonferroni, p_fdr, p_max : numpy.ndarray of float64
        Of the shifts: share of them that give as much; corrected over the tested heads by Bonferroni, as a
        false discovery rate by pooled shifts, and by the largest z of all heads in each shift.
    z, z_p, z_bonferroni, z_fdr : numpy.ndarray of float64
        Two-proportion z-test against the background, as in the paper; NaN for numbers.
    weighted_share, weighted_expected, weighted_p : numpy.ndarray of float64
        The share with all attention, weighted by it, and its p-value by shifts.
    weighted_method : str
        What `weighted_share` is made of.
    special_share, sink_share : numpy.ndarray of float64
        Share of the attention that goes to special tokens, and to residues that everybody attends to.
    sink_arcs : numpy.ndarray of float64
        Share of the arcs that end at such residues.
    is_few : numpy.ndarray of bool
        Heads with fewer than `min_arcs` arcs: not tested.
    is_sink : numpy.ndarray of bool
        Heads that feed a sink: more than half of their arcs end there; or they have few arcs, and special
        tokens and sinks take 90 % of their attention.
    sinks : numpy.ndarray of bool, shape (n_layers, n_heads, n_residues)
        The residues that everybody attends to.
    precision, precision_plain : mapping of str to numpy.ndarray
        Of pairs only: share of the best L, L/2, L/5 pairs that have the property, ranked after average
        product correction, and without.
    notes : tuple of str
        Sentences the user must read.
    """

    model: str
    chain: str
    name: str
    property_method: str
    property_source: str
    kind: str
    is_numeric: bool
    min_attn: float
    min_arcs: int
    n_known: int
    n_shifts: int
    background: float
    background_hits: float
    background_counts: float
    n_arcs: npt.NDArray[np.int64]
    n_near: npt.NDArray[np.int64]
    hits: _Floats
    share: _Floats
    enrichment: _Floats
    expected: _Floats
    low: _Floats
    high: _Floats
    shift_z: _Floats
    p: _Floats
    p_bonferroni: _Floats
    p_fdr: _Floats
    p_max: _Floats
    z: _Floats
    z_p: _Floats
    z_bonferroni: _Floats
    z_fdr: _Floats
    weighted_share: _Floats
    weighted_expected: _Floats
    weighted_p: _Floats
    weighted_method: str
    special_share: _Floats
    sink_share: _Floats
    sink_arcs: _Floats
    is_few: npt.NDArray[np.bool_]
    is_sink: npt.NDArray[np.bool_]
    sinks: npt.NDArray[np.bool_]
    precision: Mapping[str, _Floats]
    precision_plain: Mapping[str, _Floats]
    notes: tuple[str, ...] = ()

    @property
    def n_layers(self) -> int:
        """Number of layers."""
        return len(self.n_arcs)

    @property
    def n_heads(self) -> int:
        """Heads of each layer."""
        return int(self.n_arcs.shape[1])

    @property
    def n_tested(self) -> int:
        """Heads that were tested: those with enough arcs."""
        return count_tests(self.p if self.n_shifts else self.z_p)

    @property
    def is_significant(self) -> npt.NDArray[np.bool_]:
        """Heads beyond chance, corrected for all heads: `p_max` below `SIGNIFICANT`, and no sink is fed."""
        with np.errstate(invalid="ignore"):
            return (self.p_max < SIGNIFICANT) & ~self.is_sink & ~self.is_few

    def rank(self) -> list[HeadId]:
        """All heads, the best first: tested ones, then those that feed a sink, then those with few arcs.

        The order is that of `shift_z` (of numbers, of its distance from 0: less than expected is as telling
        as more), where no shifts were made that of `z`, or of numbers that of the share. Ties go to the
        larger share, then to the earlier head.

        Returns
        -------
        list of HeadId
            0-based.
        """
        value = self.shift_z if self.n_shifts else self.share if self.is_numeric else self.z
        if self.is_numeric and self.n_shifts:
            value = np.abs(value)
        score, share = (_falling(part) for part in (value, self.share))
        group = np.where(self.is_few, 2, np.where(self.is_sink, 1, 0)).ravel()
        order = np.lexsort((np.arange(len(group)), share, score, group))
        return [HeadId(int(k) // self.n_heads, int(k) % self.n_heads) for k in order]

    def best(self, n: int) -> list[HeadId]:
        """The best heads, without those that feed a sink or have few arcs.

        Parameters
        ----------
        n : int
            At most this many; 0 for all.

        Returns
        -------
        list of HeadId
            0-based.
        """
        found = [head for head in self.rank() if not (self.is_sink[head] or self.is_few[head])]
        return found[:n] if n else found


def _falling(values: npt.NDArray[Any]) -> _Floats:
    """For a sort that puts the largest first and NaN last."""
    flat = -values.ravel().astype(np.float64)
    return np.where(np.isnan(flat), np.inf, flat)
