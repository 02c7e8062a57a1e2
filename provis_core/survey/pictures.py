"""The figures of the paper, made of a survey's tables, for any number of layers and heads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ..figures.charts import Bars, Chart, HeatMap, draw_charts
from ..figures.figure_files import save_drawn, save_figure
from ..figures.head_grid import HeadGrid
from ..structures.components import AMINO_ACIDS
from .reading import FeatureHeads, SurveyFolder

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["PICTURES", "draw_pictures", "title_of"]

_TITLES: Final = {
    "contact": "Contacts", "binding_site": "Binding sites", "ptm": "PTM sites",
    "ss_H": "Helix", "ss_E": "Strand", "ss_T": "Turn and bend", "ss_C": "Coil",
}  # fmt: skip
_N_TOP: Final = 10
_N_GRIDS: Final = 6
_WIDTH: Final = 180.0  # mm, a double column
_NARROWEST: Final = 110.0

PICTURES: Final[Mapping[str, str]] = {
    "heads": "Share of the arcs of each head that have the feature; the bars are the largest share of each "
    "layer. Heads with few arcs, or of which most arcs end in a sink, are grey. The circle: the surest "
    "head beyond chance, or where there is none the one with the largest share.",
    "top_heads": "The heads with the largest shares. Bars are shares of arcs, whiskers 95 % of bootstrap "
    "draws over proteins, the dashed line the share that all residues (or pairs) have.",
    "layers": "Mean share of the heads of each layer, from the first to the last, in the order of the centre "
    "of gravity over layers (dashed line).",
    "amino_acids": "Share of the arcs of each head (a row is a layer, a column a head) that end at each "
    "amino acid; each map has its own scale, up to the value beside its letter.",
    "similarity": "Amino acids that the same heads attend to: Pearson correlation of the shares over heads, "
    "beside the substitution matrix BLOSUM62.",
}
"""What each picture shows."""


def title_of(feature: str) -> str:
    """What a feature is called in pictures."""
    return _TITLES.get(feature, feature.replace("_", " "))


def draw_pictures(folder: SurveyFolder, suffix: str = ".svg") -> dict[str, Path]:
    """Write all pictures that the tables allow into ``figures``.

    Parameters
    ----------
    folder : SurveyFolder
    suffix : str
        ``.svg``, ``.png`` or ``.pdf``.

    Returns
    -------
    dict of str to pathlib.Path
        By the names of `PICTURES`.

    Raises
    ------
    InputError
        If a file cannot be written.
    InstallError
        If there is no matplotlib.
    """
    inside = folder.path / "figures"
    inside.mkdir(exist_ok=True)
    footnote = (
        f"{folder.model}, {folder.about['proteins']} proteins, arcs: attention >= {_threshold(folder):g}"
    )
    main = {name: one for name, one in folder.features.items() if not name.startswith("aa_")}
    written: dict[str, Path] = {}
    shown = [_make_grid(folder, one) for one in list(main.values())[:_N_GRIDS] if one.is_tested.any()]
    if shown:
        rows = [shown[k : k + 2] for k in range(0, len(shown), 2)]
        path = inside / f"heads{suffix}"
        written["heads"] = save_figure(path, rows, letters=False, footnote=f"{footnote}.", dpi=300)
    drawings: dict[str, Callable[[], Figure] | None] = {
        "top_heads": _draw_top(main, footnote),
        "layers": _draw_layers(folder, main, footnote),
        "amino_acids": _draw_amino_acids(folder, footnote),
        "similarity": _draw_similarity(folder, footnote),
    }
    for name, draw in drawings.items():
        if draw is not None:
            path = inside / f"{name}{suffix}"
            written[name] = save_drawn(path, draw, title=f"{name} of {folder.model}", caption=PICTURES[name])
    return written


def _threshold(folder: SurveyFolder) -> float:
    return float(folder.about["protocol"]["min_attn"])


def _make_grid(folder: SurveyFolder, one: FeatureHeads) -> HeadGrid:
    share, muted = 100 * one.columns["share"], ~one.is_tested
    shown = np.where(muted, np.nan, share)
    return HeadGrid(
        values=share,
        n=np.nan_to_num(one.columns["arcs"]).astype(np.int64),
        muted=muted,
        best=one.survivors[:1] or tuple(one.top(1)),
        label=f"share, {title_of(one.name)}",
        unit="%",
        low=0.0,
        high=float(np.nanmax(shown)),
        reference=100 * one.background,
        counted="arcs",
        muted_reason="few arcs, or feeds a sink",
        title=title_of(one.name),
        min_weight=_threshold(folder),
    )


def _draw_top(main: Mapping[str, FeatureHeads], footnote: str) -> Callable[[], Figure] | None:
    charts = []
    for one in main.values():
        heads = one.top(_N_TOP)
        if not heads:
            continue
        low, y, high = (
            np.array([100 * one.columns[key][head] for head in heads])
            for key in ("share_low", "share", "share_high")
        )
        names = tuple(head.label for head in heads)
        bars = Bars(names, y, low, high)
        charts.append(Chart(title_of(one.name), (bars,), y_label="Arcs, %", level=100 * one.background))
    return _in_rows(charts, 3, 48, f"{footnote}. Whiskers: 95 % of draws over proteins; dashed: background.")


def _draw_layers(
    folder: SurveyFolder, main: Mapping[str, FeatureHeads], footnote: str
) -> Callable[[], Figure] | None:
    found = []
    for name in main:
        means, centre = folder.layers(name)
        if np.isfinite(means).any():
            bars = Bars((), 100 * means)
            chart = Chart(title_of(name), (bars,), x_label="Layer", y_label="Mean share, %", place=centre)
            found.append((centre, chart))
    charts = [chart for _, chart in sorted(found, key=lambda item: np.nan_to_num(item[0], nan=np.inf))]
    return _in_rows(charts, 4, 42, f"{footnote}. Dashed: centre of gravity, by which they are sorted.")


def _draw_amino_acids(folder: SurveyFolder, footnote: str) -> Callable[[], Figure] | None:
    charts = []
    for letter in AMINO_ACIDS:
        one = folder.features.get(f"aa_{letter}")
        if one is None:
            return None
        share = np.where(one.columns["is_few"] == 0, 100 * one.columns["all_share"], np.nan)
        high = float(np.nanmax(share)) if np.isfinite(share).any() else 1.0
        charts.append(Chart(f"{letter}  {high:.0f} %", (HeatMap(share, high=high),)))
    return _in_rows(charts, 5, 36, f"{footnote}. Rows: layers from the first; columns: heads.")


def _draw_similarity(folder: SurveyFolder, footnote: str) -> Callable[[], Figure] | None:
    found = folder.similarity()
    if found is None:
        return None
    order = [list(AMINO_ACIDS).index(letter) for letter in "CFIWYLMVAGSTPNDEQKRH"]  # groups of chemistry
    names = tuple(list(AMINO_ACIDS)[k] for k in order)
    alike, blosum = (one[np.ix_(order, order)] for one in found)
    np.fill_diagonal(alike, np.nan)
    r: Any = (folder.about.get("amino_acids") or {}).get("pearson")
    words = "" if r is None else f" Their correlation over pairs of amino acids is {r:.2f}."
    maps = []
    for title, values, (low, high) in (
        ("Attention similarity", alike, _ends(alike)),
        ("BLOSUM62", blosum, _ends(blosum)),
    ):
        maps.append(Chart(title, (HeatMap(values, names, names, low, high, "blue_orange", True),)))
    return lambda: draw_charts([maps], height=88, footnote=f"{footnote}.{words}")


def _ends(values: Any) -> tuple[float, float]:
    if not np.isfinite(values).any():
        return 0.0, 1.0
    return float(np.nanmin(values)), float(np.nanmax(values))


def _in_rows(charts: list[Chart], n_across: int, height: float, footnote: str) -> Callable[[], Figure] | None:
    if not charts:
        return None
    rows = [charts[k : k + n_across] for k in range(0, len(charts), n_across)]
    width = max(_NARROWEST, _WIDTH * len(rows[0]) / n_across)
    return lambda: draw_charts(rows, width=width, height=height, footnote=footnote)
