"""The tables of a survey, as CSV, Parquet and JSON, and one JSON file about them all."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from ..exports.saving import save_table
from ..exports.tables import Table, plain_value
from ..structures.components import AMINO_ACIDS
from ..system.whole_files import write_whole
from .parquet import save_parquet
from .results import BlockResults, Results
from .summary import COLUMNS, HeadSummary, summarize_feature

__all__ = [
    "HEAD_COLUMNS",
    "describe_survey",
    "list_head_rows",
    "save_report",
    "save_tables",
    "write_tables",
]

HEAD_COLUMNS: Final = ("feature", "layer", "head", *COLUMNS)

_LAYER_COLUMNS: Final = ("feature", "layer", "heads", "mean_share", "weighted_share", "centre")
_AMINO_COLUMNS: Final = ("first", "second", "correlation", "blosum62")
_PROTEIN_COLUMNS: Final = (
    "protein", "source", "residues", "cut", "cluster", "feature", "known", "with_feature", "arcs", "hits",
    "missing",
)  # fmt: skip


class _Ordered(Protocol):
    """The summary of a feature, of attention or of relevance."""

    @property
    def columns(self) -> Mapping[str, npt.NDArray[Any]]: ...

    def order(self) -> npt.NDArray[np.int64]: ...


def write_tables(results: Results, folder: Path) -> dict[str, Any]:
    """Write all tables of a survey.

    Parameters
    ----------
    results : Results
    folder : pathlib.Path

    Returns
    -------
    dict
        What ``report.json`` holds.

    Raises
    ------
    InputError
        If no protein was counted, or a file cannot be written.
    """
    if not results.proteins:
        reasons = "; ".join(f"{name}: {reason}" for name, _, reason in results.left_out[:3])
        raise InputError(
            f"No protein of the {results.plan.n_records} records could be counted ({reasons})",
            "At least one protein that the model can read is needed",
            "Look at the reasons, and correct the input",
        )
    summaries = {name: summarize_feature(results, name) for name in results.features}
    about = _about(results, summaries)
    save_tables(
        folder, "heads", Table(HEAD_COLUMNS, list_head_rows(summaries, results.plan.n_heads, COLUMNS), about)
    )
    save_tables(folder, "layers", Table(_LAYER_COLUMNS, _layer_rows(results, summaries), about))
    save_tables(folder, "proteins", Table(_PROTEIN_COLUMNS, _protein_rows(results), about))
    save_tables(folder, "left_out", Table(("name", "source", "reason"), list(results.left_out), about))
    found = _compare_amino_acids(results, summaries)
    if found is not None:
        rows, about["amino_acids"] = found
        save_tables(folder, "amino_acids", Table(_AMINO_COLUMNS, rows, about))
        for letter in AMINO_ACIDS:
            _save_heatmap(folder, letter, summaries[f"aa_{letter}"], results)
    save_report(folder, about)
    return about


def save_report(folder: Path, about: Mapping[str, Any]) -> None:
    """Write ``report.json``."""
    with write_whole(folder / "report.json") as temporary:
        temporary.write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def save_tables(folder: Path, name: str, table: Table) -> None:
    """Write one table in every format."""
    for suffix in (".csv", ".rows.json"):  # heads.json is a file of sets of heads
        save_table(folder / f"{name}{suffix}", table)
    save_parquet(folder / f"{name}.parquet", table)


def _about(results: Results, summaries: Mapping[str, HeadSummary]) -> dict[str, Any]:
    plan = results.plan
    features = {}
    for name, one in summaries.items():
        best = int(one.order()[0])
        layer, head = divmod(best, plan.n_heads)
        features[name] = {
            "kind": one.kind,
            "proteins": one.n_proteins,
            "tested": one.n_tested,
            "survive": int(one.columns["survives"].sum()),
            "best": f"{layer + 1}-{head + 1}",
            "best_share": plain_value(float(one.columns["share"][best])),
            "background": plain_value(float(one.columns["background"][best])),
        }
    missing = {name: why for one in results.proteins for name, why in one["missing"].items()}
    return {
        **describe_survey(
            results, {name: why for name, why in missing.items() if not _is_known(name, features)}
        ),
        "features": features,
    }


def describe_survey(results: BlockResults, unknown: Mapping[str, str]) -> dict[str, Any]:
    """What every report says of a survey: its plan, features that no protein has, how many there were."""
    plan = results.plan.to_json()
    return {
        **{key: value for key, value in plan.items() if key != "clusters"},  # proteins.csv has them
        "unknown": dict(unknown),
        "proteins": len(results.proteins),
        "distinct": len(np.unique(results.clusters)),
        "left_out": len(results.left_out),
        "cut": sum(bool(one["cut"]) for one in results.proteins),
    }


def _is_known(feature: str, names: Iterable[str]) -> bool:
    """Whether a feature that was asked for, or a part of it, is known of any protein."""
    return any(name == feature or name.startswith(f"{feature}_") for name in names)


def list_head_rows(
    summaries: Mapping[str, _Ordered], n_heads: int, columns: Sequence[str]
) -> list[tuple[Any, ...]]:
    """Rows of all heads by feature, the best first: feature, layer and head (1-based), and some columns."""
    rows = []
    for name, one in summaries.items():
        for place in one.order().tolist():
            layer, head = divmod(place, n_heads)
            values = (one.columns[key][place].item() for key in columns)
            rows.append((name, layer + 1, head + 1, *values))
    return rows


def _layer_rows(results: Results, summaries: Mapping[str, HeadSummary]) -> list[tuple[Any, ...]]:
    """Mean share of the heads of each layer that have enough arcs; the centre of gravity of these means."""
    rows = []
    shape = (results.plan.n_layers, results.plan.n_heads)
    layers = np.arange(1, shape[0] + 1)
    for name, one in summaries.items():
        share, weighted = (one.columns[key].reshape(shape) for key in ("all_share", "weighted_share"))
        enough = (one.columns["all_arcs"] >= results.plan.protocol.min_arcs).reshape(shape)
        counts = enough.sum(axis=1)
        sums = np.where(enough, share, 0.0).sum(axis=1)
        means = np.divide(sums, counts, out=np.full(len(sums), np.nan), where=counts > 0)
        total = float(np.nansum(means))
        centre = float(np.nansum(layers * means) / total) if total > 0 else float("nan")
        for k, layer in enumerate(layers.tolist()):
            mean_weighted = float(np.mean(weighted[k]))
            rows.append((name, layer, int(counts[k]), float(means[k]), mean_weighted, centre))
    return rows


def _protein_rows(results: Results) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    for name in results.features:
        table = results.feature(name)
        for k, place in enumerate(table.proteins.tolist()):
            one = results.proteins[place]
            with_feature, known = table.background[k].tolist()
            counted = int(table.arcs[k].sum()), table.hits[k].sum().item()
            first = (one["name"], one["source"], one["residues"], one["cut"], one["cluster"])
            rows.append((*first, name, int(known), with_feature, *counted, ""))
    for one in results.proteins:
        first = (one["name"], one["source"], one["residues"], one["cut"], one["cluster"])
        rows += [(*first, name, None, None, None, None, why) for name, why in one["missing"].items()]
    return rows


def _compare_amino_acids(
    results: Results, summaries: Mapping[str, HeadSummary]
) -> tuple[list[tuple[Any, ...]], dict[str, Any]] | None:
    """Correlations of the attention to two amino acids over heads, beside BLOSUM62; None without all 20."""
    names = [f"aa_{letter}" for letter in AMINO_ACIDS]
    if not all(name in summaries for name in names):
        return None
    from Bio.Align import substitution_matrices

    matrix: Any = substitution_matrices
    blosum = matrix.load("BLOSUM62")
    enough = summaries[names[0]].columns["all_arcs"] >= results.plan.protocol.min_arcs
    shares = np.stack([summaries[name].columns["all_share"][enough] for name in names])
    alike = _correlate(shares)
    rows = [
        (first, second, float(alike[i, j]), float(blosum[first][second]))
        for i, first in enumerate(AMINO_ACIDS)
        for j, second in enumerate(AMINO_ACIDS)
        if i < j
    ]
    both = np.array([row[2:] for row in rows])
    both = both[np.isfinite(both).all(axis=1)]
    pearson = float(_correlate(both.T)[0, 1]) if len(both) > 1 else float("nan")
    return rows, {"heads": int(enough.sum()), "pairs": len(both), "pearson": plain_value(pearson)}


def _correlate(rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Pearson correlations of rows; NaN for a row that does not change."""
    if rows.shape[1] < 2:
        return np.full((len(rows), len(rows)), np.nan)
    away = rows - rows.mean(axis=1, keepdims=True)
    size = np.sqrt((away**2).sum(axis=1))
    with np.errstate(divide="ignore", invalid="ignore"):
        found: npt.NDArray[np.float64] = away @ away.T / np.outer(size, size)
    return found


def _save_heatmap(folder: Path, letter: str, one: HeadSummary, results: Results) -> None:
    """Share of arcs to an amino acid, a row per layer, a column per head."""
    inside = folder / "amino_acids"
    inside.mkdir(exist_ok=True)
    shares = one.columns["all_share"].reshape(results.plan.n_layers, results.plan.n_heads)
    columns: Sequence[str] = ("layer", *(f"head_{head + 1}" for head in range(results.plan.n_heads)))
    rows = [(layer + 1, *values) for layer, values in enumerate(shares.tolist())]
    save_table(inside / f"aa_{letter}.csv", Table(tuple(columns), rows))
