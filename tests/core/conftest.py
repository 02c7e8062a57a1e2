"""Fixtures that need numpy only."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from provis_core.chain import Chain

from .fakes import make_chain


@pytest.fixture
def chain() -> Chain:
    """Six residues in a line, 4 Å apart."""
    return make_chain("ACDEFG")


@pytest.fixture
def tiny_config_folder(tmp_path: Path) -> Path:
    """A folder that reads as a BERT of 2 layers x 2 heads; its weights are empty."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    config = {
        "model_type": "bert",
        "hidden_size": 8,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "max_position_embeddings": 64,
        "vocab_size": 30,
    }
    (folder / "config.json").write_text(json.dumps(config))
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"LAGVESIKRDTPNQFYMHCWXUBZO"]
    (folder / "vocab.txt").write_text("\n".join(tokens) + "\n")
    header = b'{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
    (folder / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + bytes(4))
    return folder
