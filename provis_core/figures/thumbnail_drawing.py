"""Draws `Thumbnails`: the maps of all heads, layers by heads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..attention.head_id import Head, HeadId
from .frame import Area, Piece, Place, add_axes, add_raster, head_locator, own_style, pixel_size, room_beside
from .grid_drawing import outline_heads
from .lettering import fit_words, label_width, set_labels, set_title
from .pixels import find_edges, make_bins, sample
from .theme import LIGHT, Theme, make_color_table, rgb_of
from .thumbnails import Thumbnails

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["ThumbnailDrawing", "draw_thumbnails", "thumbnails_height"]


def draw_thumbnails(
    figure: Figure,
    thumbnails: Thumbnails,
    *,
    place: Place = (0, 0, 1, 1),
    theme: Theme = LIGHT,
    palette: str = "blue_orange",
) -> ThumbnailDrawing:
    """Draw the maps of all heads into a part of a figure.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    thumbnails : Thumbnails
    place : (left, bottom, width, height)
        As parts of the figure.
    theme : Theme
    palette : str

    Returns
    -------
    ThumbnailDrawing

    Raises
    ------
    InstallError
        If there is no matplotlib.
    InputError
        If there is no such palette.
    """
    with own_style():
        return ThumbnailDrawing(figure, thumbnails, place, theme, palette)


def thumbnails_height(thumbnails: Thumbnails, width: float, theme: Theme) -> float:
    """Height in points at which the maps of this width are square and nothing is left over."""
    left, bottom, top = _margins(thumbnails, theme)
    return bottom + top + (width - left - 3) / thumbnails.n_heads * thumbnails.n_layers


class ThumbnailDrawing:
    """Drawn maps of all heads. Made by `draw_thumbnails`.

    Attributes
    ----------
    thumbnails : Thumbnails
    axes : matplotlib.axes.Axes
        Heads along x, layers along y, both from 0; one unit per head.
    """

    def __init__(
        self, figure: Figure, thumbnails: Thumbnails, place: Place, theme: Theme, palette: str
    ) -> None:
        self.thumbnails = thumbnails
        self._theme, self._place = theme, place
        self._table = make_color_table(palette, theme.background)
        self.axes = add_axes(figure, place, self._box, theme, label="thumbnails")
        for axis, is_x in ((self.axes.xaxis, True), (self.axes.yaxis, False)):
            locator, formatter = head_locator(self._count(is_x), theme, is_x=is_x)
            axis.set_major_locator(locator)
            axis.set_major_formatter(formatter)
        low, side = 1.2 * theme.tick_size + 5, label_width(2, theme.tick_size) + 5
        set_labels(self.axes, theme, "Head", "Layer", x_points=low, y_points=side)
        add_raster(self.axes, self._paint)
        self._outlines: list[Any] = []
        self.update(thumbnails)

    def update(self, thumbnails: Thumbnails, palette: str | None = None) -> None:
        """Show other maps, in the same axes. The chosen heads stay outlined."""
        self.thumbnails = thumbnails
        if palette is not None:
            self._table = make_color_table(palette, self._theme.background)
        self._title = set_title(self.axes, self._theme, thumbnails.title, 4)
        self.axes.set_xlim(-0.5, thumbnails.n_heads - 0.5)
        self.axes.set_ylim(thumbnails.n_layers - 0.5, -0.5)

    def choose(self, heads: Sequence[Head], colors: Sequence[str] = ()) -> None:
        """Outline heads, as `HeadGridDrawing.choose`."""
        self._outlines = outline_heads(self.axes, self._outlines, heads, colors, self._theme)

    def pick(self, x: float, y: float) -> HeadId | None:
        """The head at a place in the data coordinates of `axes`; None outside."""
        layer, head = int(np.floor(y + 0.5)), int(np.floor(x + 0.5))
        inside = 0 <= layer < self.thumbnails.n_layers and 0 <= head < self.thumbnails.n_heads
        return HeadId(layer, head) if inside else None

    def _count(self, is_x: bool) -> Any:
        return lambda: self.thumbnails.n_heads if is_x else self.thumbnails.n_layers

    def _box(self, width: float, height: float) -> Area:
        left, bottom, top = _margins(self.thumbnails, self._theme)
        each = min(
            (width - left - 3) / self.thumbnails.n_heads, (height - bottom - top) / self.thumbnails.n_layers
        )
        room = each * self.thumbnails.n_layers
        return Area(left, height - top - room, each * self.thumbnails.n_heads, room)

    def _paint(self, box: Any, per_point: float, scale: float) -> list[Piece]:
        view, theme, size = self.thumbnails, self._theme, self.thumbnails.size
        fit_words(self._title, view.title, theme, room_beside(self.axes, self._place))
        width, height = pixel_size(box, scale)
        y, x = self.axes.get_ylim()[::-1], self.axes.get_xlim()
        rows, columns = (
            make_bins((low + 0.5) * size - 0.5, (high + 0.5) * size - 0.5, n_pixels, n * size)
            for (low, high), n_pixels, n in ((y, height, view.n_layers), (x, width, view.n_heads))
        )
        sheet = view.images.transpose(0, 2, 1, 3).reshape(view.n_layers * size, view.n_heads * size)
        image = np.full((height, width, 4), 255, dtype=np.uint8)
        image[:, :, :3] = self._table[sample(sheet, rows, columns, 0)]
        heads = make_bins(*y, height, view.n_layers), make_bins(*x, width, view.n_heads)
        unknown = sample(~view.known, *heads, False)
        image[unknown, :3] = rgb_of(theme.missing)
        gap = max(1, round(0.5 * per_point * scale))
        for line in range(gap):
            image[np.roll(find_edges(heads[0]), line), :, :3] = rgb_of(theme.faint)
            image[:, np.roll(find_edges(heads[1]), line), :3] = rgb_of(theme.faint)
        return [Piece(box.x0, box.y0, image)]


def _margins(thumbnails: Thumbnails, theme: Theme) -> tuple[float, float, float]:
    """Left, lower and upper one, in points."""
    size, tick = theme.font_size, theme.tick_size
    left = 1.5 * size + label_width(2, tick) + 6
    return left, 1.3 * tick + 1.5 * size + 6, 1.6 * size if thumbnails.title else 3
