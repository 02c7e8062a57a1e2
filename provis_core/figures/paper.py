"""Figures for a paper, drawn by the code that draws the screen."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from ..attention.head_id import Head
from ..errors import InputError
from .frame import Place, own_style
from .grid_drawing import draw_head_grid, grid_height
from .head_grid import HeadGrid
from .map_drawing import draw_attention_map, map_height
from .map_view import MapView
from .profile_drawing import draw_profile, profile_height
from .profile_view import ProfileView
from .structure_drawing import draw_structure, structure_height
from .structure_view import StructureView
from .theme import LIGHT, Theme
from .thumbnail_drawing import draw_thumbnails, thumbnails_height
from .thumbnails import Thumbnails

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "COLUMN_WIDTHS",
    "Item",
    "Panel",
    "View",
    "arrange_rows",
    "draw_figure",
    "find_height",
    "find_marks",
    "find_values",
    "find_width",
    "make_caption",
]

View = HeadGrid | MapView | ProfileView | StructureView | Thumbnails

COLUMN_WIDTHS: Final = {"single": 88.0, "double": 180.0}
"""Width of one and of two columns of a journal, in mm."""

_GAP: Final = 8.0  # points between panels
_LETTER: Final = 0.52  # mean width of a letter, in font sizes
_LINE: Final = 1.35  # height of a line of the footnote, in font sizes
_POINTS_PER_MM: Final = 72 / 25.4


@dataclass(frozen=True, eq=False)
class Panel:
    """A view with what was done to it on the screen.

    Attributes
    ----------
    view : HeadGrid, MapView, ProfileView or Thumbnails
    palette : str
        Empty for the usual one.
    heads : tuple of HeadId or HeadSet
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
    heads: tuple[Head, ...] = ()
    colors: tuple[str, ...] = ()
    marks: npt.NDArray[np.bool_] | None = None
    x: tuple[float, float] | None = None
    y: tuple[float, float] | None = None


Item = View | Panel


def draw_figure(
    views: Item | Sequence[Item | Sequence[Item]],
    *,
    size: str | float | tuple[float, float] = "double",
    dpi: int = 100,
    theme: Theme = LIGHT,
    letters: bool | None = None,
    footnote: str = "",
) -> Figure:
    """The figure that `save_figure` writes, as a matplotlib figure without a window.

    Parameters
    ----------
    views, size, dpi, theme, letters, footnote
        As in `provis_core.figures.save_figure`.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    InputError, InstallError
        As `provis_core.figures.save_figure`.
    """
    rows = arrange_rows(views, size)
    width = find_width(size) * _POINTS_PER_MM
    wanted, lines = _plan(rows, width, theme, footnote)
    foot = len(lines) * theme.font_size * _LINE + (_GAP if lines else 0.0)
    height = sum(wanted) + _GAP * (len(rows) - 1) + foot
    if isinstance(size, tuple):
        asked = size[1] * _POINTS_PER_MM
        wanted = [each * (asked - _GAP * (len(rows) - 1) - foot) / sum(wanted) for each in wanted]
        height = asked
    with own_style():
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(figsize=(width / 72, height / 72), dpi=dpi, facecolor=theme.background)
        FigureCanvasAgg(figure)
        several = sum(map(len, rows)) > 1
        names = iter(theme.letters)
        top = height
        for row, each in zip(rows, wanted, strict=True):
            part = _share(width, row)
            for k, item in enumerate(row):
                left = k * (part + _GAP)
                tall = each
                if not isinstance(size, tuple) and isinstance(_view_of(item), ProfileView):
                    tall = _natural_height(item, part, theme)  # beside what is higher
                place = (left / width, (top - tall) / height, part / width, tall / height)
                _draw(figure, item, place, theme)
                if several if letters is None else letters:
                    figure.text(
                        (left + 1) / width, (top - 1) / height, next(names), ha="left", va="top",
                        fontsize=theme.letter_size, fontweight="bold", color=theme.text,
                    )  # fmt: skip
            top -= each + _GAP
        if lines:
            figure.text(
                2 / width, 2 / height, "\n".join(lines), ha="left", va="bottom", linespacing=1.15,
                fontsize=theme.font_size, color=theme.text,
            )  # fmt: skip
    return figure


def find_height(
    views: Item | Sequence[Item | Sequence[Item]],
    *,
    size: str | float | tuple[float, float] = "double",
    theme: Theme = LIGHT,
    footnote: str = "",
) -> float:
    """Height in mm that a figure has; parameters as of `draw_figure`."""
    if isinstance(size, tuple):
        return size[1]
    rows = arrange_rows(views, size)
    wanted, lines = _plan(rows, find_width(size) * _POINTS_PER_MM, theme, footnote)
    foot = len(lines) * theme.font_size * _LINE + (_GAP if lines else 0.0)
    return (sum(wanted) + _GAP * (len(rows) - 1) + foot) / _POINTS_PER_MM


def _plan(
    rows: Sequence[Sequence[Item]], width: float, theme: Theme, footnote: str
) -> tuple[list[float], list[str]]:
    """Heights of rows in points, and the lines of the footnote."""
    wanted = [max(_natural_height(item, _share(width, row), theme) for item in row) for row in rows]
    return wanted, textwrap.wrap(footnote, max(20, int(width / (_LETTER * theme.font_size))))


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


_VIEWS: Final = (HeadGrid, MapView, ProfileView, StructureView, Thumbnails)


def _view_of(item: Item) -> View:
    return item.view if isinstance(item, Panel) else item


def find_values(item: Item) -> npt.NDArray[Any]:
    """Return the numbers that a picture shows."""
    view = _view_of(item)
    if isinstance(view, HeadGrid):
        return view.values
    if isinstance(view, MapView):
        return view.image
    if isinstance(view, StructureView):
        return np.array([view.low, view.high, view.n_pairs])
    return view.received if isinstance(view, ProfileView) else view.images


def find_marks(item: Item) -> dict[str, npt.NDArray[np.int32]]:
    """Return what a picture shows beside its numbers, by name: contacts, strips, a viewer's picture."""
    view = _view_of(item)
    marks: dict[str, npt.NDArray[Any]] = {}
    if isinstance(view, (MapView, ProfileView)):
        marks |= {strip.name: np.nan_to_num(255 * strip.rgb, nan=-1) for strip in view.strips}
    if isinstance(view, MapView) and view.contacts is not None:
        marks["contacts"] = view.contacts
    if isinstance(view, ProfileView) and view.given is not None:
        marks["given"] = np.nan_to_num(1e4 * view.given, nan=-1)
    if isinstance(view, StructureView):
        marks["picture"] = view.image
    return {name: np.round(values.astype(np.float64)).astype(np.int32) for name, values in marks.items()}


def arrange_rows(
    views: Item | Sequence[Item | Sequence[Item]], size: str | float | tuple[float, float]
) -> list[list[Item]]:
    """Rows of panels.

    Raises
    ------
    InputError
        If there is none, or the size is not usable.
    """
    if isinstance(views, (Panel, *_VIEWS)):
        return [[views]]
    items = list(views)
    if not items:
        raise InputError("There is nothing to draw", "At least one view is needed", "Give a map or a grid")
    rows: list[list[Item]] = []
    if any(not isinstance(item, (Panel, *_VIEWS)) for item in items):
        rows = [[item] if isinstance(item, (Panel, *_VIEWS)) else list(item) for item in items]
    else:
        is_wide = find_width(size) >= 140
        for item in items:
            assert isinstance(item, (Panel, *_VIEWS))
            fits = is_wide and rows and len(rows[-1]) == 1
            # a profile alone has the whole width, and fills a row that one picture of a pair has begun
            begun = fits and not isinstance(_view_of(rows[-1][0]), ProfileView)
            if begun and (not isinstance(_view_of(item), ProfileView) or len(rows) > 1):
                rows[-1].append(item)
            else:
                rows.append([item])
    return [row for row in rows if row]


def find_width(size: str | float | tuple[float, float]) -> float:
    """Width of a figure in mm; `InputError` if the size is not usable."""
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
    if isinstance(view, StructureView):
        return structure_height(view, width, theme)
    if isinstance(view, Thumbnails):
        return thumbnails_height(view, width, theme)
    return profile_height(view, theme)


def _draw(figure: Figure, item: Item, place: Place, theme: Theme) -> None:
    panel = item if isinstance(item, Panel) else Panel(item)
    view = panel.view
    options: dict[str, Any] = {"palette": panel.palette} if panel.palette else {}
    if isinstance(view, StructureView):
        draw_structure(figure, view, place=place, theme=theme)
        return
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
