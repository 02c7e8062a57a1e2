"""From a corpus to masked batches: windows, length buckets, masks. All of it is a function of a seed and an
index.

Nothing here holds a random state: batch `b` of epoch `e` is the same whenever it is asked for, which is what
makes a resumed run equal to one that was never interrupted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .corpus import Corpus
from .vocabulary import CLS, EOS, MASK, PAD, STANDARD

__all__ = [
    "Batch",
    "EpochPlan",
    "Windows",
    "build_batch",
    "cut_windows",
    "iterate_whole",
    "mask_tokens",
    "plan_epoch",
]

_BUCKET = 8
"""Row lengths are rounded up to a multiple of this, so that a row holds fewer than 8 padding tokens."""


@dataclass(frozen=True)
class Windows:
    """Pieces of sequences.

    Attributes
    ----------
    start, stop : ndarray, shape=(n_windows,), dtype=int64
        Piece in the corpus' flat array.
    first, last : ndarray, shape=(n_windows,), dtype=bool
        Whether the piece holds the sequence's first / last residue: only there the row gets ``<cls>`` /
        ``<eos>``.
    """

    start: NDArray[np.int64]
    stop: NDArray[np.int64]
    first: NDArray[np.bool_]
    last: NDArray[np.bool_]

    @property
    def row_lengths(self) -> NDArray[np.int64]:
        """Tokens of each row with its special tokens, shape=(n_windows,)."""
        return self.stop - self.start + self.first + self.last


@dataclass(frozen=True)
class EpochPlan:
    """One pass through the corpus: windows, and which of them form each batch."""

    windows: Windows
    batches: tuple[NDArray[np.int64], ...]


@dataclass(frozen=True)
class Batch:
    """Rows ready for the model.

    Attributes
    ----------
    inputs : ndarray, shape=(n_rows, row_length), dtype=int64
        Token ids, some masked, padded with ``<pad>``.
    positions : ndarray, shape=(n_targets,), dtype=int64
        Flat index (row-major) of each residue to be predicted.
    targets : ndarray, shape=(n_targets,), dtype=int64
        Its true token id.
    """

    inputs: NDArray[np.int64]
    positions: NDArray[np.int64]
    targets: NDArray[np.int64]

    @property
    def n_residues(self) -> int:
        """Residues in the batch (special and padding tokens not counted)."""
        return int(((self.inputs != PAD) & (self.inputs != CLS) & (self.inputs != EOS)).sum())


def cut_windows(corpus: Corpus, row_length: int, rng: np.random.Generator) -> Windows:
    """Cut every sequence into pieces of at most ``row_length - 2`` residues, at a random phase; no residue is
    lost.

    Parameters
    ----------
    corpus : Corpus
        The sequences.
    row_length : int
        Most tokens of a row, special tokens counted.
    rng : Generator
        Draws the phase of each sequence.
    """
    size = row_length - 2
    lengths = corpus.lengths
    long = lengths > size
    # The first piece of a long sequence has 1..size residues, the next ones `size`, the last one the rest.
    head = np.where(long, rng.integers(1, size + 1, size=len(lengths)), lengths)
    n_pieces = 1 + -(-(lengths - head) // size)
    sequence = np.repeat(np.arange(len(lengths)), n_pieces)
    piece = np.arange(len(sequence)) - np.repeat(np.cumsum(n_pieces) - n_pieces, n_pieces)
    begin = np.where(piece == 0, 0, head[sequence] + (piece - 1) * size)
    end = np.minimum(head[sequence] + piece * size, lengths[sequence])
    base = corpus.starts[:-1][sequence]
    return Windows(start=base + begin, stop=base + end, first=begin == 0, last=end == lengths[sequence])


def plan_epoch(corpus: Corpus, row_length: int, batch_tokens: int, seed: tuple[int, ...]) -> EpochPlan:
    """Cut, sort into buckets of equal row length, fill batches, shuffle them.

    Parameters
    ----------
    corpus : Corpus
        The sequences.
    row_length : int
        Most tokens of a row.
    batch_tokens : int
        Most tokens of a batch, padding counted (a single longer row is its own batch).
    seed : tuple of int
        For example (run seed, stage, epoch).
    """
    rng = np.random.default_rng(seed)
    windows = cut_windows(corpus, row_length, rng)
    bucket = -(-windows.row_lengths // _BUCKET) * _BUCKET
    order = rng.permutation(len(bucket))
    order = order[np.argsort(bucket[order], kind="stable")]
    batches = list[NDArray[np.int64]]()
    sizes, firsts = np.unique(bucket[order], return_index=True)
    for size, members in zip(sizes, np.split(order, firsts[1:]), strict=True):
        rows = max(1, batch_tokens // int(size))
        batches.extend(np.split(members, np.arange(rows, len(members), rows)))
    shuffled = rng.permutation(len(batches))
    return EpochPlan(windows=windows, batches=tuple(batches[i] for i in shuffled))


def mask_tokens(
    tokens: NDArray[np.int64], rng: np.random.Generator, rate: float, *, only_mask: bool = False
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Choose residues to predict and hide them the BERT way: 80 % masked, 10 % another residue, 10 % left.

    Parameters
    ----------
    tokens : ndarray, shape=(n_rows, row_length), dtype=int64
        Token ids; only the 20 standard residues are ever chosen.
    rng : Generator
        Source of chance.
    rate : float
        Share of the standard residues to choose.
    only_mask : bool
        Hide all chosen residues behind ``<mask>`` (evaluation).

    Returns
    -------
    inputs : ndarray, shape=(n_rows, row_length), dtype=int64
        Tokens for the model.
    positions : ndarray, shape=(n_targets,), dtype=int64
        Flat index of the chosen residues.
    """
    eligible = (tokens >= STANDARD.start) & (tokens < STANDARD.stop)
    chosen = eligible & (rng.random(tokens.shape) < rate)
    fate = rng.random(tokens.shape)
    other = rng.integers(STANDARD.start, STANDARD.stop, size=tokens.shape)
    inputs = tokens.copy()
    if only_mask:
        inputs[chosen] = MASK
    else:
        inputs[chosen & (fate < 0.8)] = MASK
        swap = chosen & (fate >= 0.8) & (fate < 0.9)
        inputs[swap] = other[swap]
    return inputs, np.flatnonzero(chosen)


def build_batch(
    corpus: Corpus,
    windows: Windows,
    members: NDArray[np.int64],
    rate: float,
    seed: tuple[int, ...],
    *,
    only_mask: bool = False,
) -> Batch:
    """Lay out the rows of one batch and mask them.

    Parameters
    ----------
    corpus, windows : Corpus, Windows
        Where the rows come from.
    members : ndarray, shape=(n_rows,), dtype=int64
        The windows of this batch.
    rate, only_mask
        See `mask_tokens`.
    seed : tuple of int
        For example (run seed, stage, epoch, batch).
    """
    width = -(-int(windows.row_lengths[members].max()) // _BUCKET) * _BUCKET
    tokens = np.full((len(members), width), PAD, dtype=np.int64)
    for row, window in enumerate(members):
        start, stop = windows.start[window], windows.stop[window]
        offset = int(windows.first[window])
        end = offset + int(stop - start)
        if offset:
            tokens[row, 0] = CLS
        tokens[row, offset:end] = corpus.tokens[start:stop]
        if windows.last[window]:
            tokens[row, end] = EOS
    inputs, positions = mask_tokens(tokens, np.random.default_rng(seed), rate, only_mask=only_mask)
    return Batch(inputs=inputs, positions=positions, targets=tokens.reshape(-1)[positions])


def iterate_whole(
    corpus: Corpus, row_length: int, batch_tokens: int, rate: float, seed: int
) -> Iterator[Batch]:
    """One fixed pass with every chosen residue behind ``<mask>``: the held-out measurement."""
    plan = plan_epoch(corpus, row_length, batch_tokens, (seed,))
    for index, members in enumerate(plan.batches):
        yield build_batch(corpus, plan.windows, members, rate, (seed, index), only_mask=True)
