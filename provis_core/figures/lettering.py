"""Words of a picture: labels at fixed distances, titles and keys that fit, names of several chains.

All distances are in points. matplotlib is imported when something is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from .fonts import fit, measure
from .theme import Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text

__all__ = ["ChainNames", "Key", "fit_words", "label_width", "set_labels", "set_title"]

_FEW: Final = 3  # letters of a name of a chain: shorter ones say nothing


def label_width(n_letters: int, size: float) -> float:
    """Width of some digits in points."""
    return 0.65 * size * n_letters


def set_labels(axes: Axes, theme: Theme, x: str, y: str, *, x_points: float, y_points: float) -> None:
    """Axis labels at a fixed distance: matplotlib need not measure all ticks at every draw.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    theme : Theme
    x, y : str
    x_points, y_points : float
        From the axes to the near edge of the label.
    """
    from matplotlib.transforms import ScaledTranslation

    figure = axes.figure
    below = axes.transAxes + ScaledTranslation(0, -x_points / 72, figure.dpi_scale_trans)
    beside = axes.transAxes + ScaledTranslation(-y_points / 72, 0, figure.dpi_scale_trans)
    axes.set_xlabel(x, fontsize=theme.font_size, color=theme.text, va="top")
    axes.set_ylabel(y, fontsize=theme.font_size, color=theme.text, va="bottom")
    axes.xaxis.set_label_coords(0.5, 0, transform=below)
    axes.yaxis.set_label_coords(0, 0.5, transform=beside)


def set_title(axes: Axes, theme: Theme, text: str, pad: float) -> Text:
    """A title above the left end of axes, `pad` points away; always the same artist."""
    return axes.set_title(text, fontsize=theme.font_size, color=theme.text, loc="left", pad=pad, y=1.0)


def fit_words(text: Text, words: str, theme: Theme, room: float) -> None:
    """Write a title or label so small, and if need be so short, that it fits into `room` points."""
    shown, size = fit(words, theme.font_size, theme.smallest, room)
    text.set_text(shown)
    text.set_fontsize(size)


class Key:
    """What colours and marks mean, in one line above axes.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    theme : Theme
    swatch : float
        Width of a colour or mark, in sizes of the font.
    """

    def __init__(self, axes: Axes, theme: Theme, swatch: float = 0.9) -> None:
        self._axes, self._theme, self._swatch = axes, theme, swatch
        self._legend: Any = None
        self._entries: tuple[Any, ...] = ()

    def show(self, handles: Sequence[Any], lift: float) -> None:
        """Replace the entries: labelled artists, `lift` points above the axes."""
        from matplotlib.transforms import ScaledTranslation

        entries = (lift, *((item.get_label(), _color_of(item)) for item in handles))
        if entries == self._entries:
            return
        self._entries = entries
        if self._legend is not None:
            self._legend.remove()
            self._legend = None
        if not handles:
            return
        axes = self._axes
        above = ScaledTranslation(0, lift / 72, axes.figure.dpi_scale_trans)
        self._legend = axes.legend(
            handles=list(handles), loc="lower left", ncol=len(handles), frameon=False, borderpad=0,
            borderaxespad=0, bbox_to_anchor=(0, 1), bbox_transform=axes.transAxes + above,
            fontsize=self._theme.tick_size, labelcolor=self._theme.text, handlelength=self._swatch,
            handleheight=0.7, handletextpad=0.4, columnspacing=1.0,
        )  # fmt: skip

    def fit(self, room: float) -> None:
        """Make the words so small, and the longest so short, that the line fits into `room` points."""
        if self._legend is None:
            return
        theme, words = self._theme, [words for words, _ in self._entries[1:]]
        left = room - (self._swatch + 0.4 + 1.0) * theme.tick_size * len(words)
        wide = sum(map(measure, words))
        size = min(theme.tick_size, max(theme.smallest, left / max(wide, 1e-6)))
        share = max(map(measure, words), default=0.0)  # the longest that a word may be
        while share > 0 and sum(min(measure(one), share) for one in words) * size > left:
            share -= 0.5
        for text, one in zip(self._legend.get_texts(), words, strict=True):
            text.set_text(fit(one, size, size, max(share * size, 0.0) + 0.01)[0])
            text.set_fontsize(size)


class ChainNames:
    """The names of several chains below a picture and beside it, in the middle of what is seen of each.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    theme : Theme
    """

    def __init__(self, axes: Axes, theme: Theme) -> None:
        self._axes, self._theme = axes, theme
        self._below: list[Any] = []
        self._beside: list[Any] = []
        self._ends: list[int] = []
        self._words: list[str] = []

    def show(
        self, names: Sequence[str], ends: Sequence[int], x_points: float, y_points: float | None = None
    ) -> None:
        """Replace the names.

        Parameters
        ----------
        names : sequence of str
            None if there are fewer than two.
        ends : sequence of int
            First place of each chain, and one behind the last.
        x_points, y_points : float
            From the axes; none are beside them without `y_points`.
        """
        from matplotlib.transforms import ScaledTranslation, blended_transform_factory

        for text in (*self._below, *self._beside):
            text.remove()
        self._below, self._beside, self._ends = [], [], list(ends)
        self._words = [name or "-" for name in names]
        if len(names) < 2:
            return
        axes = self._axes
        scale = axes.figure.dpi_scale_trans
        style: dict[str, Any] = {
            "fontsize": self._theme.tick_size, "color": self._theme.text, "ha": "center",
        }  # fmt: skip
        words = self._words
        down = ScaledTranslation(0, -x_points / 72, scale)
        below = blended_transform_factory(axes.transData, axes.transAxes) + down
        self._below = [axes.text(0, 0, word, va="top", transform=below, **style) for word in words]
        if y_points is not None:
            left = ScaledTranslation(-y_points / 72, 0, scale)
            beside = blended_transform_factory(axes.transAxes, axes.transData) + left
            style |= {"va": "bottom", "rotation": 90, "rotation_mode": "anchor"}
            self._beside = [axes.text(0, 0, word, transform=beside, **style) for word in words]

    @staticmethod
    def height(names: Sequence[str], theme: Theme) -> float:
        """Points that the names of several chains need."""
        return 1.3 * theme.tick_size if len(names) > 1 else 0.0

    def place(self) -> None:
        """Follow the zoom; called at every draw."""
        axes, theme = self._axes, self._theme
        per_point = axes.figure.dpi / 72
        for texts, limits, side in (
            (self._below, axes.get_xlim(), axes.bbox.width / per_point),
            (self._beside, axes.get_ylim(), axes.bbox.height / per_point),
        ):
            for k, text in enumerate(texts):
                low = max(min(limits), self._ends[k] - 0.5)
                high = min(max(limits), self._ends[k + 1] - 0.5)
                room = side * max(0.0, high - low) / abs(limits[1] - limits[0]) - 0.4 * theme.tick_size
                shown, size = fit(self._words[k], theme.tick_size, theme.smallest, room)
                # too little of the chain for its name
                text.set_visible(room > 0 and len(shown) >= min(_FEW, len(self._words[k])))
                text.set_text(shown)
                text.set_fontsize(size)
                middle = (low + high) / 2
                text.set_position((middle, 0) if texts is self._below else (0, middle))


def _color_of(item: Any) -> Any:
    return item.get_facecolor() if hasattr(item, "get_facecolor") else item.get_color()
