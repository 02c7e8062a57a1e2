"""What is trained when: the stages of a run, its settings, the optimisers and the learning rate."""
# ruff: noqa: TID253

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import torch
from torch import nn

__all__ = ["TrainingSettings", "TrainingStage", "build_optimizers", "compute_rate"]


@dataclass(frozen=True)
class TrainingStage:
    """One stage of a run; between stages the network may grow and the rows get longer.

    Attributes
    ----------
    n_layers : int
        Depth of the network in this stage.
    row_length : int
        Most tokens of a row.
    step_tokens : int
        Tokens (with padding) behind each optimiser step.
    residues : int
        Residues to be seen before the next stage.
    """

    n_layers: int
    row_length: int
    step_tokens: int
    residues: int

    @classmethod
    def parse(cls, text: str) -> TrainingStage:
        """Read ``layers:row length:tokens per step:residues``; the residues may be written as 2.5e7.

        Raises
        ------
        ValueError
            If there are not four numbers.
        """
        parts = text.split(":")
        if len(parts) != 4:
            raise ValueError(
                f"Got stage {text!r}; needed layers:row_length:step_tokens:residues, e.g. 3:64:8192:2e7."
            )
        return cls(int(parts[0]), int(parts[1]), int(parts[2]), int(float(parts[3])))


@dataclass(frozen=True)
class TrainingSettings:
    """Everything that decides the outcome of a run apart from the data."""

    stages: tuple[TrainingStage, ...]
    width: int = 192
    n_heads: int = 6
    inner_width: int = 512
    mask_rate: float = 0.15
    matrix_rate: float = 0.0015
    other_rate: float = 0.003
    weight_decay: float = 0.05
    warmup_steps: int = 200
    final_rate: float = 0.03
    micro_tokens: int = 4096
    seed: int = 0
    matrix_optimizer: str = field(default="muon")

    @property
    def total_residues(self) -> int:
        """Residues of all stages."""
        return sum(stage.residues for stage in self.stages)


def compute_rate(settings: TrainingSettings, residues: int, steps_in_stage: int) -> float:
    """Compute the learning rate as a share of its peak.

    A cosine over the residues of the whole run, and a linear warm-up at the start of each stage.

    Parameters
    ----------
    settings : TrainingSettings
        The run.
    residues : int
        Residues seen since its start.
    steps_in_stage : int
        Optimiser steps since the stage began.

    Returns
    -------
    share : float
        In [0, 1].
    """
    progress = min(1.0, residues / settings.total_residues)
    cosine = settings.final_rate + (1.0 - settings.final_rate) * 0.5 * (1.0 + math.cos(math.pi * progress))
    return min(1.0, (steps_in_stage + 1) / settings.warmup_steps) * cosine


def build_optimizers(network: nn.Module, settings: TrainingSettings) -> list[torch.optim.Optimizer]:
    """Give the layers' weight matrices to Muon (or AdamW) and everything else to AdamW.

    Each parameter group keeps its peak rate as ``peak``.
    """
    matrices, others = list[nn.Parameter](), list[nn.Parameter]()
    for name, parameter in network.named_parameters():
        if "contact_head" in name:
            continue
        inside = ".encoder.layer." in name and parameter.ndim == 2
        (matrices if inside and settings.matrix_optimizer == "muon" else others).append(parameter)
    optimizers: list[torch.optim.Optimizer] = [
        torch.optim.AdamW(
            _decay_groups(others, settings), lr=settings.other_rate, betas=(0.9, 0.98), eps=1e-8
        )
    ]
    if matrices:
        optimizers.append(
            torch.optim.Muon(
                matrices,
                lr=settings.matrix_rate,
                weight_decay=settings.weight_decay,
                momentum=0.95,
                adjust_lr_fn="match_rms_adamw",
            )
        )
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["peak"] = group["lr"]
    return optimizers


def _decay_groups(parameters: Iterable[nn.Parameter], settings: TrainingSettings) -> list[dict[str, object]]:
    listed = list(parameters)
    return [
        {"params": [p for p in listed if p.ndim >= 2], "weight_decay": settings.weight_decay},
        {"params": [p for p in listed if p.ndim < 2], "weight_decay": 0.0},
    ]
