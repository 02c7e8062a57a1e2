"""What attention heads show, as counts per chain; each count stands beside what its sequence separation alone
gives.

All functions take one chain's attention, shape=(n_heads, n_residues, n_residues), ``[h, i, j]``: query i
attends to key j, special tokens cut out, and a label matrix of the same (n_residues, n_residues), for example
"is a contact" or
"the key is in a helix". The background of a pair is the share of labelled pairs at the same signed separation
j - i in the same chain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Tally",
    "bootstrap_ratio",
    "bootstrap_share",
    "compute_separation_background",
    "correct_average_product",
    "count_strong_pairs",
    "count_top_pairs",
    "join_tallies",
    "key_labels",
    "separate",
    "take_larger_direction",
]


@dataclass(frozen=True)
class Tally:
    """Counts of one chain, one entry per head.

    Attributes
    ----------
    pairs : ndarray, shape=(n_heads,), dtype=float64
        Pairs selected.
    hits : ndarray, shape=(n_heads,), dtype=float64
        Those with the label.
    expected : ndarray, shape=(n_heads,), dtype=float64
        Labelled pairs expected at the same separations.
    """

    pairs: NDArray[np.float64]
    hits: NDArray[np.float64]
    expected: NDArray[np.float64]


def join_tallies(tallies: Sequence[Tally]) -> Tally:
    """Join the tallies of chains: arrays of shape=(n_chains, n_heads)."""
    return Tally(*(np.array([getattr(t, name) for t in tallies]) for name in ("pairs", "hits", "expected")))


def separate(n_residues: int, min_separation: int) -> NDArray[np.bool_]:
    """Tell which pairs are at least `min_separation` positions apart, shape=(n, n)."""
    index = np.arange(n_residues)
    far: NDArray[np.bool_] = np.abs(index[:, None] - index[None, :]) >= min_separation
    return far


def key_labels(residues: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Label each pair by its key residue: shape=(n,) -> (n, n)."""
    return np.broadcast_to(residues[None, :], (len(residues), len(residues)))


def compute_separation_background(labels: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Replace each entry by the mean of its diagonal, shape=(n, n)."""
    n = len(labels)
    diagonal = np.arange(n)[None, :] - np.arange(n)[:, None] + n - 1
    sums = np.bincount(diagonal.ravel(), weights=labels.ravel().astype(np.float64), minlength=2 * n - 1)
    sizes = np.bincount(diagonal.ravel(), minlength=2 * n - 1)
    background: NDArray[np.float64] = (sums / sizes)[diagonal]
    return background


def correct_average_product(attention: NDArray[np.float32]) -> NDArray[np.float32]:
    """Symmetrise by the sum of both directions and subtract the average product (APC), head by head."""
    symmetric = attention + attention.transpose(0, 2, 1)
    rows = symmetric.sum(2, keepdims=True)
    total = np.maximum(rows.sum(1, keepdims=True), np.finfo(np.float32).tiny)
    corrected: NDArray[np.float32] = symmetric - rows * rows.transpose(0, 2, 1) / total
    return corrected


def take_larger_direction(attention: NDArray[np.float32]) -> NDArray[np.float32]:
    """Give each pair the larger weight of its two directions, as it is drawn; shape=(n_heads, n, n)."""
    return np.maximum(attention, attention.transpose(0, 2, 1))


def count_strong_pairs(
    attention: NDArray[np.float32], labels: NDArray[np.bool_], threshold: float, min_separation: int
) -> Tally:
    """Count directed pairs with a weight of at least `threshold`, and the labelled ones among them."""
    background = compute_separation_background(labels)
    strong = (attention >= threshold) & separate(len(labels), min_separation)
    return Tally(
        pairs=strong.sum((1, 2)).astype(np.float64),
        hits=(strong & labels).sum((1, 2)).astype(np.float64),
        expected=np.einsum("hij,ij->h", strong, background),
    )


def count_top_pairs(
    scores: NDArray[np.float32], labels: NDArray[np.bool_], n_pairs: int, min_separation: int
) -> Tally:
    """Count the labelled ones among the `n_pairs` best-scored pairs (i < j) of each head.

    Parameters
    ----------
    scores : ndarray, shape=(n_heads, n, n), dtype=float32
        Symmetric scores, see `correct_average_product`.
    labels : ndarray, shape=(n, n), dtype=bool
        Symmetric labels.
    n_pairs : int
        How many pairs to take: L, or L // 5.
    min_separation : int
        Least separation of a pair.
    """
    row, column = np.nonzero(np.triu(separate(len(labels), min_separation)))
    taken = min(n_pairs, len(row))
    flat = scores[:, row, column]
    top = (
        np.argpartition(-flat, taken - 1, axis=1)[:, :taken]
        if taken
        else np.zeros((len(flat), 0), dtype=np.int64)
    )
    background = compute_separation_background(labels)[row, column]
    return Tally(
        pairs=np.full(len(scores), float(taken)),
        hits=labels[row, column][top].sum(1).astype(np.float64),
        expected=background[top].sum(1),
    )


def bootstrap_share(
    pairs: NDArray[np.float64], hits: NDArray[np.float64], *, n_draws: int = 2000, seed: int = 0
) -> tuple[float, float, float]:
    """Compute the pooled share ``sum(hits) / sum(pairs)`` and its 95 % interval over chains drawn with
    replacement.

    Parameters
    ----------
    pairs, hits : ndarray, shape=(n_chains,), dtype=float64
        Counts of one head.

    Returns
    -------
    share, low, high : float
        NaN where there is no pair.
    """
    return bootstrap_ratio(hits, pairs, n_draws=n_draws, seed=seed)


def bootstrap_ratio(
    above: NDArray[np.float64], below: NDArray[np.float64], *, n_draws: int = 2000, seed: int = 0
) -> tuple[float, float, float]:
    """Compute ``sum(above) / sum(below)`` over chains with its 95 % bootstrap interval."""
    if below.sum() == 0:
        return float("nan"), float("nan"), float("nan")
    draws = np.random.default_rng(seed).integers(0, len(above), size=(n_draws, len(above)))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = above[draws].sum(1) / below[draws].sum(1)
    low, high = np.nanpercentile(ratios, [2.5, 97.5])
    return float(above.sum() / below.sum()), float(low), float(high)
