"""A readout of the bundled model: is a protein in the membrane? The authors' head on the frozen encoder.

Proteins and folds are those of TMbed (Bernhofer and Rost 2022). Of the test fold the head sees nothing, nor
any protein that resembles one of it.
"""
# ruff: noqa: TID253

from __future__ import annotations

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from ..checkpoints.config import read_config, read_vocabulary
from ..checkpoints.readouts import ReadoutConfig
from ..models.pooled import build_head, join_head, write_head
from ..proteins.relatives import compare_sequences
from ..structures.components import HYDROPATHY
from .export import load_exported

__all__ = [
    "MembraneProtein", "choose_proteins", "embed_proteins", "find_neighbours", "load_proteins",
    "measure_auroc", "measure_interval", "score_states", "train_head", "train_membrane",
]  # fmt: skip

LABELS: Final = ("Soluble", "Membrane")
POOLING: Final = "default_all"
LONGEST: Final = 512  # residues: what the bundled model was trained on
_BETWEEN: Final = 50
_EPOCHS: Final = 20
_BATCH: Final = 32
_RATE: Final = 1e-3
_DECAY: Final = 0.01
_WORD: Final = 6
_NOTE: Final = (
    "a demonstration: a small head on the bundled model, trained on {n} proteins of TMbed; "
    "held-out AUROC {auroc:.2f} ({low:.2f} to {high:.2f})"
)


@dataclass(frozen=True)
class MembraneProtein:
    """A protein of TMbed.

    Attributes
    ----------
    name, sequence : str
    fold : int
        0 to 4.
    spans : ndarray, shape=(n_residues,), dtype=bool
        Which residues lie in a transmembrane helix or strand.
    """

    name: str
    sequence: str
    fold: int
    spans: NDArray[np.bool_]

    @property
    def is_membrane(self) -> bool:
        """Whether any residue lies in the membrane."""
        return bool(self.spans.any())


def load_proteins(data: Path) -> list[MembraneProtein]:
    """Read all proteins of TMbed.

    Parameters
    ----------
    data : Path
        Folder that holds ``sites/``.
    """
    with gzip.open(data / "sites" / "tmbed" / "tmbed.jsonl.gz", "rt") as lines:
        rows = [json.loads(line) for line in lines]
    return [
        MembraneProtein(
            row["id"], row["sequence"], row["cv"], np.array([letter in "HhBb" for letter in row["topology"]])
        )
        for row in rows
    ]


def choose_proteins(proteins: Sequence[MembraneProtein], seed: int = 0) -> list[MembraneProtein]:
    """All membrane proteins of at most `LONGEST` residues, and as many others of each fold, at random."""
    random = np.random.default_rng(seed)
    short = [protein for protein in proteins if len(protein.sequence) <= LONGEST]
    chosen = [protein for protein in short if protein.is_membrane]
    for fold in sorted({protein.fold for protein in short}):
        others = [one for one in short if one.fold == fold and not one.is_membrane]
        wanted = min(len(others), sum(one.fold == fold for one in chosen if one.is_membrane))
        chosen += [others[i] for i in random.choice(len(others), wanted, replace=False)]
    return chosen


def find_neighbours(proteins: Sequence[MembraneProtein], others: Sequence[MembraneProtein]) -> set[int]:
    """Which of `proteins` resemble one of `others`: 30 % identity over half of the shorter one.

    Those that share two words of six residues are aligned (`compare_sequences`).

    Returns
    -------
    set of int
        Their indices.
    """
    words = defaultdict[str, set[int]](set)
    for i, other in enumerate(others):
        for word in _words(other.sequence):
            words[word].add(i)
    found = set()
    for i, protein in enumerate(proteins):
        shared = Counter(j for word in _words(protein.sequence) for j in words.get(word, ()))
        for j in (j for j, n_shared in shared.items() if n_shared >= 2):
            one = compare_sequences(protein.sequence, others[j].sequence)
            if one.identity >= 0.3 and one.aligned >= 0.5:
                found.add(i)
                break
    return found


def embed_proteins(folder: Path, proteins: Sequence[MembraneProtein]) -> torch.Tensor:
    """Pooled states of the encoder in a folder, shape (n_proteins, 4 * width)."""
    vocabulary = read_vocabulary(read_config(folder))
    pooled = join_head(load_exported(folder).esm.eval(), torch.nn.Identity(), POOLING)
    with torch.inference_mode():
        rows = [pooled(torch.tensor([vocabulary.encode(one.sequence)])).logits[0] for one in proteins]
    return torch.stack(rows).clone()


def train_head(states: torch.Tensor, is_membrane: NDArray[np.bool_], seed: int = 0) -> torch.nn.Module:
    """Train the authors' head on pooled states (cross entropy, AdamW); the same seed, the same head."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        head: torch.nn.Module = build_head(states.shape[1], _BETWEEN, len(LABELS)).train()
        targets = torch.from_numpy(is_membrane.astype(np.int64))
        optimizer = torch.optim.AdamW(head.parameters(), lr=_RATE, weight_decay=_DECAY)
        for _ in range(_EPOCHS):
            order: Any = torch.randperm(len(states))
            for rows in order.split(_BATCH):
                optimizer.zero_grad()
                loss: Any = torch.nn.functional.cross_entropy(head(states[rows]), targets[rows])
                loss.backward()
                optimizer.step()
    return head.eval().requires_grad_(False)


def score_states(head: torch.nn.Module, states: torch.Tensor) -> NDArray[np.float64]:
    """Logit of Membrane minus that of Soluble, shape (n_proteins,)."""
    logits = head(states).double().numpy()
    difference: NDArray[np.float64] = logits[:, 1] - logits[:, 0]
    return difference


def measure_auroc(scores: NDArray[np.float64], is_membrane: NDArray[np.bool_]) -> float:
    """Area under the ROC curve: how often a membrane protein scores above another one; ties count half."""
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    n_true = int(is_membrane.sum())
    wins = ranks[is_membrane].sum() - n_true * (n_true + 1) / 2
    return float(wins / (n_true * (len(scores) - n_true)))


def measure_interval(
    scores: NDArray[np.float64], is_membrane: NDArray[np.bool_], seed: int = 0, n_draws: int = 2000
) -> tuple[float, float]:
    """95 % interval of the area, by drawing membrane proteins and others again."""
    random = np.random.default_rng(seed)
    kinds = [np.flatnonzero(is_membrane), np.flatnonzero(~is_membrane)]
    draws = []
    for _ in range(n_draws):
        rows = np.concatenate([random.choice(kind, len(kind)) for kind in kinds])
        draws.append(measure_auroc(scores[rows], is_membrane[rows]))
    low, high = np.quantile(draws, (0.025, 0.975))
    return float(low), float(high)


def measure_hydropathy(protein: MembraneProtein, window: int = 19) -> float:
    """Mean hydropathy of the most hydrophobic stretch of 19 residues: what a paper and pencil would use."""
    values = np.array([HYDROPATHY.get(letter, 0.0) for letter in protein.sequence])
    window = min(window, len(values))
    return float(np.convolve(values, np.ones(window) / window, mode="valid").max())


def train_membrane(folder: Path, data: Path, test_fold: int = 0) -> dict[str, Any]:
    """Train and measure the head, and write it into the folder of its encoder.

    Parameters
    ----------
    folder : Path
        Of the encoder, in Hugging Face layout.
    data : Path
        Folder that holds ``sites/``.
    test_fold : int

    Returns
    -------
    report : dict
        Numbers of the card: proteins, AUROC with interval, of the baseline, and of each fold by a head that
        was trained on the four others.
    """
    proteins = choose_proteins(load_proteins(data))
    states = embed_proteins(folder, proteins)
    folds = np.array([protein.fold for protein in proteins])
    truth = np.array([protein.is_membrane for protein in proteins])
    report: dict[str, Any] = {"folds": {}}
    for fold in sorted(set(folds.tolist()), key=lambda fold: (fold == test_fold, fold)):  # test_fold last
        test = np.flatnonzero(folds == fold)
        rest = np.flatnonzero(folds != fold)
        near = find_neighbours([proteins[i] for i in rest], [proteins[i] for i in test])
        training = np.array([row for i, row in enumerate(rest) if i not in near])
        head = train_head(states[training], truth[training])
        scores = score_states(head, states[test])
        report["folds"][fold] = {
            "training": len(training), "neighbours": len(near), "test": len(test),
            "auroc": measure_auroc(scores, truth[test]),
        }  # fmt: skip
    low, high = measure_interval(scores, truth[test])
    plain = np.array([measure_hydropathy(proteins[i]) for i in test])
    report |= {
        "test_fold": test_fold,
        **report["folds"][test_fold],
        "interval": [low, high],
        "hydropathy": measure_auroc(plain, truth[test]),
        "hydropathy_interval": list(measure_interval(plain, truth[test])),
    }
    note = _NOTE.format(n=len(training), auroc=report["auroc"], low=low, high=high)
    write_head(
        folder, ReadoutConfig("membrane", "sequence", LABELS, note=note, pooling=POOLING), head.state_dict()
    )
    return report


def _words(sequence: str) -> set[str]:
    return {sequence[i : i + _WORD] for i in range(len(sequence) - _WORD + 1)}
