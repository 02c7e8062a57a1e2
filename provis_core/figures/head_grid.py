"""All heads of a model at a glance: one number per head. Layers and heads are 0-based; words are 1-based."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..attention.head_id import Head, HeadId, HeadSet, check_head
from ..scoring.head_scores import SIGNIFICANT
from .scales import format_value

__all__ = ["HeadGrid", "describe_best", "describe_cell", "make_head_grid"]


@dataclass(frozen=True, eq=False)
class HeadGrid:
    """One number per head, and how sure it is.

    Attributes
    ----------
    values : numpy.ndarray, shape (n_layers, n_heads), dtype float64
        NaN where it is not known.
    n : numpy.ndarray, shape (n_layers, n_heads), dtype int64
        Over how many pairs or residues.
    muted : numpy.ndarray of bool, shape (n_layers, n_heads)
        Heads with too little to say: they are greyed, and are never the best.
    best : tuple of HeadId
        Heads to mark, the best first.
    label : str
        What the numbers are: ``"share on contacts"``.
    unit : str
        ``"%"``, ``"residues"``, or empty.
    low, high : float
        Values at the two ends of the palette.
    reference : float
        The background: what a head without preference would have, like the share of contacts among all
        pairs; NaN if there is no such value.
    counted : str
        What `n` counts, in the plural: ``"pairs"``.
    muted_reason : str
        Why heads are greyed, for the legend: ``"fewer than 100 pairs"``.
    best_reason : str
        How the best are told where it is not by the largest value: ``"farthest beyond chance"``.
    p_all : numpy.ndarray, shape (n_layers, n_heads), or None
        P-values corrected for all heads, NaN for heads that were not tested; None where nothing was tested.
    title : str
        The model and the chain.
    min_weight : float
        Smallest attention weight of a pair that `n` counts; NaN where it does not count pairs by weight.
    is_signed : bool
        Whether the sign matters: zero is in the middle of a diverging palette.
    """

    values: npt.NDArray[np.float64]
    n: npt.NDArray[np.int64]
    muted: npt.NDArray[np.bool_]
    best: tuple[HeadId, ...]
    label: str
    unit: str
    low: float
    high: float
    reference: float = float("nan")
    counted: str = "pairs"
    muted_reason: str = ""
    title: str = ""
    best_reason: str = ""
    p_all: npt.NDArray[np.float64] | None = None
    min_weight: float = float("nan")
    is_signed: bool = False

    def __post_init__(self) -> None:
        for name, dtype in (("values", np.float64), ("n", np.int64), ("muted", np.bool_)):
            array = np.array(getattr(self, name), dtype=dtype)
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        if not (self.values.ndim == 2 and self.values.shape == self.n.shape == self.muted.shape):
            raise ValueError(f"values {self.values.shape}, n {self.n.shape} and muted {self.muted.shape}")

    @property
    def n_layers(self) -> int:
        """Number of layers."""
        return int(self.values.shape[0])

    @property
    def n_heads(self) -> int:
        """Heads of each layer."""
        return int(self.values.shape[1])

    @property
    def layer_max(self) -> npt.NDArray[np.float64]:
        """Largest value of each layer among the heads that are not greyed, shape (n_layers,); NaN if none.

        Where the sign matters, the value that is farthest from zero.
        """
        if self.is_signed:
            known = np.where(self.muted | np.isnan(self.values), 0.0, self.values)
            farthest: npt.NDArray[np.float64] = known[np.arange(self.n_layers), np.abs(known).argmax(axis=1)]
            return farthest
        shown = np.where(self.muted | np.isnan(self.values), -np.inf, self.values)
        largest = shown.max(axis=1, initial=-np.inf)
        return np.where(np.isfinite(largest), largest, np.nan)

    @property
    def axis_label(self) -> str:
        """Label and unit: ``"share on contacts (%)"``."""
        return f"{self.label} ({self.unit})" if self.unit else self.label

    @property
    def caption(self) -> str:
        """One sentence for the legend of a figure."""
        words = f"{self.title}: " if self.title else ""
        words += f"{self.axis_label} of each head ({self.n_layers} layers, {self.n_heads} heads)"
        if np.isfinite(self.min_weight):
            words += f", {self.counted} with attention of at least {self.min_weight:g}"
        if self.best:
            how = f" ({self.best_reason})" if self.best_reason else ""
            words += f"; best{how}: {', '.join(head.label for head in self.best)}"
        if self.muted.any():
            words += f"; grey: {self.muted_reason or 'too few ' + self.counted}"
        if np.isfinite(self.reference):
            unit = f" {self.unit}" if self.unit else ""
            words += f"; dashed: background ({format_value(self.reference)}{unit})"
        return words + "."


def make_head_grid(
    values: npt.NDArray[Any],
    n: npt.NDArray[Any],
    *,
    label: str,
    unit: str = "",
    min_n: int = 0,
    n_best: int = 3,
    low: float | None = None,
    high: float | None = None,
    reference: float = float("nan"),
    counted: str = "pairs",
    title: str = "",
    smallest_is_best: bool = False,
) -> HeadGrid:
    """A grid from numbers and counts.

    Parameters
    ----------
    values, n : numpy.ndarray, shape (n_layers, n_heads)
    label, unit, reference, counted, title
        As in `HeadGrid`.
    min_n : int
        Heads with fewer than this are greyed.
    n_best : int
        How many heads to mark.
    low, high : float, optional
        By default from 0 (or the smallest value, if it is negative) to the largest value of the heads that
        are not greyed.
    smallest_is_best : bool
        For numbers like an entropy.

    Returns
    -------
    HeadGrid
    """
    values = np.asarray(values, dtype=np.float64)
    counts = np.asarray(n, dtype=np.int64)
    muted = counts < min_n
    counting = np.where(muted | ~np.isfinite(values), np.nan, values).ravel()
    sign = 1 if smallest_is_best else -1
    order = [int(k) for k in np.argsort(sign * counting, kind="stable") if np.isfinite(counting[k])]
    known = counting[np.isfinite(counting)]
    if low is None:
        low = min(0.0, float(known.min(initial=0.0)))
    if high is None:
        high = float(known.max(initial=low))
    return HeadGrid(
        values=values,
        n=counts,
        muted=muted,
        best=tuple(HeadId(*divmod(k, values.shape[1])) for k in order[:n_best]),
        label=label,
        unit=unit,
        low=low,
        high=high if high > low else low + 1.0,
        reference=reference,
        counted=counted,
        muted_reason=f"fewer than {min_n} {counted}" if min_n else "",
        title=title,
    )


def describe_cell(grid: HeadGrid, head: Head) -> str:
    """What a user reads who points at a head: ``12-4 share on contacts 44.1 % (n = 812 pairs)``.

    Parameters
    ----------
    grid : HeadGrid
    head : HeadId
        0-based.

    Returns
    -------
    str

    Raises
    ------
    HeadRangeError
        If there is no such head.
    """
    if isinstance(head, HeadSet):
        check_head(head, grid.n_layers, grid.n_heads, "The model")
        return f"{head.label}: the mean of {len(head.heads)} heads"
    head = HeadId(*head)
    check_head(head, grid.n_layers, grid.n_heads, "The model")
    value, n = float(grid.values[head]), int(grid.n[head])
    text = f"{value:.3g}" if np.isfinite(value) else "not known"
    unit = f" {grid.unit}" if grid.unit and np.isfinite(value) else ""
    words = f"{head.label} {grid.label} {text}{unit} (n = {n} {grid.counted})"
    if grid.muted[head]:
        words += f" · greyed: {grid.muted_reason or 'too few ' + grid.counted}"
    if head in grid.best:
        words += f" · no. {grid.best.index(head) + 1}"
    if grid.p_all is not None and np.isfinite(grid.p_all[head]):
        words += f" · p all = {grid.p_all[head]:.2g}"
    return words


def describe_best(grid: HeadGrid) -> str:
    """Which head comes first, and whether it is beyond chance.

    Parameters
    ----------
    grid : HeadGrid

    Returns
    -------
    str
        Like ``12-2 comes first: share on contacts 44.1 % (background 3.2 %), beyond chance (p all = 0.003).``
        Empty where no head is marked and nothing was tested.
    """
    if grid.best:
        first = grid.best[0]
        unit = f" {grid.unit}" if grid.unit else ""
        words = f"{first.label} comes first: {grid.label} {float(grid.values[first]):.3g}{unit}"
        if np.isfinite(grid.reference):
            words += f" (background {grid.reference:.3g}{unit})"
        if grid.p_all is not None and np.isfinite(grid.p_all[first]):
            p = float(grid.p_all[first])
            words += f", {'' if p < SIGNIFICANT else 'not '}beyond chance (p all = {p:.2g})"
        return f"{words}."
    return f"No head can be compared with chance: {grid.muted_reason}." if grid.p_all is not None else ""
