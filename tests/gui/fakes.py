"""Models without torch: checkpoints with a configuration only, and a Python that runs the fake worker."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.tiny_checkpoints import BERT_VOCABULARY

__all__ = ["write_fake_checkpoint", "write_fake_python"]

FAKE_WORKER = Path(__file__).with_name("fake_worker.py")


def write_fake_checkpoint(folder: Path) -> Path:
    """A folder that the host takes for a BERT of 12 layers and 4 heads.

    Parameters
    ----------
    folder : pathlib.Path
        Its name says how the fake worker behaves; see `fake_worker`.

    Returns
    -------
    pathlib.Path
    """
    config = {
        "model_type": "bert",
        "num_hidden_layers": 12,
        "num_attention_heads": 4,
        "hidden_size": 32,
        "max_position_embeddings": 2048,
        "vocab_size": len(BERT_VOCABULARY),
    }
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "vocab.txt").write_text("\n".join(BERT_VOCABULARY) + "\n")
    (folder / "tokenizer_config.json").write_text(json.dumps({"do_lower_case": False}))
    header = json.dumps({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    (folder / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + bytes(4))
    return folder


def write_fake_python(path: Path) -> Path:
    """A program to be taken for the worker's Python: it runs the fake worker in place of the real one."""
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$1" "$2" "{FAKE_WORKER}"\n')
    path.chmod(0o755)
    return path
