"""RoFormer: rotary positions from a table. Letters that its vocabulary has stay as they are, others become X.

transformers' RoFormer does not call the attention interface: `_attend` takes the place of the ``forward`` of
its self-attention.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from ..family import AttentionFunctions, Family

if TYPE_CHECKING:
    import torch

__all__ = ["FAMILY"]


class _RoFormer(Family):
    name = "RoFormer"
    model_types = ("roformer",)
    model_class = "RoFormerModel"
    readouts = {
        "masked_lm": "RoFormerForMaskedLM",
        "sequence": "RoFormerForSequenceClassification",
        "token": "RoFormerForTokenClassification",
    }
    special_tokens = {"cls_token": "[CLS]", "sep_token": "[SEP]", "unk_token": "[UNK]"}
    attention = "eager"
    optional_weights = ("encoder.embed_positions.",)

    def prepare(self, network: torch.nn.Module, attention: AttentionFunctions) -> None:
        """Put our function into each layer."""
        model: Any = network
        for layer in model.encoder.layer:
            layer.attention.self.forward = functools.partial(_attend, attention, layer.attention.self)


def _attend(
    attention: AttentionFunctions,
    module: Any,
    hidden_states: torch.Tensor,
    attention_mask: torch.Tensor | None = None,
    sinusoidal_pos: torch.Tensor | None = None,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """One layer, as ``RoFormerSelfAttention.forward`` of an encoder, with our attention function."""
    shape = (*hidden_states.shape[:-1], -1, module.attention_head_size)
    query, key, value = (
        part(hidden_states).view(shape).transpose(1, 2) for part in (module.query, module.key, module.value)
    )
    rotate = module.apply_rotary_position_embeddings
    if module.rotary_value:
        query, key, value = rotate(sinusoidal_pos, query, key, value)
    else:
        query, key = rotate(sinusoidal_pos, query, key)
    context, _weights = attention.attend(module, query, key, value, attention_mask, is_causal=False)
    return context.flatten(2), None


FAMILY = _RoFormer()
