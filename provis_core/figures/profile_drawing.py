"""Draws a `ProfileView`: attention per residue, with sites and secondary structure under it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from .frame import (
    Area,
    Piece,
    Place,
    add_axes,
    add_raster,
    own_style,
    pixel_size,
    residue_locator,
    room_beside,
)
from .lettering import ChainNames, Key, fit_words, label_width, set_labels, set_title
from .map_paint import paint_marks, paint_strip
from .profile_view import ProfileView
from .scales import format_value, round_values
from .theme import LIGHT, Theme, rgb_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["ProfileDrawing", "draw_profile", "profile_height"]

_LANE: Final = 5.0  # points: height of a strip
_LANE_GAP: Final = 1.5
_MARK_STRENGTH: Final = 0.3  # how much of a marked residue's background is the colour of the mark
_NAMED: Final = 12  # residues that can be named in the picture


def draw_profile(
    figure: Figure, view: ProfileView, *, place: Place = (0, 0, 1, 1), theme: Theme = LIGHT
) -> ProfileDrawing:
    """Draw a residue profile into a part of a figure.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    view : ProfileView
    place : (left, bottom, width, height)
        As parts of the figure.
    theme : Theme

    Returns
    -------
    ProfileDrawing

    Raises
    ------
    InstallError
        If there is no matplotlib.
    """
    with own_style():
        return ProfileDrawing(figure, view, place, theme)


def profile_height(view: ProfileView, theme: Theme) -> float:
    """Height in points at which a profile looks well."""
    return 85.0 + _bottom(view, theme) + _top(view, theme)


class ProfileDrawing:
    """A drawn residue profile. Made by `draw_profile`.

    Attributes
    ----------
    view : ProfileView
    axes : matplotlib.axes.Axes
        Residues along x; one unit per residue, residue 0 at 0.
    """

    def __init__(self, figure: Figure, view: ProfileView, place: Place, theme: Theme) -> None:
        from matplotlib.collections import LineCollection

        self.view = view
        self._theme, self._place = theme, place
        self._marks = np.zeros(view.n, dtype=np.bool_)
        self.axes = add_axes(figure, place, self._box, theme, label="profile")
        locator, formatter = residue_locator(lambda: self.view.axis, theme, is_x=True)
        self.axes.xaxis.set_major_locator(locator)
        self.axes.xaxis.set_major_formatter(formatter)
        for side in ("top", "right"):
            self.axes.spines[side].set_visible(False)
        self._received = self.axes.stairs([0.0], [0.0, 1.0], fill=True, color=theme.received, linewidth=0.5)
        self._given = self.axes.stairs(
            [0.0], [0.0, 1.0], baseline=None, color=theme.given, linewidth=0.8, zorder=2
        )
        self._dividers = LineCollection([], colors=theme.text, linewidths=0.8, zorder=2.5)
        self._dividers.set_transform(self.axes.get_xaxis_transform())
        self.axes.add_collection(self._dividers, autolim=False)
        add_raster(self.axes, self._paint, zorder=0.5)
        size = max(theme.smallest, theme.tick_size - 0.5)
        self._names = [
            self.axes.text(
                0, 0, "", rotation=90, ha="center", va="bottom", fontsize=size, color=theme.text,
                visible=False,
            )
            for _ in range(_NAMED)
        ]  # fmt: skip
        self._chain_names = ChainNames(self.axes, theme)
        self._key = Key(self.axes, theme)
        self._words = "Residue"
        self._show(is_new=True)

    def update(self, view: ProfileView) -> None:
        """Show another profile, in the same axes. The zoom stays if the residues are the same."""
        is_new = view.axis.labels != self.view.axis.labels
        if view.n != self.view.n:
            self._marks = np.zeros(view.n, dtype=np.bool_)
        self.view = view
        with own_style():
            self._show(is_new=is_new)

    def mark(self, marks: npt.NDArray[np.bool_]) -> None:
        """Light up some residues, shape (n,)."""
        marks = np.array(marks, dtype=np.bool_)
        if marks.shape != (self.view.n,):
            raise ValueError(f"marks have shape {marks.shape}, the profile {self.view.n} residues")
        self._marks = marks
        self.axes.stale = True

    def reset_zoom(self) -> None:
        """See all residues."""
        self.axes.set_xlim(-0.5, self.view.n - 0.5)

    def pick(self, x: float, y: float = 0.0) -> int | None:
        """Residue index at a place in the data coordinates of `axes`; None outside."""
        index = int(np.floor(x + 0.5))
        return index if 0 <= index < self.view.n else None

    def _show(self, *, is_new: bool) -> None:
        view, theme = self.view, self._theme
        if is_new:
            self.reset_zoom()
        edges = np.arange(view.n + 1) - 0.5
        self._received.set_data(values=np.nan_to_num(view.received), edges=edges, baseline=0)
        self._given.set_visible(view.given is not None)
        if view.given is not None:
            self._given.set_data(values=view.given, edges=edges)
        curves = [view.received] + ([view.given] if view.given is not None else [])
        high = max(float(np.nanmax(one, initial=0.0)) for one in curves)
        low = min(float(np.nanmin(one, initial=0.0)) for one in curves) if view.head else 0.0
        high = high if high > low else low + 1.0
        ticks = round_values(low, high, 5)
        points = 72 * self.axes.bbox.height / self.axes.figure.dpi
        letters = max((len(view.axis.short[k]) for k in view.top), default=0)
        room = label_width(letters, theme.tick_size) + 3 if view.top else 2
        self.axes.set_ylim(low, low + (high - low) / max(0.4, 1 - room / max(points, 1.0)))
        self.axes.set_yticks(ticks, [format_value(value) for value in ticks])
        names = view.axis.chain_names
        below = _lanes(view) + 1.2 * theme.tick_size + 5
        self._chain_names.show(names, [*view.axis.chain_starts, view.n], below)
        self._words = "Residue" + (f" (chain {names[0]})" if len(names) == 1 and names[0] else "")
        set_labels(
            self.axes,
            theme,
            self._words,
            "Relevance" if view.head else "Attention" if view.given is not None else "Attention received",
            x_points=below + ChainNames.height(names, theme),
            y_points=label_width(4, theme.tick_size) + 5,
        )
        self._dividers.set_segments([[(at - 0.5, 0), (at - 0.5, 1)] for at in view.axis.dividers])
        self.axes.spines["bottom"].set_position(("outward", _lanes(view)))
        self._title = set_title(self.axes, theme, view.title, _top(view, theme) - theme.font_size - 3)
        self._show_key()

    def _show_key(self) -> None:
        from matplotlib.lines import Line2D
        from matplotlib.patches import Patch

        view, theme = self.view, self._theme
        handles: list[Any] = []
        if view.given is not None:
            handles = [
                Patch(facecolor=theme.received, label="residues" if view.head else "received"),
                Line2D(
                    [],
                    [],
                    color=theme.given,
                    linewidth=0.8,
                    label=view.head or "given",
                ),
            ]
        entries = dict.fromkeys(entry for strip in view.strips for entry in strip.legend)
        handles += [Patch(facecolor=color, label=word) for word, color in entries]
        self._key.show(handles, 0.0)

    def _box(self, width: float, height: float) -> Area:
        size, tick = self._theme.font_size, self._theme.tick_size
        left = 1.6 * size + label_width(4, tick) + 6
        bottom = _bottom(self.view, self._theme)
        right = 0.8 * size
        return Area(left, bottom, width - left - right, height - bottom - _top(self.view, self._theme))

    def _paint(self, box: Any, per_point: float, scale: float) -> list[Piece]:
        self._chain_names.place()
        self._name_residues(box.width / per_point)
        room = room_beside(self.axes, self._place)
        fit_words(self._title, self.view.title, self._theme, room)
        fit_words(self.axes.xaxis.label, self._words, self._theme, box.width / per_point)
        self._key.fit(room)
        width, height = pixel_size(box, scale)
        limits = self.axes.get_xlim()
        pieces = []
        if self._marks.any():
            pixels = paint_marks(
                self._marks, *limits, width, per_point * scale, self._theme, np.empty(0, dtype=np.int64)
            )
            paper = rgb_of(self._theme.background).astype(np.float32)
            pixels[:, :3] = np.round(paper + _MARK_STRENGTH * (pixels[:, :3] - paper))
            pieces.append(Piece(box.x0, box.y0, np.broadcast_to(pixels[None], (height, width, 4))))
        for k, strip in enumerate(self.view.strips):
            along = paint_strip(strip, *limits, width, self._theme.background)
            thick = max(1, round(_LANE * per_point * scale))
            bottom = box.y0 - (k + 1) * (_LANE + _LANE_GAP) * per_point
            pieces.append(Piece(box.x0, bottom, np.broadcast_to(along[None], (thick, width, 4))))
        return pieces

    def _name_residues(self, points: float) -> None:
        """Name the residues that receive most, as far as the names do not touch."""
        low, high = self.axes.get_xlim()
        room = 1.25 * self._theme.tick_size * (high - low) / max(points, 1.0)
        shown: list[int] = []
        for index in self.view.top:
            if low <= index <= high and all(abs(index - other) >= room for other in shown):
                shown.append(index)
        bottom, top = self.axes.get_ylim()
        per_point = (top - bottom) / max(72 * self.axes.bbox.height / self.axes.figure.dpi, 1.0)
        for k, text in enumerate(self._names):
            text.set_visible(k < len(shown))
            if k < len(shown):
                # names keep off the frame and the lines between chains, and off the bars of their neighbours
                place = min(max(shown[k], low + 0.55 * room), high - 0.55 * room)
                for first in self.view.axis.dividers:
                    if abs(place - (first - 0.5)) < 0.55 * room:
                        place = first - 0.5 + (0.55 if shown[k] >= first else -0.55) * room
                near = slice(max(0, round(place - room / 2)), round(place + room / 2) + 1)
                name = self.view.axis.short[shown[k]]
                highest = top - per_point * label_width(len(name), self._theme.tick_size)
                height = float(np.nanmax(self.view.received[near], initial=0.0)) + 2 * per_point
                text.set_position((place, min(height, highest)))
                text.set_text(name)


def _lanes(view: ProfileView) -> float:
    return len(view.strips) * (_LANE + _LANE_GAP) + (1 if view.strips else 0)


def _bottom(view: ProfileView, theme: Theme) -> float:
    names = ChainNames.height(view.axis.chain_names, theme)
    return _lanes(view) + 1.3 * theme.tick_size + names + 1.5 * theme.font_size + 6


def _top(view: ProfileView, theme: Theme) -> float:
    legend = 1.6 * theme.tick_size if view.given is not None or any(s.legend for s in view.strips) else 0
    return legend + (1.6 * theme.font_size if view.title else 3)
