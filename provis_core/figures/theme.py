"""Colours and sizes of the pictures, and the tables that turn a fraction into a colour."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..scenes.colors import THEMES, compute_colors

__all__ = ["DARK", "LIGHT", "Theme", "make_color_table", "rgb_of"]

_SEEN: Final = 1.6  # contrast (WCAG 2) from which on a colour is seen on a background
_FADE: Final = 0.2  # the part of a palette that is mixed with the background


@dataclass(frozen=True)
class Theme:
    """What a picture looks like, apart from its palette. Colours are ``#rrggbb``.

    Attributes
    ----------
    name : str
    background, text, line : str
        Of the paper, of words and numbers, of frames and ticks.
    faint : str
        Lines that must not draw the eye.
    muted : str
        Heads with too little to say.
    missing : str
        Pairs that the model does not know.
    contact : str
        Outline of contacts; its grey is seen on every palette.
    mark : str
        Rows and columns that are selected in the structure.
    choice : str
        Outline of the chosen head.
    received, given : str
        Bars of what residues receive, lines of what they give.
    font_size : float
        Of labels, in points; ticks are a little smaller.
    smallest : float
        Points, below which no word becomes: it is cut instead.
    letter_size : float
        Of the letters of panels, in points.
    letters : str
        What they are.
    line_width : float
        Points.
    """

    name: str
    background: str
    text: str
    line: str
    faint: str
    muted: str
    missing: str
    contact: str
    mark: str
    choice: str
    received: str
    given: str
    font_size: float = 8.0
    smallest: float = 5.0
    letter_size: float = 10.0
    letters: str = "abcdefghijklmnopqrstuvwxyz"
    line_width: float = 0.6

    @property
    def tick_size(self) -> float:
        """Font size of tick labels, in points."""
        return max(self.smallest, self.font_size - 1.0)


LIGHT: Final = Theme(name="light", **THEMES["light"])
"""Black on white: paper, and a light desktop."""

DARK: Final = Theme(name="dark", **THEMES["dark"])
"""For a dark desktop."""


def rgb_of(color: str) -> npt.NDArray[np.uint8]:
    """``#rrggbb`` as three bytes."""
    return np.array([int(color[k : k + 2], 16) for k in (1, 3, 5)], dtype=np.uint8)


@functools.lru_cache(maxsize=64)
def make_color_table(palette: str, fade_into: str = "") -> npt.NDArray[np.uint8]:
    """256 colours of a palette.

    Parameters
    ----------
    palette : str
        One of `provis_core.scenes.colors.palette_names`; with ``_r`` at its end, turned around.
    fade_into : str
        ``#rrggbb`` of a background. The low end of the palette fades into it, so that a map that is mostly
        zero does not drown in the palette's first colour; but a palette whose high end would not be seen on
        this background (viridis on white) stays as it is. Empty: no fading.

    Returns
    -------
    numpy.ndarray, shape (256, 3), dtype uint8
        Read-only.

    Raises
    ------
    InputError
        If there is no such palette; a near name is suggested.
    """
    steps = np.linspace(0, 1, 256, dtype=np.float32)
    name = palette.removesuffix("_r")
    colors = compute_colors(steps if name == palette else steps[::-1], name, 0.0, 1.0)
    if fade_into and _contrast(colors[-1], rgb_of(fade_into) / 255) >= _SEEN:
        strength = np.clip(steps / _FADE, 0, 1)[:, None] ** 0.8
        colors = strength * colors + (1 - strength) * rgb_of(fade_into) / 255
    table = np.round(255 * colors).astype(np.uint8)
    table.flags.writeable = False
    return table


def _contrast(one: npt.NDArray[np.floating[Any]], other: npt.NDArray[np.floating[Any]]) -> float:
    """Of two colours in [0, 1], from 1 to 21."""
    linear = np.where(
        (both := np.stack([one, other])) <= 0.04045, both / 12.92, ((both + 0.055) / 1.055) ** 2.4
    )
    dark, light = sorted(linear @ np.array([0.2126, 0.7152, 0.0722]) + 0.05)
    return float(light / dark)
