"""The attention of one head, or of a set, on some chains: what is asked of the worker, what came back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ...annotations.annotation import Annotation
from ...attention.arcs import Arcs
from ...attention.head_files import choose_set, read_head_file, split_file
from ...attention.head_id import Head, HeadId, HeadSet, check_head
from ...checkpoints.config import read_config
from ...checkpoints.registry import ModelEntry
from ...errors import CacheError, InputError, ProvisError
from ...scenes.draw_options import DrawOptions
from ...system.jobs import outcome
from ...targets.targets import Target
from ...worker.tasks.attention import AttentionRequest, AttentionResult

__all__ = ["HeadRequest", "choose_head", "explain_head", "submit_head"]


_JOINED: Final = re.compile(r"[\d\s+-]+")


@dataclass(frozen=True, eq=False)
class HeadRequest:
    """One head, or the mean of some, on some chains, under way.

    Attributes
    ----------
    entry : ModelEntry
    head : HeadId or HeadSet
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
    head: Head
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


def choose_head(entry: ModelEntry, layer: int | None, head: int | None, heads: str = "") -> Head:
    """The head that is meant, or the set.

    Parameters
    ----------
    entry : ModelEntry
    layer, head : int, optional
        Counted from 1, as users type them. The model's registered head by default.
    heads : str
        In their place: heads that are joined (``12-4+11-6``), the name of a set that is known of the model
        (``contact``), or a file of sets, with the name of one of them (``heads.json:contact``).

    Returns
    -------
    HeadId or HeadSet
        0-based; a set of one head is that head.

    Raises
    ------
    HeadRangeError
        If the model has no such head.
    InputError
        If there is no such set, the file is about another model, or a head is named as well.
    CheckpointError
        If its config cannot be read.
    """
    config = read_config(entry.folder)
    if heads:
        if layer is not None or head is not None:
            named = f"«layer={layer}»" if layer is not None else f"«head={head}»"
            raise InputError(
                f"«heads={heads}» together with {named}", "One of them is needed", "Leave one out"
            )
        chosen_set = _read_heads(entry, heads)
        check_head(chosen_set, config.n_layers, config.n_heads, entry.name)
        return chosen_set
    size = (config.n_layers, config.n_heads)
    known = [one for one in (entry.default_head, config.default_head) if one is not None]
    fitting = (
        one for one in known if one.layer < size[0] and one.head < size[1]
    )  # a folder may hold another
    registered = next(fitting, HeadId(config.n_layers - 1, 0))
    chosen = HeadId(
        registered.layer if layer is None else layer - 1,
        registered.head if head is None else head - 1,
    )
    check_head(chosen, config.n_layers, config.n_heads, entry.name)
    return chosen


def _read_heads(entry: ModelEntry, text: str) -> Head:
    """The heads that are joined, or a set by its name or out of a file."""
    if (place := split_file(text)) is None:
        return (
            HeadSet.parse(text) if _JOINED.fullmatch(text) else choose_set(entry.head_sets, text, entry.name)
        )
    path, name = place
    file = read_head_file(path)
    if file.model.lower() not in (entry.name.lower(), entry.folder.name.lower()):
        raise InputError(
            f"{path} is about heads of {file.model}, and the model is {entry.name}",
            "Heads of the model that runs are needed",
            f"Choose «model={file.model}», or another file",
        )
    return choose_set(file.sets, name, path)


def explain_head(entry: ModelEntry, head: Head) -> str:
    """What is known of a head or set, and where that was read; empty where nothing is."""
    known = entry.head_sets.values()
    found = (
        head if isinstance(head, HeadSet) else next((one for one in known if one.heads == head.heads), None)
    )
    if found is None:
        return ""
    members = "+".join(one.label for one in found.heads)
    words = f"{found.name or 'mean'}: {members}{', weighted' if found.weights else ''}"
    words += f", {found.note}" if found.note else ""
    return f"{words} [{found.source}]" if found.source else words


def submit_head(
    submit: Callable[[AttentionRequest], Future[AttentionResult]],
    targets: Sequence[Target],
    entry: ModelEntry,
    head: Head,
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
    head : HeadId or HeadSet
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
                    head.heads[0],
                    options.kept_weight(len(sequence), window),
                    window,
                    head.heads[1:],
                    head.weights,
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
