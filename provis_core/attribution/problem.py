"""One question to one model about one sequence: a score, and the two ends of the path to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import SequenceError
from ..models.head_outputs import HeadOutputs
from ..models.readout import Readout

if TYPE_CHECKING:
    import torch

    from ..models.base import Model

__all__ = ["Problem", "check_length"]


def check_length(model: Model, sequence: str) -> None:
    """Raise `SequenceError` unless the model can take a sequence in one piece."""
    if model.max_residues is not None and len(sequence) > model.max_residues:
        raise SequenceError(
            f"The chain has {len(sequence)} residues, and {model.name} can take {model.max_residues}",
            "Relevance is not stitched together from windows: the score is about the whole chain",
            "Choose a model without that limit, or a selection with fewer residues and «gaps=observed»",
        )


@dataclass(frozen=True, eq=False)
class Problem:
    """What is explained.

    Attributes
    ----------
    readout : Readout
    ids : torch.Tensor, shape (1, n_tokens), dtype int64
        Of the sequence as the model is asked about it.
    residues : slice
        Which tokens are residues.
    n_layers, n_heads : int
    score : callable
        Logits of some sequences to the score of each, shape (n_sequences,).
    embedded, baseline : torch.Tensor, shape (1, n_tokens, width)
        Outputs of the embedding module: the end and the beginning of the path. They are equal at special
        tokens.
    """

    readout: Readout
    ids: torch.Tensor
    residues: slice
    n_layers: int
    n_heads: int
    score: Callable[[torch.Tensor], torch.Tensor]
    embedded: torch.Tensor
    baseline: torch.Tensor

    @property
    def n_tokens(self) -> int:
        """Residues and special tokens."""
        return self.ids.shape[1]

    def evaluate(self, embeddings: torch.Tensor, capture: HeadOutputs | None = None) -> torch.Tensor:
        """Score of embeddings; a gradient leads back to them where one is wanted.

        Parameters
        ----------
        embeddings : torch.Tensor, shape (n_sequences, n_tokens, width)
        capture : HeadOutputs, optional
            Gets the outputs of the heads.

        Returns
        -------
        torch.Tensor, shape (n_sequences,)
        """
        ids = self.ids.expand(len(embeddings), -1)

        def forward() -> torch.Tensor:
            return self.readout.logits(ids, embeddings)

        return self.score(forward() if capture is None else capture.run(forward))

    def evaluate_each(self, embeddings: Sequence[torch.Tensor], batch: int = 1) -> list[float]:
        """Scores of several embeddings, shape (1, n_tokens, width) each, without gradients."""
        import torch

        scores: list[float] = []
        with torch.no_grad():
            for first in range(0, len(embeddings), batch):
                scores += self.evaluate(torch.cat(list(embeddings[first : first + batch]))).tolist()
        return scores
