"""Counts of one protein: exact integers for each feature and head, and under shifts of the feature.

Heads are counted through: ``layer * n_heads + head``. What `provis_core.scoring.head_counts` counts of one
is the same here, to the last arc.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .gathering import Gathered
from .labels import PairLabel, ResidueLabel

__all__ = ["FeatureCounts", "ProteinCounts", "count_protein", "draw_shifts", "draw_steps"]

_Ints = npt.NDArray[np.int64]
_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FeatureCounts:
    """One feature of one protein; arrays of shape (n_heads,) unless said otherwise.

    Of a numeric property, hits are sums of its numbers.

    Attributes
    ----------
    kind : {'residue', 'pair'}
    is_numeric : bool
    hits, arcs : numpy.ndarray
        Arcs with the property, and all of which it is known (of pairs: and that are not too near).
    pair_hits, pairs : numpy.ndarray
        The same without direction: two residues with an arc in at least one direction. Of a property of
        residues, one of the two has it, and it is known of both.
    expected : numpy.ndarray of float64
        Of pairs: hits that pairs of the same separation would give in this protein; of residues zeros.
    weighted_hits, weighted_counts : numpy.ndarray of float64
        Attention in place of arcs.
    background : tuple of float
        Residues (or pairs) of the protein with the property, and of which it is known.
    paper_background : tuple of float
        As in the paper: of pairs, all ordered ones, near ones and the diagonal among them.
    shift_hits, shift_arcs : numpy.ndarray, shape (n_heads, n_shifts)
    """

    kind: str
    is_numeric: bool
    hits: npt.NDArray[Any]
    arcs: _Ints
    pair_hits: npt.NDArray[Any]
    pairs: _Ints
    expected: _Floats
    weighted_hits: _Floats
    weighted_counts: _Floats
    background: tuple[float, float]
    paper_background: tuple[float, float]
    shift_hits: npt.NDArray[Any]
    shift_arcs: _Ints


@dataclass(frozen=True, eq=False)
class ProteinCounts:
    """One protein.

    Attributes
    ----------
    arcs, pairs : numpy.ndarray, shape (n_heads,), dtype int64
        All arcs of each head, and pairs of residues with an arc in at least one direction.
    special, sink : numpy.ndarray, shape (n_heads,), dtype float64
        Attention to special tokens, and to residues that everybody attends to; each row of a map has 1.
    sink_arcs : numpy.ndarray, shape (n_heads,), dtype int64
        Arcs that end at such residues.
    features : mapping of str to FeatureCounts
    """

    arcs: _Ints
    pairs: _Ints
    special: _Floats
    sink: _Floats
    sink_arcs: _Ints
    features: Mapping[str, FeatureCounts]


def draw_shifts(text: str, n_shifts: int) -> _Floats:
    """Fractions of a chain by which features are shifted.

    Parameters
    ----------
    text : str
        What they are drawn from: proteins with the same text are shifted alike, so that of near relatives
        there is only one draw.
    n_shifts : int

    Returns
    -------
    numpy.ndarray, shape (n_shifts,), dtype float64
        From 0 to below 1.
    """
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    return np.random.default_rng(seed).random(n_shifts)


def count_protein(
    found: Gathered,
    residues: Mapping[str, ResidueLabel],
    pairs: Mapping[str, PairLabel],
    shifts: _Floats,
) -> ProteinCounts:
    """Count everything of one protein.

    Parameters
    ----------
    found : Gathered
    residues, pairs : mapping
        As from `make_labels`.
    shifts : numpy.ndarray, shape (n_shifts,)
        As from `draw_shifts`.

    Returns
    -------
    ProteinCounts
    """
    size, n = found.received.shape
    ends = np.bincount(found.head * n + found.key, minlength=size * n).reshape(size, n)
    undirected = _Undirected.find(found, n)
    features: dict[str, FeatureCounts] = {}
    if residues:
        features |= _count_residues(found, ends, undirected, residues, shifts)
    for name, label in pairs.items():
        features[name] = _count_pairs(found, undirected, label, found.weighted[name], shifts)
    return ProteinCounts(
        arcs=np.bincount(found.head, minlength=size),
        pairs=np.bincount(undirected.head, minlength=size),
        special=n - found.received.sum(axis=1),
        sink=(found.received * found.sinks).sum(axis=1),
        sink_arcs=np.bincount(found.head[found.sinks[found.head, found.key]], minlength=size),
        features=features,
    )


@dataclass(frozen=True, eq=False)
class _Undirected:
    """Pairs of different residues with an arc in at least one direction, each once; shape (n_pairs,)."""

    head: _Ints
    low: _Ints
    high: _Ints

    @classmethod
    def find(cls, found: Gathered, n: int) -> _Undirected:
        apart = found.query != found.key
        head, query, key = (part[apart] for part in (found.head, found.query, found.key))
        code = np.unique((head * n + np.minimum(query, key)) * n + np.maximum(query, key))
        rest, high = np.divmod(code, n)
        head, low = np.divmod(rest, n)
        return cls(head, low, high)


def _count_residues(
    found: Gathered,
    ends: _Ints,
    undirected: _Undirected,
    labels: Mapping[str, ResidueLabel],
    shifts: _Floats,
) -> dict[str, FeatureCounts]:
    """All features of residues at once; sums of ones below 2**24 are exact in float32."""
    names = list(labels)
    size = len(ends)
    received_by = ends.astype(np.float64)
    values = np.stack([labels[name].values for name in names])
    known = np.stack([labels[name].known for name in names])
    hits, arcs = received_by @ values.T, (received_by @ known.T).astype(np.int64)
    weighted = found.received @ np.concatenate([values, known]).T
    pair_hits, pairs = _count_edges(
        undirected, values, known, [labels[name].is_numeric for name in names], size
    )
    shifted = _shift_residues(ends, hits, labels, names, shifts)
    counts: dict[str, FeatureCounts] = {}
    for k, name in enumerate(names):
        is_numeric = labels[name].is_numeric
        as_hits = np.float64 if is_numeric else np.int64
        background = (float(values[k].sum()), float(known[k].sum()))
        counts[name] = FeatureCounts(
            kind="residue",
            is_numeric=is_numeric,
            hits=hits[:, k].astype(as_hits),
            arcs=arcs[:, k],
            pair_hits=pair_hits[k].astype(as_hits),
            pairs=pairs[k].astype(np.int64),
            expected=np.zeros(size),
            weighted_hits=weighted[:, k],
            weighted_counts=weighted[:, len(names) + k],
            background=background,
            paper_background=background,
            shift_hits=shifted[name].astype(as_hits),
            shift_arcs=np.broadcast_to(arcs[:, k, None], (size, len(shifts))),
        )
    return counts


def _count_edges(
    undirected: _Undirected, values: _Floats, known: npt.NDArray[np.bool_], numeric: list[bool], size: int
) -> tuple[_Floats, _Floats]:
    """Pairs of which one residue has each feature (of numbers: their mean), and of which it is known.

    Both have shape (n_features, n_heads).
    """
    edges = np.searchsorted(undirected.head, np.arange(size + 1))
    masks, which = np.unique(known, axis=0, return_inverse=True)  # most features have the same
    both = masks[:, undirected.low] & masks[:, undirected.high]
    is_number = np.array(numeric)
    has = values[~is_number] > 0
    either = has[:, undirected.low] | has[:, undirected.high]
    if not both.all():
        either &= both[which[~is_number]]
    hits = np.zeros((len(values), size))
    hits[~is_number] = _add_runs(either, edges)
    if is_number.any():
        mean = (values[is_number][:, undirected.low] + values[is_number][:, undirected.high]) / 2
        hits[is_number] = _add_runs(mean * both[which[is_number]], edges)
    return hits, _add_runs(both, edges)[which]


def _add_runs(values: npt.NDArray[Any], edges: _Ints) -> _Floats:
    """Sums of the columns between edges, shape (n_features, n_runs)."""
    sums = np.zeros((len(values), len(edges) - 1))
    there = np.flatnonzero(edges[1:] > edges[:-1])  # an empty run would be given the column behind it
    if there.size:
        sums[:, there] = np.add.reduceat(values, edges[there], axis=1, dtype=np.float64)
    return sums


def _shift_residues(
    ends: _Ints, hits: _Floats, labels: Mapping[str, ResidueLabel], names: list[str], shifts: _Floats
) -> dict[str, _Floats]:
    """Hits under each shift among the residues that move, shape (n_heads, n_shifts)."""
    found: dict[str, _Floats] = {}
    groups: dict[bytes, list[str]] = {}
    for name in names:
        groups.setdefault(labels[name].moves.tobytes(), []).append(name)
    n_shifts = len(shifts)
    busy = np.flatnonzero(ends.any(axis=1))
    for members in groups.values():
        moves = labels[members[0]].moves
        m = len(moves)
        places = moves[(np.arange(m)[:, None] - draw_steps(shifts, m)) % max(m, 1)]
        own = [names.index(name) for name in members]
        values = np.stack([labels[name].values for name in members])
        exact = not any(labels[name].is_numeric for name in members)
        kind: Any = np.float32 if exact else np.float64
        moving = values[:, places].astype(kind).transpose(1, 0, 2).reshape(m, len(members) * n_shifts)
        mine = ends[np.ix_(busy, moves)].astype(kind)
        brought = (mine @ moving).reshape(len(busy), len(members), n_shifts)
        fixed = hits[:, own][busy] - (mine @ values[:, moves].T.astype(kind))
        for k, name in enumerate(members):
            whole = np.zeros((len(ends), n_shifts))
            whole[busy] = brought[:, k] + fixed[:, k, None]
            found[name] = whole
    return found


def draw_steps(shifts: _Floats, m: int) -> _Ints:
    """Shifts by 1 to m - 1 places; 0 where nothing can move."""
    steps: _Ints = 1 + (shifts * (m - 1)).astype(np.int64) if m > 1 else np.zeros(len(shifts), np.int64)
    return steps


def _count_pairs(
    found: Gathered,
    undirected: _Undirected,
    label: PairLabel,
    weighted: tuple[_Floats, _Floats],
    shifts: _Floats,
) -> FeatureCounts:
    size = len(found.received)
    counted = label.known & label.known[:, None] & ~label.near
    head, i, j = _inside(counted, found.head, found.query, found.key)
    hits = label.values[i, j]
    other, low, high = _inside(counted, undirected.head, undirected.low, undirected.high)
    upper = np.triu(counted, 1)
    apart = label.separation
    far = np.bincount(apart[upper])
    near = np.bincount(apart[upper & label.values], minlength=len(far))
    rate = np.divide(near, far, out=np.zeros(len(far)), where=far > 0)
    expected = np.bincount(head, rate[apart[i, j]] if len(head) else None, minlength=size)
    shift_hits, shift_arcs = _shift_pairs(head, i, j, label, counted, shifts, size)
    n_known = float(label.known.sum())
    return FeatureCounts(
        kind="pair",
        is_numeric=False,
        hits=np.bincount(head[hits], minlength=size),
        arcs=np.bincount(head, minlength=size),
        pair_hits=np.bincount(other[label.values[low, high]], minlength=size),
        pairs=np.bincount(other, minlength=size),
        expected=expected.astype(np.float64),
        weighted_hits=weighted[0],
        weighted_counts=weighted[1],
        background=(float((upper & label.values).sum()), float(upper.sum())),
        paper_background=(float(label.values.sum()), n_known**2),
        shift_hits=shift_hits,
        shift_arcs=shift_arcs,
    )


def _inside(counted: npt.NDArray[np.bool_], head: _Ints, i: _Ints, j: _Ints) -> tuple[_Ints, _Ints, _Ints]:
    inside = counted[i, j]
    return head[inside], i[inside], j[inside]


def _shift_pairs(
    head: _Ints,
    i: _Ints,
    j: _Ints,
    label: PairLabel,
    counted: npt.NDArray[np.bool_],
    shifts: _Floats,
    size: int,
) -> tuple[_Ints, _Ints]:
    """Hits and arcs under each shift of the property among the residues of which it is known."""
    places = np.flatnonzero(label.known)
    m = len(places)
    edges = np.searchsorted(head, np.arange(size + 1))
    if not len(head):
        nothing = np.zeros((size, len(shifts)), dtype=np.int64)
        return nothing, nothing
    index = np.zeros(len(label.known), dtype=np.int64)
    index[places] = np.arange(m)
    inside = np.ix_(places, places)
    state = (counted[inside].astype(np.uint8) + label.values[inside]).ravel()  # 2 has it, 1 has it not
    steps = draw_steps(shifts, m)
    brought = state[(index[i] - steps[:, None]) % m * m + (index[j] - steps[:, None]) % m]
    hits, arcs = (brought >= least for least in (2, 1))
    return _add_runs(hits, edges).T.astype(np.int64), _add_runs(arcs, edges).T.astype(np.int64)
