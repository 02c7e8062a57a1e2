"""One number for every head: what the head grid can show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ..annotation import Annotation
from ..arcs import count_pairs
from ..attention import HeadId
from ..errors import InputError
from ..head_scan import HeadScan
from ..metrics.pair_property import place_pairs
from ..sequence import SequenceMap

__all__ = ["METRICS", "HeadGrid", "MetricChoice", "compute_grid", "find_choice"]

STRONG: Final = 0.3
"""Weight from which a pair counts in the shares, as in Vig et al. (arXiv 2006.15222)."""

_FEWEST: Final = 10  # pairs below which a share says nothing
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
        ("contact", "attention on contacts", "share", "contact"),
        ("site", "attention on binding sites", "share", "site"),
        ("ptm", "attention on modified residues", "share", "ptm"),
        ("helix", "attention on helix", "share", "helix"),
        ("strand", "attention on strand", "share", "strand"),
        ("precision", "contact precision at L", "share", "contact"),
        ("separation", "mean sequence separation", "residues"),
        ("entropy", "entropy", "nats"),
        ("special_tokens", "attention on special tokens", "share"),
        ("sink", "attention on the most attended residue", "share"),
    )
)


def find_choice(name: str) -> MetricChoice:
    """Find a metric by its name.

    Raises
    ------
    InputError
        If there is none.
    """
    known = {choice.name: choice for choice in METRICS}
    if name not in known:
        raise InputError(f"metric={name}", f"One of {', '.join(known)} is needed", "Choose one of them")
    return known[name]


@dataclass(frozen=True, eq=False)
class HeadGrid:
    """One number per head."""

    values: npt.NDArray[np.float64]
    n: npt.NDArray[np.int64]
    muted: npt.NDArray[np.bool_]
    best: tuple[HeadId, ...]
    label: str
    unit: str
    low: float
    high: float


def compute_grid(
    choice: MetricChoice,
    scan: HeadScan,
    sequence_map: SequenceMap,
    annotations: Mapping[str, Annotation],
) -> HeadGrid:
    """Compute a metric of all heads.

    Parameters
    ----------
    choice : MetricChoice
    scan : HeadScan
    sequence_map : SequenceMap
    annotations : mapping of str to Annotation
        By the names that `MetricChoice.annotation` has.

    Returns
    -------
    HeadGrid

    Raises
    ------
    InputError
        If the annotation is not there.
    """
    if choice.annotation and choice.annotation not in annotations:
        raise InputError(f"The {choice.annotation} residues are not known", "", "Choose another metric")
    shape = (scan.n_layers, scan.n_heads)
    is_share = bool(choice.annotation)
    if choice.name == "precision":
        if scan.top_pairs is None:
            raise InputError("The scan has no ranked pairs", "", "Scan again")
        labels = place_pairs(annotations["contact"], sequence_map.residue_index)
        values = scan.top_pairs.compute_precision(labels, sequence_map.n_positions)
        n = np.full(shape, sequence_map.n_positions)
    elif choice.annotation:
        labels = _place(annotations[choice.annotation], sequence_map)
        hits, n = count_pairs(scan.arcs, labels, min_attn=STRONG)
        values = np.full(shape, np.nan)
        np.divide(hits, n, out=values, where=n > 0)
    elif choice.name in scan.metrics:
        values, n = scan.metrics[choice.name].values, scan.metrics[choice.name].counts.astype(np.int64)
    elif choice.name == "sink":
        total = scan.received.sum(axis=2, dtype=np.float64)
        values = scan.received.max(axis=2) / np.maximum(total, 1e-12)
        n = np.full(shape, scan.n_positions)
    else:
        values, n = _mean_separation(scan)
    muted = (n < _FEWEST) | ~np.isfinite(values)
    good = np.where(muted, -np.inf, values).ravel()
    order = np.argsort(-good, kind="stable")[:_N_BEST] if is_share else np.empty(0, dtype=np.int64)
    best = tuple(HeadId(*divmod(int(k), scan.n_heads)) for k in order if np.isfinite(good[k]) and good[k] > 0)
    shown = values[~muted]
    low = 0.0 if choice.unit == "share" or not len(shown) else float(shown.min())
    high = float(shown.max()) if len(shown) else 1.0
    return HeadGrid(values, n, muted, best, choice.label, choice.unit, low, max(high, low + 1e-9))


def _place(annotation: Annotation, sequence_map: SequenceMap) -> npt.NDArray[np.float32]:
    if annotation.kind == "pair":
        return place_pairs(annotation, sequence_map.residue_index)
    values = np.where(annotation.valid, annotation.values, np.nan).astype(np.float32)
    placed = np.where(sequence_map.residue_index >= 0, values[sequence_map.residue_index], np.float32(np.nan))
    return np.broadcast_to(placed, (sequence_map.n_positions,) * 2)


def _mean_separation(scan: HeadScan) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    arcs = scan.arcs
    flat = np.repeat(np.arange(scan.n_layers * scan.n_heads), np.diff(arcs.offsets))
    distance = np.abs(arcs.query.astype(np.int64) - arcs.key.astype(np.int64))
    size = scan.n_layers * scan.n_heads
    total = np.bincount(flat, arcs.weight, size)
    values = np.full(size, np.nan)
    np.divide(np.bincount(flat, arcs.weight * distance, size), total, out=values, where=total > 0)
    shape = (scan.n_layers, scan.n_heads)
    return values.reshape(shape), np.bincount(flat, minlength=size).reshape(shape)
