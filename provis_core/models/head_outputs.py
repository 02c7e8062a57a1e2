"""The outputs of all heads of a forward pass, with the gradients that lead to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from ..attention.head_id import HeadId
from .capture import activated, compute_weights, run_fused, shared_heads

if TYPE_CHECKING:
    import torch

__all__ = ["HeadOutputs"]

_Result = TypeVar("_Result")


class HeadOutputs:
    """A forward pass in which each layer's heads are kept as the output projection gets them.

    Parameters
    ----------
    change : callable, optional
        Called with the layer (0-based) and its outputs, shape (n_sequences, n_tokens, n_heads, head_size);
        what it returns goes on in their place.
    split : HeadId, optional
        Of which weights and values are kept, of the first sequence.

    Attributes
    ----------
    weights : torch.Tensor or None, shape (n_tokens, n_tokens)
    values : torch.Tensor or None, shape (n_tokens, head_size)
        The head's output is their product.
    """

    def __init__(
        self,
        change: Callable[[int, torch.Tensor], torch.Tensor] | None = None,
        split: HeadId | None = None,
    ) -> None:
        self._change, self._split = change, split
        self.weights: torch.Tensor | None = None
        self.values: torch.Tensor | None = None
        self._kept: list[tuple[torch.Tensor, bool]] = []

    def run(self, forward: Callable[[], torch.Tensor]) -> torch.Tensor:
        """Run a forward pass to its end; outputs of an earlier one are dropped.

        Parameters
        ----------
        forward : callable
            Calls the model.

        Returns
        -------
        torch.Tensor
            What it returns.
        """
        self.clear()
        with activated(self):
            return forward()

    def clear(self) -> None:
        """Let go of the outputs, and so of all that a gradient through them needs."""
        self._kept.clear()

    @property
    def tensors(self) -> list[torch.Tensor]:
        """The tensors of the layers, for `torch.autograd.grad`; some have tokens before sequences."""
        return [tensor for tensor, _ in self._kept]

    def in_order(self, tensors: tuple[torch.Tensor, ...] | list[torch.Tensor]) -> list[torch.Tensor]:
        """Outputs or their gradients, layer by layer, shape (n_sequences, n_tokens, n_heads, head_size)."""
        return [
            tensor.transpose(0, 1) if turned else tensor
            for tensor, (_, turned) in zip(tensors, self._kept, strict=True)
        ]

    def visit(
        self,
        module: torch.nn.Module,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        attention_mask: torch.Tensor | None,
        **options: Any,
    ) -> tuple[torch.Tensor, None]:
        """One layer's attention, fused; its outputs are kept."""
        import torch

        if self._is_split:
            assert self._split is not None
            head, rows = self._split.head, slice(0, query.shape[2])
            with torch.no_grad():
                self.weights = compute_weights(
                    module, query, key, attention_mask, head=head, rows=rows, **options
                )
                self.values = shared_heads(query, value, head)
        output, nothing = run_fused(module, query, key, value, attention_mask, **options)
        return self._keep(output, turned=False), nothing

    def visit_layer(
        self,
        n_tokens: int,
        compute: Callable[[int, slice], torch.Tensor],
        proceed: Callable[[], _Result],
        values: Callable[[int], torch.Tensor],
    ) -> _Result:
        """`visit`, for a family that computes its attention by itself and has its tokens first."""
        import torch

        if self._is_split:
            assert self._split is not None
            with torch.no_grad():
                self.weights = compute(self._split.head, slice(0, n_tokens))
                self.values = values(self._split.head)
        output: Any = proceed()
        kept: Any = self._keep(output, turned=True)
        return kept  # type: ignore[no-any-return]

    @property
    def _is_split(self) -> bool:
        return self._split is not None and self._split.layer == len(self._kept)

    def _keep(self, output: torch.Tensor, *, turned: bool) -> torch.Tensor:
        if self._change is not None:
            layer = len(self._kept)
            changed = self._change(layer, output.transpose(0, 1) if turned else output)
            output = changed.transpose(0, 1) if turned else changed
        self._kept.append((output, turned))
        return output
