"""From a model, a sequence and a prediction to the relevance of residues and heads."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np

from ..attention.head_id import HeadId, check_head
from ..attention.relevance import Relevance
from ..errors import InputError, WorkerMemoryError
from ..models.loading import memory_errors
from ..models.memory import warn
from ..targets.predictions import Prediction
from .baselines import choose_baseline, make_baseline
from .methods import Attribution, Method, Options, find_method
from .pairs import split_by_key
from .problem import Problem, check_length
from .scores import find_readout, make_score, name_best

if TYPE_CHECKING:
    from ..models.base import Model
    from ..models.readout import Readout

__all__ = ["choose_batch", "explain", "make_problem"]

_PASS_TOKENS: Final = {"cpu": 256, "cuda": 4096}
"""Tokens of a pass at most, where several steps go into one. A matrix product with some 100 rows runs
a quarter slower backwards than forwards on a CPU, one with 200 does not; more bring nothing but memory."""
_START: Final = 1e-3
"""Where on the path it is looked whether the score has jumped."""
_JUMP: Final = 0.02
"""Share of the change that is too much there."""
_ZERO: Final = 1e-3
_MOST_STEPS: Final = 1000
_WARNED: Final = 0.05
_SAME: Final = 1e-6


def explain(
    model: Model,
    sequence: str,
    prediction: Prediction,
    *,
    method: str = "ig",
    baseline: str = "",
    steps: int = 0,
    head: HeadId | None = None,
    on_step: Callable[[int, int], None] = lambda done, total: None,
    on_notice: Callable[[str], None] = warn,
    batch: int | None = None,
) -> Relevance:
    """Explain one score.

    Parameters
    ----------
    model : Model
    sequence : str
        Upper-case one-letter codes.
    prediction : Prediction
        What is explained.
    method : str
        Of `methods`.
    baseline : str
        Of `baselines`; empty for what suits method and model.
    steps : int
        Along the path; 0 for as many as it takes.
    head : HeadId, optional
        Whose relevance is split by key as well.
    on_step : callable
        Called with the numbers of finished steps and of all; what it raises ends the run.
    on_notice : callable
        Called with a sentence when memory ran out and one step at a time is tried.
    batch : int, optional
        Steps in a pass; chosen by default. The result is the same.

    Returns
    -------
    Relevance

    Raises
    ------
    InputError
        If the model cannot be asked that, or a path tells nothing about it.
    SequenceError
        If a letter is not readable, or the chain is longer than the model can take in one piece.
    CheckpointError
        If the checkpoint lacks what makes the logits.
    WorkerMemoryError
    """
    way = find_method(method)
    check_numbers(steps, model.dtype)
    check_length(model, sequence)
    if head is not None:
        check_head(head, model.n_layers, model.n_heads, model.name)
    name = choose_baseline(model.vocabulary, baseline or way.baseline)
    problem, resolved = make_problem(model, sequence, prediction, name)
    device = problem.readout.device
    what = f"explain {resolved.text} of {len(sequence)} residues with {model.name}"
    chosen = batch or choose_batch(problem)

    def run(size: int) -> Relevance:
        with memory_errors(what, device):
            notes, scores = _check_path(problem, way, resolved, name)
            attribution = way.run(problem, Options(steps, size, on_step))
            pairs = np.zeros((0, 0), dtype=np.float32)
            if head is not None:
                pairs = split_by_key(problem, head, attribution.steps, on_step)
        return _make_relevance(
            model, sequence, resolved, way, name, attribution, problem, scores, notes, head, pairs
        )

    try:
        return run(chosen)
    except WorkerMemoryError:
        if chosen == 1:
            raise
    on_notice(f"The memory of {device} was not enough to {what}: trying again one step at a time.")
    return run(1)


def choose_batch(problem: Problem) -> int:
    """How many steps go into one pass."""
    tokens = _PASS_TOKENS.get(problem.readout.device.type, _PASS_TOKENS["cpu"])
    return max(1, tokens // problem.n_tokens)


def check_numbers(steps: int, dtype: str) -> None:
    """Raise `InputError` unless relevance can be computed in these steps and this number format."""
    if steps < 0 or steps == 1:
        raise InputError(
            f"«steps={steps}»",
            "Two steps at least, or 0 for as many as it takes, are needed",
            "Leave it out",
        )
    if steps > _MOST_STEPS:
        raise InputError(
            f"«steps={steps}»", f"{_MOST_STEPS} steps at most make sense; the paper takes 500", "Leave it out"
        )
    if dtype != "float32":
        raise InputError(
            f"The model runs in {dtype}",
            "Relevance is a sum of small differences, for which float32 is needed",
            "Load it as float32",
        )


def make_problem(
    model: Model, sequence: str, prediction: Prediction, baseline: str
) -> tuple[Problem, Prediction]:
    """Put a question to a model.

    Parameters
    ----------
    model : Model
    sequence : str
    prediction : Prediction
    baseline : str
        Of `choose_baseline`.

    Returns
    -------
    problem : Problem
    prediction : Prediction
        With the class named that ``best`` stood for.

    Raises
    ------
    ProvisError
        As `explain`.
    """
    import torch

    told, prediction = find_readout(prediction, model.readouts, model.name)
    readout, vocabulary = model.readout(told.name), model.vocabulary
    if prediction.kind == "best":
        prediction = _find_best(readout, vocabulary.encode(sequence))
    score = make_score(prediction, vocabulary, sequence, told.labels, told.meanings)
    ids = torch.tensor([score.ids], device=readout.device)
    embedded = readout.embed(ids)
    start = make_baseline(readout, vocabulary, ids, embedded, baseline, score.held)
    first = len(vocabulary.prefix)
    residues = slice(first, first + len(sequence))
    problem = Problem(readout, ids, residues, model.n_layers, model.n_heads, score.compute, embedded, start)
    return problem, prediction


def _find_best(readout: Readout, ids: list[int]) -> Prediction:
    import torch

    with torch.no_grad():
        logits = readout.logits(torch.tensor([ids], device=readout.device))[0]
    return name_best(logits.tolist(), readout.labels)


def _check_path(
    problem: Problem, method: Method, prediction: Prediction, baseline: str
) -> tuple[list[str], tuple[float, float]]:
    """Scores of both ends, and what is to be said of them; raises where a path would tell nothing."""
    way = problem.embedded - problem.baseline
    near = problem.baseline + _START * way
    after, before, soon = problem.evaluate_each([problem.embedded, problem.baseline, near])
    change = after - before
    if not np.isfinite([after, before]).all():
        raise InputError(
            f"The score {prediction.text} is {after} for the chain and {before} for the baseline {baseline}",
            "Numbers are needed",
            "Choose another baseline, or fetch the checkpoint again",
        )
    if method.is_complete and abs(change) <= _SAME * max(1.0, abs(after)):
        raise InputError(
            f"The score {prediction.text} is {after:.4g} for the chain and for the baseline {baseline}",
            "What is explained is the difference of the two, and there is none",
            "Choose another «baseline=», such as mask, X, mean or a sequence",
        )
    if method.is_complete and _is_zero(problem) and abs(soon - before) > _JUMP * abs(change):
        raise InputError(
            f"With the baseline {baseline} the score jumps at the very start of the path, from {before:.4g} "
            f"to {soon:.4g} of {after:.4g}",
            "A baseline is needed from which it changes along the path: this one has embeddings of length "
            "zero, or nearly so, and the model looks at their direction alone",
            "Choose another «baseline=», such as X or mean",
        )
    notes = []
    if prediction.kind in ("class", "residue_class") and before > 0 and after > 0:
        notes.append(
            f"The model gives the baseline {baseline} the class as well (f {before:.3g}, and {after:.3g} for "
            "the chain): what is shown is the difference alone, and its sign says nothing about the class. "
            "Try another «baseline=»"
        )
    return notes, (after, before)


def _is_zero(problem: Problem) -> bool:
    """Whether a residue of the baseline has next to no length."""
    lengths = [one[0, problem.residues].norm(dim=1) for one in (problem.baseline, problem.embedded)]
    return bool((lengths[0] < _ZERO * lengths[1]).any())


def _make_relevance(
    model: Model,
    sequence: str,
    prediction: Prediction,
    method: Method,
    baseline: str,
    attribution: Attribution,
    problem: Problem,
    scores: tuple[float, float],
    notes: list[str],
    head: HeadId | None,
    pairs: np.ndarray[tuple[int, int], np.dtype[np.float32]],
) -> Relevance:
    inside = np.zeros(problem.n_tokens, dtype=bool)
    inside[problem.residues] = True
    heads = attribution.heads
    whole = heads.shape[2] == problem.n_tokens
    sums = heads.sum(axis=2) if attribution.head_sums is None else attribution.head_sums
    single = np.float32
    relevance = Relevance(
        model=model.name,
        sequence=sequence,
        prediction=prediction.text,
        method=method.name,
        baseline=baseline,
        steps=attribution.steps,
        score=scores[0],
        baseline_score=scores[1],
        residues=attribution.tokens[inside].astype(single),
        special=attribution.tokens[~inside].astype(single),
        heads=(heads[:, :, inside] if whole else heads).astype(single),
        head_special=(heads[:, :, ~inside] if whole else heads).astype(single),
        head_sums=sums.astype(single),
        agreement=attribution.agreement,
        head=head,
        pairs=pairs,
        notes=tuple(notes),
    )
    if method.is_complete and relevance.error > _WARNED:
        told = (
            f"Relevances add up to {relevance.total:.4g} where the score changes by {relevance.change:.4g} "
            f"({relevance.error:.0%} off after {relevance.steps} steps): take another «baseline=», or more "
            "«steps=», before you believe them"
        )
        return _with_note(relevance, told)
    return relevance


def _with_note(relevance: Relevance, note: str) -> Relevance:
    from dataclasses import replace

    return replace(relevance, notes=(*relevance.notes, note))
