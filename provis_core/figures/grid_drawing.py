"""Draws a `HeadGrid`: layers by heads, the largest value of each layer, and a colour bar."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..attention.head_id import Head, HeadId
from ..scenes.colors import SIGNED_PALETTE
from .color_bar import ColorBar
from .frame import Area, Piece, Place, add_axes, add_raster, head_locator, own_style, pixel_size, room_beside
from .head_grid import HeadGrid
from .lettering import Key, fit_words, label_width, set_labels, set_title
from .pixels import find_edges, make_bins, sample
from .scales import Scale, format_value, round_values
from .theme import LIGHT, Theme, make_color_table, rgb_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["HeadGridDrawing", "draw_head_grid", "grid_height", "outline_heads"]


def draw_head_grid(
    figure: Figure,
    grid: HeadGrid,
    *,
    place: Place = (0, 0, 1, 1),
    theme: Theme = LIGHT,
    palette: str = "viridis",
) -> HeadGridDrawing:
    """Draw all heads into a part of a figure.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    grid : HeadGrid
    place : (left, bottom, width, height)
        As parts of the figure.
    theme : Theme
    palette : str
        One of `provis_core.scenes.colors.palette_names`, or with ``_r`` turned around.

    Returns
    -------
    HeadGridDrawing

    Raises
    ------
    InstallError
        If there is no matplotlib.
    InputError
        If there is no such palette.
    """
    with own_style():
        return HeadGridDrawing(figure, grid, place, theme, palette)


def grid_height(grid: HeadGrid, width: float, theme: Theme) -> float:
    """Height in points at which a head grid of this width looks well."""
    left, bottom, right, top = _margins(grid, theme)
    each = 0.7 * 0.8 * (width - left - right) / grid.n_heads
    return bottom + top + grid.n_layers * min(max(each, 5.0), 15.0)


class HeadGridDrawing:
    """A drawn head grid. Made by `draw_head_grid`.

    Attributes
    ----------
    grid : HeadGrid
    axes, bars : matplotlib.axes.Axes
        Of the cells, and of the largest values per layer.
    """

    def __init__(self, figure: Figure, grid: HeadGrid, place: Place, theme: Theme, palette: str) -> None:
        from matplotlib.collections import PolyCollection

        self.grid = grid
        self._theme, self._place = theme, place
        self._palette = palette
        self._table = self._colors(grid)
        size = theme.font_size
        gap, bar = 1.2 * size, 0.9 * size

        def widths(width: float) -> tuple[float, float]:
            left, _, right, _ = _margins(self.grid, theme)
            room = width - left - right - 2 * gap - bar
            return 0.8 * room, 0.2 * room

        def cells(width: float, height: float) -> Area:
            left, bottom, _, top = _margins(self.grid, theme)
            return Area(left, bottom, widths(width)[0], height - bottom - top)

        def bars(width: float, height: float) -> Area:
            first, second = widths(width)
            left, bottom, _, top = _margins(self.grid, theme)
            return Area(left + first + gap, bottom, second, height - bottom - top)

        def colors(width: float, height: float) -> Area:
            _, bottom, right, top = _margins(self.grid, theme)
            return Area(width - right - bar, bottom, bar, height - bottom - top)

        self.axes = add_axes(figure, place, cells, theme, label="heads")
        self.bars = add_axes(figure, place, bars, theme, label="layers")
        locator, formatter = head_locator(lambda: self.grid.n_heads, theme, is_x=True)
        self.axes.xaxis.set_major_locator(locator)
        self.axes.xaxis.set_major_formatter(formatter)
        for axes in (self.axes, self.bars):
            locator, formatter = head_locator(lambda: self.grid.n_layers, theme, is_x=False)
            axes.yaxis.set_major_locator(locator)
            axes.yaxis.set_major_formatter(formatter)
        low = 1.2 * theme.tick_size + 5
        set_labels(self.bars, theme, "Max", "", x_points=low, y_points=0)
        away = label_width(max(2, len(str(grid.n_layers))), theme.tick_size) + 5
        set_labels(self.axes, theme, "Head", "Layer", x_points=low, y_points=away)
        self.bars.tick_params(labelleft=False)
        for side in ("top", "right"):
            self.bars.spines[side].set_visible(False)
        add_raster(self.axes, self._paint)
        self._lengths = PolyCollection([], facecolors=theme.received, edgecolors="none")
        self.bars.add_collection(self._lengths, autolim=False)
        (self._reference,) = self.bars.plot([], [], color=theme.text, linewidth=0.8, linestyle=(0, (3, 2)))
        self._best = self.axes.scatter(
            [], [], s=9, marker="o", facecolors="#ffffff", edgecolors="#000000", linewidths=0.6, zorder=4
        )
        self._outlines: list[Any] = []
        self._key = Key(self.axes, theme, swatch=1.2)
        self.color_bar = ColorBar(figure, place, colors, theme, self._table, self._scale(), grid.axis_label)
        self.update(grid)

    def update(self, grid: HeadGrid, palette: str | None = None) -> None:
        """Show other numbers, in the same axes. The chosen heads stay outlined."""
        with own_style():
            self._show(grid, palette)

    def choose(self, heads: Sequence[Head], colors: Sequence[str] = ()) -> None:
        """Outline heads.

        Parameters
        ----------
        heads : sequence of HeadId or HeadSet
            The chosen one first, then those that are overlaid.
        colors : sequence of str
            ``#rrggbb`` of each; by default that of the theme for the first and grey tones for others.
        """
        self._outlines = outline_heads(self.axes, self._outlines, heads, colors, self._theme)

    def pick(self, x: float, y: float) -> HeadId | None:
        """The head at a place in the data coordinates of `axes`; None outside of the grid."""
        layer, head = int(np.floor(y + 0.5)), int(np.floor(x + 0.5))
        inside = 0 <= layer < self.grid.n_layers and 0 <= head < self.grid.n_heads
        return HeadId(layer, head) if inside else None

    def _show(self, grid: HeadGrid, palette: str | None) -> None:
        self.grid = grid
        self._palette = palette or self._palette
        self._table = self._colors(grid)
        self.color_bar.update(self._table, self._scale(), grid.axis_label)
        self.axes.set_xlim(-0.5, grid.n_heads - 0.5)
        for axes in (self.axes, self.bars):
            axes.set_ylim(grid.n_layers - 0.5, -0.5)
        self._title = set_title(self.axes, self._theme, grid.title, 1.9 * self._theme.tick_size)
        self._best.set_offsets(np.array([[head.head, head.layer] for head in grid.best]).reshape(-1, 2))
        self._update_bars()
        self._show_key()

    def _colors(self, grid: HeadGrid) -> Any:
        return make_color_table(SIGNED_PALETTE if grid.is_signed else self._palette)

    def _scale(self) -> Scale:
        grid = self.grid
        shown = grid.values[~grid.muted & np.isfinite(grid.values)]
        above = bool((shown > grid.high * (1 + 1e-9)).any())
        return Scale("linear", grid.low, grid.high, above=above, below=bool((shown < grid.low).any()))

    def _update_bars(self) -> None:
        grid = self.grid
        largest = np.where(np.isnan(grid.layer_max), grid.low, grid.layer_max)
        row = np.arange(grid.n_layers)
        start = np.full(grid.n_layers, max(0.0, grid.low) if grid.low >= 0 else 0.0)
        corners = [(start, row - 0.36), (largest, row - 0.36), (largest, row + 0.36), (start, row + 0.36)]
        self._lengths.set_verts(list(np.stack([np.column_stack(corner) for corner in corners], axis=1)))
        known = np.isfinite(grid.reference)
        ends = [largest.max(initial=grid.low), grid.reference if known else grid.low, grid.high]
        self.bars.set_xlim(min(grid.low, start.min(initial=0.0)), max(ends) * 1.05 or 1.0)
        ticks = round_values(*self.bars.get_xlim(), 4)
        ticks = [ticks[0], ticks[-1]]
        self.bars.set_xticks(ticks, [format_value(value) for value in ticks])
        line = (2 * [grid.reference], [-0.5, grid.n_layers - 0.5]) if known else ([], [])
        self._reference.set_data(*line)

    def _show_key(self) -> None:
        from matplotlib.lines import Line2D
        from matplotlib.patches import Patch

        grid, theme = self.grid, self._theme
        handles: list[Any] = []
        if grid.best:
            dot = Line2D(
                [],
                [],
                linestyle="none",
                marker="o",
                markersize=3,
                label=grid.best_reason if grid.is_signed else "best",
            )
            dot.set(markerfacecolor="#ffffff", markeredgecolor="#000000", markeredgewidth=0.6)
            handles.append(dot)
        if grid.muted.any():
            handles.append(Patch(facecolor=theme.muted, label=grid.muted_reason or f"too few {grid.counted}"))
        if np.isfinite(grid.reference):
            unit = f" {grid.unit}" if grid.unit else ""
            label = f"background ({format_value(grid.reference)}{unit})"
            handles.append(
                Line2D([], [], color=theme.text, linewidth=0.8, linestyle=(0, (3, 2)), label=label)
            )
        self._key.show(handles, 0.35 * theme.tick_size)

    def _paint(self, box: Any, per_point: float, scale: float) -> list[Piece]:
        grid, theme = self.grid, self._theme
        room = room_beside(self.axes, self._place)
        fit_words(self._title, grid.title, theme, room)
        self._key.fit(room)
        width, height = pixel_size(box, scale)
        fractions = np.nan_to_num(self._scale().fractions(grid.values.astype(np.float32)))
        colors = self._table[np.round(255 * fractions).astype(int)]
        colors[np.isnan(grid.values)] = rgb_of(theme.missing)
        colors[grid.muted] = rgb_of(theme.muted)
        rows = make_bins(*self.axes.get_ylim()[::-1], height, grid.n_layers)
        columns = make_bins(*self.axes.get_xlim(), width, grid.n_heads)
        index = np.arange(grid.n_layers * grid.n_heads).reshape(grid.n_layers, grid.n_heads)
        image = np.full((height, width, 4), 255, dtype=np.uint8)
        image[:, :, :3] = colors.reshape(-1, 3)[sample(index, rows, columns, 0)]
        gap = max(1, round(0.4 * per_point * scale))
        if min(height / grid.n_layers, width / grid.n_heads) >= 5 * gap:
            for line in range(gap):
                image[np.roll(find_edges(rows), line), :, :3] = rgb_of(theme.background)
                image[:, np.roll(find_edges(columns), line), :3] = rgb_of(theme.background)
        return [Piece(box.x0, box.y0, image)]


def outline_heads(
    axes: Axes, old: Sequence[Any], heads: Sequence[Head], colors: Sequence[str], theme: Theme
) -> list[Any]:
    """Take old outlines away and draw new ones; see `HeadGridDrawing.choose`."""
    from matplotlib.patches import Rectangle
    from matplotlib.patheffects import withStroke

    for patch in old:
        patch.remove()
    fallback = [theme.choice, theme.received, theme.mark]
    outlines = []
    for k, head in enumerate(heads):
        color = colors[k] if k < len(colors) else fallback[min(k, 2)]
        for one in head.heads:
            patch = Rectangle((one.head - 0.5, one.layer - 0.5), 1, 1, fill=False, edgecolor=color)
            patch.set(linewidth=1.6, zorder=6 - 0.1 * min(k, 9), clip_on=False, joinstyle="miter")
            patch.set_path_effects([withStroke(linewidth=3.2, foreground=theme.background)])
            axes.add_patch(patch)
            outlines.append(patch)
    return outlines


def _margins(grid: HeadGrid, theme: Theme) -> tuple[float, float, float, float]:
    """Left, lower, right and upper one, in points."""
    size, tick = theme.font_size, theme.tick_size
    return (
        1.5 * size + label_width(max(2, len(str(grid.n_layers))), tick) + 6,
        1.3 * tick + 1.5 * size + 6,
        label_width(5, tick) + 1.7 * size + 6,
        1.6 * size + 1.8 * tick,
    )
