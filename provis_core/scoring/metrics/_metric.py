"""What a head metric is; it is either a mean over query rows, or a weighted mean over residue pairs.

Both are sums that are added up over blocks of rows, so no map is needed as a whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import torch

__all__ = ["PairMetric", "RowMetric"]


@dataclass(frozen=True)
class RowMetric:
    """The mean of a number that each query row has.

    Attributes
    ----------
    name, summary, unit : str
    compute : callable
        ``(weights, residues) -> sums``: weights, a float32 tensor of shape (n_heads, n_rows, n_tokens), are
        whole rows of residue queries, special tokens included; `residues` is the slice of the columns that
        are residues; the sums over these rows have shape (n_heads,).
    """

    name: str
    summary: str
    unit: str
    compute: Callable[[torch.Tensor, slice], torch.Tensor]


@dataclass(frozen=True)
class PairMetric:
    """The mean of a number that each residue pair has, weighted by attention.

    Attributes
    ----------
    name, summary, unit : str
    compute : callable
        ``(n_positions, given) -> values``: float32 of shape (n_positions, n_positions), query by key, NaN for
        pairs that do not count. `given` is the user's array, or None.
    needs_property : bool
        Whether the user must give an array of pairs.
    """

    name: str
    summary: str
    unit: str
    compute: Callable[[int, npt.NDArray[np.float32] | None], npt.NDArray[np.float32]]
    needs_property: bool = False
