"""What all pictures share: places in points, images made of the pixels that are there, ticks that fit.

matplotlib is imported when a picture is drawn. Nothing here knows a window or pyplot, and no global setting
of matplotlib is changed.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from .fonts import SPARE, find_font, find_matplotlib
from .lettering import label_width
from .residue_axis import ResidueAxis
from .theme import Theme, rgb_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "Area",
    "Piece",
    "Place",
    "add_axes",
    "add_raster",
    "cover",
    "head_locator",
    "own_style",
    "pixel_size",
    "residue_locator",
    "room_beside",
    "style_axes",
]

Place = tuple[float, float, float, float]
"""Left, bottom, width and height as parts of the figure."""


_STYLE: Final = (
    "text.", "axes.", "xtick.", "ytick.", "font.", "legend.", "lines.", "patch.", "path.", "image.",
    "scatter.", "mathtext.", "figure.", "savefig.", "pdf.", "svg.",
)  # fmt: skip


class Area(NamedTuple):
    """A rectangle in points, from the lower left corner of a picture's place."""

    left: float
    bottom: float
    width: float
    height: float


class Piece(NamedTuple):
    """Pixels and where their lower left corner is, in pixels of the figure."""

    x: float
    y: float
    image: npt.NDArray[np.uint8]


@contextmanager
def own_style() -> Iterator[None]:
    """Whatever the user's settings of matplotlib are, our pictures look the same.

    Raises
    ------
    InstallError
        If there is no matplotlib.
    """
    matplotlib = find_matplotlib()
    ours: Any = {
        key: value
        for key, value in matplotlib.rcParamsDefault.items()
        if key.startswith(_STYLE) and key != "savefig.directory"
    }
    # SVG names all of them: who opens it may have another one
    ours["font.family"] = list(dict.fromkeys([find_font(), SPARE]))
    if "text.parse_math" in ours:  # a $ in the name of an object is a $
        ours["text.parse_math"] = False
    with matplotlib.rc_context(ours):
        yield


def add_axes(
    figure: Figure, place: Place, layout: Callable[[float, float], Area], theme: Theme, **kwargs: Any
) -> Axes:
    """Axes whose box is computed in points at every draw, so that margins fit the text at any size.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    place : Place
        Part of the figure that the picture has.
    layout : callable
        Gets width and height of the picture in points, gives the box of the axes.
    theme : Theme
    **kwargs
        For `Figure.add_axes`.

    Returns
    -------
    matplotlib.axes.Axes
    """
    from matplotlib.transforms import Bbox

    def locate(axes: Any = None, renderer: Any = None) -> Bbox:
        per_point = figure.dpi / 72
        width, height = figure.bbox.width / per_point, figure.bbox.height / per_point
        box = layout(place[2] * width, place[3] * height)
        return Bbox.from_bounds(
            place[0] + box.left / width,
            place[1] + box.bottom / height,
            max(box.width, 1.0) / width,
            max(box.height, 1.0) / height,
        )

    axes = figure.add_axes(locate().bounds, **kwargs)
    axes.set_axes_locator(locate)
    style_axes(axes, theme)
    return axes


def style_axes(axes: Axes, theme: Theme) -> None:
    """Frame, ticks and background of axes in the colours of a theme."""
    axes.set_facecolor(theme.background)
    for spine in axes.spines.values():
        spine.set_color(theme.line)
        spine.set_linewidth(theme.line_width)
    axes.tick_params(
        which="both",
        color=theme.line,
        labelcolor=theme.text,
        labelsize=theme.tick_size,
        width=theme.line_width,
        length=2.5,
        pad=1.5,
    )


def add_raster(axes: Axes, pieces: Callable[[Any, float, float], list[Piece]], zorder: float = 1.0) -> Any:
    """An artist that draws pixels exactly where they are seen, at whatever size and zoom.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    pieces : callable
        Gets the box of the axes in pixels of the renderer, how many pixels a point has, and how many pixels
        of an image one of the renderer has (more than one in PDF and SVG); gives the images, the upper row
        first.
    zorder : float

    Returns
    -------
    matplotlib.artist.Artist
    """
    raster = _raster_class()(pieces)
    raster.set_zorder(zorder)
    axes.add_artist(raster)
    raster.set_clip_on(False)
    return raster


@functools.cache
def _raster_class() -> Any:
    from matplotlib.artist import Artist

    class Raster(Artist):
        def __init__(self, pieces: Callable[[Any, float, float], list[Piece]]) -> None:
            super().__init__()
            self._pieces = pieces

        def draw(self, renderer: Any) -> None:
            if not self.get_visible():
                return
            assert self.axes is not None
            context = renderer.new_gc()
            scale = renderer.get_image_magnification()
            for piece in self._pieces(self.axes.bbox, renderer.points_to_pixels(1.0), scale):
                if piece.image.size:
                    image = np.ascontiguousarray(piece.image[::-1])
                    renderer.draw_image(context, piece.x, piece.y, image)
            context.restore()
            self.stale = False

        def get_window_extent(self, renderer: Any = None) -> Any:
            assert self.axes is not None
            return self.axes.bbox

    return Raster


def cover(renderer: Any, extents: tuple[float, float, float, float], theme: Theme) -> None:
    """Paint a part of an Agg canvas (left, bottom, right, top in pixels) in the colour of the background."""
    left, bottom, right, top = (round(value) for value in extents)
    image = np.full((max(1, top - bottom), max(1, right - left), 4), 255, dtype=np.uint8)
    image[:, :, :3] = rgb_of(theme.background)
    context = renderer.new_gc()
    renderer.draw_image(context, left, bottom, image)
    context.restore()


def room_beside(axes: Axes, place: Place) -> float:
    """Points from the left end of axes to the right end of the picture."""
    figure = axes.figure
    right = (place[0] + place[2]) * figure.bbox.width
    return float(right - axes.bbox.x0) * 72 / figure.dpi


def pixel_size(box: Any, scale: float) -> tuple[int, int]:
    """Width and height in pixels of an image that fills a box of the renderer's pixels."""
    if scale == 1:  # the corners are rounded where the image is put
        return max(1, round(box.x1) - round(box.x0)), max(1, round(box.y1) - round(box.y0))
    return max(1, round(box.width * scale)), max(1, round(box.height * scale))


def residue_locator(axis: Callable[[], ResidueAxis], theme: Theme, *, is_x: bool) -> tuple[Any, Any]:
    """Locator and formatter of an axis of residues: as many ticks as there is room for, at every zoom.

    Along y there are no more than along x, so that both sides of a map have the same.

    Parameters
    ----------
    axis : callable
        Gives the `ResidueAxis` as it is now.
    theme : Theme
    is_x : bool

    Returns
    -------
    matplotlib.ticker.Locator, matplotlib.ticker.Formatter
    """
    from matplotlib.ticker import FuncFormatter

    def places(low: float, high: float, points: float) -> npt.NDArray[np.int64]:
        size = theme.tick_size
        room = label_width(max(2, axis().longest_label), size) + 0.8 * size
        spacing = room * (high - low) / max(points, 1.0)
        return axis().ticks(low, high, spacing).places

    def text(value: float, _: Any = None) -> str:
        place = round(value)
        return axis().resi[place] if 0 <= place < axis().n else ""

    return _locator_class()(places, is_x), FuncFormatter(text)


def head_locator(count: Callable[[], int], theme: Theme, *, is_x: bool) -> tuple[Any, Any]:
    """Locator and formatter of layers or heads: places from 0, labels from 1."""
    from matplotlib.ticker import FuncFormatter

    def places(low: float, high: float, points: float) -> npt.NDArray[np.int64]:
        n, size = count(), theme.tick_size
        room = label_width(len(str(n)), size) + 0.6 * size if is_x else 1.45 * size
        each = points / max(high - low, 1e-6)
        step = next((k for k in (1, 2, 5, 10, 20, 50) if k * each >= room), 100)
        return np.arange(step, n + 1, step) - 1

    return _locator_class()(places, is_x), FuncFormatter(lambda value, _=None: f"{round(value) + 1}")


@functools.cache
def _locator_class() -> Any:
    from matplotlib.ticker import Locator

    class PlaceLocator(Locator):
        """Ticks from the visible range and the length of the axis in points."""

        def __init__(self, places: Callable[[float, float, float], Any], is_x: bool) -> None:
            self._places = places
            self._is_x = is_x

        def __call__(self) -> Any:
            assert self.axis is not None
            low, high = sorted(self.axis.get_view_interval())
            return self.tick_values(low, high)

        def tick_values(self, vmin: float, vmax: float) -> Any:
            axes = self.axis.axes  # type: ignore[union-attr]
            pixels = axes.bbox.width if self._is_x else axes.bbox.height
            return self._places(vmin, vmax, 72 * pixels / axes.figure.dpi)

    return PlaceLocator
