"""One pass over the training proteins: features onto the disk, then one probe for each source and layer."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from ..models.top_pairs import correct_average
from ..proteins.protein import Protein
from .features import Key, Seen, pair_features, read_heads
from .linear import LinearProbe, fit_l1, fit_probe
from .questions import Labels, Question
from .store import Store

if TYPE_CHECKING:
    import torch

    from ..models.base import Model

__all__ = ["ALL_HEADS", "FitOptions", "Item", "sample_places", "train"]

ALL_HEADS: Final[Key] = ("attention_l1", 0)
"""The regression of Rao et al. on the attention of all heads."""

Item = tuple[Protein, Labels]


@dataclass(frozen=True)
class FitOptions:
    """How probes are fitted.

    Attributes
    ----------
    c : float
        Inverse strength of the L2 penalty of the probes of a layer.
    l1 : float
        Strength of the L1 penalty of the regression on all heads.
    l1_proteins : int
        Training proteins of that regression.
    max_samples : int
        Residues or pairs of a probe at most; as many of each protein.
    seed : int
    """

    c: float = 1.0
    l1: float = 0.15
    l1_proteins: int = 20
    max_samples: int = 50_000
    seed: int = 0


def sample_places(items: Sequence[Item], n_most: int, seed: int) -> list[npt.NDArray[np.int64]]:
    """Choose rows of the labels of each protein: all, or as many of each as there is room for.

    Returns
    -------
    list of numpy.ndarray
        Ascending.
    """
    share = max(1, n_most // max(1, len(items)))
    generator = np.random.default_rng(seed)
    return [
        np.sort(generator.choice(len(labels.values), share, replace=False))
        if len(labels.values) > share
        else np.arange(len(labels.values))
        for _, labels in items
    ]


def train(
    model: Model,
    question: Question,
    items: Sequence[Item],
    options: FitOptions,
    on_step: Callable[[str], object],
) -> dict[Key, LinearProbe]:
    """Fit all probes of a task.

    Parameters
    ----------
    model : Model
    question : Question
    items : sequence of (Protein, Labels)
    options : FitOptions
    on_step : callable
        Called with what is done next, in words.

    Returns
    -------
    dict of (str, int) to LinearProbe
        By source and layer; of contacts also `ALL_HEADS`.
    """
    places = sample_places(items, options.max_samples, options.seed)
    with tempfile.TemporaryDirectory(prefix="provis-probe-") as folder:
        store = Store(Path(folder))
        for k, ((protein, labels), rows) in enumerate(zip(items, places, strict=True)):
            on_step(f"training protein {k + 1} of {len(items)}: {protein.name}")
            chosen = labels.places[rows]
            seen = Seen.look(model, protein.sequence)
            for key, vectors in seen.vectors.items():
                is_pair = question.kind == "pairs"
                store.append(key, vectors if is_pair else vectors[chosen])
            for layer, rows_of in enumerate(_read_attention(model, question, protein, chosen), 1):
                store.append(("attention", layer), rows_of)
        values = np.concatenate(
            [labels.values[rows] for (_, labels), rows in zip(items, places, strict=True)]
        )
        starts = np.cumsum([0, *(protein.n_positions for protein, _ in items)])
        pairs = [
            labels.places[rows] + start
            for (_, labels), rows, start in zip(items, places, starts, strict=False)
        ]
        probes = {}
        for key in store.keys:
            on_step(f"fitting {key[0]}" + (f", layer {key[1]}" if key[0] != "one_hot" else ""))
            features = store.read(key)
            if question.kind == "pairs" and key[0] != "attention":
                features = pair_features(features, np.concatenate(pairs))
            probes[key] = fit_probe(features, values, options.c)
    if question.kind == "pairs":
        on_step("fitting all heads")
        probes[ALL_HEADS] = _fit_all_heads(model, items[: options.l1_proteins], options)
    return probes


def _read_attention(
    model: Model, question: Question, protein: Protein, chosen: npt.NDArray[np.int64]
) -> list[npt.NDArray[np.float32]]:
    """Attention features of some residues or pairs in each layer."""
    width = 2 if question.kind == "pairs" else 1
    found = np.zeros((model.n_layers, len(chosen), model.n_heads, width), dtype=np.float32)

    def take(layer: int, heads: slice, maps: torch.Tensor) -> None:
        if question.kind == "pairs":
            i, j = chosen.T
            found[layer, :, heads, 0] = maps[:, i, j].T.cpu().numpy()
            found[layer, :, heads, 1] = maps[:, j, i].T.cpu().numpy()
        else:
            found[layer, :, heads, 0] = maps.sum(dim=1)[:, chosen].T.cpu().numpy()

    read_heads(model, protein.sequence, take)
    return [one.reshape(len(chosen), -1) for one in found]


def _fit_all_heads(model: Model, items: Sequence[Item], options: FitOptions) -> LinearProbe:
    features, values = [], []
    for (protein, labels), rows in zip(
        items, sample_places(items, 4 * options.max_samples, options.seed), strict=True
    ):
        i, j = labels.places[rows].T
        found = np.zeros((len(rows), model.n_layers, model.n_heads), dtype=np.float32)

        def take(layer: int, heads: slice, maps: torch.Tensor, found=found, i=i, j=j) -> None:  # type: ignore[no-untyped-def]
            found[:, layer, heads] = correct_average(maps)[:, i, j].T.cpu().numpy()

        read_heads(model, protein.sequence, take)
        features.append(found.reshape(len(rows), -1))
        values.append(labels.values[rows])
    return fit_l1(np.concatenate(features), np.concatenate(values), options.l1)
