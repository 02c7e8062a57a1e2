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
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from ..attention.head_id import HeadId

if TYPE_CHECKING:
    import torch

__all__ = [
    "ATTENTION",
    "Capture",
    "Visitor",
    "activated",
    "attend",
    "compute_weights",
    "current",
    "register",
    "run_fused",
    "run_layer",
    "shared_heads",
]

_Result = TypeVar("_Result")

ATTENTION: Final = "provis"

_BLOCK_ELEMENTS: Final = 2**22
"""Weights that are computed at a time: 16 MiB of scores, and as much after softmax."""


class Visitor(Protocol):
    """What is called in each layer of a forward pass while it is `activated`."""

    def visit(
        self,
        module: torch.nn.Module,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        attention_mask: torch.Tensor | None,
        **options: Any,
    ) -> tuple[torch.Tensor, None]:
        """Do one layer's attention, as transformers' attention interface."""

    def visit_layer(
        self,
        n_tokens: int,
        compute: Callable[[int, slice], torch.Tensor],
        proceed: Callable[[], _Result],
        values: Callable[[int], torch.Tensor],
    ) -> _Result:
        """Do one layer of a family that computes its attention by itself, as `Capture.visit_layer`."""


_active: ContextVar[Visitor | None] = ContextVar("provis_capture", default=None)


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
        with activated(self):
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

        def compute(head: int, rows: slice) -> torch.Tensor:
            return compute_weights(module, query, key, attention_mask, head=head, rows=rows, **options)

        return self.visit_layer(
            query.shape[2],
            compute,
            lambda: run_fused(module, query, key, value, attention_mask, **options),
            lambda head: shared_heads(query, value, head),
        )

    def visit_layer(
        self,
        n_tokens: int,
        compute: Callable[[int, slice], torch.Tensor],
        proceed: Callable[[], _Result],
        values: Callable[[int], torch.Tensor],
    ) -> _Result:
        """`visit`, for any way to compute attention.

        Parameters
        ----------
        n_tokens : int
        compute : callable
            Called with a head (0-based) and a slice of queries; returns their weights, a float32 tensor of
            shape (n_rows, n_tokens).
        proceed : callable
            Computes what the layer returns, without weights.
        values : callable
            Called with a head; returns its values, shape (n_tokens, head_size). Not asked for here.

        Returns
        -------
        object
            What ``proceed`` returns; it is not called in the last wanted layer.
        """
        layer, self.n_called = self.n_called, self.n_called + 1
        if layer:
            self._on_layer(layer, self.n_layers)
        self._take(layer, n_tokens, compute)
        if self.n_called == self.n_layers:
            self._on_layer(self.n_layers, self.n_layers)
            raise _LastLayerDone
        return proceed()

    def _take(self, layer: int, n_tokens: int, compute: Callable[[int, slice], torch.Tensor]) -> None:
        """Compute what is wanted of one layer."""
        for head in self.wanted.get(layer, ()):
            for start, block in self._blocks(n_tokens, compute, head):
                self._keep(head, start, block)

    def _blocks(
        self, n_tokens: int, compute: Callable[[int, slice], torch.Tensor], head: HeadId
    ) -> Iterator[tuple[int, torch.Tensor]]:
        first, end, _ = self._residues.indices(n_tokens)
        step = self._block_rows or max(1, _BLOCK_ELEMENTS // n_tokens)
        for start in range(first, end, step):
            rows = slice(start, min(start + step, end))
            yield start - first, compute(head.head, rows)[:, self._residues]


def compute_weights(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    attention_mask: torch.Tensor | None,
    *,
    head: int | slice,
    rows: slice,
    scaling: float | None = None,
    is_causal: bool | None = None,
    position_bias: torch.Tensor | None = None,
    out: torch.Tensor | None = None,
    **_: Any,
) -> torch.Tensor:
    """Attention weights of one head, or of several, for some queries, in float32.

    Parameters
    ----------
    module : torch.nn.Module
        The attention layer; its ``is_causal`` counts where the argument is None, as in transformers.
    query : torch.Tensor, shape (1, n_heads, n_tokens, head_size)
    key : torch.Tensor, shape (1, n_key_heads, n_tokens, head_size)
        ``n_heads`` is a multiple of ``n_key_heads``.
    attention_mask : torch.Tensor or None, shape (1, 1 or n_heads, 1 or n_tokens, n_tokens)
        Boolean (True takes part) or added to the scores.
    head : int or slice
        0-based.
    rows : slice
        Queries; start and stop are token indices.
    scaling : float or None
        Factor of the scores, by default ``head_size ** -0.5``.
    is_causal : bool or None
    position_bias : torch.Tensor or None, shape (1, n_heads, n_tokens, n_tokens)
        Added to the scores.
    out : torch.Tensor, dtype float32, optional
        Where to write the result, in its shape; saves making it.

    Returns
    -------
    torch.Tensor, shape (n_rows, n_tokens), dtype float32
        With a first axis of heads where `head` is a slice.
    """
    import torch

    n_queries, n_keys = query.shape[2], key.shape[2]
    if scaling is None:
        scaling = query.shape[-1] ** -0.5
    queries = query[0, head][..., rows, :].float() * scaling
    scores = torch.matmul(queries, shared_heads(query, key, head).float().transpose(-1, -2), out=out)
    if position_bias is not None:
        scores += _part(position_bias, head, rows)
    if attention_mask is None:
        if n_queries > 1 and (getattr(module, "is_causal", True) if is_causal is None else is_causal):
            place = torch.arange(n_queries, device=scores.device)[rows, None]
            scores.masked_fill_(torch.arange(n_keys, device=scores.device) > place, -torch.inf)
    elif attention_mask.dtype == torch.bool:
        scores.masked_fill_(~_part(attention_mask, head, rows), -torch.inf)
    else:
        scores += _part(attention_mask, head, rows)
    in_place = scores.is_cpu and not scores.requires_grad
    return torch.softmax(scores, dim=-1, out=scores) if in_place else torch.softmax(scores, dim=-1)


def register() -> None:
    """Make `ATTENTION` known to transformers; doing it again changes nothing."""
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.masking_utils import sdpa_mask

    AttentionInterface.register(ATTENTION, attend)
    AttentionMaskInterface.register(ATTENTION, sdpa_mask)


def run_layer(
    n_tokens: int,
    compute: Callable[[int, slice], torch.Tensor],
    proceed: Callable[[], _Result],
    values: Callable[[int], torch.Tensor],
) -> _Result:
    """Attention of one layer of a family that does not call the attention interface.

    Parameters
    ----------
    n_tokens : int
    compute, proceed, values : callable
        As for `Capture.visit_layer`.

    Returns
    -------
    object
        What ``proceed`` returns.
    """
    capture = _active.get()
    return proceed() if capture is None else capture.visit_layer(n_tokens, compute, proceed, values)


def attend(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    **options: Any,
) -> tuple[torch.Tensor, None]:
    """What transformers calls in each layer; without a `Capture` it is plain fused attention."""
    capture = _active.get()
    layer = run_fused if capture is None else capture.visit
    return layer(module, query, key, value, attention_mask, **options)


def run_fused(*arguments: torch.nn.Module | torch.Tensor | None, **options: Any) -> tuple[torch.Tensor, None]:
    from transformers.integrations import sdpa_attention

    fused: Callable[..., tuple[torch.Tensor, None]] = sdpa_attention.sdpa_attention_forward
    return fused(*arguments, **options)


def shared_heads(query: torch.Tensor, key: torch.Tensor, head: int | slice) -> torch.Tensor:
    """Keys (or values) of one head or of several, where heads may share them."""
    n_shared = query.shape[1] // key.shape[1]
    if isinstance(head, int):
        return key[0, head // n_shared]
    if n_shared == 1:
        return key[0, head]
    return key[0, [i // n_shared for i in range(*head.indices(query.shape[1]))]]


def _part(tensor: torch.Tensor, head: int | slice, rows: slice) -> torch.Tensor:
    """Rows of one head, or of several, of a mask or bias, of which heads and rows may be shared."""
    some = tensor[0, head if tensor.shape[1] > 1 else 0]
    return some[..., rows, :] if some.shape[-2] > 1 else some


def current() -> Visitor | None:
    """The visitor of the pass that runs."""
    return _active.get()


@contextmanager
def activated(capture: Visitor) -> Iterator[None]:
    """A block in which forward passes call a visitor in each layer."""
    token = _active.set(capture)
    try:
        yield
    finally:
        _active.reset(token)
