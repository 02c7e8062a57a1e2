"""How much of each head's attention falls on a property of a chain, as it is and under circular shifts.

Heads are numbered ``layer * n_heads + head`` here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ..annotations.annotation import Annotation
from ..attention.head_scan import HeadScan
from ..structures.sequence import SequenceMap
from .circular_shifts import shift_pairs, shift_residues

__all__ = [
    "ENDS",
    "HeadCounts",
    "KnownResidues",
    "count_pair_property",
    "count_residue_property",
    "place_pairs",
]

ENDS: Final = 5
"""Residues at each end of a chain, as the model sees it, that keep a property of residues in every shift."""

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class KnownResidues:
    """The positions at which a property is known.

    Attributes
    ----------
    positions : numpy.ndarray, shape (n_known,), dtype int64
        Positions with a residue for which the property is known, ascending.
    residues : numpy.ndarray, shape (n_known,), dtype int64
        Their residue indices.
    index : numpy.ndarray, shape (n_positions,), dtype int64
        The place of each position in `positions`; -1 where the property is not known.
    sequence_map : SequenceMap
    moves : numpy.ndarray of bool, shape (n_known,)
        Those that are not among the first or last `ENDS` positions of a chain, linked or not.
    """

    positions: npt.NDArray[np.int64]
    residues: npt.NDArray[np.int64]
    index: npt.NDArray[np.int64]
    sequence_map: SequenceMap
    moves: npt.NDArray[np.bool_]

    @classmethod
    def find(cls, sequence_map: SequenceMap, annotation: Annotation) -> KnownResidues:
        """Those of an annotation of the map's chain."""
        residue = sequence_map.residue_index
        known = residue >= 0
        known[known] = annotation.valid[residue[known]]
        positions = np.flatnonzero(known)
        index = np.full(len(residue), -1, dtype=np.int64)
        index[positions] = np.arange(len(positions))
        part = np.zeros(len(residue), dtype=np.int64) if sequence_map.part is None else sequence_map.part
        inner = np.ones(len(residue), dtype=np.bool_)
        for one in np.unique(part[part >= 0]):
            chain = np.flatnonzero(part == one)
            inner[chain[:ENDS]] = inner[chain[-ENDS:]] = False
        return cls(positions, residue[positions], index, sequence_map, inner[positions])

    @property
    def is_linker(self) -> npt.NDArray[np.bool_]:
        """Positions between linked chains, shape (n_positions,): what they attend to never counts."""
        part = self.sequence_map.part
        return np.zeros(len(self.index), dtype=np.bool_) if part is None else part < 0

    @property
    def n_known(self) -> int:
        """How many there are."""
        return len(self.positions)


@dataclass(frozen=True, eq=False)
class HeadCounts:
    """What falls on a property.

    n_shifts is 1 where no shifts were asked for, else as many as residues move, at least 1: all that are
    known for a property of pairs, all but the ends for one of residues.

    Attributes
    ----------
    arcs : numpy.ndarray of bool, shape (n_arcs,)
        Which pairs of the scan were counted: strong ones whose property is known.
    n_near : numpy.ndarray, shape (n_heads,), dtype int64
        Strong pairs that were not, because the property is not defined for residues so near in the sequence.
    hits, counts : numpy.ndarray, shape (n_heads, n_shifts), dtype float64
        Strong pairs with the property (sums of its numbers where it is one), and all that count.
    weighted_hits, weighted_counts : numpy.ndarray, shape (n_heads, n_shifts), dtype float64
        The same with all attention, weighted by it.
    background_hits, background_counts : float
        Of the chain: residues, or pairs of residues.
    method : str
        What `weighted_hits` is made of.
    """

    arcs: npt.NDArray[np.bool_]
    n_near: npt.NDArray[np.int64]
    hits: _Floats
    counts: _Floats
    weighted_hits: _Floats
    weighted_counts: _Floats
    background_hits: float
    background_counts: float
    method: str


def count_residue_property(
    scan: HeadScan, known: KnownResidues, annotation: Annotation, min_attn: float, *, shifts: bool
) -> HeadCounts:
    """Count attention to residues with a property: the key, which is attended to, must have it.

    Parameters
    ----------
    scan : HeadScan
    known : KnownResidues
    annotation : Annotation
        Of residues; bool or numbers.
    min_attn : float
        Smallest weight of a strong pair (``>=``).
    shifts : bool

    Returns
    -------
    HeadCounts
    """
    arcs, size, n = scan.arcs, scan.n_layers * scan.n_heads, known.n_known
    value = annotation.values[known.residues].astype(np.float64)
    key = known.index[arcs.key]
    flat = np.repeat(np.arange(size), np.diff(arcs.offsets))
    from_linker = known.is_linker[arcs.query]
    strong = (arcs.weight >= np.float32(min_attn)) & (key >= 0) & ~from_linker
    ends = np.bincount(flat[strong] * n + key[strong], minlength=size * n).reshape(size, n)
    received = scan.received.reshape(size, -1)[:, known.positions].astype(np.float64)
    method = "all attention between residues"
    if from_linker.any():
        cut = from_linker & (key >= 0)
        given = np.bincount(flat[cut] * n + key[cut], arcs.weight[cut], minlength=size * n).reshape(size, n)
        received = np.maximum(received - given, 0.0)
        method += f", and below {arcs.min_weight:g} also that of the linker"
    if shifts:
        hits, weighted = (shift_residues(part, value, known.moves) for part in (ends, received))
    else:
        hits, weighted = (part @ value[:, None] for part in (ends, received))
    if not annotation.is_numeric:
        hits = np.rint(hits)
    return HeadCounts(
        arcs=strong,
        n_near=np.zeros(size, dtype=np.int64),
        hits=hits,
        counts=np.broadcast_to(ends.sum(axis=1, dtype=np.float64)[:, None], hits.shape),
        weighted_hits=weighted,
        weighted_counts=np.broadcast_to(received.sum(axis=1)[:, None], hits.shape),
        background_hits=float(value.sum()),
        background_counts=float(n),
        method=method,
    )


def count_pair_property(
    scan: HeadScan, known: KnownResidues, annotation: Annotation, min_attn: float, *, shifts: bool
) -> HeadCounts:
    """Count attention between residues that have a property together.

    Parameters
    ----------
    scan, known, min_attn, shifts
        As in `count_residue_property`.
    annotation : Annotation
        Of pairs within the chain; bool.

    Returns
    -------
    HeadCounts
    """
    arcs, size = scan.arcs, scan.n_layers * scan.n_heads
    labels, is_known = place_pairs(known, annotation)
    flat = np.repeat(np.arange(size), np.diff(arcs.offsets))
    i, j = known.index[arcs.query], known.index[arcs.key]
    inside = (i >= 0) & (j >= 0)
    strong = arcs.weight >= np.float32(min_attn)
    far = known.sequence_map.separations(arcs.query, arcs.key) >= annotation.min_separation
    one = np.ones(1)

    def count(chosen: npt.NDArray[np.bool_], *, weighted: bool) -> tuple[_Floats, _Floats]:
        weight = arcs.weight[chosen].astype(np.float64) if weighted else np.broadcast_to(one, chosen.sum())
        places = flat[chosen], i[chosen], j[chosen]
        if shifts:
            return shift_pairs(*places, weight, labels, is_known, size)
        sums = (np.bincount(places[0], weight * part, size) for part in (labels[places[1:]], 1.0))
        hits, counts = (part[:, None].astype(np.float64) for part in sums)
        return hits, counts

    near = flat[strong & inside & ~far]
    hits, counts = count(strong & inside & far, weighted=False)
    weighted_hits, weighted_counts = count(inside & far, weighted=True)
    upper = np.triu(is_known)
    return HeadCounts(
        arcs=strong & inside & far,
        n_near=np.bincount(near, minlength=size),
        hits=hits,
        counts=counts,
        weighted_hits=weighted_hits,
        weighted_counts=weighted_counts,
        background_hits=float(np.count_nonzero(labels & upper)),
        background_counts=float(np.count_nonzero(upper)),
        method=f"the pairs with attention >= {arcs.min_weight:g}, which is what a scan keeps",
    )


def place_pairs(
    known: KnownResidues, annotation: Annotation
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """A property of pairs between the known residues, and for which of them it is defined.

    Parameters
    ----------
    known : KnownResidues
    annotation : Annotation
        Of pairs; bool.

    Returns
    -------
    labels, is_known : numpy.ndarray of bool, shape (n_known, n_known)
        Pairs nearer in the sequence than the property is defined for are not known.
    """
    distance = known.sequence_map.separations(known.positions[:, None], known.positions)
    is_known: npt.NDArray[np.bool_] = distance >= annotation.min_separation
    return annotation.values[np.ix_(known.residues, known.residues)] & is_known, is_known
