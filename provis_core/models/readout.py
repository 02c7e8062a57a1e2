"""What a checkpoint computes from its encoder's output, and its network from the embeddings on.

An explanation asks how the logits depend on the output of the embedding module; so that module can be run
alone, and the rest of the network on other embeddings than those of the tokens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    import torch

__all__ = ["Readout"]


class _Embedded(Exception):  # noqa: N818 (it is no error: it leaves the forward pass)
    """The embedding module has run; nothing after it is wanted."""


class Readout:
    """A whole network with its logits; `Model.readout` makes it.

    Parameters
    ----------
    kind : str
        ``"masked_lm"``: a logit for each token id at each token. Kinds of classifiers give one row of logits
        for the sequence (``"sequence"``), or one for each token (``"token"``).
    network : torch.nn.Module
        Takes ``input_ids`` and returns an object with ``logits``. Its encoder is the one that the model shows
        the attention of, so a `Capture` sees its layers.
    embedding : torch.nn.Module
        The encoder's embedding module.
    embedding_axis : int
        Axis of the tokens in what that module returns: 1, or 0 where the batch comes second.
    labels : tuple of str
        What each logit is of, where it is a class; empty for token ids.
    """

    def __init__(
        self,
        kind: str,
        network: torch.nn.Module,
        embedding: torch.nn.Module,
        embedding_axis: int = 1,
        labels: tuple[str, ...] = (),
    ) -> None:
        self.kind = kind
        self.labels = labels
        self.network, self._embedding, self._axis = network, embedding, embedding_axis

    @property
    def device(self) -> torch.device:
        """Where it runs."""
        weight: torch.Tensor = next(self._embedding.parameters())
        return weight.device

    def embed(self, ids: torch.Tensor) -> torch.Tensor:
        """Run the embedding module alone.

        Parameters
        ----------
        ids : torch.Tensor, shape (n_sequences, n_tokens), dtype int64

        Returns
        -------
        torch.Tensor, shape (n_sequences, n_tokens, width)
            Without a gradient.
        """
        import torch

        found: list[torch.Tensor] = []

        def keep(_module: Any, _inputs: Any, output: torch.Tensor) -> NoReturn:
            found.append(output)
            raise _Embedded

        hook = self._embedding.register_forward_hook(keep)
        try:
            with torch.no_grad():
                self.network(input_ids=ids)
        except _Embedded:
            return self._turn(found[0])
        finally:
            hook.remove()
        raise RuntimeError("the network did not call its embedding module")

    def logits(self, ids: torch.Tensor, embeddings: torch.Tensor | None = None) -> torch.Tensor:
        """Run the network.

        Parameters
        ----------
        ids : torch.Tensor, shape (n_sequences, n_tokens), dtype int64
            Their number and length count where embeddings are given.
        embeddings : torch.Tensor, shape (n_sequences, n_tokens, width), optional
            In place of what the embedding module makes of the tokens; a gradient flows back into them.

        Returns
        -------
        torch.Tensor, shape (n_sequences, n_labels) or (n_sequences, n_tokens, n_labels)
            Before softmax.
        """

        def replace(_module: Any, _inputs: Any, _output: Any) -> torch.Tensor | None:
            return None if embeddings is None else self._turn(embeddings)

        hook = self._embedding.register_forward_hook(replace)
        try:
            logits: torch.Tensor = self.network(input_ids=ids).logits
            return logits
        finally:
            hook.remove()

    def _turn(self, embeddings: torch.Tensor) -> torch.Tensor:
        """Between our order of the axes and that of the embedding module, which is its own inverse."""
        return embeddings.transpose(0, 1) if self._axis == 0 else embeddings
