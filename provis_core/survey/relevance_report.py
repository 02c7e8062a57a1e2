"""The page of a survey of relevance: which heads fall on which property, beside all controls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ..figures.charts import Bars, Chart, HeatMap, draw_charts
from ..figures.figure_files import save_drawn
from ..scoring.head_scores import SIGNIFICANT
from .page import describe_run, list_left_out, make_page, make_table, show_pictures, write_number
from .pictures import title_of
from .reading import FeatureHeads, SurveyFolder

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["CAPTIONS", "draw_relevance_pictures", "make_relevance_page"]

_ACROSS: Final = 3
_WIDTH: Final = 180.0  # mm, a double column
_NARROWEST: Final = 110.0
_MOST: Final = 9

CAPTIONS: Final[Mapping[str, str]] = {
    "heads": "Heads whose relevance goes with the property: minus the natural logarithm of p (one-sided "
    "Wilcoxon "
    "test over clusters, corrected over heads and properties); what is not significant is white. A row is a "
    "layer, from the first; a column is a head.",
    "paper": "The same in the authors' way: over all tokens, special ones included, each protein counted, "
    "corrected over heads; heads that are significant there and whose relevance adds up to more than zero.",
    "medians": "Median correlation over clusters, with its 95 % interval: of the residues' own relevance, "
    "of the "
    "hydropathy of each residue, of its kind (log-odds from the other proteins), of the best head, and of "
    "the best head with shuffled weights.",
}
"""What each picture shows."""


def draw_relevance_pictures(survey: SurveyFolder, suffix: str = ".svg") -> dict[str, Path]:
    """Write all pictures into ``figures``; parameters and errors as `provis_core.survey.pictures`."""
    inside = survey.path / "figures"
    inside.mkdir(exist_ok=True)
    about = survey.about
    footnote = f"{survey.model}, why {about['protocol']['target']}, {about['proteins']} proteins."
    shown = dict(list(survey.features.items())[:_MOST])
    drawings: dict[str, Callable[[], Figure]] = {
        "heads": _draw_maps({name: _log_p(one) for name, one in shown.items()}, footnote),
        "paper": _draw_maps({name: _paper_log_p(one) for name, one in shown.items()}, footnote),
        "medians": _draw_medians(survey, shown, footnote),
    }
    written = {}
    for name, draw in drawings.items():
        path = inside / f"{name}{suffix}"
        written[name] = save_drawn(path, draw, title=f"{name} of {survey.model}", caption=CAPTIONS[name])
    return written


def _log_p(one: FeatureHeads) -> Any:
    with np.errstate(divide="ignore", invalid="ignore"):
        values = -np.log(one.columns["fdr"])
        return np.where(one.columns["fdr"] < SIGNIFICANT, values, 0.0)


def _paper_log_p(one: FeatureHeads) -> Any:
    return np.where(one.columns["paper_both"] == 1, one.columns["paper_log_p"], 0.0)


def _draw_maps(values: Mapping[str, Any], footnote: str) -> Callable[[], Figure]:
    """One scale for all maps, which white begins."""
    high = max((float(one.max(initial=0.0)) for one in values.values()), default=0.0) or 1.0
    charts = [
        Chart(title_of(name), (HeatMap(one, *_number_axes(one.shape), 0.0, high, "white_blue", True),))
        for name, one in values.items()
    ]
    rows = [charts[k : k + _ACROSS] for k in range(0, len(charts), _ACROSS)]
    width = max(_NARROWEST, _WIDTH * len(rows[0]) / _ACROSS)
    words = f"{footnote} Rows: layers; columns: heads; colours: -ln p, white where it is not significant."
    return lambda: draw_charts(rows, width=width, height=62, footnote=words)


def _number_axes(shape: tuple[int, int]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Layers and heads from 1, every fifth where there are many."""
    rows, columns = (
        tuple(str(k) if size <= 12 or k == 1 or k % 5 == 0 else "" for k in range(1, size + 1))
        for size in shape
    )
    return rows, columns


def _draw_medians(
    survey: SurveyFolder, shown: Mapping[str, FeatureHeads], footnote: str
) -> Callable[[], Figure]:
    charts = []
    for name, features in shown.items():
        one = survey.about["features"][name]
        best = features.order[0]
        rows = [
            ("residues", *(one["embedding"][f"median{end}"] for end in ("", "_low", "_high"))),
            ("hydropathy", *(one["hydropathy"][key] for key in ("median", "low", "high"))),
            ("kind", *(one["residue_type"][key] for key in ("median", "low", "high"))),
            (best.label, *(one[f"best_median{end}"] for end in ("", "_low", "_high"))),
            ("shuffled", *(float(np.nanmax(features.columns["shuffled"], initial=np.nan)),) * 3),
        ]
        y, low, high = (np.array([np.nan if row[k] is None else row[k] for row in rows]) for k in (1, 2, 3))
        bars = Bars(tuple(row[0] for row in rows), y, low, high)
        charts.append(Chart(title_of(name), (bars,), y_label="Median r"))
    grouped = [charts[k : k + 2] for k in range(0, len(charts), 2)]  # five names below each
    width = max(_NARROWEST, _WIDTH * len(grouped[0]) / 2)
    return lambda: draw_charts(grouped, width=width, height=52, footnote=footnote)


def make_relevance_page(survey: SurveyFolder, note: str) -> str:
    """The whole page; what must be said about the model as plain text, which may be empty."""
    about = survey.about
    target = about["protocol"]["target"]
    words = (
        f"{about['proteins']} proteins ({about['distinct']} clusters that count once), {survey.n_layers} "
        f"layers of "
        f"{survey.n_heads} heads. Explained: {target}, {about['score']:.3g} for the protein and "
        f"{about['baseline_score']:.3g} for the baseline {about['baseline']}; residues miss "
        f"{about['error']:.1%} of "
        f"the difference after {about['steps']:.0f} steps (medians). With shuffled weights the score is "
        f"{about['shuffled_score']:.3g}."
    )
    parts = [f"<p>{escape(words)}</p>"]
    if note:
        parts.append(f"<p><strong>{escape(note)}.</strong></p>")
    parts += ["<h2>Heads and controls</h2>", _table_of_features(survey)]
    parts += show_pictures(draw_relevance_pictures(survey), CAPTIONS)
    parts += ["<h2>Methods</h2>", _describe_methods(survey)]
    parts += ["<h2>What was left out</h2>", list_left_out(survey)]
    parts += ["<h2>How it was made</h2>", describe_run(survey)]
    return make_page(f"Why {survey.model} says {target}", parts)


def _table_of_features(survey: SurveyFolder) -> str:
    rows = []
    for name, one in survey.about["features"].items():
        rows.append(
            (
                title_of(name), str(one["clusters"]), str(one["survive"]), str(one["significant"]),
                str(one["shuffled_significant"]), _write(one["jaccard"]), str(one["beyond_type"]),
                f"{one['best']}: {_span(one, 'best_median')}", _span(one["embedding"], "median"),
                _write(one["hydropathy"]["median"]), _write(one["residue_type"]["median"]),
                f"{one['paper_significant']} ({one['paper_both']}, {_write(one['paper_jaccard'])})",
            )
        )  # fmt: skip
    titles = (
        "Property", "Clusters", "Heads that survive", "significant", "shuffled", "overlap", "beyond the kind",
        "Best head, r", "Residues, r", "Hydropathy, r", "Kind, r", "Paper (both, overlap)",
    )  # fmt: skip
    note = (
        "Survive: significant after correction over heads and properties, and beyond all shifts of the "
        "property for "
        "all heads together. Shuffled: significant heads of the same model with the rows of its linear "
        "layers "
        "shuffled; overlap is Jaccard's. Beyond the kind: heads whose correlation among residues of the "
        "same amino "
        "acid is above zero (95 %)."
    )
    return make_table(titles, rows, numbers=tuple(range(1, 7))) + f'<p class="note">{escape(note)}</p>'


def _describe_methods(survey: SurveyFolder) -> str:
    protocol = survey.about["protocol"]
    limits = f" Proteins were cut to {protocol['max_tokens']} tokens." if protocol["max_tokens"] else ""
    which = "that the model gives the class" if protocol["of"] == "class" else "of the input"
    way = (
        "the authors' differences between neighbouring nodes of 500 steps"
        if protocol["name"] == "paper"
        else "the polynomial through seven neighbouring nodes"
    )
    words = (
        f"Proteins {which} were explained by integrated gradients from the baseline to the output of the "
        f"embedding "
        f"module; a head's relevance is its conductance along that path ({way}), at the residue that "
        "receives it. Per protein and head it is correlated with the property (point-biserial), over "
        "residues of which the property is known, and in the paper's way over all tokens. Medians are over "
        "clusters of proteins, with the 95 % percentile interval of the bootstrap; p is that of a one-sided "
        "Wilcoxon signed-rank test, corrected by Benjamini and Hochberg. Controls: the property shifted "
        "along each "
        f"protein ({protocol['n_shifts']} times), weights shuffled, and what the kind of residue alone "
        f"gives.{limits} "
        "docs/survey.md has all formulas."
    )
    return f"<p>{escape(words)}</p>"


def _span(one: Mapping[str, Any], key: str) -> str:
    low, high = (_write(one[f"{key}_{end}"]) for end in ("low", "high"))
    return f"{_write(one[key])} ({low} to {high})"


def _write(value: float | None) -> str:
    return write_number(np.nan if value is None else value, ".2f")
