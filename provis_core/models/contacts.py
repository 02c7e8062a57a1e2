"""Contacts from attention: the regression that ESM's authors trained on the maps of all heads.

Symmetrised, corrected by the average product and weighted, they give a logit for each two residues (Rao et
al. 2021); what computes it is the checkpoint's own part in transformers, without its last step, the sigmoid.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from .capture import Visitor, activated, compute_weights, current, run_fused
from .pooled import Logits

if TYPE_CHECKING:
    import torch

__all__ = ["join_contact_head"]

_Result = TypeVar("_Result")


def join_contact_head(encoder: torch.nn.Module, head: torch.nn.Module) -> torch.nn.Module:
    """One network of an encoder and its contact head; called as a class of transformers is.

    Parameters
    ----------
    encoder : torch.nn.Module
        Of which every layer calls `provis_core.models.capture.attend`.
    head : torch.nn.Module
        ``EsmContactPredictionHead``; its sigmoid is taken out.

    Returns
    -------
    torch.nn.Module
        Takes ``input_ids`` (n_sequences, n_tokens) and returns `Logits` (n_sequences, n_positions,
        n_positions). Gradients go through the maps, not only through what the heads give.
    """
    import torch

    class ContactNetwork(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder, self.head = encoder, head
            head.activation = torch.nn.Identity()

        def forward(self, input_ids: torch.Tensor) -> Logits:
            maps = _Maps(current())
            with activated(maps):
                self.encoder(input_ids=input_ids)
            return Logits(self.head(input_ids, torch.stack(maps.weights, dim=1)))

    return ContactNetwork().eval()


class _Maps:
    """A visitor that keeps the maps of all layers, and lets the one that was there do its work."""

    def __init__(self, inner: Visitor | None) -> None:
        self._inner = inner
        self.weights: list[torch.Tensor] = []

    def visit(
        self,
        module: torch.nn.Module,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        attention_mask: torch.Tensor | None,
        **options: Any,
    ) -> tuple[torch.Tensor, None]:
        """One layer's attention; its maps, shape (n_sequences, n_heads, n_tokens, n_tokens), are kept."""
        import torch

        rows = slice(0, query.shape[2])
        assert attention_mask is None, "sequences of one length have no padding"
        maps = [
            compute_weights(module, q[None], k[None], None, head=slice(None), rows=rows, **options)
            for q, k in zip(query, key, strict=True)
        ]
        self.weights.append(torch.stack(maps))
        run = run_fused if self._inner is None else self._inner.visit
        return run(module, query, key, value, attention_mask, **options)

    def visit_layer(
        self,
        n_tokens: int,
        compute: Callable[[int, slice], torch.Tensor],
        proceed: Callable[[], _Result],
        values: Callable[[int], torch.Tensor],
    ) -> _Result:
        """No family with a contact head computes its attention by itself."""
        raise NotImplementedError
