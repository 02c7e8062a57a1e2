"""An attention map as pixels: weights, contacts and marks in one image, for a screen or for paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .map_view import MapView
from .pixels import Bins, make_bins, outline, sample
from .strips import Strip
from .theme import Theme, make_color_table, rgb_of

__all__ = ["MapPainter", "paint_marks", "paint_strip"]

_MARK_STRENGTH: Final = 0.22  # how much of a marked row is the colour of the mark
_LINE_POINTS: Final = 0.7  # width of the outline of contacts
_WIDE_CELL: Final = 5  # widths of the line, from which on contacts are outlined inside of their cells
_DOT_POINTS: Final = 1.0  # the smallest thing that is seen, on a screen and in print
_NOTCH_POINTS: Final = 0.6  # width of a notch at a break of the numbering
_ONE: Final = Bins(np.zeros(1, dtype=np.int64), 1, False)


@dataclass(frozen=True, eq=False)
class _Side:
    """Cells under the pixels of one side of the map."""

    blocks: Bins
    block_of_pixel: npt.NDArray[np.int64]

    @property
    def first(self) -> npt.NDArray[np.int64]:
        """First cell under each pixel."""
        return self.blocks.first[self.block_of_pixel]


class MapPainter:
    """Paints a map; what did not change since the last picture is not computed again.

    Where cells are smaller than a point, a block of a point shows the largest weight in it: a single pair of
    a long chain is still seen on paper.

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
        self._window: tuple[Any, ...] = ()
        self._base = np.empty((0, 0, 4), dtype=np.uint8)
        self._sides: tuple[_Side, _Side] | None = None
        self._lines: tuple[Any, tuple[Any, ...], npt.NDArray[np.bool_]] | None = None
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
        self._window = ()

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
            Pixels of a typographic point.

        Returns
        -------
        numpy.ndarray, shape (height, width, 4), dtype uint8
            Red, green, blue and 255; the upper row first.
        """
        window = (x, y, width, height, per_point)
        if self._sides is None or window != self._window:
            rows = _make_side(*y, height, self._view.n, per_point)
            columns = _make_side(*x, width, self._view.n, per_point)
            self._base = self._paint_base(rows, columns, window)
            self._sides, self._window = (rows, columns), window
        if not self._marks.any():
            return self._base
        rows, columns = self._sides
        image = self._base.copy()
        in_rows, in_columns = _marked(self._marks, rows), _marked(self._marks, columns)
        ink = _MARK_STRENGTH * rgb_of(self._theme.mark).astype(np.float32)
        image[in_rows, :, :3] = _blend(image[in_rows, :, :3], ink)
        others = np.ix_(~in_rows, in_columns, np.arange(3))
        image[others] = _blend(image[others], ink)
        return image

    def find_strongest(self, row: int, column: int) -> tuple[int, int]:
        """The pair that is seen at a cell of the last picture: the strongest of those that share its block.

        Parameters
        ----------
        row, column : int
            Residue indices inside of the map.

        Returns
        -------
        (int, int)
        """
        if self._sides is None:
            return row, column
        spans = [_block_around(side.blocks, k) for side, k in zip(self._sides, (row, column), strict=True)]
        part = np.nan_to_num(self._view.image[spans[0], spans[1]], nan=-1.0)
        if not part.size or part.max() <= self._view.image[row, column]:
            return row, column
        i, j = divmod(int(part.argmax()), part.shape[1])
        return spans[0].start + i, spans[1].start + j

    def _paint_base(self, rows: _Side, columns: _Side, window: tuple[Any, ...]) -> npt.NDArray[np.uint8]:
        view, theme = self._view, self._theme
        fractions = view.scale.fractions(sample(view.image, rows.blocks, columns.blocks, np.nan))
        unknown = np.isnan(fractions)
        colors = np.full((257, 4), 255, dtype=np.uint8)
        colors[:256, :3], colors[256, :3] = self._table, rgb_of(theme.missing)
        index = np.where(unknown, 256, fractions * 255 + 0.5).astype(np.intp)
        # four bytes at a time
        blocks = np.take(colors.view(np.uint32)[:, 0], index)
        image = np.ascontiguousarray(_spread(blocks, rows, columns)).view(np.uint8)
        image = image.reshape(*image.shape[:1], -1, 4)
        if view.contacts is not None and view.contacts_as != "none":
            self._add_contacts(image, rows, columns, window)
        out = (rows.first < 0)[:, None] | (columns.first < 0)[None, :]
        if out.any():
            image[out, :3] = rgb_of(theme.background)
        return image

    def _add_contacts(
        self, image: npt.NDArray[np.uint8], rows: _Side, columns: _Side, window: tuple[Any, ...]
    ) -> None:
        view, theme, per_point = self._view, self._theme, window[-1]
        assert view.contacts is not None
        if view.contacts_as == "triangle":
            contacts = _spread(sample(view.contacts, rows.blocks, columns.blocks, False), rows, columns)
            lower = rows.first[:, None] > columns.first[None, :]
            image[lower, :3] = rgb_of(theme.background)
            image[lower & contacts, :3] = rgb_of(theme.line)
            return
        # another head has the same contacts
        if self._lines is None or self._lines[0] is not view.contacts or self._lines[1] != window:
            contacts = _spread(sample(view.contacts, rows.blocks, columns.blocks, False), rows, columns)
            thickness = max(1, round(_LINE_POINTS * per_point))
            n_cells = max(1, int(columns.first.max()) - int(columns.first.min()) + 1)
            is_wide = len(columns.first) / n_cells >= _WIDE_CELL * thickness
            self._lines = (view.contacts, window, outline(contacts, thickness, inner=is_wide))
        color = np.append(rgb_of(theme.contact), np.uint8(255)).view(np.uint32)
        np.copyto(image.view(np.uint32)[..., 0], color, where=self._lines[2])


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
    index = sample(cells[:, None], bins, _ONE, -1)[:, 0]
    pixels = np.full((n_pixels, 4), 255, dtype=np.uint8)
    pixels[:, :3] = rgb_of(background)
    pixels[index >= 0, :3] = np.round(255 * strip.rgb[index[index >= 0]])
    return pixels


def paint_marks(
    marks: npt.NDArray[np.bool_],
    low: float,
    high: float,
    n_pixels: int,
    per_point: float,
    theme: Theme,
    breaks: npt.NDArray[np.int64],
) -> npt.NDArray[np.uint8]:
    """Marked residues beside the map, and notches where the numbering jumps; as `paint_strip`.

    Parameters
    ----------
    marks : numpy.ndarray of bool, shape (n,)
    low, high, n_pixels
        As in `paint_strip`.
    per_point : float
        Pixels of a typographic point.
    theme : Theme
    breaks : numpy.ndarray, shape (n_breaks,)
        First residues after a jump.

    Returns
    -------
    numpy.ndarray, shape (n_pixels, 4), dtype uint8
    """
    marked = _marked(marks, _make_side(low, high, n_pixels, len(marks), per_point))
    pixels = np.full((n_pixels, 4), 255, dtype=np.uint8)
    pixels[:, :3] = np.where(marked[:, None], rgb_of(theme.mark), rgb_of(theme.background))
    width = max(1, round(_NOTCH_POINTS * per_point))
    start = np.round((breaks - 0.5 - low) / (high - low) * n_pixels - width / 2).astype(int)
    for k in range(width):
        place = start + k
        pixels[place[(place >= 0) & (place < n_pixels)], :3] = rgb_of(theme.line)
    return pixels


def _make_side(low: float, high: float, n_pixels: int, n_cells: int, per_point: float) -> _Side:
    n_blocks = round(n_pixels / (_DOT_POINTS * max(per_point, 1e-6)))
    if abs(high - low) <= n_blocks or n_blocks >= n_pixels:
        n_blocks = n_pixels
    n_blocks = max(1, n_blocks)
    return _Side(
        make_bins(low, high, n_blocks, n_cells), (2 * np.arange(n_pixels) + 1) * n_blocks // (2 * n_pixels)
    )


def _spread(blocks: npt.NDArray[Any], rows: _Side, columns: _Side) -> npt.NDArray[Any]:
    """Blocks as pixels."""
    if len(rows.block_of_pixel) != blocks.shape[0]:
        blocks = blocks[rows.block_of_pixel]
    if len(columns.block_of_pixel) != blocks.shape[1]:
        blocks = blocks[:, columns.block_of_pixel]
    return blocks


def _block_around(bins: Bins, cell: int) -> slice:
    """The cells that share the block of a cell."""
    if not bins.is_many:
        return slice(cell, cell + 1)
    starts = np.sort(bins.first[bins.inside])
    k = int(np.searchsorted(starts, cell, side="right")) - 1
    if k < 0:
        return slice(cell, cell + 1)
    return slice(int(starts[k]), int(starts[k + 1]) if k + 1 < len(starts) else bins.stop)


def _marked(marks: npt.NDArray[np.bool_], side: _Side) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = sample(marks[:, None], side.blocks, _ONE, False)[side.block_of_pixel, 0]
    return found


def _blend(pixels: npt.NDArray[np.uint8], ink: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    mixed: npt.NDArray[np.uint8] = ((1 - _MARK_STRENGTH) * pixels + ink).astype(np.uint8)
    return mixed
