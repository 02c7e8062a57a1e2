"""What probes are shown: numbers of residues and pairs, by source and layer.

Sources are ``embeddings`` (layers 0 to n; 0 is what goes into the first layer), ``attention`` (layers 1 to n)
and ``one_hot`` (the letters alone, layer 0). Of a pair i < j with vectors x they are the elementwise product
and difference, ``[x_i * x_j, x_i - x_j]``; of attention ``[A[i, j], A[j, i]]`` of each head. Of a residue,
attention is what each head gives to it, the sum of a column.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from ..structures.components import AMINO_ACIDS

if TYPE_CHECKING:
    import torch

    from ..models.base import Model

__all__ = ["Key", "Seen", "encode_letters", "pair_features", "read_heads"]

_Floats = npt.NDArray[np.float32]
_LETTERS: Final = tuple(AMINO_ACIDS)

Key = tuple[str, int]
"""A source and a layer."""


@dataclass(frozen=True, eq=False)
class Seen:
    """Numbers of the positions of one protein.

    Attributes
    ----------
    vectors : dict of (str, int) to numpy.ndarray, shape (n_positions, width)
        Of ``embeddings`` and ``one_hot``.
    """

    vectors: dict[Key, _Floats]

    @classmethod
    def look(cls, model: Model, sequence: str) -> Seen:
        """Run a model on a sequence."""
        layers = model.embed(sequence)
        found: dict[Key, _Floats] = {("embeddings", layer): values for layer, values in enumerate(layers)}
        return cls({("one_hot", 0): encode_letters(sequence), **found})


def encode_letters(sequence: str) -> _Floats:
    """Return one column for each amino acid, and one for everything else, shape (n_positions, 21)."""
    place = {letter: k for k, letter in enumerate(_LETTERS)}
    codes = [place.get(letter, len(_LETTERS)) for letter in sequence]
    return np.eye(len(_LETTERS) + 1, dtype=np.float32)[codes]


def pair_features(vectors: _Floats, pairs: npt.NDArray[np.int64]) -> _Floats:
    """Return products and differences of the vectors of pairs, shape (n_pairs, 2 * width)."""
    first, second = vectors[pairs[:, 0]], vectors[pairs[:, 1]]
    return np.concatenate([first * second, first - second], axis=1)


def read_heads(
    model: Model,
    sequence: str,
    take: Callable[[int, slice, torch.Tensor], None],
    begin: Callable[[], object] = bool,
) -> None:
    """Show the maps of all heads of a sequence, some heads at a time.

    Parameters
    ----------
    model : Model
    sequence : str
    take : callable
        Called with the layer (0-based), a slice of heads and their maps (n_heads, n, n), which are
        overwritten afterwards.
    begin : callable
        Called first, and again where memory ran out and all heads are shown once more.
    """

    def start() -> Callable[[int, int, slice, torch.Tensor], None]:
        begin()
        return lambda layer, _, heads, maps: take(layer, heads, maps)

    model.show_heads([sequence], start)
