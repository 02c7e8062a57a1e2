"""Relevance on the residues of chains: asked of the worker, and placed where it belongs."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from ...attention.head_id import HeadId, check_head
from ...attention.profile import place_on_residues
from ...attention.relevance import Relevance
from ...checkpoints.config import read_config
from ...checkpoints.registry import ModelEntry
from ...errors import InputError, ProvisError, StructureError
from ...session.session import Session
from ...structures.chain import Chain
from ...targets.predictions import Prediction
from ...targets.targets import Target, read_chains_again
from ...viewers.viewer import Program
from ...worker.tasks.explain import ExplainResult
from ..explain_options import LAYER, ExplainOptions
from .relevance_request import Asked, choose_predictions, load_relevance, submit_explanations
from .scans import read_scan_targets

__all__ = ["ExplainedChain", "Explaining", "request_explaining"]


@dataclass(frozen=True, eq=False)
class ExplainedChain:
    """What became of one chain.

    Attributes
    ----------
    target : Target
        With the chain as it was when it was shown.
    relevance : Relevance or None
        None where the chain failed.
    values : numpy.ndarray, shape (n_residues,)
        What the colours say; NaN where the model sees no residue.
    names : tuple of str
        What «clear» takes to give the chain its colours back, and to remove its cylinders.
    error : ProvisError or None
    """

    target: Target
    relevance: Relevance | None = None
    values: npt.NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    names: tuple[str, ...] = ()
    error: ProvisError | None = None

    @property
    def chain(self) -> Chain:
        """The chain."""
        return self.target.chain


@dataclass(frozen=True, eq=False)
class Explaining:
    """What was asked of the worker, to be collected when its futures are done.

    Attributes
    ----------
    entry : ModelEntry
    layer : int or None
        0-based, where its heads together are wanted.
    head : HeadId or None
        Where one head is wanted.
    asked : list of (Target, Prediction)
    futures : dict of (str, Prediction) to Future
        By sequence and prediction.
    """

    entry: ModelEntry
    layer: int | None
    head: HeadId | None
    asked: Asked
    futures: dict[tuple[str, Prediction], Future[ExplainResult]]

    @property
    def label(self) -> str:
        """What it is, for whoever waits."""
        chains = ", ".join(target.chain.label for target, _ in self.asked)
        return f"{self.asked[0][1].text} of {chains}, {self.entry.name}"

    def collect(self, viewer: Program) -> list[ExplainedChain]:
        """Relevance on the residues of the chains as they are now; nothing is drawn."""
        answers = {key: load_relevance(future) for key, future in self.futures.items()}
        again = read_chains_again(viewer, [target.chain for target, _ in self.asked])
        return [
            _place(target, now, answers[target.sequence_map.sequence, prediction], self.layer, self.head)
            for (target, prediction), now in zip(self.asked, again, strict=True)
        ]


def request_explaining(session: Session[Program], options: ExplainOptions) -> Explaining:
    """Ask the worker why a model says something about every chain of a selection.

    Parameters
    ----------
    session : Session
    options : ExplainOptions

    Returns
    -------
    Explaining

    Raises
    ------
    ProvisError
        If nothing can be asked for.
    """
    options.check()
    entry = session.find_model(options.model)
    layer, head = _read_head(options.head, entry)
    if head is not None and options.method not in ("ig", "paper", "attention"):
        raise InputError(
            f"«method={options.method}» with «head={options.head}»",
            "Only ig, paper and attention tell what residues bring to a head",
            "Try «method=ig»",
        )
    targets = read_scan_targets(session, options, entry)
    if options.out.lower().endswith(".npz") and len(targets) > 1:
        raise InputError(
            f"«out={options.out}» for {len(targets)} chains",
            "An .npz file holds the arrays of one",
            "Choose one chain, or write a table: .csv, .tsv or .json",
        )
    asked = choose_predictions(session.viewer, options.target, targets, entry)
    futures = submit_explanations(
        session,
        asked,
        entry,
        method=options.method,
        baseline=options.baseline,
        steps=options.steps,
        split=tuple(head) if head is not None and options.pairs else (),
        quiet=options.quiet,
    )
    return Explaining(entry, layer, head, asked, futures)


def _read_head(text: str, entry: ModelEntry) -> tuple[int | None, HeadId | None]:
    """Layer of a sum (0-based) or None, and the head or None."""
    text = text.strip()
    if not text:
        return None, None
    config = read_config(entry.folder)
    if found := LAYER.fullmatch(text):
        layer = int(found[1]) - 1
        check_head(HeadId(layer, 0), config.n_layers, config.n_heads, entry.name)
        return layer, None
    head = HeadId.parse(text)
    check_head(head, config.n_layers, config.n_heads, entry.name)
    return None, head


def _place(
    target: Target,
    now: Chain | StructureError,
    answer: Relevance | ProvisError,
    layer: int | None,
    head: HeadId | None,
) -> ExplainedChain:
    """Relevance of positions as that of residues."""
    for problem in (answer, now):
        if isinstance(problem, ProvisError):
            return ExplainedChain(target, error=problem)
    assert isinstance(now, Chain) and isinstance(answer, Relevance)
    positions = answer.residues
    if layer is not None:
        positions = answer.heads[layer].sum(axis=0)
    elif head is not None:
        positions = answer.heads[head]
    values = place_on_residues(positions, target.sequence_map, now.n_residues)
    return ExplainedChain(replace(target, selected=replace(target.selected, chain=now)), answer, values)
