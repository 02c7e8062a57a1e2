"""What a head metric is: a mean over query rows, a weighted mean over residue pairs, or made of a scan.

The first two are sums that the model's scan adds up over blocks of rows, so no map is needed as a whole; the
third is made of a scan, and of the heads' scores on a property, where these are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import torch

    from ...attention.head_scan import HeadScan
    from ..head_scores import HeadScores

__all__ = ["HeadValues", "Metric", "PairMetric", "RowMetric", "ScoreMetric"]


@dataclass(frozen=True)
class RowMetric:
    """The mean of a number that each query row has.

    Attributes
    ----------
    name, label, summary, unit : str
        The label is what the user chooses; a ``share`` is shown in percent.
    compute : callable
        ``(weights, residues) -> sums``: weights, a float32 tensor of shape (n_heads, n_rows, n_tokens), are
        whole rows of residue queries, special tokens included; `residues` is the slice of the columns that
        are residues; the sums over these rows have shape (n_heads,).
    """

    name: str
    label: str
    summary: str
    unit: str
    compute: Callable[[torch.Tensor, slice], torch.Tensor]


@dataclass(frozen=True)
class PairMetric:
    """The mean of a number that each residue pair has, weighted by attention.

    Attributes
    ----------
    name, label, summary, unit : str
        The label is what the user chooses; a ``share`` is shown in percent.
    compute : callable
        ``(n_positions) -> values``: float32 of shape (n_positions, n_positions), query by key, NaN for pairs
        that do not count.
    """

    name: str
    label: str
    summary: str
    unit: str
    compute: Callable[[int], npt.NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class HeadValues:
    """A metric of all heads.

    Attributes
    ----------
    values : numpy.ndarray, shape (n_layers, n_heads), dtype float64
        NaN where it is not known.
    n : numpy.ndarray, shape (n_layers, n_heads), dtype int64
        Over how many pairs or residues.
    counted : str
        What these are, in the plural.
    reference : float
        What a head without preference would have; NaN if there is no such value.
    is_ranked : bool
        Whether the heads with the largest values are the best.
    """

    values: npt.NDArray[np.float64]
    n: npt.NDArray[np.int64]
    counted: str = "residues"
    reference: float = float("nan")
    is_ranked: bool = False


@dataclass(frozen=True)
class ScoreMetric:
    """A number that is made of the scan of all heads.

    Attributes
    ----------
    name, label, summary, unit : str
        As of `RowMetric`.
    compute : callable
        ``(scan, scores) -> HeadValues``; the scores are those on the property `needs`, None without one.
    needs : str
        Name of a property of residues or pairs, as of `compute_annotations`; empty for none.
    """

    name: str
    label: str
    summary: str
    unit: str
    compute: Callable[[HeadScan, HeadScores | None], HeadValues]
    needs: str = ""


Metric = RowMetric | PairMetric | ScoreMetric
