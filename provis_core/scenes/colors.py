"""Palettes: a weight between two limits becomes a colour.

The tables lie in ``resources/palettes.json`` (33 steps each, linearly interpolated), because PyMOL has no
viridis, magma or cividis of its own.
"""

from __future__ import annotations

import functools
import json
from typing import Final

import numpy as np
import numpy.typing as npt

from ..errors import check_word
from ..system.paths import resources_dir

__all__ = ["CATEGORY_RGB", "SIGNED_PALETTE", "check_palette", "compute_colors", "palette_names"]

CATEGORY_RGB: Final[dict[str, tuple[float, float, float]]] = {
    "orange": (0.902, 0.624, 0.0),
    "sky blue": (0.337, 0.706, 0.914),
    "green": (0.0, 0.620, 0.451),
    "purple": (0.800, 0.475, 0.655),
    "yellow": (0.941, 0.894, 0.259),
    "blue": (0.0, 0.447, 0.698),
    "red": (0.835, 0.369, 0.0),
    "grey": (0.6, 0.6, 0.6),
}
"""Colours for what has no order, told apart by colour-blind people as well (Okabe & Ito, 2008)."""


SIGNED_PALETTE: Final = "blue_white_vermillion"
"""Of numbers with a sign: against, nothing, for."""


@functools.cache
def _tables() -> dict[str, npt.NDArray[np.float64]]:
    text = (resources_dir() / "palettes.json").read_text(encoding="utf-8")
    return {
        name: np.array([[int(step[k : k + 2], 16) / 255 for k in (1, 3, 5)] for step in steps])
        for name, steps in json.loads(text)["palettes"].items()
    }


def palette_names() -> tuple[str, ...]:
    """Names of the palettes, the default first."""
    return tuple(_tables())


def check_palette(name: str) -> None:
    """Raise unless there is such a palette.

    Raises
    ------
    InputError
        A near name is suggested.
    """
    check_word("palette", name, palette_names())


def compute_colors(
    values: npt.NDArray[np.float32], palette: str, low: float, high: float
) -> npt.NDArray[np.float32]:
    """Colour values by their place between two limits.

    Parameters
    ----------
    values : numpy.ndarray, shape (n,)
    palette : str
        One of `palette_names`.
    low, high : float
        Values at the two ends of the palette; values beyond take the end's colour.

    Returns
    -------
    numpy.ndarray, shape (n, 3), dtype float32
        Red, green and blue in [0, 1].

    Raises
    ------
    InputError
        If there is no such palette; a near name is suggested.
    """
    check_palette(palette)
    table = _tables()[palette]
    fraction = (np.asarray(values, dtype=np.float64) - low) / max(high - low, 1e-9)
    place = np.clip(fraction, 0, 1) * (len(table) - 1)
    steps = np.arange(len(table))
    return np.stack([np.interp(place, steps, table[:, k]) for k in range(3)], axis=-1).astype(np.float32)
