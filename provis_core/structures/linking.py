"""Several chains as one sequence, so that a model can look from one chain into another.

The linker between them is cut out again of whatever the model returns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from ..sequence import SequenceMap

__all__ = ["LINKER", "LinkedSequence", "link_chains"]

LINKER: Final = "G" * 25
"""Glycines as in ESMFold's multimer trick (Lin et al., Science 379:1123, 2023)."""


@dataclass(frozen=True, eq=False)
class LinkedSequence:
    """One sequence made of several, and where each position comes from.

    Attributes
    ----------
    sequence : str, length n_positions
        What the model reads, linkers included.
    part : numpy.ndarray, shape (n_positions,), dtype int64
        0-based index of the sequence that a position belongs to; -1 in a linker.
    position : numpy.ndarray, shape (n_positions,), dtype int64
        0-based position in that sequence; -1 in a linker.
    """

    sequence: str
    part: npt.NDArray[np.int64]
    position: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        for name in ("part", "position"):
            array = np.array(getattr(self, name), dtype=np.int64)
            array.flags.writeable = False
            object.__setattr__(self, name, array)

    @property
    def n_positions(self) -> int:
        """Length of what the model reads."""
        return len(self.sequence)

    @property
    def kept(self) -> npt.NDArray[np.int64]:
        """Positions that are not of a linker, shape (n_kept,)."""
        return np.flatnonzero(self.part >= 0)

    def cut(self, weights: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Take the linkers out of an attention map; rows are not renormalised.

        Parameters
        ----------
        weights : numpy.ndarray, shape (..., n_positions, n_positions)

        Returns
        -------
        numpy.ndarray, shape (..., n_kept, n_kept)
            The sequences one after another.
        """
        self._check(weights)
        return weights[..., self.kept[:, None], self.kept]

    def block(self, weights: npt.NDArray[Any], query_part: int, key_part: int) -> npt.NDArray[Any]:
        """Attention from one of the sequences to another one (or itself).

        Parameters
        ----------
        weights : numpy.ndarray, shape (..., n_positions, n_positions)
        query_part, key_part : int
            0-based indices of the two.

        Returns
        -------
        numpy.ndarray, shape (..., length of the one, length of the other)
        """
        self._check(weights)
        queries, keys = np.flatnonzero(self.part == query_part), np.flatnonzero(self.part == key_part)
        return weights[..., queries[:, None], keys]

    def _check(self, weights: npt.NDArray[Any]) -> None:
        if weights.shape[-2:] != (self.n_positions, self.n_positions):
            raise ValueError(f"a map of shape {weights.shape} for {self.n_positions} linked positions")


def link_chains(sequences: Sequence[str | SequenceMap], linker: str = LINKER) -> LinkedSequence:
    """Join sequences, with a linker between each two.

    Parameters
    ----------
    sequences : sequence of str or SequenceMap
    linker : str
        Letters; may be empty.

    Returns
    -------
    LinkedSequence

    Raises
    ------
    InputError
        If there is no sequence, an empty one, or a linker that is no letters.
    """
    texts = [item if isinstance(item, str) else item.sequence for item in sequences]
    if not texts or not all(texts):
        raise InputError(
            "There is nothing to link", "At least one residue in each chain is needed", "Select chains"
        )
    linker = linker.strip().upper()
    if linker and not (linker.isascii() and linker.isalpha()):
        raise InputError(
            f"linker={linker}", "Amino acids in one-letter code are needed", "Give for example GGGGS"
        )
    letters: list[str] = []
    parts: list[int] = []
    positions: list[int] = []
    for k, text in enumerate(texts):
        if k:
            letters.append(linker)
            parts += [-1] * len(linker)
            positions += [-1] * len(linker)
        letters.append(text)
        parts += [k] * len(text)
        positions += range(len(text))
    return LinkedSequence("".join(letters), np.array(parts), np.array(positions))
