"""A forward pass in which every head is reduced, one block at a time: a layer's maps never exist together.

In float32 the layer's output is made from the same weights (what transformers' eager attention does), which
is cheaper than fused attention beside them; in other number formats fused attention makes it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..attention.head_id import HeadId
from .capture import Capture, compute_weights, run_fused, shared_heads
from .scan import WindowSums

if TYPE_CHECKING:
    import torch

__all__ = ["ScanCapture"]


class ScanCapture(Capture):
    """A forward pass in which every head is reduced.

    Parameters
    ----------
    sums : WindowSums
    n_layers, n_heads : int
    whole : bool
        Whether `WindowSums.add_head` is wanted.
    on_layer : callable, optional
        As in `Capture`.
    block : int
        Weights per block.
    """

    def __init__(
        self,
        sums: WindowSums,
        n_layers: int,
        n_heads: int,
        *,
        whole: bool,
        block: int,
        on_layer: Callable[[int, int], None] | None = None,
    ) -> None:
        heads = [HeadId(layer, 0) for layer in range(n_layers)]
        super().__init__(heads, sums.residues, lambda *_: None, on_layer=on_layer)
        self._sums, self._n_heads, self._whole = sums, n_heads, whole
        self._block = block

    def visit(
        self,
        module: torch.nn.Module,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        attention_mask: torch.Tensor | None,
        **options: Any,
    ) -> tuple[torch.Tensor, None]:
        """One layer's attention; its output comes from the same weights, or from fused attention."""
        import torch

        n_tokens = query.shape[2]
        output: torch.Tensor | None = None
        if value.dtype == torch.float32 and self.n_called + 1 < self.n_layers:
            output = value.new_empty((1, n_tokens, query.shape[1], value.shape[3]))

        def compute(heads: slice, rows: slice, out: torch.Tensor) -> torch.Tensor:
            weights = compute_weights(
                module, query, key, attention_mask, head=heads, rows=rows, out=out, **options
            )
            if output is not None:
                mixed = torch.matmul(weights, shared_heads(query, value, heads))
                output[0, rows, heads] = mixed.transpose(0, 1)
            return weights

        def proceed() -> tuple[torch.Tensor, None]:
            if output is not None:
                return output, None
            return run_fused(module, query, key, value, attention_mask, **options)

        def values(head: int) -> torch.Tensor:
            return shared_heads(query, value, head)

        return self.visit_layer(n_tokens, _ManyHeads(compute), proceed, values)

    def _take(self, layer: int, n_tokens: int, compute: Callable[[int, slice], torch.Tensor]) -> None:
        import torch

        device = self._sums.device
        n_rows = max(1, min(n_tokens, self._block // n_tokens))
        several = isinstance(compute, _ManyHeads)
        step = max(1, min(self._n_heads, self._block // n_tokens**2)) if several else 1
        side = n_tokens if self._whole else 0
        # new in each layer: they are not there when the rest of the layer needs most of the memory
        buffer = torch.empty((step, side or n_rows, n_tokens), device=device)
        scratch = torch.empty((side, side), device=device)
        for first in range(0, self._n_heads, step):
            heads = slice(first, min(first + step, self._n_heads))
            for start in range(0, n_tokens, n_rows):
                rows = slice(start, min(start + n_rows, n_tokens))
                at = start if self._whole else 0
                out = buffer[: heads.stop - first, at : at + rows.stop - start]
                if isinstance(compute, _ManyHeads):
                    weights = compute.several(heads, rows, out)
                else:
                    weights = compute(first, rows)[None]
                if self._whole and weights.data_ptr() != out.data_ptr():
                    out.copy_(weights)
                self._sums.add_rows(layer, heads, start, weights)
            if self._whole:
                for head in range(heads.start, heads.stop):
                    self._sums.add_head(layer, head, buffer[head - first], scratch)


class _ManyHeads:
    """Computes rows of several heads at once, into memory that is given; not one by one."""

    def __init__(self, several: Callable[[slice, slice, torch.Tensor], torch.Tensor]) -> None:
        self.several = several

    def __call__(self, head: int, rows: slice) -> torch.Tensor:
        raise NotImplementedError("several heads are computed at once")
