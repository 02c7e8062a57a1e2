"""The font of figures: found where it is installed, and measured, so that words fit where they stand.

matplotlib is imported when a font is looked for.
"""

from __future__ import annotations

import functools
import importlib
import re
from pathlib import Path
from typing import Any, Final

from ..errors import InstallError
from ..worker.host.environment import tell_install

__all__ = ["FONTS", "SPARE", "find_font", "find_matplotlib", "fit", "measure"]

FONTS: Final = ("Arial", "Helvetica", "Liberation Sans", "Arimo")
"""What journals ask for, then what has the same widths; the first that is installed is used."""

_FILES: Final = ("arial", "helvetica", "liberationsans-", "arimo")  # how their files are called
SPARE: Final = "DejaVu Sans"  # comes with matplotlib, and has all letters

_OLDEST: Final = (3, 5)
_MEASURED: Final = 100  # points at which letters are measured: no hinting moves them there
_HINTED: Final = 1.05  # what hinting adds to small ones on a screen
_FOREIGN: Final = re.compile(r"[^\u0020-\u017f]")  # letters that the font may not have; none is wider than M


def find_matplotlib() -> Any:
    """Import matplotlib with what draws in memory.

    Raises
    ------
    InstallError
        If it is missing, too old, or cannot be imported.
    """
    try:
        matplotlib: Any = importlib.import_module("matplotlib")
        importlib.import_module("matplotlib.backends.backend_agg")
        problem = (
            "" if getattr(matplotlib, "__version_info__", ()) >= _OLDEST else f"{matplotlib.__version__}"
        )
    except ImportError as error:
        problem = str(error)
    if problem:
        raise InstallError(
            f"Figures cannot be drawn, nor the panel (matplotlib: {problem})",
            "matplotlib 3.5 or newer is needed in this Python",
            f"Install it with: {tell_install('matplotlib')}; then start the viewer anew. All other commands "
            "work without it",
        )
    return matplotlib


@functools.cache
def find_font() -> str:
    """Return the first of `FONTS` that is here as TrueType; the one of matplotlib where none is."""
    find_matplotlib()
    from matplotlib import font_manager

    def choose() -> str:
        known = {one.name for one in font_manager.fontManager.ttflist if one.fname.lower().endswith(".ttf")}
        return next((name for name in FONTS if name in known), "")

    if found := choose():
        return found
    for path in map(Path, font_manager.findSystemFonts()):  # matplotlib remembers those of its first day
        if path.suffix.lower() == ".ttf" and path.stem.lower().startswith(_FILES):
            font_manager.fontManager.addfont(path)
    return choose() or SPARE


@functools.lru_cache(maxsize=4096)
def measure(words: str) -> float:
    """Return the width of some words, in sizes of their font."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    font: Any = get_font(findfont(FontProperties(family=[find_font(), SPARE])))
    font.set_size(_MEASURED, 72)
    font.set_text(_FOREIGN.sub("M", words))
    return _HINTED * float(font.get_width_height()[0]) / 64 / _MEASURED


def fit(words: str, size: float, smallest: float, room: float) -> tuple[str, float]:
    """Make words fit: smaller letters first, then fewer.

    Parameters
    ----------
    words : str
    size : float
        Of the letters where there is room, in points.
    smallest : float
        Below which letters do not become.
    room : float
        Points.

    Returns
    -------
    str
        All of them, or their two ends around an ellipsis; empty where not even that fits.
    float
        Size of the letters.
    """
    width = measure(words)
    if width * size <= room or not words:
        return words, size
    if width * smallest <= room:
        return words, room / width
    low, high = 0, len(words) - 1  # letters that are kept
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if measure(_elide(words, middle)) * smallest <= room else (low, middle - 1)
    return (_elide(words, low) if low else ""), smallest


def _elide(words: str, n_kept: int) -> str:
    """Keep the first and the last letters."""
    first = (n_kept + 1) // 2
    return words[:first].rstrip() + "…" + words[len(words) - (n_kept - first) :].lstrip()
