"""The figure of a probe: what can be read of each layer, with intervals and baselines."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from ..figures.charts import Chart, Line, draw_charts
from ..figures.figure_files import save_drawn
from .published import SOURCE, find_published

if TYPE_CHECKING:
    from .running import Probing
    from .testing import Row

__all__ = ["make_charts", "save_probe_figure"]

_TITLES: Final = {
    "f1_H": "Helix", "f1_E": "Strand", "f1_T": "Turn and bend", "f1_C": "Other",
    "precision_at_L/20": "Binding sites", "precision_at_L/5": "Contacts",
}  # fmt: skip
_BASELINES: Final = {"majority": "majority", "one_hot": "one-hot", "nearest": "nearest"}
_LEVELS: Final = {"attention_l1": "all heads (L1)", "head_set": "head set"}


def make_charts(result: Probing) -> list[Chart]:
    """Return one chart for each metric: a line for embeddings, one for attention, baselines dashed."""
    charts = []
    for metric in result.question.metrics:
        mine = [row for row in result.rows if row.metric == metric]
        if not mine:
            continue  # a class that the labels do not tell
        parts: list[Line] = []
        for source in ("embeddings", "attention"):
            parts.append(_make_line(source, [row for row in mine if row.source == source]))
            if known := find_published(source, metric):
                x, y = np.array(sorted(known.items()), dtype=np.float64).T
                parts.append(Line("TapeBert*", x, y, style="points"))
        for style, sources in (("level", _LEVELS), ("baseline", _BASELINES)):
            for source, label in sources.items():
                for row in mine:
                    if row.source == source:
                        parts.append(Line(label, np.zeros(1), np.array([row.measure.value]), style=style))
        name = "F1" if metric.startswith("f1") else metric.replace("_", " ").replace("precision", "Precision")
        title = _TITLES.get(metric, metric)
        charts.append(Chart(title, tuple(parts), x_label="Layer", y_label=name))
    return charts


def _make_line(source: str, rows: list[Row]) -> Line:
    ordered = sorted(rows, key=lambda row: row.layer or 0)
    numbers = [[row.layer, row.measure.value, row.measure.low, row.measure.high] for row in ordered]
    x, y, low, high = np.array(numbers, dtype=np.float64).reshape(-1, 4).T
    return Line(source, x, y, low, high)


def save_probe_figure(path: Path, result: Probing) -> Path:
    """Write the figure; raises as `provis_core.figures.figure_files.save_figure`."""
    charts = make_charts(result)
    n_across = 2 if len(charts) == 4 else max(1, len(charts))
    rows = [charts[k : k + n_across] for k in range(0, len(charts), n_across)]
    names = (
        f"{result.about['model']}, {len(result.about['test'])} test proteins; bands: 95 % of bootstrap draws"
    )
    has_published = any(
        part.label == "TapeBert*" for one in charts for part in one.parts if isinstance(part, Line)
    )
    footnote = f"{names}." + (
        f" * {SOURCE.removesuffix(', TapeBert')}, other proteins." if has_published else ""
    )
    width = 180.0 if len(charts) > 1 else 110.0
    title = f"Probes of {result.about['model']}: {result.question.name}"
    return save_drawn(
        path,
        lambda: draw_charts(rows, width=width, height=60, footnote=footnote),
        title=title,
        caption=footnote,
    )
