"""What is kept of the maps of one protein: arcs, column sums, weighted pairs, sinks; the maps are dropped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..scoring.sinks import SINK_BREADTH, SINK_WEIGHT
from .labels import PairLabel

if TYPE_CHECKING:
    import torch

__all__ = ["Gathered", "Gatherer"]

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Gathered:
    """All heads of a model on one protein; heads are counted through: ``layer * n_heads + head``.

    Attributes
    ----------
    head, query, key : numpy.ndarray, shape (n_arcs,), dtype int64
        Arcs: pairs of at least the threshold, sorted.
    received : numpy.ndarray, shape (n_heads, n_positions), dtype float64
        Column sums of the maps.
    sinks : numpy.ndarray of bool, shape (n_heads, n_positions)
        Residues that everybody attends to (`provis_core.scoring.sinks`).
    weighted : mapping of str to tuple of numpy.ndarray, each of shape (n_heads,), dtype float64
        Of each property of pairs: attention to pairs that have it, and to all of which it is known.
    """

    head: npt.NDArray[np.int64]
    query: npt.NDArray[np.int64]
    key: npt.NDArray[np.int64]
    received: _Floats
    sinks: npt.NDArray[np.bool_]
    weighted: Mapping[str, tuple[_Floats, _Floats]]


class Gatherer:
    """Takes the maps of one protein as a pass shows them.

    Parameters
    ----------
    n_positions, n_layers, n_heads : int
    min_attn : float
        Smallest weight of an arc (``>=``).
    pairs : mapping of str to PairLabel
        Properties of pairs, of which weighted sums are made.
    device : torch.device
        Where the maps are.
    """

    def __init__(
        self,
        n_positions: int,
        n_layers: int,
        n_heads: int,
        min_attn: float,
        pairs: Mapping[str, PairLabel],
        device: torch.device | str,
    ) -> None:
        import torch

        self._n, self._n_heads = n_positions, n_heads
        self._min_attn = min_attn
        self._is_cpu = torch.device(device).type == "cpu"
        size = n_layers * n_heads
        self._arcs: list[tuple[npt.NDArray[np.int64], ...]] = []
        self._received = np.zeros((size, n_positions))
        self._sinks = np.zeros((size, n_positions), dtype=np.bool_)
        self._pairs = {name: _Weigher(label, device) for name, label in pairs.items()}
        self._weighted = {name: (np.zeros(size), np.zeros(size)) for name in pairs}
        self._ones = torch.ones((1, n_positions), device=device)

    def take(self, layer: int, heads: slice, weights: torch.Tensor) -> None:
        """Reduce the maps of some heads.

        Parameters
        ----------
        layer : int
        heads : slice
        weights : torch.Tensor, shape (n_heads, n_positions, n_positions), dtype float32
        """
        first, last = layer * self._n_heads + heads.start, layer * self._n_heads + heads.stop
        received = (self._ones @ weights)[:, 0]
        self._received[first:last] = received.cpu().numpy()
        self._add_arcs(first, weights)
        self._find_sinks(first, weights)
        for name, weigher in self._pairs.items():
            for total, found in zip(self._weighted[name], weigher.weigh(weights), strict=True):
                total[first:last] = found.cpu().numpy()

    def finish(self) -> Gathered:
        """What all maps brought."""
        none = np.empty(0, dtype=np.int64)
        head, query, key = (np.concatenate(parts) for parts in zip((none,) * 3, *self._arcs, strict=True))
        return Gathered(head, query, key, self._received, self._sinks, self._weighted)

    def _add_arcs(self, first: int, weights: torch.Tensor) -> None:
        flat: npt.NDArray[Any]
        if self._is_cpu:  # numpy is six times faster
            flat = np.flatnonzero(weights.numpy() >= np.float32(self._min_attn))
        else:
            flat = (weights >= self._min_attn).flatten().nonzero()[:, 0].cpu().numpy()
        place, key = np.divmod(flat, self._n)
        head, query = np.divmod(place, self._n)
        self._arcs.append((head + first, query, key))

    def _find_sinks(self, first: int, weights: torch.Tensor) -> None:
        """Only columns that receive enough for it can be sinks."""
        n = self._n
        weight = max(SINK_WEIGHT, 2 / n)
        received = self._received[first : first + len(weights)]
        head, key = np.nonzero(received >= 0.999 * SINK_BREADTH * n * weight)
        if head.size:
            columns = weights[head, :, key]
            broad = (columns >= weight).sum(dim=1).cpu().numpy() >= SINK_BREADTH * n
            self._sinks[first + head, key] = broad


class _Weigher:
    """Sums of the weights of pairs that have a property, and of those of which it is known."""

    def __init__(self, label: PairLabel, device: torch.device | str) -> None:
        import torch

        self._known = torch.from_numpy(label.known.astype(np.float32)).to(device)
        near = label.near & label.known & label.known[:, None]
        self._hits, self._near = (
            tuple(torch.from_numpy(part).to(device) for part in np.nonzero(places))
            for places in (label.values, near)
        )

    def weigh(self, weights: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Sums for each head, both of shape (n_heads,)."""
        hits = weights[:, self._hits[0], self._hits[1]].sum(dim=1)
        near = weights[:, self._near[0], self._near[1]].sum(dim=1)
        inside = (self._known @ weights) @ self._known
        return hits, inside - near
