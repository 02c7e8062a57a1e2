"""Draws a `MapView`: the attention map with residue numbers, contacts, strips and a colour bar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from .color_bar import ColorBar
from .frame import (
    Area,
    Piece,
    Place,
    add_axes,
    add_raster,
    cover,
    own_style,
    pixel_size,
    residue_locator,
    room_beside,
)
from .lettering import ChainNames, Key, fit_words, label_width, set_labels, set_title
from .map_paint import MapPainter, paint_marks, paint_strip
from .map_view import MapView
from .strips import Strip
from .theme import LIGHT, Theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["MapDrawing", "draw_attention_map", "map_height"]

_LANE: Final = 5.0  # points: height of a strip
_LANE_GAP: Final = 2.0
_MARK_LANE: Final = 2.5
_LABEL: Final = 1.2  # height of a tick label, in sizes of its font


def draw_attention_map(
    figure: Figure,
    view: MapView,
    *,
    place: Place = (0, 0, 1, 1),
    theme: Theme = LIGHT,
    palette: str = "blue_orange",
) -> MapDrawing:
    """Draw an attention map into a part of a figure.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    view : MapView
    place : (left, bottom, width, height)
        As parts of the figure.
    theme : Theme
    palette : str
        One of `provis_core.scenes.colors.palette_names`, or with ``_r`` turned around.

    Returns
    -------
    MapDrawing

    Raises
    ------
    InstallError
        If there is no matplotlib.
    InputError
        If there is no such palette.
    """
    with own_style():
        return MapDrawing(figure, view, place, theme, palette)


def map_height(view: MapView, width: float, theme: Theme) -> float:
    """Height in points at which a map of this width is square and nothing is left over."""
    side = width - _left(view, theme) - _right(view, theme)
    return side + _bottom(view, theme) + _top(view, theme)


class MapDrawing:
    """A drawn attention map. Made by `draw_attention_map`.

    Attributes
    ----------
    view : MapView
    axes : matplotlib.axes.Axes
        Key along x, query along y; one unit per residue, residue 0 at 0, the first row on top.
    """

    def __init__(self, figure: Figure, view: MapView, place: Place, theme: Theme, palette: str) -> None:
        from matplotlib.collections import LineCollection
        from matplotlib.patches import Rectangle

        self.view = view
        self._theme, self._place = theme, place
        self._painter = MapPainter(view, theme, palette)
        self.axes = add_axes(figure, place, self._map_box, theme, label="map")
        for axis, is_x in ((self.axes.xaxis, True), (self.axes.yaxis, False)):
            locator, formatter = residue_locator(lambda: self.view.axis, theme, is_x=is_x)
            axis.set_major_locator(locator)
            axis.set_major_formatter(formatter)
        self._raster = add_raster(self.axes, self._paint)
        self._dividers = LineCollection([], colors=theme.text, linewidths=0.9, zorder=2.1)
        self.axes.add_collection(self._dividers, autolim=False)
        self._box = Rectangle((0, 0), 1, 1, fill=False, edgecolor=theme.mark, linewidth=1.4, zorder=3)
        self._box.set_visible(False)
        self.axes.add_patch(self._box)
        self._chain_names = ChainNames(self.axes, theme)
        self._key = Key(self.axes, theme)
        self._had_marks = False
        self._labels = ("", "")
        self.color_bar = ColorBar(
            figure,
            place,
            self._bar_box,
            theme,
            self._painter.table,
            view.scale,
            "Attention weight",
            letters=6,
        )
        self._drawn: tuple[Any, ...] = ()
        self._show(view, is_new=True)

    def update(self, view: MapView | None = None, palette: str | None = None) -> None:
        """Show another map, in the same axes. The zoom stays if the residues are the same."""
        is_new = view is not None and view.axis.labels != self.view.axis.labels
        self._painter.change(view, palette)
        if view is not None:
            self.view = view
        with own_style():
            self._show(self.view, is_new=is_new)

    def mark(self, marks: npt.NDArray[np.bool_]) -> None:
        """Light up the rows and columns of some residues, shape (n,)."""
        self._painter.mark(marks)
        self._had_marks = self._had_marks or bool(self._painter.marks.any())
        self.axes.stale = True

    def repaint(self) -> Any:
        """Draw map, marks and box again over a picture that is drawn already, without ticks and words.

        For what moves with the mouse: it takes a few milliseconds. The canvas must be of the Agg kind, drawn
        once at its present size, and is told what to show: ``canvas.blit(drawing.repaint())``.

        Returns
        -------
        matplotlib.transforms.Bbox
            The region that is new, in pixels of the figure.
        """
        from matplotlib.transforms import Bbox

        box, lanes = self.axes.bbox, _lanes(self.view) * self.axes.figure.dpi / 72
        spines = list(self.axes.spines.values())
        # of the frame only what the map has covered: what is drawn twice becomes darker
        covered = Bbox.from_extents(round(box.x0), round(box.y0), round(box.x1), round(box.y1))
        for spine in spines:
            spine.set_clip_box(covered)
        for artist in (self._raster, self._dividers, self._box, *spines):
            self.axes.draw_artist(artist)
        for spine in spines:
            spine.set_clip_box(None)
        return Bbox.from_extents(box.x0 - 1, box.y0 - 1, box.x1 + lanes + 1, box.y1 + lanes + 1)

    def redraw(self) -> None:
        """Draw the figure on its canvas, which must be of the Agg kind.

        Where another head of the same residues is shown, or other marks, only the map, the title and the
        ticks of the colour bar are drawn; else the whole figure.
        """
        figure, view = self.axes.figure, self.view
        canvas: Any = figure.canvas
        labels = (self.axes.xaxis.label, self.axes.yaxis.label, self.color_bar.axes.yaxis.label)
        drawn = (
            canvas.get_renderer(), figure.dpi, *figure.bbox.bounds, view.axis.labels, bool(view.title),
            self.axes.get_xlim(), self.axes.get_ylim(), *(label.get_text() for label in labels),
            *(strip.legend for strip in view.strips),
        )  # fmt: skip
        if drawn != self._drawn:
            canvas.draw()
            self._drawn = drawn
            return
        renderer = drawn[0]
        self.repaint()
        self.color_bar.redraw(renderer)
        per_point, theme = figure.dpi / 72, self._theme
        box, right = self.axes.bbox, (self._place[0] + self._place[2]) * figure.bbox.width
        top = box.y1 + _top(view, theme) * per_point
        below = top - (theme.font_size + 3 + 0.35 * theme.font_size) * per_point
        if view.title:
            cover(renderer, (box.x0 - per_point, below, right, top), theme)
            self.axes.draw_artist(self._title)

    def show_box(self, rows: slice | None, columns: slice | None) -> None:
        """Frame a part of the map (residue indices); None takes the frame away."""
        self._box.set_visible(rows is not None and columns is not None)
        if rows is not None and columns is not None:
            self._box.set_xy((columns.start - 0.5, rows.start - 0.5))
            self._box.set_width(columns.stop - columns.start)
            self._box.set_height(rows.stop - rows.start)

    def reset_zoom(self) -> None:
        """See the whole map."""
        self.axes.set_xlim(-0.5, self.view.n - 0.5)
        self.axes.set_ylim(self.view.n - 0.5, -0.5)

    def pick(self, x: float, y: float) -> tuple[int, int] | None:
        """Query and key (residue indices) at a place in the data coordinates of `axes`; None outside.

        Where several pairs share a dot, the strongest of them: it is the one that is seen.
        """
        row, column = int(np.floor(y + 0.5)), int(np.floor(x + 0.5))
        if not (0 <= row < self.view.n and 0 <= column < self.view.n):
            return None
        return self._painter.find_strongest(row, column)

    def pick_box(self, x0: float, y0: float, x1: float, y1: float) -> tuple[slice, slice] | None:
        """Rows and columns (residue indices) of a dragged box; None if it lies outside of the map."""
        ends = []
        for low, high in (sorted((y0, y1)), sorted((x0, x1))):
            first, last = max(0, int(np.floor(low + 0.5))), min(self.view.n - 1, int(np.floor(high + 0.5)))
            if first > last:
                return None
            ends.append(slice(first, last + 1))
        return ends[0], ends[1]

    def _show(self, view: MapView, *, is_new: bool) -> None:
        theme = self._theme
        if is_new:
            self.reset_zoom()
            self._box.set_visible(False)
        which = f" (chain {view.axis.chain_names[0]})" if view.axis.chain_names[0] else ""
        which = "" if len(view.axis.chain_names) > 1 else which
        words = ("Residue i", "Residue j") if view.symmetrised else ("Query residue", "Key residue")
        x_points, y_points = _label_points(view, theme)
        extra = _chain_line(view, theme)
        self._labels = words[1] + which, words[0] + which
        set_labels(
            self.axes, theme, *self._labels, x_points=x_points + extra,
            y_points=y_points + extra,
        )  # fmt: skip
        self._title = set_title(self.axes, theme, view.title, _top(view, theme) - theme.font_size - 3)
        low, high = -0.5, view.n - 0.5
        self._dividers.set_segments(
            [[(at - 0.5, low), (at - 0.5, high)] for at in view.axis.dividers]
            + [[(low, at - 0.5), (high, at - 0.5)] for at in view.axis.dividers]
        )
        ends = [*view.axis.chain_starts, view.n]
        self._chain_names.show(view.axis.chain_names, ends, x_points, y_points)
        label = "Attention weight" + (" (by rank)" if view.scale.kind == "percentile" else "")
        self.color_bar.update(self._painter.table, view.scale, label)
        self._show_key()

    def _show_key(self) -> None:
        from matplotlib.patches import Patch

        entries = dict.fromkeys(entry for strip in self.view.strips for entry in strip.legend)
        handles = [Patch(facecolor=color, label=word) for word, color in entries]
        self._key.show(handles, _lanes(self.view) + 1.5)

    def _map_box(self, width: float, height: float) -> Area:
        view, theme = self.view, self._theme
        left, bottom, top = _left(view, theme), _bottom(view, theme), _top(view, theme)
        side = min(width - left - _right(view, theme), height - bottom - top)
        return Area(left, height - top - side, side, side)

    def _bar_box(self, width: float, height: float) -> Area:
        box = self._map_box(width, height)
        size = self._theme.font_size
        return Area(box.left + box.width + _lanes(self.view) + 0.8 * size, box.bottom, 0.9 * size, box.height)

    def _paint(self, box: Any, per_point: float, scale: float) -> list[Piece]:
        self._chain_names.place()
        room = room_beside(self.axes, self._place)
        fit_words(self._title, self.view.title, self._theme, room)
        for axis, words, side in zip(
            (self.axes.xaxis, self.axes.yaxis), self._labels, (box.width, box.height), strict=True
        ):
            fit_words(axis.label, words, self._theme, side / per_point)
        self._key.fit(room)
        width, height = pixel_size(box, scale)
        x, y = self.axes.get_xlim(), self.axes.get_ylim()[::-1]
        pieces = [Piece(box.x0, box.y0, self._painter.paint(x, y, width, height, per_point * scale))]
        start = 1.0 * per_point
        strips = [(strip, _LANE) for strip in self.view.strips]
        lanes: list[tuple[Strip | None, float]] = [(None, _MARK_LANE), *strips]
        for strip, points in lanes:
            thick = max(1, round(points * per_point * scale))
            for limits, n, is_x in ((x, width, True), (y, height, False)):
                if strip is not None:
                    along = paint_strip(strip, *limits, n, self._theme.background)
                elif self._had_marks or len(self.view.axis.breaks):
                    breaks, marks = self.view.axis.breaks, self._painter.marks
                    along = paint_marks(marks, *limits, n, per_point * scale, self._theme, breaks)
                else:
                    continue
                if is_x:
                    image = np.broadcast_to(along[None], (thick, n, 4))
                    pieces.append(Piece(box.x0, box.y1 + start, image))
                else:
                    image = np.broadcast_to(along[:, None], (n, thick, 4))
                    pieces.append(Piece(box.x1 + start, box.y0, image))
            start += (points + (0 if strip is None else _LANE_GAP)) * per_point
            if strip is None:
                start += 1.0 * per_point
        return pieces


def _lanes(view: MapView) -> float:
    """Points that marks and strips need beyond the upper and the right edge."""
    return _MARK_LANE + 1 + len(view.strips) * (_LANE + _LANE_GAP)


def _top(view: MapView, theme: Theme) -> float:
    legend = 1.6 * theme.tick_size if any(strip.legend for strip in view.strips) else 0
    return _lanes(view) + legend + (1.6 * theme.font_size if view.title else 3)


def _label_points(view: MapView, theme: Theme) -> tuple[float, float]:
    """Distances of what is below the ticks of x, and beside those of y, from the axes."""
    return _LABEL * theme.tick_size + 5, label_width(max(2, view.axis.longest_label), theme.tick_size) + 5


def _chain_line(view: MapView, theme: Theme) -> float:
    return ChainNames.height(view.axis.chain_names, theme)


def _left(view: MapView, theme: Theme) -> float:
    return _label_points(view, theme)[1] + _chain_line(view, theme) + 1.6 * theme.font_size + 1


def _right(view: MapView, theme: Theme) -> float:
    return _lanes(view) + 2.2 * theme.font_size + label_width(6, theme.tick_size) + 1.8 * theme.font_size


def _bottom(view: MapView, theme: Theme) -> float:
    return _label_points(view, theme)[0] + _chain_line(view, theme) + 1.5 * theme.font_size + 1
