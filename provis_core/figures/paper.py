"""Figures for a paper, drawn by the code that draws the screen."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from ..attention import HeadId
from ..errors import InputError
from .frame import Place, own_style
from .grid_drawing import draw_head_grid, grid_height
from .head_grid import HeadGrid
from .map_drawing import draw_attention_map, map_height
from .map_view import MapView
from .profile_drawing import draw_profile, profile_height
from .profile_view import ProfileView
from .theme import LIGHT, Theme
from .thumbnail_drawing import draw_thumbnails, thumbnails_height
from .thumbnails import Thumbnails

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "COLUMN_WIDTHS",
    "FORMATS",
    "Item",
    "Panel",
    "View",
    "check_figure",
    "check_figure_path",
    "draw_figure",
    "make_caption",
    "save_figure",
]

View = HeadGrid | MapView | ProfileView | Thumbnails

COLUMN_WIDTHS: Final = {"single": 88.0, "double": 180.0}
"""Width of one and of two columns of a journal, in mm."""

FORMATS: Final = (".png", ".pdf", ".svg")

_GAP: Final = 8.0  # points between panels
_POINTS_PER_MM: Final = 72 / 25.4


@dataclass(frozen=True, eq=False)
class Panel:
    """A view with what was done to it on the screen.

    Attributes
    ----------
    view : HeadGrid, MapView, ProfileView or Thumbnails
    palette : str
        Empty for the usual one.
    heads : tuple of HeadId
        Outlined in a head grid or thumbnails, the chosen one first.
    colors : tuple of str
        ``#rrggbb`` of the outlines.
    marks : numpy.ndarray of bool, shape (n,), optional
        Residues that are lit up in a map or profile.
    x, y : (float, float), optional
        What is visible of a map or profile: residue indices from the left to the right, and from the upper to
        the lower edge.
    """

    view: View
    palette: str = ""
    heads: tuple[HeadId, ...] = ()
    colors: tuple[str, ...] = ()
    marks: npt.NDArray[np.bool_] | None = None
    x: tuple[float, float] | None = None
    y: tuple[float, float] | None = None


Item = View | Panel


def save_figure(
    path: str | os.PathLike[str],
    views: Item | Sequence[Item | Sequence[Item]],
    *,
    size: str | float | tuple[float, float] = "double",
    dpi: int = 600,
    theme: Theme = LIGHT,
    letters: bool | None = None,
    title: str = "",
    caption: str = "",
) -> Path:
    """Write one figure of one or several pictures.

    Parameters
    ----------
    path : path-like
        Ends in ``.png``, ``.pdf`` or ``.svg``. It is written completely or not at all.
    views : view, `Panel`, or a list of them
        Inner lists are rows: ``[[grid, attention_map], profile]``. A flat list is arranged by itself.
    size : str, float or (float, float)
        ``"single"`` (88 mm) or ``"double"`` (180 mm) column, a width in mm, or width and height in mm.
    dpi : int
        Of a PNG, and of the maps inside of a PDF or SVG.
    theme : Theme
    letters : bool, optional
        Whether panels have letters a, b, c; by default where there are several.
    title, caption : str
        Put into the file as metadata; the caption is by default that of `make_caption`.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    InputError
        If the ending is none of these, the size is not usable, or the file cannot be written.
    InstallError
        If there is no matplotlib.
    """
    path = check_figure(path, views, size=size, dpi=dpi)
    suffix = path.suffix.lower()
    rows = _arrange(views, size)
    words = caption or make_caption([item for row in rows for item in row])
    with own_style():
        import matplotlib

        ours: Any = {"pdf.fonttype": 42, "svg.fonttype": "none", "svg.hashsalt": "provis"}
        with matplotlib.rc_context(ours):
            figure = draw_figure(rows, size=size, dpi=dpi, theme=theme, letters=letters)
            _write(figure, path, suffix, dpi, _metadata(suffix, title or "Attention", words))
    return path


def check_figure(
    path: str | os.PathLike[str],
    views: Item | Sequence[Item | Sequence[Item]],
    *,
    size: str | float | tuple[float, float] = "double",
    dpi: int = 600,
    **_: Any,
) -> Path:
    """Check what `save_figure` is given, before anything is drawn.

    Returns
    -------
    pathlib.Path
        Without ``~``.

    Raises
    ------
    InputError
        If it could not be written.
    """
    path = check_figure_path(path)
    if not 50 <= dpi <= 2400:
        raise InputError(f"dpi={dpi}", "A resolution from 50 to 2400 is needed", "Try dpi=600")
    _width(size)
    _arrange(views, size)
    return path


def check_figure_path(path: str | os.PathLike[str]) -> Path:
    """Check, before anything is drawn, that a figure can be written there.

    Returns
    -------
    pathlib.Path
        Without ``~``.

    Raises
    ------
    InputError
        If the ending is none of `FORMATS`, or there is no such folder.
    """
    path = Path(path).expanduser()
    if path.suffix.lower() not in FORMATS:
        raise InputError(
            f"The figure is to be written to {path.name}",
            f"A name that ends in one of {', '.join(FORMATS)} is needed",
            f"Try {path.stem or 'figure'}.pdf",
        )
    if not path.parent.is_dir():
        raise _unwritable(path, f"there is no folder {path.parent}")
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise _unwritable(path, "it is a folder" if path.is_dir() else "no permission to write there")
    return path


def draw_figure(
    views: Item | Sequence[Item | Sequence[Item]],
    *,
    size: str | float | tuple[float, float] = "double",
    dpi: int = 100,
    theme: Theme = LIGHT,
    letters: bool | None = None,
) -> Figure:
    """The figure that `save_figure` writes, as a matplotlib figure without a window.

    Parameters
    ----------
    views, size, dpi, theme, letters
        As in `save_figure`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError, InstallError
        As `save_figure`.
    """
    rows = _arrange(views, size)
    width = _width(size) * _POINTS_PER_MM
    wanted = [max(_natural_height(item, _share(width, row), theme) for item in row) for row in rows]
    height = sum(wanted) + _GAP * (len(rows) - 1)
    if isinstance(size, tuple):
        asked = size[1] * _POINTS_PER_MM
        wanted = [each * (asked - _GAP * (len(rows) - 1)) / sum(wanted) for each in wanted]
        height = asked
    with own_style():
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(figsize=(width / 72, height / 72), dpi=dpi, facecolor=theme.background)
        FigureCanvasAgg(figure)
        several = sum(map(len, rows)) > 1
        names = iter("abcdefghijklmnopqrstuvwxyz")
        top = height
        for row, each in zip(rows, wanted, strict=True):
            part = _share(width, row)
            for k, item in enumerate(row):
                left = k * (part + _GAP)
                place = (left / width, (top - each) / height, part / width, each / height)
                _draw(figure, item, place, theme)
                if several if letters is None else letters:
                    figure.text(
                        (left + 1) / width, (top - 1) / height, next(names), ha="left", va="top",
                        fontsize=theme.font_size + 2, fontweight="bold", color=theme.text,
                    )  # fmt: skip
            top -= each + _GAP
    return figure


def make_caption(views: Item | Sequence[Item]) -> str:
    """What the pictures show, in words, for the legend of a figure.

    Parameters
    ----------
    views : view, `Panel`, or a list of them

    Returns
    -------
    str
        With letters where there are several.
    """
    items = [views] if isinstance(views, (Panel, *_VIEWS)) else list(views)
    captions = [_view_of(item).caption for item in items]
    if len(captions) == 1:
        return captions[0]
    return " ".join(f"({chr(ord('a') + k)}) {text}" for k, text in enumerate(captions))


_VIEWS: Final = (HeadGrid, MapView, ProfileView, Thumbnails)


def _view_of(item: Item) -> View:
    return item.view if isinstance(item, Panel) else item


def _arrange(
    views: Item | Sequence[Item | Sequence[Item]], size: str | float | tuple[float, float]
) -> list[list[Item]]:
    """Rows of panels."""
    if isinstance(views, (Panel, *_VIEWS)):
        return [[views]]
    items = list(views)
    if not items:
        raise InputError("There is nothing to draw", "At least one view is needed", "Give a map or a grid")
    rows: list[list[Item]] = []
    if any(not isinstance(item, (Panel, *_VIEWS)) for item in items):
        rows = [[item] if isinstance(item, (Panel, *_VIEWS)) else list(item) for item in items]
    else:
        is_wide = _width(size) >= 140
        for item in items:
            assert isinstance(item, (Panel, *_VIEWS))
            fits = is_wide and rows and len(rows[-1]) == 1
            if fits and not any(isinstance(_view_of(each), ProfileView) for each in (item, rows[-1][0])):
                rows[-1].append(item)
            else:
                rows.append([item])
    return [row for row in rows if row]


def _width(size: str | float | tuple[float, float]) -> float:
    """In mm."""
    given: Any = size[0] if isinstance(size, tuple) else size
    if isinstance(given, str):
        if given not in COLUMN_WIDTHS:
            raise InputError(
                f"size={given}", "single, double, or a width in mm is needed", "Try size=double, or size=120"
            )
        return COLUMN_WIDTHS[given]
    numbers = size if isinstance(size, tuple) else (given,)
    if not all(30 <= float(number) <= 1000 for number in numbers):
        raise InputError(f"size={size}", "Lengths from 30 to 1000 mm are needed", "Try size=180")
    return float(given)


def _share(width: float, row: Sequence[Item]) -> float:
    """Width of each panel of a row."""
    return (width - _GAP * (len(row) - 1)) / len(row)


def _natural_height(item: Item, width: float, theme: Theme) -> float:
    view = _view_of(item)
    if isinstance(view, MapView):
        return map_height(view, width, theme)
    if isinstance(view, HeadGrid):
        return grid_height(view, width, theme)
    if isinstance(view, Thumbnails):
        return thumbnails_height(view, width, theme)
    return profile_height(view, theme)


def _draw(figure: Figure, item: Item, place: Place, theme: Theme) -> None:
    panel = item if isinstance(item, Panel) else Panel(item)
    view = panel.view
    options: dict[str, Any] = {"palette": panel.palette} if panel.palette else {}
    if isinstance(view, (HeadGrid, Thumbnails)):
        drawing: Any
        if isinstance(view, HeadGrid):
            drawing = draw_head_grid(figure, view, place=place, theme=theme, **options)
        else:
            drawing = draw_thumbnails(figure, view, place=place, theme=theme, **options)
        drawing.choose(panel.heads, panel.colors)
        return
    if isinstance(view, MapView):
        drawing = draw_attention_map(figure, view, place=place, theme=theme, **options)
        if panel.y is not None:
            drawing.axes.set_ylim(max(panel.y), min(panel.y))
    else:
        drawing = draw_profile(figure, view, place=place, theme=theme)
    if panel.x is not None:
        drawing.axes.set_xlim(min(panel.x), max(panel.x))
    if panel.marks is not None:
        drawing.mark(panel.marks)


def _metadata(suffix: str, title: str, caption: str) -> dict[str, Any]:
    from .. import __version__

    creator = f"ProVis {__version__}"
    if suffix == ".png":
        return {"Title": title, "Description": caption, "Software": creator}
    if suffix == ".pdf":
        return {"Title": title, "Subject": caption, "Creator": creator, "CreationDate": None}
    return {"Title": title, "Description": caption, "Creator": creator, "Date": None}


def _write(figure: Figure, path: Path, suffix: str, dpi: int, metadata: dict[str, Any]) -> None:
    try:
        handle, name = tempfile.mkstemp(prefix=".provis_", suffix=suffix, dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                figure.savefig(
                    file, format=suffix[1:], dpi=dpi, metadata=metadata, facecolor=figure.get_facecolor()
                )
            umask = os.umask(0)
            os.umask(umask)
            Path(name).chmod(0o666 & ~umask)
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as exc:
        raise _unwritable(path, exc.strerror or str(exc)) from exc


def _unwritable(path: Path, why: str) -> InputError:
    return InputError(
        f"{path} cannot be written ({why})",
        "A file in a folder that exists and may be written to is needed",
        "Choose another folder",
    )
