"""What a colour means, and palettes: a weight between two limits becomes a colour.

``resources/colors.json`` says what each colour means, wherever it is seen: in the viewer, in the panel, on
paper. The palettes lie in ``resources/palettes.json`` (33 steps each, linearly interpolated), because PyMOL
has no viridis, magma or cividis of its own.
"""

from __future__ import annotations

import functools
import json
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..errors import check_word
from ..system.paths import resources_dir

__all__ = [
    "CATEGORY_RGB",
    "COLOR_CODES",
    "PROPERTY_COLORS",
    "ROLES",
    "SERIES",
    "SIGNED_PALETTE",
    "THEMES",
    "check_palette",
    "compute_colors",
    "palette_names",
    "read_code",
]


def read_code(code: str) -> tuple[float, float, float]:
    """Return red, green and blue in [0, 1] of ``#rrggbb``."""
    red, green, blue = (int(code[k : k + 2], 16) / 255 for k in (1, 3, 5))
    return red, green, blue


_KNOWN: Final = json.loads((resources_dir() / "colors.json").read_text(encoding="utf-8"))

COLOR_CODES: Final[dict[str, str]] = _KNOWN["colors"]
"""``#rrggbb`` of each named colour; colour-blind people tell apart what is seen together."""

CATEGORY_RGB: Final = {name: read_code(code) for name, code in COLOR_CODES.items()}
"""Red, green and blue of each named colour."""

ROLES: Final[dict[str, str]] = _KNOWN["roles"]
"""Name of the colour of what has a meaning: ``hit``, ``miss``, ``site:ligand``, ``helix``, ..."""

PROPERTY_COLORS: Final = tuple(_KNOWN["properties"])
"""Names of the colours of properties without one of their own, in this order."""

SERIES: Final[dict[str, str]] = _KNOWN["series"]
"""Names of the colours of heads, chains or curves side by side, in this order, and the palette of each."""

THEMES: Final[dict[str, dict[str, Any]]] = _KNOWN["themes"]
"""Colours of a light and of a dark page, as ``#rrggbb``."""


SIGNED_PALETTE: Final = "blue_white_vermillion"
"""Of numbers with a sign: against, nothing, for."""


@functools.cache
def _tables() -> dict[str, npt.NDArray[np.float64]]:
    text = (resources_dir() / "palettes.json").read_text(encoding="utf-8")
    tables = {
        name: np.array([read_code(step) for step in steps])
        for name, steps in json.loads(text)["palettes"].items()
    }
    return tables | {palette: np.array([CATEGORY_RGB[name]]) for name, palette in SERIES.items()}


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
