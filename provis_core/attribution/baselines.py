"""Where a path begins: what stands for a sequence that says nothing.

Everything is built from outputs of the embedding module, at the place of each residue. Special tokens are
those of the sequence, and so are positions that the question itself hides. Where a module scales all
embeddings by the number of masked tokens (ESM's ``token_dropout``), those that stay are as in the sequence.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from ..checkpoints.vocabulary import Vocabulary
from ..errors import InputError
from ..models.readout import Readout
from ..structures.sequence import AMINO_ACIDS

if TYPE_CHECKING:
    import torch

__all__ = ["NAMES", "choose_baseline", "make_baseline"]

NAMES: Final = ("pad", "mask", "X", "mean")
_X: Final = "X"


def choose_baseline(vocabulary: Vocabulary, name: str) -> str:
    """Return the name of the baseline, the default where none is given.

    Parameters
    ----------
    vocabulary : Vocabulary
    name : str
        One of `NAMES`, another sequence, or empty.

    Returns
    -------
    str
    """
    if name:
        return next((one for one in NAMES if one.lower() == name.lower()), name.upper())
    return _X if vocabulary.knows_x or vocabulary.mask is None else "mask"


def make_baseline(
    readout: Readout,
    vocabulary: Vocabulary,
    ids: torch.Tensor,
    embedded: torch.Tensor,
    name: str,
    held: Sequence[int] = (),
) -> torch.Tensor:
    """Embeddings of a baseline.

    Parameters
    ----------
    readout : Readout
    vocabulary : Vocabulary
    ids : torch.Tensor, shape (1, n_tokens), dtype int64
        Of the sequence as the model is asked about it.
    embedded : torch.Tensor, shape (1, n_tokens, width)
        What the embedding module makes of them.
    name : str
        Of `choose_baseline`.
    held : sequence of int
        Positions (0-based) that stay as they are in the sequence.

    Returns
    -------
    torch.Tensor, shape (1, n_tokens, width)

    Raises
    ------
    InputError
        If the model has no such token, or a sequence is of another length.
    SequenceError
        If a letter is not readable.
    """
    import torch

    first, n = len(vocabulary.prefix), ids.shape[1] - vocabulary.n_special
    rows = slice(first, first + n)

    def embed(middle: Sequence[int]) -> torch.Tensor:
        other = ids.clone()
        other[0, rows] = torch.as_tensor(list(middle), device=ids.device)
        return readout.embed(other)

    if name == "mean":
        found = torch.stack([embed([vocabulary.ids[letter]] * n) for letter in AMINO_ACIDS]).mean(dim=0)
    elif name in NAMES:
        token = {"pad": vocabulary.pad, "mask": vocabulary.mask, _X: vocabulary.ids[_X]}[name]
        if token is None:
            raise InputError(
                f"«baseline={name}»",
                "The vocabulary of this model has no such token",
                "Try «baseline=X» or «baseline=mean»",
            )
        found = embed([token] * n)
    else:
        if len(name) != n:
            raise InputError(
                f"«baseline={name[:20]}» is a sequence of {len(name)} letters",
                f"One of {', '.join(NAMES)}, or a sequence of {n} letters as the chain has, is needed",
                "Try «baseline=mask»",
            )
        found = embed(vocabulary.encode(name)[rows])
    baseline = embedded.clone()
    baseline[:, rows] = found[:, rows]
    for position in held:
        baseline[:, first + position] = embedded[:, first + position]
    return baseline
