"""How much of a head's attention goes to special tokens, where heads that have nothing to do put it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ._metric import RowMetric

if TYPE_CHECKING:
    import torch

__all__ = ["METRIC"]


def _compute(weights: torch.Tensor, residues: slice) -> torch.Tensor:
    before, after = weights[:, :, : residues.start], weights[:, :, residues.stop :]
    return before.sum(dim=(1, 2)) + after.sum(dim=(1, 2))


METRIC: Final = RowMetric(
    name="special_tokens",
    label="attention to special tokens",
    summary="mean share of a residue's attention that goes to special tokens",
    unit="share",
    compute=_compute,
)
