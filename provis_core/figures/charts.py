"""Charts of tables about many proteins: lines and bars by layer, heads with error bars, small heat maps."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from ..scenes.colors import COLOR_CODES, SERIES
from .theme import LIGHT, Theme, make_color_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["Bars", "Chart", "HeatMap", "Line", "draw_charts"]

_MM: Final = 1 / 25.4
_WIDTH: Final = 180.0  # mm, a double column
_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Line:
    """Numbers in an order.

    Attributes
    ----------
    label : str
        Empty for one that the legend leaves out.
    x, y : numpy.ndarray, shape (n,)
    low, high : numpy.ndarray, shape (n,), optional
        An interval around y, as a band.
    style : {'line', 'level', 'baseline', 'points'}
        A line through the numbers; a horizontal level, dashed, grey for a baseline; open circles in the
        colour of the line before.
    """

    label: str
    x: _Floats
    y: _Floats
    low: _Floats | None = None
    high: _Floats | None = None
    style: str = "line"


@dataclass(frozen=True, eq=False)
class Bars:
    """Numbers with names.

    Attributes
    ----------
    names : tuple of str
        Below the bars; empty for whole numbers from 1.
    y : numpy.ndarray, shape (n,)
    low, high : numpy.ndarray, shape (n,), optional
        Error bars.
    """

    names: tuple[str, ...]
    y: _Floats
    low: _Floats | None = None
    high: _Floats | None = None


@dataclass(frozen=True, eq=False)
class HeatMap:
    """Numbers in rows and columns.

    Attributes
    ----------
    values : numpy.ndarray, shape (n_rows, n_columns)
        NaN is grey.
    rows, columns : tuple of str
        Names; empty for none.
    low, high : float
        Values at the ends of the palette.
    palette : str
    is_bar_shown : bool
        Whether there is a colour bar.
    """

    values: _Floats
    rows: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 1.0
    palette: str = "viridis"
    is_bar_shown: bool = False


@dataclass(frozen=True, eq=False)
class Chart:
    """One picture.

    Attributes
    ----------
    title, x_label, y_label : str
    parts : tuple of Line or Bars or HeatMap
        One heat map, or bars and lines over each other.
    level : float or None
        A dashed horizontal line: what chance gives.
    place : float or None
        A dashed vertical line: a centre of gravity.
    top : float or None
        Upper end of the y axis.
    """

    title: str
    parts: tuple[Line | Bars | HeatMap, ...]
    x_label: str = ""
    y_label: str = ""
    level: float | None = None
    place: float | None = None
    top: float | None = None


def draw_charts(
    rows: Sequence[Sequence[Chart]],
    *,
    width: float = _WIDTH,
    height: float = 55.0,
    theme: Theme = LIGHT,
    footnote: str = "",
) -> Figure:
    """Draw charts in rows; what they have in common is labelled once.

    Parameters
    ----------
    rows : sequence of sequence of Chart
    width, height : float
        Of the figure, and of each row, in mm.
    theme : Theme
    footnote : str
        A sentence below.

    Returns
    -------
    matplotlib.figure.Figure
        Without a window; to be drawn within `provis_core.figures.frame.own_style`.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width * _MM, (height * len(rows) + (6 if footnote else 0)) * _MM), dpi=100)
    figure.set_layout_engine("constrained", w_pad=0.03, h_pad=0.04)
    figure.set_facecolor(theme.background)
    grid = figure.add_gridspec(len(rows), max(map(len, rows)))
    for k, row in enumerate(rows):
        for n, chart in enumerate(row):
            _draw(figure.add_subplot(grid[k, n]), chart, theme)
    named: dict[str, Any] = {}
    for axes in figure.axes:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            named.setdefault(label, handle)
    if named:
        place: Any = "outside right upper"
        figure.legend(
            list(named.values()), list(named), loc=place, fontsize=theme.tick_size - 0.5,
            frameon=False, handlelength=1.8, labelspacing=0.4,
        )  # fmt: skip
    if footnote:
        words = textwrap.fill(footnote, int(width / 1.25))
        figure.supxlabel(words, fontsize=theme.tick_size - 1, color=theme.line)
    return figure


def _draw(axes: Axes, chart: Chart, theme: Theme) -> None:
    axes.set_facecolor(theme.background)
    axes.set_title(chart.title, fontsize=theme.font_size, color=theme.text, loc="left", pad=3)
    axes.set_xlabel(chart.x_label, fontsize=theme.tick_size, color=theme.text, labelpad=2)
    axes.set_ylabel(chart.y_label, fontsize=theme.tick_size, color=theme.text, labelpad=2)
    axes.tick_params(
        labelsize=theme.tick_size - 0.5, colors=theme.line, labelcolor=theme.text, length=2, pad=1.5
    )
    axes.tick_params(width=theme.line_width)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set(linewidth=theme.line_width, color=theme.line)
    colors, color = iter([COLOR_CODES[name] for name in SERIES]), ""
    for part in chart.parts:
        if isinstance(part, HeatMap):
            _draw_map(axes, part, theme)
        elif isinstance(part, Bars):
            _draw_bars(axes, part, theme)
        else:
            if part.style in ("line", "level"):
                color = next(colors)
            _draw_line(axes, part, color, theme)
    dashes: dict[str, Any] = {"color": theme.choice, "linewidth": 0.9, "linestyle": (0, (3, 2)), "zorder": 4}
    if chart.level is not None and np.isfinite(chart.level):
        axes.axhline(chart.level, **dashes)
    if chart.place is not None and np.isfinite(chart.place):
        axes.axvline(chart.place, **dashes)
    if not isinstance(chart.parts[0], HeatMap):
        axes.set_ylim(_find_bottom(chart), chart.top)


def _find_bottom(chart: Chart) -> float:
    """Where the y axis begins: at zero, or where bars go below it."""
    bars = [part for part in chart.parts if isinstance(part, Bars)]
    ends = [end for part in bars for end in (part.y, part.low) if end is not None and np.isfinite(end).any()]
    return 1.1 * min([0.0, *(float(np.nanmin(end)) for end in ends)])


def _draw_line(axes: Axes, part: Line, color: str, theme: Theme) -> None:
    label = part.label or None
    if part.style in ("level", "baseline"):
        color = theme.faint if part.style == "baseline" else color
        axes.axhline(float(part.y[0]), color=color, linewidth=1.0, linestyle=_dashes(part.label), label=label)
        return
    if part.style == "points":
        axes.plot(
            part.x, part.y, "o", color=color, mfc=theme.background, ms=3.5, mew=0.9, label=label, zorder=5
        )
        return
    if part.low is not None and part.high is not None:
        axes.fill_between(part.x, part.low, part.high, color=color, alpha=0.18, linewidth=0)
    axes.plot(part.x, part.y, color=color, linewidth=1.2, marker="o", ms=2.2, label=label)


def _dashes(label: str) -> tuple[int, tuple[float, ...]]:
    """Baselines differ by their dashes, the same name always alike."""
    choices = {"majority": (1.0, 1.5), "one-hot": (4.0, 1.5), "nearest": (4.0, 1.5, 1.0, 1.5)}
    return (0, choices.get(label, (2.0, 2.0)))


def _draw_bars(axes: Axes, part: Bars, theme: Theme) -> None:
    x = np.arange(1, len(part.y) + 1)
    errors = None
    if part.low is not None and part.high is not None:
        errors = np.nan_to_num(np.clip(np.stack([part.y - part.low, part.high - part.y]), 0, None))
    axes.bar(
        x, np.nan_to_num(part.y), width=0.8, color=COLOR_CODES[next(iter(SERIES))], linewidth=0,
        yerr=errors, error_kw={"elinewidth": 0.8, "ecolor": theme.text, "capsize": 1.5, "capthick": 0.8},
    )  # fmt: skip
    axes.set_xlim(0.3, len(part.y) + 0.7)
    if part.names:
        size = theme.tick_size - (1 if len(part.names) > 8 else 0.5)
        axes.set_xticks(x, part.names, fontsize=size, rotation=90 if len(part.names) > 5 else 0)
    else:
        from matplotlib.ticker import MaxNLocator

        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True, min_n_ticks=1))


def _draw_map(axes: Axes, part: HeatMap, theme: Theme) -> None:
    from matplotlib.colors import ListedColormap, Normalize

    table = ListedColormap(make_color_table(part.palette) / 255).with_extremes(bad=theme.muted)
    image = axes.imshow(
        np.ma.masked_invalid(part.values), cmap=table, norm=Normalize(part.low, part.high or 1e-9),
        aspect="auto" if not part.rows else "equal", interpolation="nearest",
    )  # fmt: skip
    for side in axes.spines.values():
        side.set_visible(False)
    for names, axis in ((part.rows, axes.yaxis), (part.columns, axes.xaxis)):
        axis.set_ticks(range(len(names)), list(names), fontsize=theme.tick_size - 1.5)
    if not part.rows:
        axes.set_xticks([])
        axes.set_yticks([])
    axes.tick_params(length=0)
    if part.is_bar_shown:
        bar = axes.figure.colorbar(image, ax=axes, shrink=0.8, pad=0.02, aspect=25)
        bar.outline.set_visible(False)
        bar.ax.tick_params(labelsize=theme.tick_size - 1.5, length=2, width=theme.line_width)
