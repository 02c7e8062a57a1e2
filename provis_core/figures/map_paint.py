"""An attention map as pixels: weights, contacts and marks in one image, for a screen or for paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from .map_view import MapView
from .pixels import Bins, make_bins, outline, sample
from .strips import Strip
from .theme import Theme, make_color_table, rgb_of

__all__ = ["MapPainter", "paint_strip"]

_MARK_STRENGTH: Final = 0.35  # how much of a marked row is the colour of the mark
_LINE_POINTS: Final = 0.6  # width of the outline of contacts
_WIDE_CELL: Final = 5  # widths of the line, from which on contacts are outlined inside of their cells


@dataclass(frozen=True)
class _Window:
    """What is visible and how many pixels it has."""

    x: tuple[float, float]
    y: tuple[float, float]
    width: int
    height: int
    per_point: float


class MapPainter:
    """Paints a map; what did not change since the last picture is not computed again.

    Parameters
    ----------
    view : MapView
    theme : Theme
    palette : str
    """

    def __init__(self, view: MapView, theme: Theme, palette: str) -> None:
        self._theme = theme
        self._view, self._palette = view, palette
        self._marks = np.zeros(view.n, dtype=np.bool_)
        self._window: _Window | None = None
        self._base: npt.NDArray[np.uint8] | None = None
        self._bins: tuple[Bins, Bins] | None = None
        self._table = make_color_table(palette, theme.background)

    @property
    def view(self) -> MapView:
        """What is painted."""
        return self._view

    @property
    def table(self) -> npt.NDArray[np.uint8]:
        """The colours of the palette, shape (256, 3), dtype uint8."""
        return self._table

    @property
    def marks(self) -> npt.NDArray[np.bool_]:
        """Residues whose row and column are marked, shape (n,)."""
        return self._marks

    def change(self, view: MapView | None = None, palette: str | None = None) -> None:
        """Paint another map, or in another palette. Marks stay if the residues are as many."""
        if view is not None:
            self._marks = self._marks if view.n == self._view.n else np.zeros(view.n, dtype=np.bool_)
            self._view = view
        if palette is not None:
            self._palette, self._table = palette, make_color_table(palette, self._theme.background)
        self._window = None

    def mark(self, marks: npt.NDArray[np.bool_]) -> None:
        """Mark the rows and columns of some residues, shape (n,)."""
        marks = np.array(marks, dtype=np.bool_)
        if marks.shape != (self._view.n,):
            raise ValueError(f"marks have shape {marks.shape}, the map {self._view.n} residues")
        self._marks = marks

    def paint(
        self, x: tuple[float, float], y: tuple[float, float], width: int, height: int, per_point: float
    ) -> npt.NDArray[np.uint8]:
        """The map as it is seen.

        Parameters
        ----------
        x, y : (float, float)
            Places at the left and right, and at the upper and lower edge.
        width, height : int
            Pixels.
        per_point : float
            Pixels of a typographic point, for the width of lines.

        Returns
        -------
        numpy.ndarray, shape (height, width, 4), dtype uint8
            Red, green, blue and 255; the upper row first.
        """
        window = _Window(x, y, width, height, per_point)
        if self._base is None or self._bins is None or window != self._window:
            rows, columns = make_bins(*y, height, self._view.n), make_bins(*x, width, self._view.n)
            self._bins, self._window = (rows, columns), window
            self._base = self._paint_base(rows, columns, per_point)
        if not self._marks.any():
            return self._base
        image = self._base.copy()
        rows, columns = self._bins
        in_rows, in_columns = _marked(self._marks, rows), _marked(self._marks, columns)
        ink = _MARK_STRENGTH * rgb_of(self._theme.mark).astype(np.float32)
        image[in_rows, :, :3] = _blend(image[in_rows, :, :3], ink)
        others = np.ix_(~in_rows, in_columns, np.arange(3))
        image[others] = _blend(image[others], ink)
        return image

    def _paint_base(self, rows: Bins, columns: Bins, per_point: float) -> npt.NDArray[np.uint8]:
        view, theme = self._view, self._theme
        image = np.empty((len(rows.first), len(columns.first), 4), dtype=np.uint8)
        fractions = view.scale.fractions(sample(view.image, rows, columns, np.nan))
        unknown = np.isnan(fractions)
        colors = np.concatenate([self._table, np.full((256, 1), 255, dtype=np.uint8)], axis=1)
        index = np.where(unknown, 0, fractions * 255 + 0.5).astype(np.uint8)
        # four bytes at a time
        image.view(np.uint32)[..., 0] = np.ascontiguousarray(colors).view(np.uint32)[index, 0]
        if unknown.any():
            image[unknown, :3] = rgb_of(theme.missing)
        if view.contacts is not None and view.contacts_as != "none":
            self._add_contacts(image, rows, columns, per_point)
        out = (~rows.inside)[:, None] | (~columns.inside)[None, :]
        if out.any():
            image[out, :3] = rgb_of(theme.background)
        return image

    def _add_contacts(
        self, image: npt.NDArray[np.uint8], rows: Bins, columns: Bins, per_point: float
    ) -> None:
        view, theme = self._view, self._theme
        assert view.contacts is not None
        contacts = sample(view.contacts, rows, columns, False)
        if view.contacts_as == "triangle":
            lower = rows.first[:, None] > columns.first[None, :]
            image[lower, :3] = rgb_of(theme.background)
            image[lower & contacts, :3] = rgb_of(theme.line)
            return
        thickness = max(1, round(_LINE_POINTS * per_point))
        n_cells = max(1, int(columns.first.max()) - int(columns.first.min()) + 1)
        is_wide = len(columns.first) / n_cells >= _WIDE_CELL * thickness
        image[outline(contacts, thickness, inner=is_wide), :3] = rgb_of(theme.contact)


def paint_strip(
    strip: Strip, low: float, high: float, n_pixels: int, background: str
) -> npt.NDArray[np.uint8]:
    """A strip as it is seen.

    Parameters
    ----------
    strip : Strip
    low, high : float
        Places at the outer edges of the first and the last pixel.
    n_pixels : int
    background : str
        ``#rrggbb`` of residues without a colour.

    Returns
    -------
    numpy.ndarray, shape (n_pixels, 4), dtype uint8
        Where several residues share a pixel, the last that has a colour.
    """
    bins = make_bins(low, high, n_pixels, len(strip.rgb))
    colored = np.isfinite(strip.rgb[:, 0])
    cells = np.where(colored, np.arange(len(colored)), -1)
    index = sample(cells[:, None], bins, Bins(np.zeros(1, dtype=np.int64), 1, False), -1)[:, 0]
    pixels = np.full((n_pixels, 4), 255, dtype=np.uint8)
    pixels[:, :3] = rgb_of(background)
    pixels[index >= 0, :3] = np.round(255 * strip.rgb[index[index >= 0]])
    return pixels


def _marked(marks: npt.NDArray[np.bool_], bins: Bins) -> npt.NDArray[np.bool_]:
    result: npt.NDArray[np.bool_] = sample(
        marks[:, None], bins, Bins(np.zeros(1, dtype=np.int64), 1, False), False
    )[:, 0]
    return result


def _blend(pixels: npt.NDArray[np.uint8], ink: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    mixed: npt.NDArray[np.uint8] = ((1 - _MARK_STRENGTH) * pixels + ink).astype(np.uint8)
    return mixed
