"""Our attention function inside transformers: fused attention, and the maps of the wanted heads alone.

It is registered under the name `ATTENTION` with the attention and with the mask interface of transformers
(without the latter no mask would arrive, and padding and windows would be ignored in silence). What one
forward pass is to keep is a `Capture`; a context variable holds it while that pass runs, so models share
nothing. Layers are told apart by the order of the calls, since some families number theirs and some do not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

from ..attention import HeadId

if TYPE_CHECKING:
    import torch

__all__ = ["ATTENTION", "Capture", "compute_weights", "register"]

ATTENTION: Final = "provis"

_BLOCK_ELEMENTS: Final = 2**22
"""Weights that are computed at a time: 16 MiB of scores, and as much after softmax."""

_active: ContextVar[Capture | None] = ContextVar("provis_capture", default=None)


class _LastLayerDone(Exception):  # noqa: N818 (it is no error: it leaves the forward pass)
    """Nothing that is wanted comes after this layer."""


class Capture:
    """What one forward pass keeps.

    Parameters
    ----------
    heads : sequence of HeadId
        0-based.
    residues : slice
        Which tokens are residues; rows and columns of special tokens are cut out.
    keep : callable
        Called with the head, the position of the first row (int) and a block of rows, a float32 tensor of
        shape (n_rows, n_positions) on the model's device.
    on_layer : callable, optional
        Called with the number of finished layers and the number of layers that will run, after each layer.
        What it raises ends the pass.
    block_rows : int, optional
        Rows per block; by default as many as fit in 16 MiB.

    Attributes
    ----------
    n_called : int
        Layers whose attention was asked for so far.
    """

    def __init__(
        self,
        heads: Sequence[HeadId],
        residues: slice,
        keep: Callable[[HeadId, int, torch.Tensor], None],
        *,
        on_layer: Callable[[int, int], None] | None = None,
        block_rows: int | None = None,
    ) -> None:
        self.wanted: Mapping[int, list[HeadId]] = {
            layer: sorted({head for head in heads if head.layer == layer}) for layer, _ in heads
        }
        self.n_layers = 1 + max(self.wanted)
        self.n_called = 0
        self._residues = residues
        self._keep = keep
        self._on_layer = on_layer or (lambda done, total: None)
        self._block_rows = block_rows

    def run(self, forward: Callable[[], object]) -> None:
        """Run a forward pass until the last wanted layer.

        Parameters
        ----------
        forward : callable
            Calls the model; ends early.
        """
        self.n_called = 0
        with _activated(self):
            try:
                forward()
            except _LastLayerDone:
                return
        raise RuntimeError(
            f"the model called attention {self.n_called} times, {self.n_layers} layers were wanted"
        )

    def visit(
        self,
        module: torch.nn.Module,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        attention_mask: torch.Tensor | None,
        **options: Any,
    ) -> tuple[torch.Tensor, None]:
        """One layer's attention; keeps the wanted heads and leaves after the last wanted layer."""
        layer, self.n_called = self.n_called, self.n_called + 1
        if layer:
            self._on_layer(layer, self.n_layers)
        for head in self.wanted.get(layer, ()):
            for start, block in self._blocks(module, query, key, attention_mask, head, options):
                self._keep(head, start, block)
        if self.n_called == self.n_layers:
            self._on_layer(self.n_layers, self.n_layers)
            raise _LastLayerDone
        return _fused(module, query, key, value, attention_mask, **options)

    def _blocks(
        self,
        module: torch.nn.Module,
        query: torch.Tensor,
        key: torch.Tensor,
        attention_mask: torch.Tensor | None,
        head: HeadId,
        options: Mapping[str, Any],
    ) -> Iterator[tuple[int, torch.Tensor]]:
        first, end, _ = self._residues.indices(query.shape[2])
        step = self._block_rows or max(1, _BLOCK_ELEMENTS // key.shape[2])
        for start in range(first, end, step):
            rows = slice(start, min(start + step, end))
            weights = compute_weights(
                module, query, key, attention_mask, head=head.head, rows=rows, **options
            )
            yield start - first, weights[:, self._residues]


def compute_weights(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    attention_mask: torch.Tensor | None,
    *,
    head: int,
    rows: slice,
    scaling: float | None = None,
    is_causal: bool | None = None,
    position_bias: torch.Tensor | None = None,
    **_: Any,
) -> torch.Tensor:
    """Attention weights of one head for some queries, in float32.

    Parameters
    ----------
    module : torch.nn.Module
        The attention layer; its ``is_causal`` counts where the argument is None, as in transformers.
    query : torch.Tensor, shape (1, n_heads, n_tokens, head_size)
    key : torch.Tensor, shape (1, n_key_heads, n_tokens, head_size)
        ``n_heads`` is a multiple of ``n_key_heads``.
    attention_mask : torch.Tensor or None, shape (1, 1 or n_heads, 1 or n_tokens, n_tokens)
        Boolean (True takes part) or added to the scores.
    head : int
        0-based.
    rows : slice
        Queries; start and stop are token indices.
    scaling : float or None
        Factor of the scores, by default ``head_size ** -0.5``.
    is_causal : bool or None
    position_bias : torch.Tensor or None, shape (1, n_heads, n_tokens, n_tokens)
        Added to the scores.

    Returns
    -------
    torch.Tensor, shape (n_rows, n_tokens), dtype float32
    """
    import torch

    n_queries, n_keys = query.shape[2], key.shape[2]
    if scaling is None:
        scaling = query.shape[-1] ** -0.5
    key_head = head * key.shape[1] // query.shape[1]
    scores = query[0, head, rows].float() @ key[0, key_head].float().T
    scores *= scaling
    if position_bias is not None:
        scores += _part(position_bias, head, rows)
    if attention_mask is None:
        if n_queries > 1 and (getattr(module, "is_causal", True) if is_causal is None else is_causal):
            queries = torch.arange(n_queries, device=scores.device)[rows, None]
            scores.masked_fill_(torch.arange(n_keys, device=scores.device) > queries, -torch.inf)
    elif attention_mask.dtype == torch.bool:
        scores.masked_fill_(~_part(attention_mask, head, rows), -torch.inf)
    else:
        scores += _part(attention_mask, head, rows)
    return torch.softmax(scores, dim=-1)


def register() -> None:
    """Make `ATTENTION` known to transformers; doing it again changes nothing."""
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.masking_utils import sdpa_mask

    AttentionInterface.register(ATTENTION, _attention)
    AttentionMaskInterface.register(ATTENTION, sdpa_mask)


def _attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    **options: Any,
) -> tuple[torch.Tensor, None]:
    """What transformers calls in each layer; without a `Capture` it is plain fused attention."""
    capture = _active.get()
    layer = _fused if capture is None else capture.visit
    return layer(module, query, key, value, attention_mask, **options)


def _fused(*arguments: torch.nn.Module | torch.Tensor | None, **options: Any) -> tuple[torch.Tensor, None]:
    from transformers.integrations import sdpa_attention

    fused: Callable[..., tuple[torch.Tensor, None]] = sdpa_attention.sdpa_attention_forward
    return fused(*arguments, **options)


def _part(tensor: torch.Tensor, head: int, rows: slice) -> torch.Tensor:
    """Rows of one head of a mask or bias, of which heads and rows may be shared."""
    one = tensor[0, head if tensor.shape[1] > 1 else 0]
    return one[rows] if one.shape[0] > 1 else one


@contextmanager
def _activated(capture: Capture) -> Iterator[None]:
    token = _active.set(capture)
    try:
        yield
    finally:
        _active.reset(token)
