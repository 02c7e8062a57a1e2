"""One pass over the test proteins: every probe is scored on every residue or pair of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..attention.head_id import HeadId, HeadSet
from ..models.top_pairs import correct_average
from .features import Key, Seen, read_heads
from .linear import LinearProbe
from .measures import Measure, count_classes, measure_f1, measure_mean_precision, precision_at
from .questions import Labels, Question
from .training import ALL_HEADS, Item

if TYPE_CHECKING:
    import torch

    from ..models.base import Model

__all__ = ["Row", "choose_heads", "evaluate"]

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Row:
    """One number of the result.

    Attributes
    ----------
    source : str
        ``embeddings``, ``attention``, ``attention_l1``, ``head_set``; the baselines are ``majority``,
        ``one_hot``, ``nearest``.
    layer : int or None
        From 1; 0 is what goes into the first layer. None where there is no layer.
    metric : str
    measure : Measure
    """

    source: str
    layer: int | None
    metric: str
    measure: Measure


def choose_heads(probe: LinearProbe, n_heads: int) -> HeadSet | None:
    """Return the heads of positive weight in the regression on all heads, so weighted; None for none."""
    weights = probe.weights[0]
    chosen = [k for k in np.argsort(-weights, kind="stable").tolist() if weights[k] > 0]
    if not chosen:
        return None
    return HeadSet(tuple(HeadId(*divmod(k, n_heads)) for k in chosen), tuple(weights[chosen]), name="contact")


def evaluate(
    model: Model,
    question: Question,
    items: Sequence[Item],
    clusters: Sequence[str],
    probes: Mapping[Key, LinearProbe],
    majority: int,
    on_step: Callable[[str], object],
) -> list[Row]:
    """Score all probes and the baselines.

    Parameters
    ----------
    model : Model
    question : Question
    items : sequence of (Protein, Labels)
    clusters : sequence of str
        Of each protein, for the intervals.
    probes : mapping of (str, int) to LinearProbe
    majority : int
        The most common class of the training proteins.
    on_step : callable
        Called with what is done next, in words.

    Returns
    -------
    list of Row
    """
    found: dict[Key, list[Any]] = {}
    for k, (protein, labels) in enumerate(items):
        on_step(f"test protein {k + 1} of {len(items)}: {protein.name}")
        seen = Seen.look(model, protein.sequence)
        ask = _score_pairs if question.kind == "pairs" else _score_residues
        for key, scores in ask(model, protein.sequence, seen, labels, probes).items():
            found.setdefault(key, []).append(_judge(question, labels, scores, probes.get(key)))
        for key, verdict in _judge_baselines(question, labels, majority).items():
            found.setdefault(key, []).append(verdict)
    told = set(np.concatenate([labels.values for _, labels in items]).tolist())
    rows = []
    for (source, layer), verdicts in found.items():
        place = layer if source in ("embeddings", "attention") else None
        for k, metric in enumerate(question.metrics):
            if question.kind == "classes":
                if k not in told:
                    continue  # a class that these labels do not tell
                measure = measure_f1(verdicts, k, clusters)
            else:
                measure = measure_mean_precision(verdicts, clusters)
            rows.append(Row(source, place, metric, measure))
    return rows


def _score_residues(
    model: Model, sequence: str, seen: Seen, labels: Labels, probes: Mapping[Key, LinearProbe]
) -> dict[Key, _Floats]:
    received = np.zeros((model.n_layers, model.n_heads, len(sequence)), dtype=np.float32)

    def take(layer: int, heads: slice, maps: torch.Tensor) -> None:
        received[layer, heads] = maps.sum(dim=1).cpu().numpy()

    read_heads(model, sequence, take)
    vectors = {**seen.vectors, **{("attention", k): one.T for k, one in enumerate(received, 1)}}
    return {key: probes[key].score(one[labels.places]) for key, one in vectors.items()}


def _score_pairs(
    model: Model, sequence: str, seen: Seen, labels: Labels, probes: Mapping[Key, LinearProbe]
) -> dict[Key, _Floats]:
    """Scores of the pairs of the labels; attention is summed up while the model runs."""
    import torch

    n, (i, j) = len(sequence), labels.places.T
    every = probes[ALL_HEADS].weights[0].reshape(model.n_layers, model.n_heads)
    mean = choose_heads(probes[ALL_HEADS], model.n_heads)
    shares = np.zeros_like(every)
    if mean is not None:
        shares[tuple(np.transpose(mean.heads))] = mean.shares
    kept: dict[tuple[int, int], _Floats] = {}

    def take(layer: int, heads: slice, maps: torch.Tensor) -> None:
        wide = maps.double()
        own = probes["attention", layer + 1].weights[0].reshape(model.n_heads, 2)[heads]
        first, second = (torch.from_numpy(np.ascontiguousarray(part)).to(wide.device) for part in own.T)
        raw = torch.tensordot(first, wide, 1) + torch.tensordot(second, wide, 1).T
        l1 = torch.from_numpy(np.ascontiguousarray(every[layer, heads])).to(wide.device)
        corrected = torch.tensordot(l1, correct_average(wide), 1)
        share = torch.from_numpy(np.ascontiguousarray(shares[layer, heads])).to(wide.device)
        mixed = torch.tensordot(share, wide, 1)
        kept[layer, heads.start] = torch.stack([raw, corrected, mixed]).cpu().numpy()

    read_heads(model, sequence, take, kept.clear)
    scores = {key: probes[key].score_pairs(one)[i, j] for key, one in seen.vectors.items()}
    for layer in range(model.n_layers):
        raw = np.sum([one[0] for (place, _), one in kept.items() if place == layer], axis=0)
        scores["attention", layer + 1] = raw[i, j] + probes["attention", layer + 1].bias[0]
    corrected, mixed = (np.sum([one[k] for one in kept.values()], axis=0) for k in (1, 2))
    scores[ALL_HEADS] = corrected[i, j] + probes[ALL_HEADS].bias[0]
    if mean is not None:
        both = correct_average(torch.from_numpy(mixed.reshape(1, n, n)))[0].numpy()
        scores["head_set", 0] = both[i, j]
    return scores


def _judge(question: Question, labels: Labels, scores: _Floats, probe: LinearProbe | None) -> Any:
    """What is kept of one protein: counts of classes, or a precision."""
    if question.kind == "classes":
        assert probe is not None
        chosen = (scores > 0).astype(np.int64) if scores.ndim == 1 else scores.argmax(axis=1)
        return count_classes(probe.classes[chosen], labels.values, len(question.classes))
    return precision_at(scores, labels.values, labels.n_known // question.divisor)


def _judge_baselines(question: Question, labels: Labels, majority: int) -> dict[Key, Any]:
    values = labels.values
    if question.kind == "classes":
        everywhere = np.full(len(values), majority)
        return {("majority", 0): count_classes(everywhere, values, len(question.classes))}
    baselines: dict[Key, Any] = {("majority", 0): float(values.mean())}  # all are equal: any order
    if question.kind == "pairs":
        apart = np.subtract(labels.places[:, 1], labels.places[:, 0]).astype(np.float64)
        baselines["nearest", 0] = precision_at(-apart, values, labels.n_known // question.divisor)
    return baselines
