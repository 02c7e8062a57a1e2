"""What transformers itself says: its tokenizers and its eager attention, without any of our code."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

__all__ = ["compute_eager_attention", "encode_by_transformers"]


def encode_by_transformers(folder: Path, sequence: str) -> list[int]:
    """Token ids by the tokenizer of the checkpoint's family, as its model card shows it."""
    import transformers

    config = transformers.AutoConfig.from_pretrained(folder)
    if config.model_type == "bert":
        vocabulary = str(folder / "vocab.txt")
        return transformers.BertTokenizer(vocabulary, do_lower_case=False)(" ".join(sequence))["input_ids"]
    return transformers.EsmTokenizer(str(folder / "vocab.txt"))(sequence)["input_ids"]


def compute_eager_attention(folder: Path, sequence: str, dtype: str = "float32") -> npt.NDArray[np.float32]:
    """Attention of all heads by ``output_attentions=True``, without the first and the last token.

    Returns
    -------
    numpy.ndarray, shape (n_layers, n_heads, n_positions, n_positions), dtype float32
    """
    import torch
    import transformers

    network = transformers.AutoModel.from_pretrained(
        folder, attn_implementation="eager", dtype=getattr(torch, dtype)
    ).eval()
    ids = torch.tensor([encode_by_transformers(folder, sequence)])
    with torch.no_grad():
        output = network(input_ids=ids, attention_mask=torch.ones_like(ids), output_attentions=True)
    return torch.cat(output.attentions).float().numpy()[..., 1:-1, 1:-1]
