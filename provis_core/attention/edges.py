"""Choose the residue pairs that are drawn.

`Edges` holds residue indices (0-based in the `Chain`), not positions: what has no residue is not drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ..errors import InputError, check_word
from ..structures.chain import Chain
from ..structures.sequence import SequenceMap
from .arcs import Arcs
from .head_id import Head

__all__ = ["DIRECTIONS", "Edges", "check_options", "select_edges", "select_edges_from_arcs"]

DIRECTIONS: Final = ("max", "mean", "directed")
"""How the two weights of a residue pair are made into one: the larger, the mean, or both drawn."""

_LONGEST: Final = 1_000_000  # residues


@dataclass(frozen=True, eq=False)
class Edges:
    """Residue pairs with their weights, strongest first.

    Attributes
    ----------
    query, key : numpy.ndarray, shape (n_edges,), dtype int64
        Residue indices. For ``max`` and ``mean`` the pair is unordered and ``query < key``.
    weight : numpy.ndarray, shape (n_edges,), dtype float32
        In [0, 1].
    direction : str
        One of `DIRECTIONS`.
    n_passed : int
        How many pairs pass the threshold, before the cut to the strongest.
    n_candidates : int
        How many pairs could have passed: both residues resolved, inside the selection, far enough apart.
    largest : float
        The largest weight among the candidates; 0.0 where there is none.
    """

    query: npt.NDArray[np.int64]
    key: npt.NDArray[np.int64]
    weight: npt.NDArray[np.float32]
    direction: str
    n_passed: int
    n_candidates: int
    largest: float

    @property
    def n_edges(self) -> int:
        """Number of pairs that are kept."""
        return len(self.weight)

    @property
    def residues(self) -> npt.NDArray[np.int64]:
        """Residue indices at the ends, ascending and each once."""
        return np.unique(np.concatenate([self.query, self.key]))


def select_edges(
    weights: npt.NDArray[np.float32],
    chain: Chain,
    sequence_map: SequenceMap,
    *,
    inside: npt.NDArray[np.bool_] | None = None,
    min_attn: float = 0.1,
    top: int = 200,
    min_sep: int = 1,
    direction: str = "max",
) -> Edges:
    """Keep the strongest residue pairs of one head.

    Parameters
    ----------
    weights : numpy.ndarray, shape (n_positions, n_positions)
        Attention weights, query by key.
    chain : Chain
        Pairs with a residue without CA coordinates cannot be drawn and are left out.
    sequence_map : SequenceMap
    inside : numpy.ndarray of bool, shape (n_residues,), optional
        Both residues of a pair must be inside. All are by default.
    min_attn : float
        Smallest weight that passes (``>=``).
    top : int
        Largest number of pairs kept; 0 keeps all.
    min_sep : int
        Smallest sequence separation (`SequenceMap.separations`), at least 1. Residues of linked chains have
        none, and always pass.
    direction : {'max', 'mean', 'directed'}
        ``max`` and ``mean`` take the larger or the mean of ``weights[i, j]`` and ``weights[j, i]`` for an
        unordered pair; ``directed`` treats i -> j and j -> i as two pairs.

    Returns
    -------
    Edges
        Sorted by falling weight; ties by position.

    Raises
    ------
    InputError
        If an option is out of its range.
    """
    check_options(min_attn, top, min_sep, direction)
    usable = _usable_positions(chain, sequence_map, inside)
    # The symmetrised map and the threshold are computed in blocks of rows: memory stays at a few rows
    # beyond the map itself, which may be memory-mapped.
    rows = [np.empty(0, np.int64)]
    columns = [np.empty(0, np.int64)]
    values = [np.empty(0, np.float32)]
    largest = 0.0
    for block in _blocks(usable, weights.shape[0]):
        forward = np.asarray(weights[block][:, usable])
        if direction == "directed":
            combined = forward
        else:
            backward = np.asarray(weights[:, block])[usable].T
            if direction == "max":
                combined = np.maximum(forward, backward)
            else:
                combined = np.float32(0.5) * (forward + backward)
        # few pairs pass, so the separation is looked at afterwards: this runs on the viewer's own thread
        i, j = np.nonzero(combined >= np.float32(min_attn))
        far = _is_far(block[i], usable[j], sequence_map, min_sep, direction)
        i, j = i[far], j[far]
        if not len(i):  # what the user is told instead
            candidate = _is_far(block[:, None], usable[None, :], sequence_map, min_sep, direction)
            largest = max(largest, float(combined.max(where=candidate, initial=0.0)))
        rows.append(block[i])
        columns.append(usable[j])
        values.append(combined[i, j].astype(np.float32))
    row, column, value = np.concatenate(rows), np.concatenate(columns), np.concatenate(values)
    return _make_edges(row, column, value, largest, usable, sequence_map, min_sep, direction, top)


def select_edges_from_arcs(
    arcs: Arcs,
    head: Head,
    chain: Chain,
    sequence_map: SequenceMap,
    *,
    inside: npt.NDArray[np.bool_] | None = None,
    min_attn: float = 0.1,
    top: int = 200,
    min_sep: int = 1,
    direction: str = "max",
) -> Edges:
    """Keep the strongest residue pairs of one head of a scan, without its attention map.

    Parameters
    ----------
    arcs : Arcs
        The pairs of all heads above a small weight; `min_attn` must not be below it.
    head : HeadId or HeadSet
        0-based; of a set these are the arcs of its mean.
    chain, sequence_map, inside, min_attn, top, min_sep
        As in `select_edges`.
    direction : {'max', 'directed'}
        The mean of two weights is not known where one of them was too small to be kept.

    Returns
    -------
    Edges
        The same as `select_edges` gives for the whole map, but `largest` is 0.0 where no pair was kept.

    Raises
    ------
    InputError
        If an option is out of its range or asks for weights that were not kept.
    """
    check_options(min_attn, top, min_sep, direction)
    if direction == "mean":
        raise InputError(
            "«direction=mean» was asked of a scan",
            f"A scan keeps weights from {arcs.min_weight:g} on, and a mean needs the smaller ones as well",
            "Use «direction=max» or «direction=directed», or compute this head",
        )
    usable = _usable_positions(chain, sequence_map, inside)
    row, column, value = arcs.select(head, min_attn)
    if direction == "max":
        row, column = np.minimum(row, column), np.maximum(row, column)
    is_usable = np.zeros(sequence_map.n_positions, dtype=bool)
    is_usable[usable] = True
    kept = is_usable[row] & is_usable[column] & _is_far(row, column, sequence_map, min_sep, direction)
    row, column, value = row[kept], column[kept], value[kept]
    # of the two weights of a pair the larger counts: sorted by pair, then by falling weight, it comes first
    order = np.lexsort((-value, column, row))
    row, column, value = row[order], column[order], value[order]
    first = np.ones(len(value), dtype=bool)
    first[1:] = (np.diff(row) != 0) | (np.diff(column) != 0)
    largest = 0.0
    if not len(value) and min_attn > arcs.min_weight:  # what the user is told instead
        weaker = select_edges_from_arcs(
            arcs,
            head,
            chain,
            sequence_map,
            inside=inside,
            min_attn=arcs.min_weight,
            top=1,
            min_sep=min_sep,
            direction=direction,
        )
        largest = weaker.largest
    return _make_edges(
        row[first], column[first], value[first], largest, usable, sequence_map, min_sep, direction, top
    )


def _usable_positions(
    chain: Chain, sequence_map: SequenceMap, inside: npt.NDArray[np.bool_] | None
) -> npt.NDArray[np.int64]:
    """Positions whose residue can be drawn, ascending."""
    drawable: npt.NDArray[np.bool_] = np.asarray(np.isfinite(chain.ca_coords).all(axis=1))
    if inside is not None:
        drawable = drawable & inside
    residue = sequence_map.residue_index
    return np.flatnonzero((residue >= 0) & np.take(drawable, residue))


def _make_edges(
    row: npt.NDArray[np.int64],
    column: npt.NDArray[np.int64],
    value: npt.NDArray[np.float32],
    largest: float,
    usable: npt.NDArray[np.int64],
    sequence_map: SequenceMap,
    min_sep: int,
    direction: str,
    top: int,
) -> Edges:
    """Cut pairs of positions to the strongest, and name their residues."""
    kept = _strongest(row, column, value, top)
    n_candidates = _count_far(usable, sequence_map, min_sep)
    residue = sequence_map.residue_index
    return Edges(
        query=residue[row[kept]],
        key=residue[column[kept]],
        weight=value[kept],
        direction=direction,
        n_passed=len(value),
        n_candidates=2 * n_candidates if direction == "directed" else n_candidates,
        largest=float(value.max(initial=largest)),
    )


def _is_far(
    row: npt.NDArray[np.int64],
    column: npt.NDArray[np.int64],
    sequence_map: SequenceMap,
    min_sep: int,
    direction: str,
) -> npt.NDArray[np.bool_]:
    """Whether pairs are far enough apart, as those of two chains always are; each unordered pair once."""
    far: npt.NDArray[np.bool_] = sequence_map.separations(row, column) >= min_sep
    return far if direction == "directed" else far & (column > row)


def _count_far(usable: npt.NDArray[np.int64], sequence_map: SequenceMap, min_sep: int) -> int:
    """How many unordered pairs of usable positions are far enough apart."""
    part = np.zeros(len(usable)) if sequence_map.part is None else sequence_map.part[usable]
    total = len(usable) * (len(usable) - 1) // 2
    for one in np.unique(part):
        mine = usable[part == one]
        mine = mine if sequence_map.places is None else sequence_map.places[mine]
        total -= int((np.searchsorted(mine, mine + min_sep) - np.arange(len(mine)) - 1).sum())
    return total


def _strongest(
    row: npt.NDArray[np.int64], column: npt.NDArray[np.int64], value: npt.NDArray[np.float32], top: int
) -> npt.NDArray[np.int64]:
    """Places of the strongest pairs by falling value, ties by position; of all of them where `top` is 0."""
    places = np.arange(len(value))
    if top and len(value) > top:  # sorting all of half a million takes a tenth of a second
        places = np.flatnonzero(value >= np.partition(value, -top)[-top])
    order = places[np.lexsort((column[places], row[places], -value[places]))]
    return order[:top] if top else order


def _blocks(positions: npt.NDArray[np.int64], n_positions: int) -> list[npt.NDArray[np.int64]]:
    """Split positions so that one block of rows holds about two million weights."""
    n_rows = max(1, 2_000_000 // max(1, n_positions))
    return [positions[start : start + n_rows] for start in range(0, len(positions), n_rows)]


def check_options(min_attn: float, top: int, min_sep: int, direction: str) -> None:
    """Raise unless `select_edges` can take these.

    Raises
    ------
    InputError
    """
    if not 0 <= min_attn <= 1:
        raise InputError(
            f"«min_attn={min_attn:g}»",
            "An attention weight from 0 to 1 is needed",
            "Try «min_attn=0.1»",
        )
    if top < 0:
        raise InputError(
            f"«top={top}»", "The number of pairs to draw must be 0 (all) or more", "Try «top=200»"
        )
    if min_sep < 1:
        raise InputError(
            f"«min_sep={min_sep}»",
            "A sequence separation of at least 1 is needed: a residue has no cylinder to itself",
            "Try «min_sep=1», or «min_sep=6» to see only pairs that are far apart in the sequence",
        )
    if min_sep > _LONGEST:
        raise InputError(
            f"«min_sep={min_sep}»", f"At most {_LONGEST} is needed: no chain is longer", "Try «min_sep=6»"
        )
    check_word("direction", direction, DIRECTIONS, "max")
