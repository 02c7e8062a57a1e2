"""Classifiers on pooled tokens, as Wenzel, Gruener and Strodthoff finetune them (arXiv 2309.03631).

The states of all tokens, special ones included, become one vector; the head on it is LayerNorm, Dropout,
Linear, ReLU, LayerNorm, Dropout, Linear, and its weights keep the names that they have in the authors' files.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..checkpoints.readouts import POOLINGS, READOUT_SUFFIX, ReadoutConfig
from ..errors import CheckpointError
from ..system.whole_files import write_whole

if TYPE_CHECKING:
    import torch

__all__ = ["Logits", "build_head", "join_head", "load_head", "pool_tokens", "write_head"]


class Logits(NamedTuple):
    """What a network returns, as the classes of transformers do."""

    logits: torch.Tensor


def join_head(encoder: torch.nn.Module, head: torch.nn.Module, pooling: str) -> torch.nn.Module:
    """One network of an encoder and a head on its pooled tokens; called as a class of transformers is.

    Parameters
    ----------
    encoder : torch.nn.Module
    head : torch.nn.Module
        Of `build_head`.
    pooling : str

    Returns
    -------
    torch.nn.Module
        Takes ``input_ids`` (n_sequences, n_tokens) and returns `Logits` (n_sequences, n_classes).
    """
    import torch

    class PooledNetwork(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.encoder, self.head = encoder, head

        def forward(self, input_ids: torch.Tensor) -> Logits:
            states = self.encoder(input_ids=input_ids).last_hidden_state
            return Logits(self.head(pool_tokens(states, pooling)))

    return PooledNetwork().eval()


def pool_tokens(states: torch.Tensor, pooling: str) -> torch.Tensor:
    """One vector for each sequence.

    Parameters
    ----------
    states : torch.Tensor, shape (n_sequences, n_tokens, width)
        Of all tokens, special ones included.
    pooling : str
        ``"default_all"``: first token, maximum, mean, and sum over the square root of their number, one after
        the other; ``"default_cls"``: the first token.

    Returns
    -------
    torch.Tensor, shape (n_sequences, POOLINGS[pooling] * width)
    """
    import torch

    first = states[:, 0]
    if pooling == "default_cls":
        return first
    parts = (first, states.amax(1), states.mean(1), states.sum(1) / states.shape[1] ** 0.5)
    return torch.cat(parts, dim=-1)


def build_head(n_in: int, n_between: int, n_classes: int, dropout: tuple[float, float] = (0.05, 0.1)) -> Any:
    """The authors' head with fresh weights, as a ``torch.nn.Sequential``."""
    from torch.nn import Dropout, LayerNorm, Linear, ReLU, Sequential

    return Sequential(
        LayerNorm(n_in), Dropout(dropout[0]), Linear(n_in, n_between), ReLU(),
        LayerNorm(n_between), Dropout(dropout[1]), Linear(n_between, n_classes),
    )  # fmt: skip


def load_head(config: ReadoutConfig, width: int) -> Any:
    """Read a head from its file.

    Parameters
    ----------
    config : ReadoutConfig
        With a path.
    width : int
        Of the encoder's states.

    Returns
    -------
    torch.nn.Sequential
        In evaluation mode, its weights frozen.

    Raises
    ------
    CheckpointError
        If the file is damaged, or belongs to another encoder.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    assert config.path is not None
    try:
        state = load_file(config.path)
        head = build_head(POOLINGS[config.pooling] * width, len(state["2.weight"]), len(config.labels))
        head.load_state_dict({name: tensor.float() for name, tensor in state.items()})
    except (OSError, SafetensorError, LookupError, RuntimeError) as error:
        raise CheckpointError(
            f"{config.path} cannot be used with the encoder beside it",
            f"A head for {POOLINGS[config.pooling]} x {width} numbers and {len(config.labels)} classes",
            "Convert the checkpoint again, or remove that file",
        ) from error
    return head.eval().requires_grad_(False)


def write_head(folder: Path, config: ReadoutConfig, state: Mapping[str, torch.Tensor]) -> Path:
    """Write a head and what it computes into the folder of its encoder.

    Parameters
    ----------
    folder : pathlib.Path
    config : ReadoutConfig
        Its path is not used.
    state : mapping of str to torch.Tensor
        Of `build_head`.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    OSError
    """
    from safetensors.torch import save

    about = {
        "labels": config.labels, "meanings": config.meanings, "scale": config.scale, "note": config.note,
        "pooling": config.pooling,
    }  # fmt: skip
    path = folder / f"{config.name}{READOUT_SUFFIX}"
    with write_whole(path) as temporary:
        temporary.write_bytes(
            save({name: tensor.contiguous() for name, tensor in state.items()}, {"provis": json.dumps(about)})
        )
    return path
