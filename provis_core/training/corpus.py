"""Protein sequences in memory: one flat array of token ids and where each sequence begins."""

from __future__ import annotations

import gzip
import lzma
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .vocabulary import encode_tokens

__all__ = ["Corpus", "load_corpus", "load_heldout", "load_training", "read_fasta"]


@dataclass(frozen=True)
class Corpus:
    """Sequences laid end to end.

    Attributes
    ----------
    tokens : ndarray, shape=(n_residues,), dtype=uint8
        Token ids without special tokens.
    starts : ndarray, shape=(n_sequences + 1,), dtype=int64
        Sequence `i` is ``tokens[starts[i]:starts[i + 1]]``.
    """

    tokens: NDArray[np.uint8]
    starts: NDArray[np.int64]

    @property
    def n_residues(self) -> int:
        """Number of residues."""
        return len(self.tokens)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Residues of each sequence, shape=(n_sequences,)."""
        return np.diff(self.starts)

    @classmethod
    def from_sequences(cls, sequences: Iterable[str | bytes]) -> Corpus:
        """Encode and join sequences."""
        parts = [encode_tokens(sequence) for sequence in sequences]
        starts = np.zeros(len(parts) + 1, dtype=np.int64)
        np.cumsum([len(part) for part in parts], out=starts[1:])
        tokens = np.concatenate(parts) if parts else np.zeros(0, dtype=np.uint8)
        return cls(tokens=tokens, starts=starts)


def read_fasta(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield (header without ``>``, sequence) of a FASTA file, plain, ``.gz`` or ``.xz``."""
    opener: Any = {".gz": gzip.open, ".xz": lzma.open}.get(path.suffix, open)
    header, parts = None, list[bytes]()
    with opener(path, "rb") as lines:
        for line in lines:
            if line.startswith(b">"):
                if header is not None:
                    yield header, b"".join(parts)
                header, parts = line[1:].strip().decode(), []
            else:
                parts.append(line.strip())
    if header is not None:
        yield header, b"".join(parts)


def load_corpus(paths: Iterable[Path]) -> Corpus:
    """Load FASTA files in the order given."""
    return Corpus.from_sequences(sequence for path in paths for _, sequence in read_fasta(path))


def load_training(directory: Path, n_shards: int | None = None) -> Corpus:
    """Load the training shards ``train_*.fasta.xz`` of a data directory.

    Parameters
    ----------
    directory : Path
        Folder with the shards. The set-aside neighbours of the structures there are left alone.
    n_shards : int, optional
        Only the first so many shards.

    Raises
    ------
    FileNotFoundError
        If there is no shard.
    """
    shards = sorted(directory.glob("train_*.fasta.xz"))[:n_shards]
    if not shards:
        raise FileNotFoundError(
            f"No train_*.fasta.xz in {directory}; FASTA shards are needed there; "
            "give their folder with --data."
        )
    return load_corpus(shards)


def load_heldout(directory: Path) -> Corpus:
    """Load ``heldout.fasta.gz`` of a data directory."""
    return load_corpus([directory / "heldout.fasta.gz"])
