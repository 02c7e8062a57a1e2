"""Every head of a model scored on one property of one chain: what `provis_heads` shows.

All formulas are in docs/heads.md.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..annotations.annotation import Annotation
from ..attention.arcs import MIN_ARCS, MIN_ATTN
from ..attention.head_scan import HeadScan
from ..errors import InputError
from ..structures.sequence import SequenceMap
from .circular_shifts import ShiftNull, summarize_shifts
from .head_counts import ENDS, HeadCounts, KnownResidues, count_pair_property, count_residue_property
from .head_scores import HeadScores
from .precision import measure_precision
from .sinks import find_sinks, measure_sinks
from .statistics import compare_proportions, correct_bonferroni, correct_fdr

__all__ = ["compute_head_scores"]

_MOST_ATTENTION: Final = 0.9

_Floats = npt.NDArray[np.float64]


def compute_head_scores(
    scan: HeadScan,
    sequence_map: SequenceMap,
    annotation: Annotation,
    *,
    min_attn: float = MIN_ATTN,
    min_arcs: int = MIN_ARCS,
    shifts: bool = True,
    chain: str = "",
) -> HeadScores:
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
    HeadScores

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
    return HeadScores(
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
        n_shifts=shares.shape[1] if shifts else 0,
        background=background,
        background_hits=counts.background_hits,
        background_counts=counts.background_counts,
        weighted_method=counts.method,
        sinks=_place_sinks(sinks, sequence_map, annotation.n_residues),
        precision=precision[0],
        precision_plain=precision[1],
        notes=(*annotation.notes, *_note_ends(annotation, known, shifts=shifts), *lacking),
        **{name: values.reshape(shape) for name, values in columns.items()},
    )


def _check(
    scan: HeadScan, sequence_map: SequenceMap, annotation: Annotation, min_attn: float, min_arcs: int
) -> None:
    scan.arcs.check_kept(min_attn)
    if min_arcs < 1:
        raise InputError(f"«min_arcs={min_arcs}»", "At least 1 is needed", f"Try «min_arcs={MIN_ARCS}»")
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
            "Use «link=1», or contacts within the chain",
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


def _note_ends(annotation: Annotation, known: KnownResidues, *, shifts: bool) -> tuple[str, ...]:
    """Say so where a property of residues differs at the ends only, where it is not shifted."""
    if not shifts or annotation.kind == "pair":
        return ()
    if len(np.unique(annotation.values[known.residues][known.moves])) > 1:
        return ()
    return (
        f"{annotation.name} is the same for all residues but the first and last {ENDS}, which are not "
        "shifted: nothing can be told from chance",
    )


def _null_columns(null: ShiftNull, p: _Floats) -> dict[str, _Floats]:
    return {
        "expected": null.expected,
        "low": null.low,
        "high": null.high,
        "shift_z": null.z,
        "p": p,
        "p_bonferroni": correct_bonferroni(p),
        "p_fdr": null.p_fdr,
        "p_max": null.p_max,
    }


def _pairs_of(counts: HeadCounts) -> tuple[tuple[_Floats, _Floats], tuple[_Floats, _Floats]]:
    return (counts.hits, counts.counts), (counts.weighted_hits, counts.weighted_counts)


def _ratio(above: npt.NDArray[Any], below: npt.NDArray[Any]) -> _Floats:
    """NaN where nothing counts."""
    ratio = np.full(above.shape, np.nan)
    np.divide(above, below, out=ratio, where=below > 0)
    return ratio
