"""The analysis written plainly: two loops over residues, one update of all heads for each pair."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from provis_core.annotations.annotation import Annotation


@dataclass
class Plain:
    """Counts of one feature, each of shape (n_layers, n_heads)."""

    hits: np.ndarray
    arcs: np.ndarray
    pair_hits: np.ndarray
    pairs: np.ndarray
    expected: np.ndarray
    weighted_hits: np.ndarray
    weighted_counts: np.ndarray
    background: list[float] = field(default_factory=lambda: [0.0, 0.0])
    paper_background: list[float] = field(default_factory=lambda: [0.0, 0.0])


def count_plainly(
    maps: np.ndarray, features: Mapping[str, Annotation], places: np.ndarray, min_attn: float
) -> tuple[np.ndarray, dict[str, Plain]]:
    """Count all features of a protein.

    Parameters
    ----------
    maps : numpy.ndarray, shape (n_layers, n_heads, n, n)
    features : mapping of str to Annotation
        Aligned to the rows of the maps.
    places : numpy.ndarray, shape (n,)
    min_attn : float

    Returns
    -------
    arcs : numpy.ndarray, shape (n_layers, n_heads)
    counts : dict of str to Plain
    """
    n, shape = len(places), maps.shape[:2]
    all_arcs = np.zeros(shape)
    counts = {name: Plain(*(np.zeros(shape) for _ in range(7))) for name in features}
    rates = {name: _rates(one, places) for name, one in features.items() if one.kind == "pair"}
    for i in range(n):
        for j in range(n):
            weight, back = maps[:, :, i, j], maps[:, :, j, i]
            strong = weight >= np.float32(min_attn)
            edge = (strong | (back >= np.float32(min_attn))) & (i < j)
            all_arcs += strong
            for name, one in features.items():
                if one.kind == "residue":
                    _add_residue(counts[name], one, i, j, weight, strong, edge)
                else:
                    _add_pair(counts[name], one, i, j, weight, strong, edge, places, rates[name])
    return all_arcs, counts


def _add_residue(count: Plain, one: Annotation, i, j, weight, strong, edge) -> None:
    if one.valid[j]:
        value = float(one.values[j])
        count.arcs += strong
        count.hits += strong * value
        count.weighted_counts += weight
        count.weighted_hits += weight * value
        if i == 0:
            count.background[0] += value
            count.background[1] += 1
            count.paper_background = count.background
    if one.valid[i] and one.valid[j]:
        ends = float(one.values[i]), float(one.values[j])
        count.pairs += edge
        count.pair_hits += edge * (sum(ends) / 2 if one.is_numeric else max(ends))


def _add_pair(count: Plain, one: Annotation, i, j, weight, strong, edge, places, rates) -> None:
    if not (one.valid[i] and one.valid[j]):
        return
    apart, value = abs(places[i] - places[j]), bool(one.values[i, j])
    count.paper_background[0] += value
    count.paper_background[1] += 1
    if apart < one.min_separation:
        return
    count.arcs += strong
    count.hits += strong * value
    count.pairs += edge
    count.pair_hits += edge * value
    count.expected += strong * rates[apart]
    count.weighted_counts += weight
    count.weighted_hits += weight * value
    if i < j:
        count.background[0] += value
        count.background[1] += 1


def _rates(one: Annotation, places: np.ndarray) -> dict[int, float]:
    """Share of the known pairs of each separation that have the property."""
    seen: dict[int, list[bool]] = {}
    known = np.flatnonzero(one.valid)
    for i in known:
        for j in known[known > i]:
            seen.setdefault(abs(int(places[i] - places[j])), []).append(bool(one.values[i, j]))
    return {apart: float(np.mean(values)) for apart, values in seen.items()}
