"""What is kept of all heads of a model on one sequence: a few megabytes instead of all maps."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .arcs import Arcs
from .errors import CacheError, InputError

__all__ = ["HeadMetric", "HeadScan", "TopPairs"]


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
    """The pairs of each head with the highest scores after average product correction, the highest first.

    Attributes
    ----------
    i, j : numpy.ndarray, shape (n_layers, n_heads, n_pairs), dtype int32
        Positions, 0-based, ``j - i >= 6``.
    score : numpy.ndarray, shape (n_layers, n_heads, n_pairs), dtype float32
        Of ``w[i, j] + w[j, i]``, minus what the sums of both rows explain.
    """

    i: npt.NDArray[np.int32]
    j: npt.NDArray[np.int32]
    score: npt.NDArray[np.float32]

    def compute_precision(self, labels: npt.NDArray[Any], n_pairs: int) -> npt.NDArray[np.float64]:
        """Share of the best pairs that have a property, like precision at L for contacts.

        Parameters
        ----------
        labels : numpy.ndarray, shape (n_positions, n_positions)
            Symmetric; boolean, or float with NaN for pairs that are unknown and are passed over.
        n_pairs : int
            How many known pairs of each head to look at.

        Returns
        -------
        numpy.ndarray, shape (n_layers, n_heads), dtype float64
            NaN for a head with no known pair.

        Raises
        ------
        InputError
            If the labels leave fewer known pairs than asked for, though the head has more that were not kept.
        """
        value = labels[self.i, self.j].astype(np.float64)
        known = ~np.isnan(value)
        taken = known & (np.cumsum(known, axis=2) <= n_pairs)
        side = max(0, len(labels) - 6)
        n_taken = taken.sum(axis=2)
        if (n_taken < n_pairs).any() and self.i.shape[2] < side * (side + 1) // 2:
            raise InputError(
                f"{n_pairs} known pairs of each head were asked for, and one head has {n_taken.min()}",
                f"The best {self.i.shape[2]} pairs of each head were kept",
                "Ask for fewer pairs",
            )
        hits = (taken & (value > 0)).sum(axis=2)
        return _ratio(hits, n_taken)


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
    top_pairs : TopPairs or None
        None where they were not asked for.
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

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write one ``.npz`` file, without pickle."""
        arrays: dict[str, Any] = {f"arcs.{k}": v for k, v in self.arcs.to_arrays().items()}
        arrays |= {"received": self.received, "windows": self.windows}
        arrays |= {"text": np.array([self.model, self.sequence, *self.notes], dtype=np.str_)}
        arrays |= {"metrics": np.array([[k, m.unit] for k, m in self.metrics.items()], dtype=np.str_)}
        for k, metric in self.metrics.items():
            arrays |= {f"sums.{k}": metric.sums, f"counts.{k}": metric.counts}
        if self.top_pairs is not None:
            arrays |= {f"top.{k}": getattr(self.top_pairs, k) for k in ("i", "j", "score")}
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
        try:
            with open(path, "rb") as raw, np.load(raw, allow_pickle=False) as file:  # noqa: PTH123
                model, sequence, *notes = (str(text) for text in file["text"])
                names = [(str(name), str(unit)) for name, unit in file["metrics"].reshape(-1, 2)]
                top = [file[f"top.{k}"] for k in ("i", "j", "score")] if "top.score" in file else None
                arcs = {k.removeprefix("arcs."): file[k] for k in file.files if k.startswith("arcs.")}
                return cls(
                    model=model,
                    sequence=sequence,
                    metrics={k: HeadMetric(file[f"sums.{k}"], file[f"counts.{k}"], u) for k, u in names},
                    received=file["received"],
                    arcs=Arcs.from_arrays(arcs),
                    top_pairs=None if top is None else TopPairs(*top),
                    notes=tuple(notes),
                    windows=file["windows"],
                )
        except Exception as error:  # numpy, zipfile and zlib raise many kinds
            raise CacheError(
                f"{os.fspath(path)} cannot be read ({type(error).__name__}: {error})",
                "A scan that ProVis wrote is needed",
                "Delete it; it will be computed again",
            ) from error


def _ratio(above: npt.NDArray[Any], below: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """NaN where nothing counts."""
    ratio = np.full(above.shape, np.nan)
    np.divide(above, below, out=ratio, where=below > 0)
    return ratio
