"""The maps of all heads of a model, each as small as a stamp, from the pairs that a scan kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ..attention.arcs import Arcs
from ..structures.chain import Chain
from ..structures.sequence import SequenceMap

__all__ = ["Thumbnails", "iterate_thumbnails", "make_thumbnails"]

_HIGH_SHARE: Final = 0.9  # of all kept weights, this share is below the high end of the palette


@dataclass(frozen=True, eq=False)
class Thumbnails:
    """One small map per head.

    Attributes
    ----------
    images : numpy.ndarray, shape (n_layers, n_heads, size, size), dtype uint8
        0: no pair; 255: a weight of `high` or more. A dot is the strongest pair under it.
    known : numpy.ndarray of bool, shape (n_layers, n_heads)
        Heads that were computed.
    min_weight, high : float
        Weights below the first are not known.
    title : str
    """

    images: npt.NDArray[np.uint8]
    known: npt.NDArray[np.bool_]
    min_weight: float
    high: float
    title: str = ""

    @property
    def n_layers(self) -> int:
        """Number of layers."""
        return int(self.images.shape[0])

    @property
    def n_heads(self) -> int:
        """Heads of each layer."""
        return int(self.images.shape[1])

    @property
    def size(self) -> int:
        """Dots along each side of a map."""
        return int(self.images.shape[2])

    @property
    def caption(self) -> str:
        """One sentence for the legend of a figure."""
        words = f"{self.title}: " if self.title else ""
        return f"{words}attention maps of all heads, weights of at least {self.min_weight:g}."


def make_thumbnails(
    arcs: Arcs,
    *,
    size: int = 48,
    high: float | None = None,
    chain: Chain | None = None,
    sequence_map: SequenceMap | None = None,
    title: str = "",
) -> Thumbnails:
    """Draw the maps of all heads small.

    Parameters
    ----------
    arcs : Arcs
    size : int
        Dots along each side; no more than there are residues.
    high : float, optional
        Weight with the last colour; by default one that nine in ten of the kept pairs do not exceed.
    chain, sequence_map : Chain, SequenceMap, optional
        With both, the axes are the residues of the chain, as in `MapView`; else the positions of the model.
    title : str

    Returns
    -------
    Thumbnails

    See Also
    --------
    iterate_thumbnails : one layer at a time, where a window must not wait.
    """
    high = _find_high(arcs) if high is None else high
    layers = list(iterate_thumbnails(arcs, size=size, high=high, chain=chain, sequence_map=sequence_map))
    images = np.stack(layers)
    images.flags.writeable = False
    return Thumbnails(images, arcs.known, arcs.min_weight, high, title)


def iterate_thumbnails(
    arcs: Arcs,
    *,
    size: int = 48,
    high: float | None = None,
    chain: Chain | None = None,
    sequence_map: SequenceMap | None = None,
) -> Iterator[npt.NDArray[np.uint8]]:
    """The maps of one layer after another; parameters as in `make_thumbnails`.

    Yields
    ------
    numpy.ndarray, shape (n_heads, size, size), dtype uint8
    """
    high = _find_high(arcs) if high is None else high
    if chain is not None and sequence_map is not None:
        n, place = chain.n_residues, sequence_map.residue_index
    else:
        n, place = arcs.n_positions, np.arange(arcs.n_positions, dtype=np.int64)
    size = max(1, min(size, n))
    dot = np.where(place >= 0, place * size // max(1, n), -1).astype(np.int32)
    for layer in range(arcs.n_layers):
        bounds = arcs.offsets[layer * arcs.n_heads : (layer + 1) * arcs.n_heads + 1]
        part = slice(int(bounds[0]), int(bounds[-1]))
        head = np.repeat(np.arange(arcs.n_heads, dtype=np.int32), np.diff(bounds))
        row, column = dot[arcs.query[part]], dot[arcs.key[part]]
        value = np.clip(arcs.weight[part] * np.float32(255 / high), 1, 255).astype(np.uint8)
        flat = (head * size + row) * size + column
        kept = (row >= 0) & (column >= 0)
        # of several values for one dot the last is kept: the largest
        order = np.argsort(value, kind="stable")
        order = order[kept[order]]
        image = np.zeros(arcs.n_heads * size * size, dtype=np.uint8)
        image[flat[order]] = value[order]
        yield image.reshape(arcs.n_heads, size, size)


def _find_high(arcs: Arcs) -> float:
    """From at most 100,000 pairs."""
    some = arcs.weight[:: max(1, arcs.n_arcs // 100_000)]
    return float(np.quantile(some, _HIGH_SHARE)) if len(some) else 1.0
