"""Clusters of similar sequences, so that relatives are not counted as if they were independent."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

__all__ = ["IDENTITY", "Comparison", "cluster_sequences", "compare_sequences", "split_clusters"]

IDENTITY: Final = 0.4
"""Identity from which on two sequences are relatives."""
_COVERAGE: Final = 0.5
"""Share of the shorter sequence that must be aligned for it."""
_EXPECTED: Final = 1e-3
"""Alignments as good that chance may give: short sequences that share a few residues are no relatives."""

_KARLIN: Final = (0.267, 0.041)
"""Lambda and K of BLOSUM62 with these gaps, as BLAST has them."""

_LETTERS: Final = "ACDEFGHIKLMNPQRSTVWY"
_ROWS: Final = 256


@dataclass(frozen=True)
class Comparison:
    """Two sequences, aligned.

    Attributes
    ----------
    identity : float
        Share of identical residues where they are aligned.
    aligned : float
        Share of the shorter sequence that is.
    expected : float
        Alignments as good as that which chance gives between sequences of these lengths.
    """

    identity: float
    aligned: float
    expected: float


def cluster_sequences(sequences: Sequence[str], identity: float = IDENTITY) -> npt.NDArray[np.int64]:
    """Put relatives into one cluster.

    Two sequences are relatives if at least `identity` of the residues are the same where the two are aligned,
    which must be half of the shorter one, and better than chance gives among so many; what is related through
    others is one cluster. Aligned are those that share more words of three letters than chance gives, which
    few pairs of many do: with an identity of 0.4 that hardly misses one, with 0.3 a third.

    Parameters
    ----------
    sequences : sequence of str
    identity : float
        Above 0; from 1 on, only sequences that are the same are in one cluster.

    Returns
    -------
    numpy.ndarray, shape (n_sequences,), dtype int64
        Number of the cluster of each.
    """
    place = {sequence: k for k, sequence in enumerate(dict.fromkeys(sequences))}
    distinct = list(place)
    parent = list(range(len(distinct)))

    def root(k: int) -> int:
        while parent[k] != k:
            parent[k] = parent[parent[k]]
            k = parent[k]
        return k

    for i, j in _find_candidates(distinct) if identity < 1 else ():
        first, second = sorted((root(i), root(j)))
        if first != second:
            one = compare_sequences(distinct[i], distinct[j])
            is_sure = one.expected * len(distinct) <= _EXPECTED
            if one.identity >= identity and one.aligned >= _COVERAGE and is_sure:
                parent[second] = first
    _, clusters = np.unique([root(place[one]) for one in sequences], return_inverse=True)
    return clusters.astype(np.int64)


def compare_sequences(first: str, second: str) -> Comparison:
    """Align two sequences: Smith-Waterman with BLOSUM62, a gap costs 11 and 1 for each residue but its first.

    That is as in BLAST and MMseqs2; what chance gives is Karlin and Altschul's formula.

    Parameters
    ----------
    first, second : str
        Neither is empty.

    Returns
    -------
    Comparison
    """
    best = _make_aligner().align(_plain(first), _plain(second))[0]
    counts = best.counts()
    n_aligned = counts.identities + counts.mismatches
    return Comparison(
        identity=counts.identities / max(n_aligned, 1),
        aligned=n_aligned / min(len(first), len(second)),
        expected=_KARLIN[1] * len(first) * len(second) * math.exp(-_KARLIN[0] * best.score),
    )


@functools.cache
def _make_aligner() -> Any:
    from Bio import Align
    from Bio.Align import substitution_matrices

    make: Any = Align.PairwiseAligner
    load: Any = substitution_matrices.load
    return make(mode="local", substitution_matrix=load("BLOSUM62"), open_gap_score=-11, extend_gap_score=-1)


def _plain(sequence: str) -> str:
    """With letters that BLOSUM62 has."""
    return sequence.replace("U", "C").replace("O", "K").replace("J", "L")


def _find_candidates(sequences: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Pairs i < j that share more words of three letters than chance gives, some rows at a time."""
    words = _find_words(sequences)
    sizes = np.asarray(words.sum(axis=1)).ravel()
    counts = np.bincount(np.frombuffer("".join(sequences).encode(), dtype=np.uint8))
    often = counts / max(counts.sum(), 1)
    chance = float(often @ often) ** 3  # that two places have the same word
    for start in range(0, len(sequences), _ROWS):
        shared = (words[start : start + _ROWS] @ words.T).tocoo()
        i, j = shared.row + start, shared.col
        expected = sizes[i] * sizes[j] * chance
        kept = (i < j) & (shared.data >= expected + 3 * np.sqrt(expected) + 1)
        yield from zip(i[kept].tolist(), j[kept].tolist(), strict=True)


def _find_words(sequences: Sequence[str]) -> Any:
    """Which words of three letters each sequence has: a sparse array of 0 and 1."""
    from scipy.sparse import csr_array

    columns, ends = [np.empty(0, dtype=np.int64)], [0]
    for sequence in sequences:
        codes = np.array([_LETTERS.find(letter) for letter in sequence], dtype=np.int64)
        three = (
            np.stack([codes[k : len(codes) - 2 + k] for k in range(3)]) if len(codes) > 2 else codes[None, :0]
        )
        kept = three[:, (three >= 0).all(axis=0)]
        found = np.unique(kept[0] * 400 + kept[1] * 20 + kept[2]) if kept.size else columns[0]
        columns.append(found)
        ends.append(ends[-1] + len(found))
    flat = np.concatenate(columns)
    ones = np.ones(len(flat), dtype=np.int32)
    return csr_array((ones, flat, ends), shape=(len(sequences), len(_LETTERS) ** 3))


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
