"""XLNet: ProtXLNet. ``<sep> <cls>`` stand at the end; positions are relative, so there is no limit.

transformers' XLNet does not call the attention interface: `_attend` takes the place of its ``rel_attn_core``.
U, Z, O and B are written as X (model card of Rostlab/prot_xlnet).
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import CheckpointError
from ..family import AttentionFunctions, Family

if TYPE_CHECKING:
    import torch

__all__ = ["FAMILY"]


class _XLNet(Family):
    name = "XLNet"
    model_types = ("xlnet",)
    model_class = "XLNetModel"
    embedding = "word_embedding"
    embedding_axis = 0
    readouts = {"sequence": "XLNetForSequenceClassification", "token": "XLNetForTokenClassification"}
    size_keys = {
        "n_layers": "n_layer",
        "n_heads": "n_head",
        "hidden_size": "d_model",
        "vocab_size": "vocab_size",
    }
    prefix = ()
    suffix = ("sep_token", "cls_token")
    special_tokens = {"sep_token": "<sep>", "cls_token": "<cls>", "unk_token": "<unk>"}
    substitutes = {"U": "X", "Z": "X", "O": "X", "B": "X"}
    attention = "eager"
    optional_weights = ("mask_emb",)

    def check(self, config: Mapping[str, Any], folder: Path) -> None:
        """Attention must go both ways."""
        super().check(config, folder)
        if config.get("attn_type", "bi") != "bi":
            raise CheckpointError(
                f"{folder / 'config.json'} has attn_type={config['attn_type']!r}",
                "A model in which each residue sees the whole chain is needed (bi)",
                "Choose another checkpoint",
            )

    def max_residues(self, config: Mapping[str, Any], n_special: int, folder: Path) -> int | None:
        """No limit: positions are relative."""
        return None

    def prepare(self, network: torch.nn.Module, attention: AttentionFunctions) -> None:
        """Put our function into each layer, and keep no memory of the last sequence.

        transformers leaves the attention's weights in float32 whatever dtype was asked for, and then fails.
        """
        model: Any = network
        model.to(dtype=model.word_embedding.weight.dtype)
        model.config.use_mems_eval = False
        for layer in model.layer:
            layer.rel_attn.rel_attn_core = functools.partial(_attend, attention, layer.rel_attn)


def _attend(
    attention: AttentionFunctions,
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    position_key: torch.Tensor,
    seg_mat: torch.Tensor | None = None,
    attn_mask: torch.Tensor | None = None,
    **_: Any,
) -> torch.Tensor:
    """One layer, as ``XLNetRelativeAttention.rel_attn_core``.

    Parameters
    ----------
    attention : AttentionFunctions
    module : XLNetRelativeAttention
    query, key, value : torch.Tensor, shape (n_tokens, 1, n_heads, head_size)
    position_key : torch.Tensor, shape (2 * n_tokens, 1, n_heads, head_size)
        Of the distances from n_tokens down to 1 - n_tokens.
    seg_mat, attn_mask : None
        Given with segments and padding only, of which we have none.

    Returns
    -------
    torch.Tensor, shape (n_tokens, 1, n_heads, head_size)
    """
    import torch

    if seg_mat is not None or attn_mask is not None:
        raise RuntimeError("XLNet was called with segments or padding")
    n_tokens = query.shape[0]

    def compute(head: int, rows: slice) -> torch.Tensor:
        one = query[rows, 0, head].float()
        content = (one + module.r_w_bias[head].float()) @ key[:, 0, head].float().T
        position = (one + module.r_r_bias[head].float()) @ position_key[:, 0, head].float().T
        tokens = torch.arange(n_tokens, device=query.device)
        content += position.gather(1, n_tokens - tokens[rows, None] + tokens)
        return torch.softmax(content * module.scale, dim=-1)

    def proceed() -> torch.Tensor:
        distance = torch.einsum("ibnd,jbnd->bnij", query + module.r_r_bias, position_key)
        result = torch.nn.functional.scaled_dot_product_attention(
            (query + module.r_w_bias).permute(1, 2, 0, 3),
            key.permute(1, 2, 0, 3),
            value.permute(1, 2, 0, 3),
            attn_mask=module.rel_shift_bnij(distance, klen=n_tokens) * module.scale,
            scale=module.scale,
        )
        return result.permute(2, 0, 1, 3)

    return attention.run_layer(n_tokens, compute, proceed, lambda head: value[:, 0, head])


FAMILY = _XLNet()
