"""How widely a head spreads its attention: the entropy of a row, special tokens included, in nats.

0 means that each residue attends to one token; the largest value is the logarithm of the number of tokens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ._metric import RowMetric

if TYPE_CHECKING:
    import torch

__all__ = ["METRIC"]

_TINY: Final = 1e-37


def _compute(weights: torch.Tensor, residues: slice) -> torch.Tensor:
    return weights.clamp_min(_TINY).log_().mul_(weights).sum(dim=(1, 2)).neg_()


METRIC: Final = RowMetric(
    name="entropy",
    label="entropy of attention",
    summary="mean entropy of the rows: how widely a head spreads its attention",
    unit="nats",
    compute=_compute,
)
