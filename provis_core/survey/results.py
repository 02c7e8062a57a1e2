"""Counts of all blocks of a survey, feature by feature: no more than one feature is in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from .blocks import PER_FEATURE, PER_PROTEIN, BlockFile
from .plan import Plan

__all__ = ["BlockResults", "FeatureTable", "Results"]

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FeatureTable:
    """One feature in all proteins of which it is known.

    Attributes
    ----------
    name, kind : str
    is_numeric : bool
    proteins : numpy.ndarray, shape (n_proteins,), dtype int64
        Places in `Results.proteins`.
    hits, arcs, pair_hits, pairs, expected, weighted_hits, weighted_counts : numpy.ndarray
        Shape (n_proteins, n_layers * n_heads); see `provis_core.survey.counting.FeatureCounts`.
    all_arcs : numpy.ndarray, shape (n_proteins, n_layers * n_heads)
        Arcs of these proteins, of whatever property.
    background, paper_background : numpy.ndarray, shape (n_proteins, 2)
    shift_hits, shift_arcs : numpy.ndarray, shape (n_layers * n_heads, n_shifts)
        Sums over proteins.
    """

    name: str
    kind: str
    is_numeric: bool
    proteins: npt.NDArray[np.int64]
    hits: npt.NDArray[Any]
    arcs: npt.NDArray[Any]
    pair_hits: npt.NDArray[Any]
    pairs: npt.NDArray[Any]
    expected: _Floats
    weighted_hits: _Floats
    weighted_counts: _Floats
    all_arcs: npt.NDArray[Any]
    background: _Floats
    paper_background: _Floats
    shift_hits: npt.NDArray[Any]
    shift_arcs: npt.NDArray[Any]


def find_blocks(folder: Path, plan: Plan) -> list[Path]:
    """Files of all blocks of a survey.

    Raises
    ------
    InputError
        If some are missing.
    """
    paths = plan.block_paths(folder)
    missing = [number for number, path in enumerate(paths) if not path.is_file()]
    if missing:
        raise InputError(
            f"{folder} lacks {len(missing)} of {len(paths)} blocks (the first is {missing[0]})",
            "All blocks of a survey are needed for its tables",
            "Run the survey with the same options again: it goes on where it was. Shards of other "
            "machines come together with «survey merge»",
        )
    return paths


def number_clusters(proteins: Sequence[Mapping[str, Any]]) -> npt.NDArray[np.int64]:
    """Cluster of each protein, counted through, shape (n_proteins,); where none is given its sequence."""
    names = [one["cluster"] or one["sequence"] for one in proteins]
    place = {name: k for k, name in enumerate(dict.fromkeys(names))}
    return np.array([place[name] for name in names], dtype=np.int64)


class BlockResults:
    """What the blocks of a survey hold, whatever they counted.

    Parameters
    ----------
    plan : Plan
    blocks : iterable of pathlib.Path
        Files of blocks, in the order of their numbers.
    """

    def __init__(self, plan: Plan, blocks: Iterable[Path]) -> None:
        self.plan = plan
        self._blocks = [BlockFile(path) for path in blocks]
        self.proteins: list[dict[str, Any]] = [one for block in self._blocks for one in block.proteins]
        self.left_out = [one for block in self._blocks for one in block.left_out]

    @classmethod
    def load(cls, folder: Path, plan: Plan | None = None) -> Self:
        """Results of a folder, of which every block is there.

        Parameters
        ----------
        folder : pathlib.Path
        plan : Plan, optional
            With other numbers that change no count; by default that of the folder.

        Raises
        ------
        InputError
            If it is none, or blocks are missing.
        """
        plan = plan or Plan.load(folder)
        return cls(plan, find_blocks(folder, plan))

    @property
    def features(self) -> Mapping[str, Mapping[str, Any]]:
        """Kind of each feature, in the order in which they were asked for."""
        found: dict[str, Mapping[str, Any]] = {}
        for block in self._blocks:
            found |= {name: one for name, one in block.features.items() if name not in found}
        return {name: found[name] for name in self.plan.protocol.sort_features(found)}

    @cached_property
    def clusters(self) -> npt.NDArray[np.int64]:
        """Of `number_clusters`."""
        return number_clusters(self.proteins)

    def _read(self, name: str, keys: Sequence[str]) -> dict[str, list[npt.NDArray[Any]]]:
        """Arrays of a feature block by block; ``place`` counts through the proteins of all blocks."""
        parts: dict[str, list[npt.NDArray[Any]]] = {key: [] for key in ("place", *keys)}
        first = 0
        for block in self._blocks:
            if name in block.features:
                found = block.read(*(f"{name}|{key}" for key in parts))
                for key, arrays in parts.items():
                    arrays.append(found[f"{name}|{key}"])
                parts["place"][-1] = parts["place"][-1] + first
            first += len(block.proteins)
        return parts


class Results(BlockResults):
    """What a survey has counted."""

    @cached_property
    def totals(self) -> dict[str, npt.NDArray[Any]]:
        """Arrays of all proteins, by the names of `ProteinCounts`; shape (n_proteins, n_layers * n_heads)."""
        read = [block.read(*PER_PROTEIN) for block in self._blocks if block.proteins]
        size = self.plan.n_layers * self.plan.n_heads
        return {name: _join([one[name] for one in read], size) for name in PER_PROTEIN}

    def feature(self, name: str) -> FeatureTable:
        """Read one feature.

        Parameters
        ----------
        name : str
            One of `features`.

        Returns
        -------
        FeatureTable
        """
        about = self.features[name]
        size = self.plan.n_layers * self.plan.n_heads
        keys = (*PER_FEATURE, "background", "paper_background", "shift_hits", "shift_arcs")
        parts = self._read(name, keys)
        proteins = np.concatenate(parts["place"])
        return FeatureTable(
            name=name,
            kind=about["kind"],
            is_numeric=about["is_numeric"],
            proteins=proteins,
            **{key: _join(parts[key], size) for key in PER_FEATURE},
            all_arcs=self.totals["arcs"][proteins],
            background=np.concatenate(parts["background"]),
            paper_background=np.concatenate(parts["paper_background"]),
            shift_hits=_add(parts["shift_hits"]),
            shift_arcs=_add(parts["shift_arcs"]),
        )


def _join(parts: Sequence[npt.NDArray[Any]], size: int) -> npt.NDArray[Any]:
    return np.concatenate(parts) if parts else np.zeros((0, size))


def _add(parts: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """Sum in the order of the blocks, so that also sums of fractions are the same to the bit."""
    total = parts[0].copy()
    for part in parts[1:]:
        total += part
    return total
