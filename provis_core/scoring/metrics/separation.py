"""How far along the sequence a head looks: the attention-weighted mean of |i - j|."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from ._metric import PairMetric

__all__ = ["METRIC"]


def _compute(n_positions: int) -> npt.NDArray[np.float32]:
    position = np.arange(n_positions, dtype=np.float32)
    distance: npt.NDArray[np.float32] = np.abs(position[:, None] - position)
    return distance


METRIC: Final = PairMetric(
    name="separation",
    label="mean sequence separation",
    summary="mean sequence separation of query and key, weighted by attention",
    unit="residues",
    compute=_compute,
)
