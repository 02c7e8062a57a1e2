"""The mean of some heads as one map, as its strong pairs, or scanned as if it were a head."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..attention.arcs import Arcs, ArcsBuilder, check_min_weight
from ..attention.head_id import HeadId, HeadSet
from ..attention.head_scan import HeadScan
from ..errors import CheckpointError
from .arcs import arcs_keeper
from .passes import Passes
from .scan import Scanner, ScanPlan
from .windows import Window, describe_windows

if TYPE_CHECKING:
    import torch

__all__ = ["compute_mean", "compute_mean_arcs", "scan_mean"]

_ONLY = HeadId(0, 0)
_Heard = Callable[[int, int], None] | None


def compute_mean(
    passes: Passes,
    heads: HeadSet,
    sequence: str,
    name: str,
    on_layer: _Heard,
    on_notice: Callable[[str], None],
    block: int | None = None,
) -> npt.NDArray[np.float32]:
    """Return the mean of some heads; parameters as those of `provis_core.models.base.Model.mean`."""
    windows = passes.split(sequence, None, None)

    def attempt(block: int) -> npt.NDArray[np.float32]:
        kept: list[npt.NDArray[np.float32]] = []

        def take(_: int, residues: slice, total: torch.Tensor) -> None:
            kept.append(np.ascontiguousarray(total[residues, residues].cpu().numpy()))

        passes.each_mean(heads, sequence, windows, on_layer, block, take)
        return kept[0]

    what = f"compute attention of {name} on {len(sequence)} residues"
    weights = passes.run_within_memory(attempt, what, on_notice, block)
    if not np.isfinite(weights.sum()):
        raise CheckpointError(
            f"The attention of {name} in one of {heads.label} is not a number",
            "Undamaged weights, and a number format with room for the model's values, are needed",
            "Use the dtype float32, or fetch the checkpoint again",
        )
    return weights


def compute_mean_arcs(
    passes: Passes,
    heads: HeadSet,
    sequence: str,
    name: str,
    min_weight: float,
    windows: Sequence[Window],
    on_layer: _Heard,
    on_notice: Callable[[str], None],
    block: int | None = None,
) -> Arcs:
    """Return the strong pairs of the mean of some heads, as the only head that there is."""
    check_min_weight(min_weight)
    if len(windows) > 1:
        on_notice(describe_windows(windows))

    def attempt(block: int) -> Arcs:
        builder = ArcsBuilder(1, 1, len(sequence), min_weight)

        def take(index: int, residues: slice, total: torch.Tensor) -> None:
            arcs_keeper(builder, windows, index, min_weight, name)(_ONLY, 0, total[residues, residues])

        passes.each_mean(heads, sequence, windows, on_layer, block, take)
        return builder.build()

    what = f"compute pairs of {len(sequence)} residues with {name}"
    return passes.run_within_memory(attempt, what, on_notice, block)


def scan_mean(
    passes: Passes,
    heads: HeadSet,
    plan: ScanPlan,
    sequence: str,
    name: str,
    windows: Sequence[Window],
    on_layer: _Heard,
    on_notice: Callable[[str], None],
    block: int | None = None,
) -> HeadScan:
    """Return the scan of the mean of some heads, as the only head that there is."""

    def attempt(block: int, notes: list[str]) -> HeadScan:
        scanner = Scanner(plan, 1, 1, len(sequence), windows)

        def take(index: int, residues: slice, total: torch.Tensor) -> None:
            sums = scanner.start_window(index, residues, len(total), total.device)
            sums.add_rows(0, slice(0, 1), 0, total[None])
            if plan.top_pairs:
                sums.add_head(0, 0, total, total.clone())

        passes.each_mean(heads, sequence, windows, on_layer, block, take)
        return scanner.finish(name, sequence, notes)

    return passes.scan_within_memory(attempt, len(sequence), on_notice, block)
