"""Draws a `StructureView`: the picture, the colours and radii of its cylinders, and what colours mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from .color_bar import ColorBar
from .frame import Area, Piece, Place, add_axes, add_raster, own_style, room_beside
from .lettering import Key, fit_words, label_width, set_title
from .scales import Scale
from .structure_view import StructureView
from .theme import LIGHT, Theme, make_color_table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["StructureDrawing", "draw_structure", "structure_height"]

_HIGHEST: Final = 1.1  # height of a picture in its widths: what is higher becomes narrower
_WEDGE: Final = 6.0  # points: the wedge of radii at its thick end


def draw_structure(
    figure: Figure, view: StructureView, *, place: Place = (0, 0, 1, 1), theme: Theme = LIGHT
) -> StructureDrawing:
    """Draw the picture of a structure into a part of a figure.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    view : StructureView
    place : (left, bottom, width, height)
        As parts of the figure.
    theme : Theme

    Returns
    -------
    StructureDrawing

    Raises
    ------
    InstallError
        If there is no matplotlib.
    """
    with own_style():
        return StructureDrawing(figure, view, place, theme)


def structure_height(view: StructureView, width: float, theme: Theme) -> float:
    """Height in points at which a picture of this width has nothing left over."""
    room = width - _left(theme) - _right(view, theme)
    height, across = view.image.shape[:2]
    return float(min(room * height / max(across, 1), _HIGHEST * room)) + _top(view, theme)


class StructureDrawing:
    """A drawn structure. Made by `draw_structure`.

    Attributes
    ----------
    view : StructureView
    axes : matplotlib.axes.Axes
        Of the picture.
    """

    def __init__(self, figure: Figure, view: StructureView, place: Place, theme: Theme) -> None:
        from matplotlib.patches import Patch, Polygon

        self.view = view
        self._theme, self._place = theme, place
        self.axes = add_axes(figure, place, self._box, theme, label="structure")
        self.axes.set_axis_off()
        self.axes.imshow(view.image, interpolation="antialiased", aspect="equal")
        self.axes.set_anchor("NW")
        self._title = set_title(self.axes, theme, view.title, _top(view, theme) - theme.font_size - 3)
        add_raster(self.axes, self._fit)
        self._key = Key(self.axes, theme)
        self._key.show([Patch(facecolor=color, label=word) for word, color in view.legend], 2.0)
        self.color_bar: ColorBar | None = None
        if not view.n_pairs:
            return
        wedge = add_axes(figure, place, self._wedge_box, theme, label="radii")
        wedge.set_axis_off()
        wedge.set(xlim=(0, 1), ylim=(0, 1))
        thin = view.radii[0] / view.radii[1]
        corners = [(0.5 - thin / 2, 0), (0.5 + thin / 2, 0), (1, 1), (0, 1)]
        wedge.add_patch(Polygon(corners, facecolor=theme.faint, edgecolor="none"))
        table = make_color_table(view.palette) if view.palette else make_color_table("cividis")
        scale = Scale("linear", view.low, view.high)
        self.color_bar = ColorBar(figure, place, self._bar_box, theme, table, scale, "Attention weight", 5)

    def _box(self, width: float, height: float) -> Area:
        top, right = _top(self.view, self._theme), _right(self.view, self._theme)
        left = _left(self._theme)
        return Area(left, 0, width - left - right, height - top)

    def _bar_box(self, width: float, height: float) -> Area:
        size, box = self._theme.font_size, self._box(width, height)
        tall = min(box.height, 12 * size)
        left = box.left + box.width + 1.2 * size + (_WEDGE + 2)
        return Area(left, box.height - tall - 0.5 * size, 0.9 * size, tall)

    def _wedge_box(self, width: float, height: float) -> Area:
        bar = self._bar_box(width, height)
        return Area(bar.left - _WEDGE - 2, bar.bottom, _WEDGE, bar.height)

    def _fit(self, box: Any, per_point: float, scale: float) -> list[Piece]:
        room = room_beside(self.axes, self._place)
        fit_words(self._title, self.view.title, self._theme, room)
        self._key.fit(room)
        return []


def _left(theme: Theme) -> float:
    """Points for the letter of the panel, beside its title."""
    return 1.7 * theme.letter_size


def _top(view: StructureView, theme: Theme) -> float:
    return (1.6 * theme.tick_size if view.legend else 0) + (1.6 * theme.font_size if view.title else 3)


def _right(view: StructureView, theme: Theme) -> float:
    if not view.n_pairs:
        return 0.0
    return 4.4 * theme.font_size + _WEDGE + 2 + label_width(5, theme.tick_size)
