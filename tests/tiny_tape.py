"""Small checkpoints in TAPE's own layout, written from its published code and without any of ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

__all__ = ["write_tiny_tape", "write_tiny_tape_conversion"]

TAPE_TOKENS = ["<pad>", "<mask>", "<cls>", "<sep>", "<unk>", *"ABCDEFGHIKLMNOPQRSTUVWXYZ"]

N_LAYERS = 4
N_HEADS = 4
HIDDEN = 32
SHARP = 3.0
"""Standard deviation of the scores before softmax, about."""


def write_tiny_tape(folder: Path, *, hidden_size: int = HIDDEN, seed: int = 0) -> Path:
    """TAPE's ``bert-base``: ``config.json`` without a model type, ``pytorch_model.bin``, nothing else.

    The names of the weights are those of songlab-cal/tape, ``tape/models/modeling_bert.py``, class
    ``ProteinBertForMaskedLM``: ``bert.`` with embeddings, encoder and pooler, and the head ``mlm.``.
    """
    import torch

    config = {
        "attention_probs_dropout_prob": 0.1, "finetuning_task": None, "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1, "hidden_size": hidden_size, "initializer_range": 0.02,
        "intermediate_size": 2 * hidden_size, "layer_norm_eps": 1e-12, "max_position_embeddings": 256,
        "num_attention_heads": N_HEADS, "num_hidden_layers": N_LAYERS, "num_labels": -1,
        "output_attentions": False, "output_hidden_states": False, "torchscript": False,
        "type_vocab_size": 1, "vocab_size": 30,
    }  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    torch.save(_tape_state(hidden_size, seed), folder / "pytorch_model.bin")
    return folder


def write_tiny_tape_conversion(folder: Path) -> Path:
    """The same weights as a BERT on the hub: with a model type, and TAPE's vocabulary in ``vocab.txt``."""
    import torch

    write_tiny_tape(folder)
    path = folder / "config.json"
    config = {**json.loads(path.read_text()), "model_type": "bert", "architectures": ["BertModel"]}
    path.write_text(json.dumps(config))
    (folder / "vocab.txt").write_text("\n".join(TAPE_TOKENS) + "\n")
    weights = folder / "pytorch_model.bin"
    state = torch.load(weights, weights_only=True)
    torch.save({name.removeprefix("bert."): tensor for name, tensor in state.items()}, weights)
    return folder


def _tape_state(hidden: int, seed: int) -> dict[str, Any]:
    import torch

    generator = torch.Generator().manual_seed(seed)
    state: dict[str, Any] = {}

    def draw(name: str, *shape: int, std: float) -> None:
        state[name] = std * torch.randn(shape, generator=generator)

    def linear(name: str, n_out: int, n_in: int, std: float) -> None:
        draw(f"{name}.weight", n_out, n_in, std=std)
        draw(f"{name}.bias", n_out, std=0.1)

    def norm(name: str) -> None:
        state[f"{name}.weight"] = torch.ones(hidden)
        state[f"{name}.bias"] = torch.zeros(hidden)

    for name, size in (("word", 30), ("position", 256), ("token_type", 1)):
        draw(f"bert.embeddings.{name}_embeddings.weight", size, hidden, std=1.0)
    norm("bert.embeddings.LayerNorm")
    wide, sharp = 0.7 * hidden**-0.5, (SHARP / hidden) ** 0.5
    for n in range(N_LAYERS):
        layer = f"bert.encoder.layer.{n}"
        for part in ("query", "key", "value"):
            linear(f"{layer}.attention.self.{part}", hidden, hidden, wide if part == "value" else sharp)
        linear(f"{layer}.attention.output.dense", hidden, hidden, wide)
        norm(f"{layer}.attention.output.LayerNorm")
        linear(f"{layer}.intermediate.dense", 2 * hidden, hidden, wide)
        linear(f"{layer}.output.dense", hidden, 2 * hidden, wide)
        norm(f"{layer}.output.LayerNorm")
    linear("bert.pooler.dense", hidden, hidden, wide)
    draw("mlm.bias", 30, std=0.1)
    linear("mlm.transform.dense", hidden, hidden, wide)
    norm("mlm.transform.LayerNorm")
    state["mlm.decoder.weight"] = state["bert.embeddings.word_embeddings.weight"]
    return state
