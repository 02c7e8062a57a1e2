"""From a weight to the place in a palette: linear, logarithmic, or by rank."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ..errors import InputError, check_word

__all__ = ["SCALES", "Scale", "format_value", "make_scale", "round_values"]

SCALES: Final = ("linear", "log", "percentile")
"""``percentile``: a colour says what share of all pairs is weaker."""

_N_QUANTILES: Final = 1024
_CLIPPED: Final = 0.001  # share of the values that may lie above the high end of a linear scale


@dataclass(frozen=True, eq=False)
class Scale:
    """Turns values into fractions of a palette.

    Attributes
    ----------
    kind : {'linear', 'log', 'percentile'}
    low, high : float
        Values at the two ends; what is beyond takes the colour of the end.
    above, below : bool
        Whether there are values beyond the ends, so that the colour bar says ``>=`` or ``<=``.
    quantiles : numpy.ndarray, shape (n,), dtype float32, optional
        Of ``percentile`` only: values at even steps of the rank.
    """

    kind: str
    low: float
    high: float
    above: bool = False
    below: bool = False
    quantiles: npt.NDArray[np.float32] | None = None

    def fractions(self, values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Places in the palette.

        Parameters
        ----------
        values : numpy.ndarray, any shape
            NaN stays NaN.

        Returns
        -------
        numpy.ndarray, same shape, dtype float32
            In [0, 1].
        """
        values = np.asarray(values, dtype=np.float32)
        if self.kind == "percentile":
            assert self.quantiles is not None
            place = np.searchsorted(self.quantiles, values, side="left") / np.float32(len(self.quantiles) - 1)
            return np.where(np.isnan(values), np.nan, np.minimum(place, 1)).astype(np.float32)
        low, high = self.low, self.high
        if self.kind == "log":
            values = np.log10(np.maximum(values, np.float32(low)))
            low, high = float(np.log10(low)), float(np.log10(high))
        scaled = (values - np.float32(low)) * np.float32(1 / max(high - low, 1e-12))
        result: npt.NDArray[np.float32] = np.clip(scaled, 0, 1)
        return result

    def ticks(self, n_max: int = 6) -> tuple[npt.NDArray[np.float64], tuple[str, ...]]:
        """Where a colour bar has its ticks, and what is written there.

        Parameters
        ----------
        n_max : int
            Largest number of ticks, at least 2.

        Returns
        -------
        fractions : numpy.ndarray, shape (n,)
            In [0, 1], ascending.
        labels : tuple of str
        """
        if self.kind == "percentile":
            assert self.quantiles is not None
            # the labels are the weights at these ranks: equal ones say nothing new
            ranks = np.array([0, 0.25, 0.5, 0.75, 0.9, 1.0] if n_max >= 6 else [0, 0.5, 1.0])
            places = np.round(ranks * (len(self.quantiles) - 1)).astype(int)
            texts = tuple(format_value(float(value)) for value in self.quantiles[places])
            kept = [k for k, text in enumerate(texts) if k == 0 or text != texts[k - 1]]
            return ranks[kept], tuple(texts[k] for k in kept)
        values = (
            _log_values(self.low, self.high, n_max)
            if self.kind == "log"
            else round_values(self.low, self.high, n_max)
        )
        fractions = self.fractions(np.array(values, dtype=np.float32)).astype(np.float64)
        words = [format_value(value) for value in values]
        if self.above and words and fractions[-1] > 0.999:
            words[-1] = f"≥ {words[-1]}"
        if self.below and words and fractions[0] < 0.001:
            words[0] = f"≤ {words[0]}"
        return fractions, tuple(words)


def make_scale(
    values: npt.NDArray[np.float32],
    kind: str = "linear",
    limits: tuple[float, float] | None = None,
    floor: float = 0.0,
) -> Scale:
    """A scale for some attention weights.

    Parameters
    ----------
    values : numpy.ndarray
        The weights that will be shown; NaN do not count.
    kind : {'linear', 'log', 'percentile'}
    limits : (float, float), optional
        Values at the two ends. By default a linear scale goes from 0 to the weight that one in a thousand
        exceeds, and a logarithmic one from the power of ten at or below 1/n (what even attention gives) to
        the largest.
    floor : float
        The smallest weight that is known, where smaller ones were not kept.

    Returns
    -------
    Scale

    Raises
    ------
    InputError
        If the kind is unknown, or the limits are not usable.
    """
    check_word("scale", kind, SCALES, "linear")
    if limits is not None and not (limits[0] < limits[1] and (kind != "log" or limits[0] > 0)):
        raise InputError(
            f"limits={limits[0]:g},{limits[1]:g}",
            "A smaller and a larger weight are needed" + (", both above 0" if kind == "log" else ""),
            "Leave the limits out, or try 0.01,0.5",
        )
    flat = np.asarray(values, dtype=np.float32).ravel()
    positive = flat[flat > 0]  # of a map of few pairs, almost everything is zero; NaN is not
    n_known = len(flat) - int(np.count_nonzero(np.isnan(flat)))
    largest = float(positive.max(initial=0.0))
    if kind == "percentile":
        return _rank_scale(positive if floor else flat[~np.isnan(flat)], floor)
    if limits is not None:
        low, high = limits
    elif kind == "log":
        n = max(2.0, np.sqrt(values.size))
        high = max(largest, 1e-6)
        low = min(floor or 10.0 ** np.floor(np.log10(1 / n)), high / 10)
    else:
        low = 0.0
        n_above = int(_CLIPPED * n_known)
        high = largest
        if 0 < n_above < len(positive):
            high = float(np.partition(positive, -n_above - 1)[-n_above - 1])
        # the few strong pairs of a map of weak ones are what matters
        high = _ceil_to_round(high if high > 0.1 * largest else largest)
    smallest = 0.0 if len(positive) < n_known else float(positive.min(initial=np.inf))
    return Scale(kind, float(low), float(high), above=largest > high * 1.001, below=smallest < low)


def format_value(value: float) -> str:
    """A number as short as it can be: ``0.43``, ``0.0021``, ``1.2e-4``, ``12.5``, ``340``."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:.0f}"
    if abs(value) >= 0.1:
        text = f"{value:.3g}" if abs(value) >= 1 else f"{value:.2f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    if abs(value) >= 1e-3:
        return f"{value:.2g}"
    number, power = f"{value:.1e}".split("e")
    return f"{number.removesuffix('.0')}e{int(power)}"


def _rank_scale(flat: npt.NDArray[np.float32], floor: float) -> Scale:
    known = flat[flat >= np.float32(floor)] if floor else flat
    if not len(known):
        known = np.array([floor, max(floor, 1e-6)], dtype=np.float32)
    ordered = np.sort(known)
    places = np.linspace(0, len(ordered) - 1, min(_N_QUANTILES, max(2, len(ordered)))).round().astype(int)
    quantiles = ordered[places]
    return Scale("percentile", float(quantiles[0]), float(quantiles[-1]), quantiles=quantiles)


def _log_values(low: float, high: float, n_max: int) -> list[float]:
    """Powers of ten, with their double and fivefold where they are few."""
    first, last = int(np.floor(np.log10(low) - 1e-9)), int(np.ceil(np.log10(high) + 1e-9))
    for factors in ((1, 2, 5), (1, 3), (1,)):
        values = [factor * 10.0**power for power in range(first, last + 1) for factor in factors]
        values = [value for value in values if low * (1 - 1e-6) <= value <= high * (1 + 1e-6)]
        if len(values) <= n_max:
            break
    return values if len(values) > 1 else [low, high]


def round_values(low: float, high: float, n_max: int) -> list[float]:
    """At most `n_max` (and at least 2, if they are there) evenly spaced short numbers between two limits."""
    span = max(high - low, 1e-12)
    step = 10.0 ** np.floor(np.log10(span / max(1, n_max - 1)))
    for factor in (1, 2, 2.5, 5, 10, 20):
        if span / (step * factor) <= n_max - 1 + 1e-9:
            step *= factor
            break
    first = int(np.ceil(low / step - 1e-6))
    values = [k * step for k in range(first, int(np.floor(high / step + 1e-6)) + 1)]
    return [0.0 if abs(value) < 1e-9 * span else float(value) for value in values]


def _ceil_to_round(value: float) -> float:
    """The next number with one or two digits, so that the colour bar ends on a tick."""
    if value <= 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(value))
    for factor in (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10):
        if value <= factor * power * (1 + 1e-6):
            return float(factor * power)
    return float(10 * power)
