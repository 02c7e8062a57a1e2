"""Clusters of similar sequences, so that relatives are not counted as if they were independent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = ["cluster_sequences", "split_clusters"]

_LETTERS: Final = "ACDEFGHIKLMNPQRSTVWY"
_ROWS: Final = 256


def cluster_sequences(sequences: Sequence[str], least_shared: float = 0.15) -> npt.NDArray[np.int64]:
    """Put sequences that share many words of three letters into one cluster.

    Two sequences are linked where the one with fewer words has at least `least_shared` of them in common with
    the other, above twice what chance gives; what is linked through others is one cluster. Sequences of some
    60 % identity are linked; remote homologues are not found: give clusters of a program made for that.

    Parameters
    ----------
    sequences : sequence of str
    least_shared : float

    Returns
    -------
    numpy.ndarray, shape (n_sequences,), dtype int64
        Number of the cluster of each, by first appearance.
    """
    words = np.zeros((len(sequences), len(_LETTERS) ** 3), dtype=np.float32)
    for row, sequence in zip(words, sequences, strict=True):
        codes = np.array([_LETTERS.find(letter) for letter in sequence], dtype=np.int64)
        three = (
            np.stack([codes[:-2], codes[1:-1], codes[2:]]) if len(codes) > 2 else codes.reshape(1, -1)[:, :0]
        )
        if three.size:
            kept = (three >= 0).all(axis=0)
            row[three[0, kept] * 400 + three[1, kept] * 20 + three[2, kept]] = 1
    sizes = np.maximum(words.sum(axis=1), 1)
    parent = np.arange(len(sequences))

    def root(k: int) -> int:
        while parent[k] != k:
            parent[k] = parent[parent[k]]
            k = int(parent[k])
        return k

    for start in range(0, len(sequences), _ROWS):
        block = slice(start, start + _ROWS)
        shared = words[block] @ words.T / np.minimum(sizes[block, None], sizes[None, :])
        chance = np.maximum(sizes[block, None], sizes[None, :]) / words.shape[1]
        for i, j in np.argwhere(shared >= least_shared + 2 * chance):
            first, second = sorted((root(int(i) + start), root(int(j))))
            parent[second] = first
    same: dict[str, int] = {}
    for k, sequence in enumerate(sequences):  # those without a word of three letters
        first, second = sorted((root(k), root(same.setdefault(sequence, k))))
        parent[second] = first
    _, clusters = np.unique([root(k) for k in range(len(sequences))], return_inverse=True)
    return clusters.astype(np.int64)


def split_clusters(clusters: Sequence[str], test_share: float, seed: int = 0) -> npt.NDArray[np.bool_]:
    """Choose clusters for a test until they hold a share of all proteins.

    Parameters
    ----------
    clusters : sequence of str
        Of each protein.
    test_share : float
        Between 0 and 1.
    seed : int

    Returns
    -------
    numpy.ndarray of bool, shape (n_proteins,)
        Which proteins are for the test; no cluster is on both sides.
    """
    names, place, counts = np.unique(
        np.asarray(clusters, dtype=np.str_), return_inverse=True, return_counts=True
    )
    order = np.random.default_rng(seed).permutation(len(names))
    before = np.concatenate([[0], np.cumsum(counts[order])[:-1]])
    chosen = np.zeros(len(names), dtype=np.bool_)
    chosen[order[before < test_share * len(place)]] = True
    return chosen[place]
