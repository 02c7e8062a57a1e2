"""One block of proteins of a survey of relevance: explained, counted, and explained with shuffled weights."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from ..attention.relevance import Relevance
from ..attribution.classes import gives_class
from ..attribution.explain import explain
from ..attribution.scores import find_readout, make_score
from ..attribution.shuffling import shuffled
from ..errors import CheckpointError, InputError, SequenceError, WorkerMemoryError
from ..proteins.protein import BadItem, Protein
from ..targets.predictions import Prediction
from .counting import draw_shifts
from .labels import ResidueLabel
from .preparing import Prepared, name_cluster, prepare
from .protocol import Protocol
from .relevance_counting import RelevanceCounts, count_relevance, stack_rows

if TYPE_CHECKING:
    from ..models.base import Model

__all__ = ["COUNTED", "check_target", "explain_block"]

COUNTED: Final = ("r", "auroc", "within", "paper", "shuffled_r", "shuffled_paper", "types")
"""Arrays that are kept for each protein; of shifts their sum over proteins is kept, and their number."""

_ONE_BY_ONE: Final = (InputError, SequenceError, WorkerMemoryError)
"""What is wrong with one protein, and no reason to stop."""


@dataclass
class _Explained:
    prepared: Prepared
    relevance: Relevance
    labels: dict[str, ResidueLabel]
    counts: dict[str, RelevanceCounts]
    missing: dict[str, str]
    shuffled_score: float = float("nan")
    shuffled_counts: dict[str, RelevanceCounts] = field(default_factory=dict)


def check_target(model: Model, protocol: Protocol) -> Prediction:
    """What is explained in every protein.

    Parameters
    ----------
    model : Model
    protocol : Protocol

    Returns
    -------
    Prediction

    Raises
    ------
    InputError
        If the model cannot be asked that, or only of one protein.
    """
    text = protocol.target.strip()
    kind, _, rest = text.partition(":")
    prediction = Prediction("likelihood" if text.lower() == "likelihood" else "best")
    if text.lower() not in ("likelihood", "best", ""):
        prediction = Prediction("class", classes=(rest if kind.lower() == "class" and rest else text,))
    if not text:
        raise InputError(
            "«measure=relevance» without «target=»",
            "What is explained, in every protein alike: a class, or likelihood",
            "Name it: «target=Membrane»",
        )
    told, asked = find_readout(prediction, model.readouts, model.name)
    if asked.kind == "class":
        make_score(asked, model.vocabulary, "A", told.labels, told.meanings)
    return prediction


def explain_block(
    model: Model,
    items: Sequence[Protein | BadItem],
    protocol: Protocol,
    clusters: Mapping[str, str],
    on_protein: Callable[[int], object] = int,
) -> dict[str, npt.NDArray[Any]]:
    """Explain the proteins of a block; parameters and errors as of `provis_core.survey.blocks.count_block`.

    Returns
    -------
    dict of str to numpy.ndarray
        For `provis_core.survey.blocks.write_block`.
    """
    prediction = check_target(model, protocol)
    done: dict[int, _Explained] = {}
    left_out: dict[int, BadItem] = {}
    for place, item in enumerate(items):
        ready = item if isinstance(item, BadItem) else prepare(model, item, place, protocol)
        found = (
            _explain(model, ready, prediction, protocol, clusters) if isinstance(ready, Prepared) else ready
        )
        if isinstance(found, BadItem):
            left_out[place] = found
        else:
            done[place] = found
    with shuffled(model):
        for one in done.values():
            relevance = _run(model, one.prepared, prediction, protocol)
            if isinstance(relevance, Relevance):
                one.shuffled_score = relevance.score
                one.shuffled_counts = _count(relevance, one.labels, np.zeros(0))
            on_protein(one.prepared.protein.n_positions)
    return _collect(items, list(done.values()), left_out, protocol, clusters)


def _explain(
    model: Model, one: Prepared, prediction: Prediction, protocol: Protocol, clusters: Mapping[str, str]
) -> _Explained | BadItem:
    protein = one.protein
    if protocol.of == "class" and not gives_class(model, protein.sequence, prediction):
        return BadItem(protein.name, protein.source, f"The model does not give it {protocol.target}.")
    relevance = _run(model, one, prediction, protocol)
    if isinstance(relevance, str):
        return BadItem(protein.name, protein.source, relevance)
    if not np.isfinite(relevance.heads).all():
        raise CheckpointError(
            f"The relevance of {model.name} on {protein.name} is not a number",
            "Undamaged weights are needed",
            "Fetch the checkpoint again",
        )
    missing = dict(one.missing)
    missing |= {name: "It is a property of pairs, and relevance stands at residues." for name in one.pairs}
    labels = {}
    for name, label in one.residues.items():
        if label.is_numeric:
            missing[name] = "It is a number, and a property that residues have or have not is needed."
        elif name in one.beyond:
            missing[name] = "A residue that has it is beyond the cut."
        else:
            labels[name] = label
    shifts = draw_shifts(name_cluster(protein, clusters), protocol.n_shifts)
    counts = _count(relevance, labels, shifts)
    missing |= {name: "No residue has it, or all have." for name in labels if name not in counts}
    return _Explained(one, relevance, labels, counts, missing)


def _run(model: Model, one: Prepared, prediction: Prediction, protocol: Protocol) -> Relevance | str:
    """Relevance, or why there is none."""
    method = "paper" if protocol.name == "paper" else "ig"
    try:
        return explain(
            model, one.protein.sequence, prediction,
            method=method, baseline=protocol.baseline, steps=protocol.steps,
        )  # fmt: skip
    except _ONE_BY_ONE as error:
        return str(error)


def _count(
    relevance: Relevance, labels: Mapping[str, ResidueLabel], shifts: npt.NDArray[np.float64]
) -> dict[str, RelevanceCounts]:
    found = {name: count_relevance(relevance, label, shifts) for name, label in labels.items()}
    return {name: one for name, one in found.items() if one is not None}


def _add_up(relevance: Relevance) -> npt.NDArray[np.float64]:
    """Sum of each row over all tokens."""
    inside, outside = stack_rows(relevance)
    total: npt.NDArray[np.float64] = inside.sum(axis=1) + outside.sum(axis=1)
    return total


def _collect(
    items: Sequence[Protein | BadItem],
    done: Sequence[_Explained],
    left_out: Mapping[int, BadItem],
    protocol: Protocol,
    clusters: Mapping[str, str],
) -> dict[str, npt.NDArray[Any]]:
    names = protocol.sort_features(dict.fromkeys(name for one in done for name in one.counts))
    facts: dict[str, Any] = {
        "proteins": [
            {
                **one.prepared.describe(items, clusters),
                "missing": one.missing,
                "prediction": one.relevance.prediction,
                "baseline": one.relevance.baseline,
                "score": one.relevance.score,
                "baseline_score": one.relevance.baseline_score,
                "error": one.relevance.error,
                "steps": one.relevance.steps,
                "shuffled_score": one.shuffled_score,
            }
            for one in done
        ],
        "left_out": [[one.name, one.source, one.reason] for _, one in sorted(left_out.items())],
        "features": {name: {"kind": "residue", "is_numeric": False} for name in names},
    }
    arrays: dict[str, npt.NDArray[Any]] = {"sums": np.array([_add_up(one.relevance) for one in done])}
    for name in names:
        mine = [(k, one) for k, one in enumerate(done) if name in one.counts]
        own = [one.counts[name] for _, one in mine]
        arrays[f"{name}|place"] = np.array([k for k, _ in mine], dtype=np.int64)
        for key in ("r", "auroc", "within", "paper", "types"):
            arrays[f"{name}|{key}"] = np.stack([getattr(one, key) for one in own])
        for key in ("r", "paper"):
            arrays[f"{name}|shuffled_{key}"] = np.stack(
                [
                    getattr(one.shuffled_counts[name], key)
                    if name in one.shuffled_counts
                    else np.full(len(one.counts[name].r), np.nan)
                    for _, one in mine
                ]
            )
        shifted = np.stack([one.shifted for one in own])
        arrays[f"{name}|shifted"] = np.nansum(shifted, axis=0)
        arrays[f"{name}|n_shifted"] = np.isfinite(shifted).sum(axis=0)
    text = json.dumps(facts, sort_keys=True, ensure_ascii=False)
    return {"facts": np.frombuffer(text.encode(), dtype=np.uint8), **arrays}
