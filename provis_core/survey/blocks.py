"""One block of proteins: run, counted, and written as one whole file; the same file whoever computes it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..errors import CheckpointError, WorkerMemoryError
from ..models.batches import split_batches
from ..proteins.protein import BadItem, Protein
from ..system.array_files import read_arrays
from ..system.whole_files import write_whole
from .counting import FeatureCounts, ProteinCounts, count_protein, draw_shifts
from .gathering import Gatherer
from .preparing import Prepared, name_cluster, prepare
from .protocol import Protocol

if TYPE_CHECKING:
    import torch

    from ..models.base import Model

__all__ = ["BlockFile", "count_block", "write_block"]

_Arrays = dict[str, npt.NDArray[Any]]

PER_PROTEIN = ("arcs", "pairs", "special", "sink", "sink_arcs")
"""Arrays of `ProteinCounts`."""

PER_FEATURE = ("hits", "arcs", "pair_hits", "pairs", "expected", "weighted_hits", "weighted_counts")
"""Arrays of `FeatureCounts` that are kept for each protein; of the shifts the sums over proteins are kept."""


@dataclass
class _Done:
    """What a block has brought so far."""

    counts: dict[int, ProteinCounts] = field(default_factory=dict)
    left_out: dict[int, BadItem] = field(default_factory=dict)


def count_block(
    model: Model,
    items: Sequence[Protein | BadItem],
    protocol: Protocol,
    clusters: Mapping[str, str],
    on_protein: Callable[[int], object] = int,
) -> _Arrays:
    """Run the proteins of a block and count.

    Parameters
    ----------
    model : Model
    items : sequence of Protein or BadItem
    protocol : Protocol
    clusters : mapping of str to str
        Cluster by the name of the protein; one that is not in it is of the cluster of its sequence.
    on_protein : callable
        Called with the number of residues after each protein. What it raises ends the run.

    Returns
    -------
    dict of str to numpy.ndarray
        For `write_block`.

    Raises
    ------
    CheckpointError
        If attention is not a number.
    """
    if protocol.measure == "relevance":
        from .relevance_blocks import explain_block

        return explain_block(model, items, protocol, clusters, on_protein)
    done = _Done()
    ready: list[Prepared] = []
    for place, item in enumerate(items):
        found = item if isinstance(item, BadItem) else prepare(model, item, place, protocol)
        if isinstance(found, BadItem):
            done.left_out[place] = found
        else:
            ready.append(found)
    lengths = [one.protein.n_positions + model.n_special for one in ready]
    for batch in split_batches(lengths, protocol.batch_tokens, alone=not model.takes_batches):
        _run(model, [ready[k] for k in batch], protocol, clusters, done, on_protein)
    return _collect(items, ready, protocol, clusters, done)


def _run(
    model: Model,
    batch: Sequence[Prepared],
    protocol: Protocol,
    clusters: Mapping[str, str],
    done: _Done,
    on_protein: Callable[[int], object],
) -> None:
    try:
        found = _gather(model, batch, protocol)
    except WorkerMemoryError as error:
        if len(batch) > 1:
            for one in batch:
                _run(model, [one], protocol, clusters, done, on_protein)
            return
        one = batch[0]
        done.left_out[one.place] = BadItem(one.protein.name, one.protein.source, str(error))
        return
    for one, gatherer in zip(batch, found, strict=True):
        gathered = gatherer.finish()
        if not np.isfinite(gathered.received).all():
            raise CheckpointError(
                f"The attention of {model.name} on {one.protein.name} is not a number",
                "Undamaged weights, and a number format with room for the model's values, are needed",
                "Use the dtype float32, or fetch the checkpoint again",
            )
        shifts = draw_shifts(name_cluster(one.protein, clusters), protocol.n_shifts)
        done.counts[one.place] = count_protein(gathered, one.residues, one.pairs, shifts)
        on_protein(one.protein.n_positions)


def _gather(model: Model, batch: Sequence[Prepared], protocol: Protocol) -> list[Gatherer]:
    gatherers: list[Gatherer] = []

    def start() -> Callable[[int, int, slice, torch.Tensor], None]:
        size = (model.n_layers, model.n_heads)
        gatherers[:] = [
            Gatherer(one.protein.n_positions, *size, protocol.min_attn, one.pairs, model.device)
            for one in batch
        ]
        return lambda layer, place, heads, weights: gatherers[place].take(layer, heads, weights)

    notices: list[str] = []
    model.show_heads([one.protein.sequence for one in batch], start, notices.append)
    return gatherers


def _collect(
    items: Sequence[Protein | BadItem],
    ready: Sequence[Prepared],
    protocol: Protocol,
    clusters: Mapping[str, str],
    done: _Done,
) -> _Arrays:
    counted = [one for one in ready if one.place in done.counts]
    names = protocol.sort_features(
        dict.fromkeys(name for one in counted for name in done.counts[one.place].features)
    )
    facts: dict[str, Any] = {
        "proteins": [{**one.describe(items, clusters), "missing": dict(one.missing)} for one in counted],
        "left_out": [[one.name, one.source, one.reason] for _, one in sorted(done.left_out.items())],
        "features": {},
    }
    arrays: _Arrays = {}
    all_counts = [done.counts[one.place] for one in counted]
    for name in PER_PROTEIN:
        arrays[name] = _stack([getattr(one, name) for one in all_counts])
    for name in names:
        mine = [(k, one.features[name]) for k, one in enumerate(all_counts) if name in one.features]
        facts["features"][name] = {"kind": mine[0][1].kind, "is_numeric": mine[0][1].is_numeric}
        arrays |= {f"{name}|{key}": array for key, array in _stack_feature(mine).items()}
    text = json.dumps(facts, sort_keys=True, ensure_ascii=False)
    return {"facts": np.frombuffer(text.encode(), dtype=np.uint8), **arrays}


def _stack_feature(mine: Sequence[tuple[int, FeatureCounts]]) -> _Arrays:
    arrays: _Arrays = {"place": np.array([k for k, _ in mine], dtype=np.int64)}
    for key in PER_FEATURE:
        arrays[key] = _stack([getattr(one, key) for _, one in mine])
    for key in ("background", "paper_background"):
        arrays[key] = np.array([getattr(one, key) for _, one in mine], dtype=np.float64)
    for key in ("shift_hits", "shift_arcs"):
        arrays[key] = np.sum([getattr(one, key) for _, one in mine], axis=0)
    return arrays


def _stack(arrays: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """As one array; whole numbers that fit as int32."""
    if not arrays:
        return np.zeros((0, 0))
    stacked = np.stack(arrays)
    return stacked.astype(np.int32) if stacked.dtype == np.int64 else stacked


def write_block(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write what `count_block` gave; the file is there when it is whole."""
    with write_whole(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]


class BlockFile:
    """A file of `write_block`; arrays are read when they are asked for.

    Parameters
    ----------
    path : pathlib.Path

    Raises
    ------
    CacheError
        If it is damaged or something else.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        facts = json.loads(bytes(self.read("facts")["facts"]).decode())
        self.proteins: list[dict[str, Any]] = facts["proteins"]
        self.left_out: list[tuple[str, str, str]] = [(a, b, c) for a, b, c in facts["left_out"]]
        self.features: dict[str, dict[str, Any]] = facts["features"]

    def read(self, *names: str) -> _Arrays:
        """Arrays by name; of a feature as ``"contact|hits"``."""

        return read_arrays(
            self.path,
            lambda file: {name: file[name] for name in names},
            "Counts that provis survey wrote are needed",
            "Delete it, and run the survey again: it goes on where something is missing",
        )
