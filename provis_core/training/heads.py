"""Read all heads' attention of a chain; reorder the heads of a layer, leaving the output as it is."""
# ruff: noqa: TID253

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from .vocabulary import CLS, EOS, encode_tokens

__all__ = ["permute_heads", "read_attention"]


def read_attention(network: Any, sequence: str) -> NDArray[np.float32]:
    """Run one sequence and return every head's attention between residues.

    Parameters
    ----------
    network : EsmForMaskedLM
        With ``attn_implementation="eager"``.
    sequence : str
        One-letter codes.

    Returns
    -------
    attention : ndarray, shape=(n_layers * n_heads, n, n), dtype=float32
        ``[h, i, j]``: query i attends to key j; ``<cls>`` and ``<eos>`` are cut out and rows are not
        renormalised. Head `h` of layer `l` (both 0-based) is entry ``l * n_heads + h``.
    """
    ids = np.concatenate(([CLS], encode_tokens(sequence), [EOS])).astype(np.int64)
    with torch.no_grad():
        layers = network(input_ids=torch.from_numpy(ids)[None], output_attentions=True).attentions
    stacked: NDArray[np.float32] = torch.cat(layers)[:, :, 1:-1, 1:-1].flatten(0, 1).float().numpy()
    return stacked


def permute_heads(network: Any, layer: int, order: Sequence[int]) -> None:
    """Reorder the heads of one layer in place; the network's output stays the same.

    The rows of the query, key and value projections and the columns of the output projection move together,
    and so do the layer's weights in the contact head.

    Parameters
    ----------
    network : EsmForMaskedLM
        The network.
    layer : int
        0-based.
    order : sequence of int, length=n_heads
        ``order[new] = old``, 0-based.

    Raises
    ------
    ValueError
        If `order` is not a permutation of the layer's heads.
    """
    n_heads = network.config.num_attention_heads
    if sorted(order) != list(range(n_heads)):
        raise ValueError(f"Got order {list(order)}; needed each of 0..{n_heads - 1} once.")
    width = network.config.hidden_size // n_heads
    rows = torch.cat([torch.arange(old * width, (old + 1) * width) for old in order])
    attention = network.esm.encoder.layer[layer].attention
    with torch.no_grad():
        for projection in (attention.self.query, attention.self.key, attention.self.value):
            projection.weight.copy_(projection.weight[rows].clone())
            projection.bias.copy_(projection.bias[rows].clone())
        dense = attention.output.dense
        dense.weight.copy_(dense.weight[:, rows].clone())
        weights = network.esm.contact_head.regression.weight[0].view(-1, n_heads)[layer]
        weights.copy_(weights[list(order)].clone())
