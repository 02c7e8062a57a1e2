"""Several sequences in one forward pass, of which every head's map is shown once and dropped.

A map is made from the tokens of its own sequence alone: padding takes part in nothing. Families that do not
call transformers' attention interface (XLNet, RoFormer) run one sequence at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..attention.head_id import HeadId
from .capture import Capture, compute_weights, run_fused, shared_heads

if TYPE_CHECKING:
    import torch

__all__ = ["BatchCapture", "Show", "split_batches"]

Show = Callable[[int, int, slice, "torch.Tensor"], None]
"""Called with the layer, the place of the sequence in the batch, the heads (all 0-based) and their maps, a
float32 tensor of shape (n_heads, n_positions, n_positions), which holds something else afterwards."""


class BatchCapture(Capture):
    """A forward pass over several sequences in which every head is shown.

    Parameters
    ----------
    lengths : sequence of int
        Tokens of each sequence.
    residues : sequence of slice
        Which of its tokens are residues.
    show : callable
        See `Show`.
    n_layers, n_heads : int
    block : int
        Weights that are computed at a time; a map at least.
    """

    def __init__(
        self,
        lengths: Sequence[int],
        residues: Sequence[slice],
        show: Show,
        n_layers: int,
        n_heads: int,
        block: int,
    ) -> None:
        super().__init__([HeadId(layer, 0) for layer in range(n_layers)], residues[0], lambda *_: None)
        self._lengths, self._slices, self._show = lengths, residues, show
        self._n_heads, self._block = n_heads, block
        self._mask: tuple[torch.Tensor | None, list[torch.Tensor | None]] = (None, [])

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

        output: torch.Tensor | None = None
        if value.dtype == torch.float32 and self.n_called + 1 < self.n_layers:
            shape = (query.shape[0], query.shape[2], query.shape[1], value.shape[3])
            output = value.new_zeros(shape) if len(set(self._lengths)) > 1 else value.new_empty(shape)
        masks = self._cut_mask(attention_mask)
        bias: torch.Tensor | None = options.pop("position_bias", None)

        def compute(layer: int) -> None:
            for place, n in enumerate(self._lengths):
                mine = slice(place, place + 1)
                own = slice(place, place + 1) if bias is not None and bias.shape[0] > 1 else slice(0, 1)
                parts = [tensor[mine, :, :n] for tensor in (query, key, value)]
                some = None if bias is None else bias[own, :, :n, :n]
                step = max(1, min(self._n_heads, self._block // n**2))
                buffer = torch.empty((step, n, n), device=query.device)
                for first in range(0, self._n_heads, step):
                    heads = slice(first, min(first + step, self._n_heads))
                    weights = compute_weights(
                        module,
                        parts[0],
                        parts[1],
                        masks[place],
                        head=heads,
                        rows=slice(0, n),
                        position_bias=some,
                        out=buffer[: heads.stop - first],
                        **options,
                    )
                    if output is not None:
                        mixed = torch.matmul(weights, shared_heads(parts[0], parts[2], heads))
                        output[place, :n, heads] = mixed.transpose(0, 1)
                    self._give(layer, place, heads, weights)

        def proceed() -> tuple[torch.Tensor, None]:
            if output is not None:
                return output, None
            given = {} if bias is None else {"position_bias": bias}
            return run_fused(module, query, key, value, attention_mask, **options, **given)

        return self.visit_layer(
            query.shape[2], _Batch(compute), proceed, lambda head: shared_heads(query, value, head)
        )

    def _take(self, layer: int, n_tokens: int, compute: Callable[[int, slice], torch.Tensor]) -> None:
        if isinstance(compute, _Batch):
            compute.run(layer)
            return
        for head in range(self._n_heads):
            self._give(layer, 0, slice(head, head + 1), compute(head, slice(0, n_tokens))[None])

    def _give(self, layer: int, place: int, heads: slice, weights: torch.Tensor) -> None:
        inside = self._slices[place]
        self._show(layer, place, heads, weights[:, inside, inside])

    def _cut_mask(self, mask: torch.Tensor | None) -> list[torch.Tensor | None]:
        """The mask of each sequence without padding; None where nothing is masked then."""
        import torch

        if mask is None:
            return [None] * len(self._lengths)
        if self._mask[0] is not mask:
            cut: list[torch.Tensor | None] = []
            for place, n in enumerate(self._lengths):
                own = mask[place : place + 1] if mask.shape[0] > 1 else mask
                own = own[..., :n] if own.shape[-2] == 1 else own[..., :n, :n]
                is_free = bool(own.all() if own.dtype == torch.bool else (own == 0).all())
                cut.append(None if is_free else own)
            self._mask = (mask, cut)
        return self._mask[1]


class _Batch:
    """Shows a layer of all sequences; not one head after the other."""

    def __init__(self, run: Callable[[int], None]) -> None:
        self.run = run

    def __call__(self, head: int, rows: slice) -> torch.Tensor:
        raise NotImplementedError("all heads are computed at once")


def split_batches(lengths: Sequence[int], n_tokens: int, *, alone: bool = False) -> list[list[int]]:
    """Put sequences of like length together.

    Parameters
    ----------
    lengths : sequence of int
        Tokens of each sequence.
    n_tokens : int
        Tokens of a batch at most, padding among them; a longer sequence is a batch of its own.
    alone : bool
        Each sequence by itself.

    Returns
    -------
    list of list of int
        Places in `lengths`: the shortest first, and those of equal length in their order.
    """
    batches: list[list[int]] = []
    for place in sorted(range(len(lengths)), key=lambda one: lengths[one]):
        last = batches[-1] if batches else []
        if not last or alone or lengths[place] * (len(last) + 1) > n_tokens:
            batches.append([place])
        else:
            last.append(place)
    return batches
