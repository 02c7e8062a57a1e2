"""The relevance of some chains: what is asked of the worker, and what came back."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ...attention.head_id import HeadId, check_head
from ...attention.profile import place_on_residues
from ...attention.relevance import Relevance
from ...checkpoints.config import read_config, read_family
from ...checkpoints.readouts import ReadoutConfig, read_readouts
from ...checkpoints.registry import ModelEntry
from ...errors import InputError, ProvisError, StructureError
from ...session.session import Session
from ...structures.chain import Chain
from ...system.jobs import outcome
from ...targets.predictions import Prediction, read_prediction
from ...targets.targets import Target, read_chains_again
from ...viewers.viewer import Program
from ...worker.tasks.explain import ExplainRequest, ExplainResult
from ..explain_options import LAYER, ExplainOptions
from .scans import read_scan_targets

if TYPE_CHECKING:
    from ...worker.host.interface import Callbacks

__all__ = [
    "Asked",
    "ExplainedChain",
    "Explaining",
    "choose_predictions",
    "load_relevance",
    "name_as_asked",
    "name_prediction",
    "read_readouts_of",
    "request_explaining",
    "submit_explanations",
]

Asked = list[tuple[Target, Prediction]]


def read_readouts_of(entry: ModelEntry) -> tuple[ReadoutConfig, ...]:
    """What a model can be asked; nothing of it is loaded."""
    config = read_config(entry.folder)
    return read_readouts(config.folder, read_family(config))


def choose_predictions(viewer: Program, text: str, targets: Sequence[Target], entry: ModelEntry) -> Asked:
    """What is typed, for each chain; of chains that it cannot mean the user is warned.

    Parameters
    ----------
    viewer : Program
    text : str
        Of `read_prediction`; empty for a classifier's best class, else the residue that is selected, else
        the likelihood.
    targets : sequence of Target
    entry : ModelEntry

    Returns
    -------
    list of (Target, Prediction)
        At least one.

    Raises
    ------
    InputError
        If it can be meant of no chain.
    """
    asked: Asked = []
    problems: list[ProvisError] = []
    for target in targets:
        try:
            asked.append((target, _choose(viewer, text, target, entry)))
        except InputError as error:
            problems.append(error)
    if not asked:
        raise problems[0]
    for problem in problems:
        viewer.warn(str(problem))
    return asked


def submit_explanations(
    session: Session[Program],
    asked: Asked,
    entry: ModelEntry,
    *,
    method: str = "ig",
    baseline: str = "",
    steps: int = 0,
    split: tuple[int, ...] = (),
    quiet: bool = True,
    callbacks: Callbacks | None = None,
) -> dict[tuple[str, Prediction], Future[ExplainResult]]:
    """Ask the worker once for each sequence and prediction; parameters as of `ExplainRequest`.

    Returns
    -------
    dict of (str, Prediction) to Future
    """
    futures: dict[tuple[str, Prediction], Future[ExplainResult]] = {}
    for target, prediction in asked:
        key = (target.sequence_map.sequence, prediction)
        if key not in futures:
            request = ExplainRequest(
                key[0],
                str(entry.folder),
                entry.name,
                prediction.to_json(),
                method,
                baseline,
                steps,
                split,
                device=session.settings.text("device"),
            )
            futures[key] = session.worker.submit(request, **(callbacks or session.callbacks(quiet=quiet)))
    return futures


def load_relevance(future: Future[ExplainResult]) -> Relevance | ProvisError:
    """What a request that is done has brought, or why there is nothing."""
    found: ExplainResult | ProvisError = outcome(future)
    if isinstance(found, ProvisError):
        return found
    try:
        return found.load()
    except ProvisError as error:
        return error


def name_prediction(text: str, target: Target, prediction: Prediction) -> str:
    """What was typed, or what its default means, in the words that mean the same without a selection."""
    if text.strip() or prediction.kind != "residue":
        return text.strip() or prediction.text
    chain = target.chain
    one = chain.residue_ids[int(target.sequence_map.residue_index[prediction.positions[0]])]
    return f"residue:{one.chain}/{one.resi}" if chain.members else f"residue:{one.resi}"


def name_as_asked(relevance: Relevance, text: str, prediction: Prediction) -> Relevance:
    """The same with its residues called as in the structure, not by their position."""
    return replace(relevance, prediction=text) if text and prediction.positions else relevance


def _choose(viewer: Program, text: str, target: Target, entry: ModelEntry) -> Prediction:
    if text.strip():
        return read_prediction(text, target)
    if "sequence" in [one.kind for one in read_readouts_of(entry)]:
        return Prediction("best")
    marked = np.flatnonzero(viewer.read_marked(target.chain))
    places = np.flatnonzero(np.isin(target.sequence_map.residue_index, marked))
    if len(marked) == 1 and len(places):
        return Prediction("residue", (int(places[0]),), masked=True)
    return Prediction("likelihood")


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
