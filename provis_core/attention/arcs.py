"""The strong pairs of many heads at once, kept sparsely: any head is then drawn without running the model.

Rows of attention sum to at most 1, so a row has at most ``1 / min_weight`` pairs of at least `min_weight`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from ..system.array_files import read_arrays
from .head_id import Head, HeadId, HeadSet, check_head

__all__ = [
    "DEFAULT_MIN_WEIGHT",
    "MIN_ARCS",
    "MIN_ATTN",
    "Arcs",
    "ArcsBuilder",
    "check_min_attn",
    "check_min_weight",
]

DEFAULT_MIN_WEIGHT: Final = 0.05
"""Smallest weight that is kept, unless said otherwise."""

MIN_ARCS: Final = 10
"""Arcs from which on a head is tested."""

MIN_ATTN: Final = 0.3
"""Smallest weight of an arc unless said otherwise, as in Vig et al. (arXiv 2006.15222)."""

_FORMAT: Final = 1
_FILE_KEYS: Final = ("format", "size", "min_weight", "known", "offsets", "query", "key", "weight")


@dataclass(frozen=True, eq=False)
class Arcs:
    """All pairs of at least `min_weight`, sorted by layer, head, query and key.

    Attributes
    ----------
    n_layers, n_heads, n_positions : int
    min_weight : float
        Smallest weight that was kept (``>=``); what is below is not known.
    known : numpy.ndarray of bool, shape (n_layers, n_heads)
        Heads that were computed; a head that was not has no pairs here, which says nothing about it.
    offsets : numpy.ndarray, shape (n_layers * n_heads + 1,), dtype int64
        The pairs of a head are ``offsets[h]`` to ``offsets[h + 1]``, h = layer * n_heads + head (0-based).
    query, key : numpy.ndarray, shape (n_arcs,), dtype uint16 (int32 above 65536 positions)
        Positions, 0-based.
    weight : numpy.ndarray, shape (n_arcs,), dtype float32
    """

    n_layers: int
    n_heads: int
    n_positions: int
    min_weight: float
    known: npt.NDArray[np.bool_]
    offsets: npt.NDArray[np.int64]
    query: npt.NDArray[Any]
    key: npt.NDArray[Any]
    weight: npt.NDArray[np.float32]

    def __post_init__(self) -> None:
        for array in (self.known, self.offsets, self.query, self.key, self.weight):
            array.flags.writeable = False

    @property
    def n_arcs(self) -> int:
        """Number of pairs of all heads."""
        return len(self.weight)

    @property
    def n_bytes(self) -> int:
        """Memory of the arrays."""
        return sum(array.nbytes for array in (self.known, self.offsets, self.query, self.key, self.weight))

    @property
    def layer(self) -> npt.NDArray[np.uint16]:
        """Layer of each pair, 0-based, shape (n_arcs,)."""
        return np.repeat(np.arange(self.n_layers, dtype=np.uint16), self._counts.sum(axis=1))

    @property
    def head(self) -> npt.NDArray[np.uint16]:
        """Head of each pair, 0-based, shape (n_arcs,)."""
        heads = np.tile(np.arange(self.n_heads, dtype=np.uint16), self.n_layers)
        return np.repeat(heads, self._counts.ravel())

    def select(
        self, head: Head, min_attn: float
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Pairs of one head.

        Parameters
        ----------
        head : HeadId or HeadSet
            0-based. Of a set these arcs are about its mean, as the only head.
        min_attn : float
            Smallest weight (``>=``), at least `min_weight`.

        Returns
        -------
        query, key : numpy.ndarray, shape (n,), dtype int64
            Positions, sorted by query, then key.
        weight : numpy.ndarray, shape (n,), dtype float32

        Raises
        ------
        HeadRangeError
            If there is no such head.
        InputError
            If the head was not computed, or weights as small as `min_attn` were not kept.
        """
        if isinstance(head, HeadSet) and (self.n_layers, self.n_heads) != (1, 1):
            raise InputError(
                f"The pairs of {self.n_layers} x {self.n_heads} heads do not tell the mean of {head.label}",
                "A mean needs the weak weights as well, which are not among them",
                "Compute the mean",
            )
        head = head.place if isinstance(head, HeadSet) else HeadId(*head)
        check_head(head, self.n_layers, self.n_heads, "The model")
        if not self.known[head]:
            raise InputError(
                f"Head {head.label} is not among those that were computed",
                "The pairs of a head are known after a run that asked for it",
                "Compute this head, or scan all heads",
            )
        self.check_kept(min_attn)
        flat = head.layer * self.n_heads + head.head
        part = slice(int(self.offsets[flat]), int(self.offsets[flat + 1]))
        kept = self.weight[part] >= np.float32(min_attn)
        query, key = self.query[part][kept].astype(np.int64), self.key[part][kept].astype(np.int64)
        return query, key, self.weight[part][kept]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write one ``.npz`` file, without pickle."""
        with open(path, "wb") as file:  # noqa: PTH123 (numpy would add a suffix to a path)
            np.savez(file, **self.to_arrays())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Arcs:
        """Read what `save` wrote.

        Raises
        ------
        CacheError
            If the file is damaged or something else.
        """

        return read_arrays(
            path,
            lambda file: cls.from_arrays({key: file[key] for key in _FILE_KEYS}),
            "A file of attention arcs that ProVis wrote is needed",
        )

    def to_arrays(self) -> dict[str, Any]:
        """As plain arrays, for a file."""
        return {
            "format": np.array(_FORMAT),
            "size": np.array([self.n_layers, self.n_heads, self.n_positions], dtype=np.int64),
            "min_weight": np.array(self.min_weight, dtype=np.float64),
            **{name: getattr(self, name) for name in _FILE_KEYS[3:]},
        }

    @classmethod
    def from_arrays(cls, arrays: dict[str, Any]) -> Arcs:
        """The opposite of `to_arrays`; a ValueError tells what does not fit."""
        if int(arrays["format"]) != _FORMAT:
            raise ValueError(f"format {arrays['format']}, not {_FORMAT}")
        n_layers, n_heads, n_positions = (int(n) for n in arrays["size"])
        arcs = cls(
            n_layers, n_heads, n_positions, float(arrays["min_weight"]),
            *(arrays[name].copy() for name in _FILE_KEYS[3:]),
        )  # fmt: skip
        sizes = {len(arcs.query), len(arcs.key), len(arcs.weight), int(arcs.offsets[-1])}
        if len(sizes) != 1 or arcs.known.shape != (n_layers, n_heads):
            raise ValueError("arrays of unequal length")
        if len(arcs.offsets) != n_layers * n_heads + 1 or (np.diff(arcs.offsets, prepend=0) < 0).any():
            raise ValueError("offsets that do not ascend")
        if arcs.n_arcs and max(int(arcs.query.max()), int(arcs.key.max())) >= n_positions:
            raise ValueError("positions beyond the chain")
        return arcs

    def check_kept(self, min_attn: float) -> None:
        """Raise `InputError` unless all pairs of at least this weight were kept."""
        if not self.min_weight <= min_attn <= 1:
            raise InputError(
                f"«min_attn={min_attn:g}»",
                f"Weights from {self.min_weight:g} to 1 were kept",
                f"Choose «min_attn={self.min_weight:g}» or more, or compute again with a smaller min_weight",
            )

    @property
    def _counts(self) -> npt.NDArray[np.int64]:
        return np.diff(self.offsets).reshape(self.n_layers, self.n_heads)


class ArcsBuilder:
    """Collects pairs, in any order.

    Parameters
    ----------
    n_layers, n_heads, n_positions : int
    min_weight : float
        For `Arcs`; whoever adds pairs has chosen them by it.
    """

    def __init__(self, n_layers: int, n_heads: int, n_positions: int, min_weight: float) -> None:
        check_min_weight(min_weight)
        self._size = (n_layers, n_heads, n_positions)
        self._min_weight = float(min_weight)
        self._known = np.zeros((n_layers, n_heads), dtype=np.bool_)
        self._position_type: type[Any] = np.uint16 if n_positions <= 2**16 else np.int32
        self._pieces: list[tuple[npt.NDArray[Any], ...]] = []

    def add_heads(self, layer: int, heads: Sequence[int] | range) -> None:
        """Say that these heads are computed."""
        self._known[layer, list(heads)] = True

    def add(
        self,
        layer: int,
        head: npt.NDArray[Any] | int,
        query: npt.NDArray[Any],
        key: npt.NDArray[Any],
        weight: npt.NDArray[np.float32],
    ) -> None:
        """Add pairs of one layer; arrays of one shape (n,), positions and heads 0-based."""
        flat = np.broadcast_to(np.asarray(layer * self._size[1] + head, dtype=np.int32), query.shape)
        positions = (query.astype(self._position_type), key.astype(self._position_type))
        self._pieces.append((flat.copy(), *positions, weight.astype(np.float32)))

    def build(self) -> Arcs:
        """Sort what was added."""
        n_layers, n_heads, n_positions = self._size
        empty = (np.empty(0, np.int32), *2 * (np.empty(0, self._position_type),), np.empty(0, np.float32))
        flat, query, key, weight = (np.concatenate(parts) for parts in zip(empty, *self._pieces, strict=True))
        self._pieces.clear()
        place = (flat.astype(np.int64) * n_positions + query) * n_positions + key
        if (np.diff(place) <= 0).any():
            order = np.argsort(place, kind="stable")
            flat, query, key, weight = (array[order] for array in (flat, query, key, weight))
        counts = np.bincount(flat, minlength=n_layers * n_heads)
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        return Arcs(
            n_layers, n_heads, n_positions, self._min_weight, self._known, offsets, query, key, weight
        )


def check_min_attn(min_attn: float) -> None:
    """Raise `InputError` unless arcs of this weight were kept by every scan."""
    if not DEFAULT_MIN_WEIGHT <= min_attn <= 1:
        raise InputError(
            f"«min_attn={min_attn:g}»",
            f"A weight from {DEFAULT_MIN_WEIGHT:g} to 1 is needed: a scan does not keep weaker pairs",
            f"Try «min_attn={MIN_ATTN:g}», as in the paper",
        )


def check_min_weight(min_weight: float) -> None:
    """Raise `InputError` unless 0 < min_weight <= 1."""
    if not 0 < min_weight <= 1:
        raise InputError(
            f"min_weight={min_weight:g}",
            "A weight above 0 and up to 1 is needed: a row has at most 1 / min_weight pairs above it",
            f"Try min_weight={DEFAULT_MIN_WEIGHT:g}",
        )
