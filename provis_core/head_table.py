"""Every head of a model scored on one property of one chain: what `provis_heads` shows.

All formulas are in docs/heads.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .annotation import Annotation
from .attention import HeadId
from .circular_shifts import ShiftNull, summarize_shifts
from .errors import InputError
from .head_counts import HeadCounts, KnownResidues, count_pair_property, count_residue_property
from .head_scan import HeadScan
from .precision import measure_precision
from .sequence import SequenceMap
from .sinks import find_sinks, measure_sinks
from .statistics import compare_proportions, correct_bonferroni, correct_fdr, count_tests

__all__ = ["MIN_ARCS", "HeadTable", "compute_head_table"]

MIN_ARCS: Final = 10
"""Arcs from which on a head is tested."""

_MOST_ATTENTION: Final = 0.9

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class HeadTable:
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
        Circular shifts behind the p-values; 0 where none were made.
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
        Of the shifts: share of them that give as much; corrected over the tested heads by Bonferroni, by
        Benjamini and Hochberg, and by the largest z of all heads in each shift.
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

    def rank(self, by: str = "shift_z") -> list[HeadId]:
        """All heads, the best first: tested ones, then those that feed a sink, then those with few arcs.

        Parameters
        ----------
        by : str
            Name of an attribute, the larger the better (of numbers, the z that is farther from 0), or
            ``"precision"`` (at L). Ties go to the larger share, then to the earlier head.

        Returns
        -------
        list of HeadId
            0-based.

        Raises
        ------
        InputError
            If there is nothing of that name.
        """
        value = self.precision.get("L") if by == "precision" else getattr(self, by, None)
        if not isinstance(value, np.ndarray) or value.shape != self.n_arcs.shape:
            raise InputError(
                f"Heads cannot be ranked by {by}",
                "shift_z, share, weighted_share, enrichment, z, or precision (of contacts) is needed",
                "Use shift_z",
            )
        if not self.n_shifts and by == "shift_z":
            value = self.share if self.is_numeric else self.z
        if self.is_numeric and by == "shift_z":  # less than expected is as telling as more
            value = np.abs(value)
        score, share = (_falling(part) for part in (value, self.share))
        group = np.where(self.is_few, 2, np.where(self.is_sink, 1, 0)).ravel()
        order = np.lexsort((np.arange(len(group)), share, score, group))
        return [HeadId(int(k) // self.n_heads, int(k) % self.n_heads) for k in order]

    def best(self, n: int, by: str = "shift_z") -> list[HeadId]:
        """The best heads, without those that feed a sink or have few arcs.

        Parameters
        ----------
        n : int
            At most this many; 0 for all.
        by : str
            As for `rank`.

        Returns
        -------
        list of HeadId
            0-based.
        """
        found = [head for head in self.rank(by) if not (self.is_sink[head] or self.is_few[head])]
        return found[:n] if n else found


def compute_head_table(
    scan: HeadScan,
    sequence_map: SequenceMap,
    annotation: Annotation,
    *,
    min_attn: float = 0.3,
    min_arcs: int = MIN_ARCS,
    shifts: bool = True,
    chain: str = "",
) -> HeadTable:
    """Score all heads on a property.

    Parameters
    ----------
    scan : HeadScan
    sequence_map : SequenceMap
        Of the scanned sequence.
    annotation : Annotation
        Of the residues, or the residue pairs, of the map's chain. Attention *to* a residue counts: the key.
    min_attn : float
        Smallest weight of an arc (``>=``); at least what the scan kept.
    min_arcs : int
        Arcs from which on a head is tested.
    shifts : bool
        Whether to make the circular shifts; without them their columns are NaN.
    chain : str
        Label for the output; by default where the annotation comes from.

    Returns
    -------
    HeadTable

    Raises
    ------
    InputError
        If the three are not about one chain, weights as small as `min_attn` were not kept, the annotation is
        about pairs of two chains, or about numbers of pairs, or known for fewer than two residues.
    """
    _check(scan, sequence_map, annotation, min_attn, min_arcs)
    known = KnownResidues.find(sequence_map, annotation)
    if known.n_known < 2:
        raise InputError(
            f"{annotation.name} is known for {known.n_known} residues of {annotation.source}",
            "At least two are needed",
            "Use another property, or a structure with more coordinates",
        )
    count = count_pair_property if annotation.kind == "pair" else count_residue_property
    counts = count(scan, known, annotation, min_attn, shifts=shifts)
    shape = (scan.n_layers, scan.n_heads)
    n_arcs = counts.counts[:, 0].astype(np.int64)
    is_few = n_arcs < min_arcs
    shares, weighted_shares = (_ratio(*part) for part in _pairs_of(counts))
    background = counts.background_hits / counts.background_counts if counts.background_counts else np.nan
    numeric = annotation.is_numeric
    null, weighted_null = (
        summarize_shifts(part if shifts else part[:, :0], ~is_few, two_sided=numeric)
        for part in (shares, weighted_shares)
    )
    p = np.where(is_few, np.nan, null.p)
    z, z_p = _compare(counts, is_few, numeric=numeric)
    with np.errstate(divide="ignore", invalid="ignore"):
        enrichment = np.full(len(n_arcs), np.nan) if numeric else shares[:, 0] / background
    enrichment[~np.isfinite(enrichment)] = np.nan
    sinks = find_sinks(scan)
    special, sink_share, sink_arcs = measure_sinks(scan, sinks, counts.arcs)
    with np.errstate(invalid="ignore"):
        is_sink = (sink_arcs > 0.5) | (is_few & (special + sink_share >= _MOST_ATTENTION))
    precision, lacking = measure_precision(scan, known, annotation)
    columns: dict[str, npt.NDArray[Any]] = {
        "n_arcs": n_arcs,
        "n_near": counts.n_near,
        "hits": counts.hits[:, 0],
        "share": shares[:, 0],
        "enrichment": enrichment,
        **_null_columns(null, p),
        "z": z,
        "z_p": z_p,
        "z_bonferroni": correct_bonferroni(z_p),
        "z_fdr": correct_fdr(z_p),
        "weighted_share": weighted_shares[:, 0],
        "weighted_expected": weighted_null.expected,
        "weighted_p": weighted_null.p,
        "special_share": special,
        "sink_share": sink_share,
        "sink_arcs": sink_arcs,
        "is_few": is_few,
        "is_sink": is_sink,
    }
    return HeadTable(
        model=scan.model,
        chain=chain or annotation.source,
        name=annotation.name,
        property_method=annotation.method,
        property_source=annotation.source,
        kind=annotation.kind,
        is_numeric=numeric,
        min_attn=min_attn,
        min_arcs=min_arcs,
        n_known=known.n_known,
        n_shifts=known.n_known if shifts else 0,
        background=background,
        background_hits=counts.background_hits,
        background_counts=counts.background_counts,
        weighted_method=counts.method,
        sinks=_place_sinks(sinks, sequence_map, annotation.n_residues),
        precision=precision[0],
        precision_plain=precision[1],
        notes=(*annotation.notes, *lacking),
        **{name: values.reshape(shape) for name, values in columns.items()},
    )


def _check(
    scan: HeadScan, sequence_map: SequenceMap, annotation: Annotation, min_attn: float, min_arcs: int
) -> None:
    scan.arcs.check_kept(min_attn)
    if min_arcs < 1:
        raise InputError(f"min_arcs={min_arcs}", "At least 1 is needed", f"Try min_arcs={MIN_ARCS}")
    if (
        scan.sequence != sequence_map.sequence
        or sequence_map.residue_index.max(initial=-1) >= annotation.n_residues
    ):
        raise InputError(
            f"The scan has {scan.n_positions} residues, the sequence {sequence_map.n_positions}, and "
            f"{annotation.name} is about {annotation.n_residues}",
            "All three must be about one chain",
            "Scan the sequence of this chain, and annotate it anew",
        )
    if annotation.column_source:
        raise InputError(
            f"{annotation.name} is about pairs of residues in two chains",
            "The model sees one chain at a time, unless they are linked",
            "Use link=1, or contacts within the chain",
        )
    if annotation.kind == "pair" and annotation.is_numeric:
        raise InputError(
            f"{annotation.name} has numbers for residue pairs",
            "For pairs, a property that a pair has or does not have is needed",
            "Decide from which number on a pair has it",
        )


def _compare(counts: HeadCounts, is_few: npt.NDArray[np.bool_], *, numeric: bool) -> tuple[_Floats, _Floats]:
    """The paper's z-test; of the tested heads."""
    if numeric:
        return np.full(len(is_few), np.nan), np.full(len(is_few), np.nan)
    z, p = compare_proportions(
        counts.hits[:, 0], counts.counts[:, 0], counts.background_hits, counts.background_counts
    )
    return z, np.where(is_few, np.nan, p)


def _place_sinks(
    sinks: npt.NDArray[np.bool_], sequence_map: SequenceMap, n_residues: int
) -> npt.NDArray[np.bool_]:
    """By residue instead of by position."""
    placed = np.zeros((*sinks.shape[:2], n_residues), dtype=np.bool_)
    resolved = sequence_map.residue_index >= 0
    placed[:, :, sequence_map.residue_index[resolved]] = sinks[:, :, resolved]
    return placed


def _null_columns(null: ShiftNull, p: _Floats) -> dict[str, _Floats]:
    return {
        "expected": null.expected,
        "low": null.low,
        "high": null.high,
        "shift_z": null.z,
        "p": p,
        "p_bonferroni": correct_bonferroni(p),
        "p_fdr": correct_fdr(p),
        "p_max": null.p_max,
    }


def _pairs_of(counts: HeadCounts) -> tuple[tuple[_Floats, _Floats], tuple[_Floats, _Floats]]:
    return (counts.hits, counts.counts), (counts.weighted_hits, counts.weighted_counts)


def _ratio(above: npt.NDArray[Any], below: npt.NDArray[Any]) -> _Floats:
    """NaN where nothing counts."""
    ratio = np.full(above.shape, np.nan)
    np.divide(above, below, out=ratio, where=below > 0)
    return ratio


def _falling(values: npt.NDArray[Any]) -> _Floats:
    """For a sort that puts the largest first and NaN last."""
    flat = -values.ravel().astype(np.float64)
    return np.where(np.isnan(flat), np.inf, flat)
