"""A loaded checkpoint, which gives the attention of the heads that are asked for and computes no others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..attention import HeadId, check_head
from ..errors import CheckpointError, SequenceError
from .capture import Capture
from .config import CheckpointConfig
from .loading import memory_errors
from .vocabulary import Vocabulary

if TYPE_CHECKING:
    import torch

__all__ = ["Model"]


class Model:
    """One loaded checkpoint; `load_model` makes it.

    Parameters
    ----------
    config : CheckpointConfig
    vocabulary : Vocabulary
    network : torch.nn.Module
        Encoder from transformers, loaded with `capture.ATTENTION`.
    name : str
        For messages.
    """

    def __init__(
        self, config: CheckpointConfig, vocabulary: Vocabulary, network: torch.nn.Module, name: str
    ) -> None:
        self.config = config
        self.name = name
        self._vocabulary = vocabulary
        self._network = network
        self._weight = next(network.parameters())

    @property
    def family(self) -> str:
        """Like ``"BERT"``."""
        return self.config.family

    @property
    def n_layers(self) -> int:
        """Number of layers."""
        return self.config.n_layers

    @property
    def n_heads(self) -> int:
        """Heads of each layer."""
        return self.config.n_heads

    @property
    def max_residues(self) -> int | None:
        """Longest chain the model can take at all; None where there is no hard limit."""
        return self.config.max_residues

    @property
    def device(self) -> str:
        """Where it runs, like ``"cuda:0"``."""
        return str(self._weight.device)

    @property
    def dtype(self) -> str:
        """Number format of the layers, like ``"float32"``; weights of attention are float32 always."""
        return str(self._weight.dtype).removeprefix("torch.")

    @property
    def n_bytes(self) -> int:
        """Memory of the weights."""
        tensors = [*self._network.parameters(), *self._network.buffers()]
        return sum(tensor.numel() * tensor.element_size() for tensor in tensors)

    def attention(self, sequence: str, head: str | HeadId) -> npt.NDArray[np.float32]:
        """Attention of one head.

        Parameters
        ----------
        sequence : str
            Upper-case one-letter codes; X for an unknown residue.
        head : str or HeadId
            1-based ``"12-4"``, or a `HeadId`.

        Returns
        -------
        numpy.ndarray, shape (n_positions, n_positions), dtype float32
            ``[i, j]``: query i attends to key j.

        Raises
        ------
        ProvisError
            As `attend`.
        """
        wanted = HeadId.parse(head) if isinstance(head, str) else HeadId(*head)
        return self.attend(sequence, [wanted])[wanted]

    def attend(
        self,
        sequence: str,
        heads: Sequence[HeadId],
        *,
        on_layer: Callable[[int, int], None] | None = None,
        block_rows: int | None = None,
    ) -> dict[HeadId, npt.NDArray[np.float32]]:
        """Attention of several heads, of any layers, in one pass that ends at the last of these layers.

        Parameters
        ----------
        sequence : str
            Upper-case one-letter codes; X for an unknown residue.
        heads : sequence of HeadId
            0-based.
        on_layer : callable, optional
            Called with the number of finished layers and of all that will run, after each layer. What it
            raises ends the pass and comes through; the model stays usable.
        block_rows : int, optional
            Queries whose weights are computed at a time; chosen by default.

        Returns
        -------
        dict of HeadId to numpy.ndarray, shape (n_positions, n_positions), dtype float32
            ``[i, j]``: query i attends to key j. Special tokens are cut out and rows are not renormalised,
            so a row sums to at most 1.

        Raises
        ------
        HeadRangeError
            If the model has no such head.
        SequenceError
            If a letter is not readable, or the chain is longer than the model can take.
        WorkerMemoryError
        """
        wanted = list(dict.fromkeys(HeadId(*head) for head in heads))
        for head in wanted:
            check_head(head, self.n_layers, self.n_heads, self.name)
        tokens = self._encode(sequence)
        if not wanted:
            return {}
        n_positions = len(sequence)
        with memory_errors(
            f"compute attention of {self.name} on {n_positions} residues", self._weight.device
        ):
            maps = {head: np.empty((n_positions, n_positions), dtype=np.float32) for head in wanted}

            def keep(head: HeadId, start: int, block: torch.Tensor) -> None:
                maps[head][start : start + len(block)] = block.cpu().numpy()

            first = len(self._vocabulary.prefix)
            residues = slice(first, first + n_positions)
            self._run(tokens, Capture(wanted, residues, keep, on_layer=on_layer, block_rows=block_rows))
        self._check_finite(maps)
        return maps

    def _run(self, tokens: list[int], capture: Capture) -> None:
        import torch

        with torch.inference_mode():
            ids = torch.tensor([tokens], device=self._weight.device)
            capture.run(lambda: self._network(input_ids=ids))

    def _encode(self, sequence: str) -> list[int]:
        tokens = self._vocabulary.encode(sequence)
        if self.max_residues is not None and len(sequence) > self.max_residues:
            raise SequenceError(
                f"The chain has {len(sequence)} residues",
                f"{self.name} can take {self.max_residues} at most",
                "Choose a model without that limit, or a chain of that length",
            )
        return tokens

    def _check_finite(self, maps: dict[HeadId, npt.NDArray[np.float32]]) -> None:
        for head, weights in maps.items():
            if not np.isfinite(weights.sum()):
                raise CheckpointError(
                    f"The attention of {self.name} in head {head.label} is not a number ({self.dtype})",
                    "Undamaged weights, and a number format with room for the model's values, are needed",
                    "Use the dtype float32, or fetch the checkpoint again",
                )
