"""What is kept of all heads of a model on one sequence: a few megabytes instead of all maps."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..system.array_files import read_arrays
from .arcs import Arcs

__all__ = ["BANDS", "SCAN_FORMAT", "HeadMetric", "HeadScan", "TopPairs"]

SCAN_FORMAT: Final = 3
"""Of the file; one that has another is computed anew. 3: the best pairs of each range of separations."""

BANDS: Final = (6, 12, 24)
"""Smallest |i - j| of the short, medium and long range of the field, of each of which 2 L pairs are kept."""


@dataclass(frozen=True, eq=False)
class HeadMetric:
    """One number per head, as a ratio of sums, so that sequences can be pooled.

    Attributes
    ----------
    sums, counts : numpy.ndarray, shape (n_layers, n_heads), dtype float64
        What the mean is of, and over how much: query rows, or attention.
    unit : str
    """

    sums: npt.NDArray[np.float64]
    counts: npt.NDArray[np.float64]
    unit: str

    @property
    def values(self) -> npt.NDArray[np.float64]:
        """The means, shape (n_layers, n_heads); NaN where nothing counts."""
        return _ratio(self.sums, self.counts)


@dataclass(frozen=True, eq=False)
class TopPairs:
    """The pairs of each head with the highest scores of each range of `BANDS`, the highest first.

    Attributes
    ----------
    i, j : numpy.ndarray, shape (n_layers, n_heads, n_pairs), dtype int32
        Positions, 0-based, ``j - i >= 6``; of each range up to 2 L pairs.
    score : numpy.ndarray, shape (n_layers, n_heads, n_pairs), dtype float32
        ``w[i, j] + w[j, i]``; after average product correction minus what the sums of both rows explain.
    """

    i: npt.NDArray[np.int32]
    j: npt.NDArray[np.int32]
    score: npt.NDArray[np.float32]

    def count_hits(
        self,
        value: npt.NDArray[np.float64],
        n_pairs: int,
        n_positions: int,
        separations: tuple[int, int] = (BANDS[0], sys.maxsize),
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """Count the best pairs that have a property.

        Parameters
        ----------
        value : numpy.ndarray, shape (n_layers, n_heads, n_pairs), dtype float64
            The property of each pair that was kept; NaN for those that are unknown and are passed over.
        n_pairs : int
            How many known pairs of each head to look at.
        n_positions : int
            Length of the sequence.
        separations : tuple of int
            Smallest ``j - i`` of the pairs looked at, and the first that is too large.

        Returns
        -------
        hits, n_taken : numpy.ndarray, shape (n_layers, n_heads), dtype int64
            Pairs with the property, and known pairs looked at: fewer than `n_pairs` where there are no more.
        is_lacking : numpy.ndarray of bool, shape (n_layers, n_heads)
            Heads that have fewer because more were not kept.
        """
        low, high = separations
        apart = self.j - self.i
        known = ~np.isnan(value) & (apart >= low) & (apart < high)
        is_cut = False
        for first, after in zip(BANDS, (*BANDS[1:], n_positions), strict=True):
            inside = (apart >= first) & (apart < after)
            n_kept = int(inside.sum(axis=2).min(initial=self.i.shape[2]))
            if low < after and high > first and n_kept < count_pairs_apart(n_positions, first, after):
                is_cut = True
                if n_kept:  # below the lowest score that was kept of a range not all is known
                    lowest = self.score.min(axis=2, where=inside, initial=np.inf)
                    known &= self.score >= lowest[:, :, None]
        taken = known & (np.cumsum(known, axis=2) <= n_pairs)
        n_taken = taken.sum(axis=2)
        return (taken & (value > 0)).sum(axis=2), n_taken, (n_taken < n_pairs) & is_cut


@dataclass(frozen=True, eq=False)
class HeadScan:
    """All heads of a model on one sequence.

    Attributes
    ----------
    model : str
        Name of the checkpoint.
    sequence : str
    metrics : mapping of str to HeadMetric
        By the name of the metric.
    received : numpy.ndarray, shape (n_layers, n_heads, n_positions), dtype float32
        Attention that each residue receives from all residues: the column sums of the map.
    arcs : Arcs
        All pairs above a small weight.
    top_pairs, plain_pairs : TopPairs or None
        Ranked after average product correction, and without; None where they were not asked for.
    notes : tuple of str
        Sentences that the user must read: windows, and smaller ways after memory ran out.
    windows : numpy.ndarray, shape (n_windows, 2), dtype int64
        First position of each window and the one behind its last; a single row where the chain was computed
        in one piece.
    """

    model: str
    sequence: str
    metrics: Mapping[str, HeadMetric]
    received: npt.NDArray[np.float32]
    arcs: Arcs
    top_pairs: TopPairs | None
    notes: tuple[str, ...]
    windows: npt.NDArray[np.int64]
    plain_pairs: TopPairs | None = None

    @property
    def n_layers(self) -> int:
        """Number of layers."""
        return self.arcs.n_layers

    @property
    def n_heads(self) -> int:
        """Heads of each layer."""
        return self.arcs.n_heads

    @property
    def n_positions(self) -> int:
        """Length of the sequence."""
        return len(self.sequence)

    @property
    def n_bytes(self) -> int:
        """Memory of the large arrays."""
        n_bytes = self.arcs.n_bytes + self.received.nbytes
        for top in (self.top_pairs, self.plain_pairs):
            n_bytes += 0 if top is None else top.i.nbytes + top.j.nbytes + top.score.nbytes
        return n_bytes

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write one ``.npz`` file, without pickle."""
        arrays: dict[str, Any] = {f"arcs.{k}": v for k, v in self.arcs.to_arrays().items()}
        arrays |= {"format": np.array(SCAN_FORMAT), "received": self.received, "windows": self.windows}
        arrays |= {"text": np.array([self.model, self.sequence, *self.notes], dtype=np.str_)}
        arrays |= {"metrics": np.array([[k, m.unit] for k, m in self.metrics.items()], dtype=np.str_)}
        for k, metric in self.metrics.items():
            arrays |= {f"sums.{k}": metric.sums, f"counts.{k}": metric.counts}
        for name, pairs in (("top", self.top_pairs), ("plain", self.plain_pairs)):
            if pairs is not None:
                small = np.uint16 if self.n_positions <= 2**16 else np.int32
                arrays |= {f"{name}.{k}": getattr(pairs, k).astype(small) for k in ("i", "j")}
                arrays |= {f"{name}.score": pairs.score}
        with open(path, "wb") as file:  # noqa: PTH123 (numpy would add a suffix to a path)
            np.savez(file, **arrays)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> HeadScan:
        """Read what `save` wrote.

        Raises
        ------
        CacheError
            If the file is damaged or something else.
        """

        def read(file: Any) -> HeadScan:
            if "format" not in file or int(file["format"]) != SCAN_FORMAT:
                raise ValueError(f"it is of another version; this one writes format {SCAN_FORMAT}")
            model, sequence, *notes = (str(text) for text in file["text"])
            names = [(str(name), str(unit)) for name, unit in file["metrics"].reshape(-1, 2)]
            arcs = {k.removeprefix("arcs."): file[k] for k in file.files if k.startswith("arcs.")}
            return cls(
                model=model,
                sequence=sequence,
                metrics={k: HeadMetric(file[f"sums.{k}"], file[f"counts.{k}"], u) for k, u in names},
                received=file["received"],
                arcs=Arcs.from_arrays(arcs),
                top_pairs=_load_pairs(file, "top"),
                notes=tuple(notes),
                windows=file["windows"],
                plain_pairs=_load_pairs(file, "plain"),
            )

        return read_arrays(path, read, "A scan that ProVis wrote is needed")


def count_pairs_apart(n_positions: int, low: int, high: int) -> int:
    """How many pairs of positions have a separation from `low` to below `high`."""
    nearer, all_pairs = (max(0, n_positions - part) for part in (min(high, n_positions), low))
    return (all_pairs * (all_pairs + 1) - nearer * (nearer + 1)) // 2


def _load_pairs(file: Mapping[str, npt.NDArray[Any]], name: str) -> TopPairs | None:
    if f"{name}.score" not in file:
        return None
    i, j = (file[f"{name}.{k}"].astype(np.int32) for k in ("i", "j"))
    return TopPairs(i, j, file[f"{name}.score"])


def _ratio(above: npt.NDArray[Any], below: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """NaN where nothing counts."""
    ratio = np.full(above.shape, np.nan)
    np.divide(above, below, out=ratio, where=below > 0)
    return ratio
