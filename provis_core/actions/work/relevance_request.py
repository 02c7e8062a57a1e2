"""The relevance of some chains: what is asked of the worker, and what came back."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ...attention.relevance import Relevance
from ...checkpoints.config import read_config, read_family
from ...checkpoints.readouts import ReadoutConfig, read_readouts
from ...checkpoints.registry import ModelEntry
from ...errors import InputError, ProvisError
from ...session.session import Session
from ...system.jobs import outcome
from ...targets.predictions import Prediction, read_prediction
from ...targets.targets import Target
from ...viewers.viewer import Program
from ...worker.tasks.explain import ExplainRequest, ExplainResult

if TYPE_CHECKING:
    from ...worker.host.interface import Callbacks

__all__ = [
    "Asked",
    "choose_predictions",
    "load_relevance",
    "name_as_asked",
    "name_prediction",
    "read_readouts_of",
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
