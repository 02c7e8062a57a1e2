"""Write a checkpoint as a folder in Hugging Face layout, and check such a folder."""
# ruff: noqa: TID253

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from transformers import EsmForMaskedLM

from .network import build_config
from .vocabulary import write_tokenizer

__all__ = ["load_exported", "load_run", "write_checkpoint", "write_checksums"]

CHECKSUMS = "SHA256SUMS"


def load_run(directory: Path) -> tuple[Any, dict[str, Any]]:
    """Load a run's network and the rest of its checkpoint.

    Parameters
    ----------
    directory : Path
        Folder of ``checkpoint.pt``.

    Returns
    -------
    network : EsmForMaskedLM
    state : dict
        ``settings``, ``progress``, ``n_layers`` ...
    """
    state = torch.load(directory / "checkpoint.pt", map_location="cpu", weights_only=True)
    chosen = state["settings"]
    config = build_config(state["n_layers"], chosen["width"], chosen["n_heads"], chosen["inner_width"])
    network: Any = EsmForMaskedLM(config)
    network.load_state_dict(state["network"])
    return network.eval(), state


def load_exported(directory: Path) -> Any:
    """Load an exported folder for evaluation: float32, eager attention, nothing fetched.

    Raises
    ------
    ValueError
        If the file lacks a weight of the network or holds one too many.
    """
    loaded: Any = EsmForMaskedLM.from_pretrained(
        directory,
        dtype=torch.float32,
        attn_implementation="eager",
        local_files_only=True,
        output_loading_info=True,
    )
    network, report = loaded
    wrong = {
        key: report[key] for key in ("missing_keys", "unexpected_keys", "mismatched_keys") if report[key]
    }
    if wrong:
        raise ValueError(f"{directory} does not hold this network: {wrong}; export it again.")
    return network.eval()


def write_checkpoint(network: Any, directory: Path, facts: Mapping[str, object]) -> None:
    """Write configuration, tokenizer, half-precision weights and ``provis.json``.

    The frequencies of the rotary positions stay in float32, and ``config.json`` asks for float32, so that the
    weights are widened when they are loaded and the computation is the same on any machine.

    Parameters
    ----------
    network : EsmForMaskedLM
        The network.
    directory : Path
        Made if needed; other files there (README.md, log) are left alone.
    facts : mapping
        Content of ``provis.json``: ``name``, ``status``, ``note``, ``default_head`` ...
    """
    directory.mkdir(parents=True, exist_ok=True)
    weights = {
        name: (value.float() if name.endswith("inv_freq") else value.half()).contiguous()
        for name, value in network.state_dict().items()
        if name != "lm_head.decoder.weight"  # tied to the embeddings
    }
    save_file(weights, directory / "model.safetensors", metadata={"format": "pt"})
    (directory / "model.safetensors").chmod(0o644)
    config = network.config.to_dict() | {"architectures": ["EsmForMaskedLM"], "dtype": "float32"}
    config.pop("_name_or_path", None)
    for name, content in (("config.json", config), ("provis.json", dict(facts))):
        (directory / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    write_tokenizer(directory)


def write_checksums(directory: Path) -> None:
    """Write ``SHA256SUMS`` over every other file of the folder, as ``sha256sum --check`` reads it."""
    lines = [
        f"{_sha256(path)}  {path.name}\n" for path in sorted(directory.iterdir()) if path.name != CHECKSUMS
    ]
    (directory / CHECKSUMS).write_text("".join(lines), encoding="utf-8")


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
