"""The bar that says which colour means which value."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .frame import Area, Piece, Place, add_axes, add_raster, cover, pixel_size
from .lettering import fit_words, label_width
from .scales import Scale
from .theme import Theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["ColorBar"]


class ColorBar:
    """A palette with the values of a scale, upright.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    place : Place
    layout : callable
        As in `add_axes`.
    theme : Theme
    table : numpy.ndarray, shape (256, 3), dtype uint8
    scale : Scale
    label : str
    letters : int
        Length of the longest label of a tick, if the bar's label must not move with them; 0 if it may.
    """

    def __init__(
        self,
        figure: Figure,
        place: Place,
        layout: Callable[[float, float], Area],
        theme: Theme,
        table: npt.NDArray[np.uint8],
        scale: Scale,
        label: str,
        letters: int = 0,
    ) -> None:
        self._letters = letters
        self.axes = add_axes(figure, place, layout, theme)
        self._theme = theme
        self._table, self._scale = table, scale
        self._words = label
        self._ticks: tuple[list[float], tuple[str, ...]] = ([], ())
        self.axes.set_xticks([])
        self.axes.set_xlim(0, 1)
        self.axes.set_ylim(0, 1)
        self.axes.yaxis.tick_right()
        self.axes.yaxis.set_label_position("right")
        self.axes.set_navigate(False)
        self._label = self.axes.set_ylabel(
            label, fontsize=theme.font_size, color=theme.text, rotation=270, va="bottom"
        )
        add_raster(self.axes, self._paint)
        self.update(table, scale, label)

    def update(self, table: npt.NDArray[np.uint8], scale: Scale, label: str) -> None:
        """Show another scale."""
        self._table, self._scale = table, scale
        self._words = label[:1].upper() + label[1:]
        self._label.set_text(self._words)
        self._fit_ticks()

    def _fit_ticks(self) -> None:
        """As many ticks as there is room for; called at every draw: the figure may have another size."""
        from matplotlib.transforms import ScaledTranslation

        axes, tick_size = self.axes, self._theme.tick_size
        points = 72 * axes.bbox.height / axes.figure.dpi
        fit_words(self._label, self._words, self._theme, points)
        fractions, labels = self._scale.ticks(int(np.clip(points / (2.2 * tick_size), 2, 6)))
        if (fractions.tolist(), labels) != self._ticks:
            self._ticks = fractions.tolist(), labels
            axes.set_yticks(fractions.tolist(), list(labels))
            away = label_width(self._letters or max(map(len, labels), default=1), tick_size) + 5
            beside = axes.transAxes + ScaledTranslation(away / 72, 0, axes.figure.dpi_scale_trans)
            axes.yaxis.set_label_coords(1, 0.5, transform=beside)

    def redraw(self, renderer: Any) -> None:
        """Draw bar and ticks again over an older picture; the label stays as it is."""
        per_point, size = self.axes.figure.dpi / 72, self._theme.tick_size
        box, edge = self.axes.bbox, 0.6 * size * per_point
        right = box.x1 + (label_width(self._letters, size) + 4) * per_point
        cover(renderer, (box.x0 - edge / 4, box.y0 - edge, right, box.y1 + edge), self._theme)
        self._label.set_visible(False)
        self.axes.draw(renderer)
        self._label.set_visible(True)

    def _paint(self, box: Any, per_point: float, scale: float) -> list[Piece]:
        self._fit_ticks()
        width, height = pixel_size(box, scale)
        index = np.linspace(255, 0, height).round().astype(int)
        image = np.full((height, width, 4), 255, dtype=np.uint8)
        image[:, :, :3] = self._table[index][:, None, :]
        return [Piece(box.x0, box.y0, image)]
