"""One head's attention on some chains: what is asked of the worker, and what came back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..annotations.annotation import Annotation
from ..attention.arcs import Arcs
from ..attention.head_id import HeadId, check_head
from ..checkpoints.config import read_config
from ..checkpoints.registry import ModelEntry
from ..errors import CacheError, ProvisError
from ..scenes.draw_options import DrawOptions
from ..system.jobs import outcome
from ..targets.targets import Target
from ..worker.tasks.attention import AttentionRequest, AttentionResult

__all__ = ["HeadRequest", "choose_head", "submit_head"]


@dataclass(frozen=True, eq=False)
class HeadRequest:
    """One head on some chains, under way.

    Attributes
    ----------
    entry : ModelEntry
    head : HeadId
        0-based.
    targets : tuple of Target
    futures : mapping of str to concurrent.futures.Future
        By sequence: identical chains are run once.
    annotations : tuple of Annotation or None
        Per target what the colours of a drawing need; empty where they need nothing.
    window : int
        Residues that the model sees at a time; 0 for the whole chain.
    """

    entry: ModelEntry
    head: HeadId
    targets: tuple[Target, ...]
    futures: Mapping[str, Future[AttentionResult]]
    annotations: tuple[Annotation | None, ...] = ()
    window: int = 0

    @property
    def label(self) -> str:
        """What the user calls it."""
        chains = ", ".join(target.chain.label for target in self.targets)
        return f"attention of {chains}, {self.entry.name} {self.head.label}"

    def results(self) -> list[AttentionResult | ProvisError]:
        """What the worker answered for each target, once all futures are done."""
        return [outcome(self.futures[target.sequence_map.sequence]) for target in self.targets]

    def weights(self) -> list[npt.NDArray[np.float32] | Arcs | ProvisError]:
        """The attention map of each target, or its strong pairs where that is what was kept.

        Returns
        -------
        list
            Per target an array of shape (n_positions, n_positions), `Arcs`, or why there is neither.
        """
        return [result if isinstance(result, ProvisError) else _load(result) for result in self.results()]


def choose_head(entry: ModelEntry, layer: int | None, head: int | None) -> HeadId:
    """The head that is meant.

    Parameters
    ----------
    entry : ModelEntry
    layer, head : int, optional
        Counted from 1, as users type them. The model's registered head by default.

    Returns
    -------
    HeadId
        0-based.

    Raises
    ------
    HeadRangeError
        If the model has no such head.
    CheckpointError
        If its config cannot be read.
    """
    config = read_config(entry.folder)
    registered = entry.default_head or config.default_head or HeadId(config.n_layers - 1, 0)
    chosen = HeadId(
        registered.layer if layer is None else layer - 1,
        registered.head if head is None else head - 1,
    )
    check_head(chosen, config.n_layers, config.n_heads, entry.name)
    return chosen


def submit_head(
    submit: Callable[[AttentionRequest], Future[AttentionResult]],
    targets: Sequence[Target],
    entry: ModelEntry,
    head: HeadId,
    options: DrawOptions,
    window: int,
    device: str,
) -> HeadRequest:
    """Ask the worker for one head, once per sequence.

    Parameters
    ----------
    submit : callable
        A worker's ``submit``, with what is called back.
    targets : sequence of Target
    entry : ModelEntry
    head : HeadId
        0-based.
    options : DrawOptions
    window : int
        Residues that the model sees at a time; 0 for the whole chain.
    device : str

    Returns
    -------
    HeadRequest
    """
    return HeadRequest(
        entry,
        head,
        tuple(targets),
        {
            sequence: submit(
                AttentionRequest(
                    sequence,
                    str(entry.folder),
                    entry.name,
                    head,
                    options.kept_weight(len(sequence), window),
                    window,
                    device=device,
                )
            )
            for sequence in dict.fromkeys(target.sequence_map.sequence for target in targets)
        },
        window=window,
    )


def _load(result: AttentionResult) -> npt.NDArray[np.float32] | Arcs | CacheError:
    try:
        return result.load()
    except CacheError as error:
        return error
