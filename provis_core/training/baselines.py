"""What a masked residue's cross-entropy is without a network: residue frequencies and neighbours' pair
frequencies.

* *unigram*: the frequency of each residue in training.
* *bigram*: given the true left neighbour.
* *both neighbours*: given the true left and right neighbour (a trigram with its middle missing).

The neighbours are the true ones even where the network sees a mask, so the baselines know a little more than
it does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .batches import Batch, iterate_whole
from .corpus import Corpus
from .vocabulary import PAD, STANDARD, TOKENS

__all__ = ["Baselines", "fit_baselines", "measure_baselines"]

_N = len(TOKENS)


@dataclass(frozen=True)
class Baselines:
    """Probabilities of the residue in the middle, axes (left, middle, right) where present.

    Attributes
    ----------
    unigram : ndarray, shape=(n_tokens,), dtype=float64
    bigram : ndarray, shape=(n_tokens, n_tokens), dtype=float64
    both : ndarray, shape=(n_tokens, n_tokens, n_tokens), dtype=float64
    """

    unigram: NDArray[np.float64]
    bigram: NDArray[np.float64]
    both: NDArray[np.float64]


def fit_baselines(corpus: Corpus) -> Baselines:
    """Count residues and their neighbours; one is added to every count of a standard residue."""
    tokens = corpus.tokens.astype(np.int64)
    left = np.concatenate(([PAD], tokens[:-1]))
    left[corpus.starts[:-1]] = PAD
    right = np.concatenate((tokens[1:], [PAD]))
    right[corpus.starts[1:] - 1] = PAD
    code = (left * _N + tokens) * _N + right
    counts = np.bincount(code, minlength=_N**3).reshape(_N, _N, _N).astype(np.float64)
    allowed = np.zeros(_N)
    allowed[STANDARD.start : STANDARD.stop] = 1.0
    counts *= allowed[None, :, None]
    unigram = counts.sum((0, 2)) + allowed
    bigram = counts.sum(2) + allowed
    both = counts + allowed[None, :, None]
    return Baselines(
        unigram=unigram / unigram.sum(),
        bigram=bigram / bigram.sum(1, keepdims=True),
        both=both / both.sum(1, keepdims=True),
    )


def measure_baselines(
    baselines: Baselines, corpus: Corpus, *, row_length: int = 256, rate: float = 0.15, seed: int = 1
) -> dict[str, float]:
    """Measure the baselines' cross-entropy in nats on the residues that `measure_loss` hides with the same
    seed.

    Returns
    -------
    losses : dict
        ``unigram``, ``bigram`` and ``both`` -> mean cross-entropy.
    """
    totals, count = np.zeros(3), 0
    for batch in iterate_whole(corpus, row_length, 8192, rate, seed):
        left, right = _neighbours(batch)
        middle = batch.targets
        totals -= [
            np.log(baselines.unigram[middle]).sum(),
            np.log(baselines.bigram[left, middle]).sum(),
            np.log(baselines.both[left, middle, right]).sum(),
        ]
        count += len(middle)
    return dict(zip(("unigram", "bigram", "both"), (totals / count).tolist(), strict=True))


def _neighbours(batch: Batch) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the true tokens left and right of each target; all special tokens count as one."""
    tokens = batch.inputs.copy()
    tokens.reshape(-1)[batch.positions] = batch.targets
    tokens[tokens < STANDARD.start] = PAD
    padded = np.pad(tokens, ((0, 0), (1, 1)), constant_values=PAD)
    return padded[:, :-2].reshape(-1)[batch.positions], padded[:, 2:].reshape(-1)[batch.positions]
