"""The tables of a survey of relevance, in the formats of any survey, and one JSON file about them all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..errors import InputError
from ..exports.tables import Table, plain_value
from ..scoring.head_scores import SIGNIFICANT
from .relevance_summary import COLUMNS, RelevanceResults, RelevanceSummary, compare_sets, summarize_relevance
from .tables import describe_survey, list_head_rows, save_report, save_tables

__all__ = ["describe_relevance_survey", "write_relevance_tables"]

_EMBEDDING: Final = tuple(
    name for name in COLUMNS if name not in ("fdr", "shift_p_max", "shuffled_fdr", "paper_both", "survives")
)
_PROTEIN: Final = (
    "protein", "source", "residues", "cut", "cluster", "prediction", "baseline", "score", "baseline_score",
    "error", "steps", "shuffled_score", "feature", "with_feature", "r", "auroc", "missing",
)  # fmt: skip


def write_relevance_tables(results: RelevanceResults, folder: Path) -> dict[str, Any]:
    """Write all tables of a survey of relevance.

    Parameters
    ----------
    results : RelevanceResults
    folder : pathlib.Path

    Returns
    -------
    dict
        What ``report.json`` holds.

    Raises
    ------
    InputError
        If no protein was explained, or a file cannot be written.
    """
    if not results.proteins or not results.features:
        reasons = [f"{name}: {reason}" for name, _, reason in results.left_out]
        reasons += [f"{key}: {why}" for one in results.proteins for key, why in one["missing"].items()]
        raise InputError(
            f"No protein of the {results.plan.n_records} records could be counted ({'; '.join(reasons[:3])})",
            "At least one protein with residues that have a feature, and others that have it not, is needed",
            "Look at the reasons, and correct the input, or give «of=all»",
        )
    summaries = summarize_relevance(results)
    about = _about(results, summaries)
    heads = list_head_rows(summaries, results.plan.n_heads, COLUMNS)
    embedding = [
        (name, *(one.columns[key][-1].item() for key in _EMBEDDING)) for name, one in summaries.items()
    ]
    tables = {
        "heads": Table(("feature", "layer", "head", *COLUMNS), heads, about),
        "embedding": Table(("feature", *_EMBEDDING), embedding, about),
        "proteins": Table(_PROTEIN, _protein_rows(results), about),
        "left_out": Table(("name", "source", "reason"), list(results.left_out), about),
    }
    for name, table in tables.items():
        save_tables(folder, name, table)
    save_report(folder, about)
    return about


def describe_relevance_survey(about: Mapping[str, Any]) -> list[str]:
    """The lines that the console shows."""
    lines = [
        f"{about['proteins']} proteins ({about['distinct']} clusters), {about['left_out']} left out, "
        f"{about['model']['name']}: {about['n_layers']} layers with {about['n_heads']} heads",
        f"why {about['protocol']['target']}: f(x) {about['score']:.3g}, f(baseline {about['baseline']}) "
        f"{about['baseline_score']:.3g}, {about['error']:.1%} off (medians)",
    ]
    for name, one in about["features"].items():
        lines.append(
            f"{name}: {one['survive']} of {about['n_layers'] * about['n_heads']} heads survive, "
            f"{one['proteins']} proteins; best {one['best']}: r {_in_words(one['best_median'])}, AUROC "
            f"{_in_words(one['best_auroc'])}; residues {_in_words(one['embedding']['median'])}, hydropathy "
            f"{_in_words(one['hydropathy']['median'])}, kind of residue "
            f"{_in_words(one['residue_type']['median'])}; shuffled {one['shuffled_significant']} heads, "
            f"overlap {_in_words(one['jaccard'])}"
        )
    return lines


def _in_words(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _about(results: RelevanceResults, summaries: Mapping[str, RelevanceSummary]) -> dict[str, Any]:
    def middle(key: str) -> Any:
        return plain_value(float(np.median([one[key] for one in results.proteins])))

    missing = {name: why for one in results.proteins for name, why in one["missing"].items()}
    return {
        **describe_survey(results, {name: why for name, why in missing.items() if name not in summaries}),
        "baseline": results.proteins[0]["baseline"],
        **{key: middle(key) for key in ("score", "baseline_score", "error", "steps", "shuffled_score")},
        "features": {name: _describe(one, results) for name, one in summaries.items()},
    }


def _describe(one: RelevanceSummary, results: RelevanceResults) -> dict[str, Any]:
    columns = {key: values[:-1] for key, values in one.columns.items()}
    best = int(one.order()[0])
    layer, head = divmod(best, results.plan.n_heads)
    with np.errstate(invalid="ignore"):
        significant, shuffled, paper, paper_shuffled = (
            columns[key] < SIGNIFICANT for key in ("fdr", "shuffled_fdr", "paper_fdr", "shuffled_paper_fdr")
        )
    types = {
        name: {
            key: plain_value(value)
            for key, value in zip(("median", "low", "high", "auroc"), values, strict=True)
        }
        for name, values in one.types.items()
    }
    return {
        "proteins": int(one.columns["proteins"].max()),
        "clusters": int(one.columns["clusters"].max()),
        "survive": int(columns["survives"].sum()),
        "best": f"{layer + 1}-{head + 1}",
        **{
            f"best_{key}": plain_value(float(columns[key][best]))
            for key in ("median", "median_low", "median_high", "auroc", "auroc_low", "auroc_high")
        },
        "significant": int(significant.sum()),
        "shuffled_significant": int(shuffled.sum()),
        "jaccard": plain_value(compare_sets(significant, shuffled)),
        "beyond_type": int((columns["within_low"] > 0).sum()),
        "auroc_above_0.6": int((columns["auroc"] > 0.6).sum()),
        "paper_significant": int(paper.sum()),
        "paper_shuffled_significant": int(paper_shuffled.sum()),
        "paper_both": int(columns["paper_both"].sum()),
        "paper_jaccard": plain_value(compare_sets(paper, paper_shuffled)),
        "embedding": {
            key: plain_value(float(one.columns[key][-1]))
            for key in ("median", "median_low", "median_high", "auroc", "auroc_low", "auroc_high", "paper_p")
        },
        **types,
    }


def _protein_rows(results: RelevanceResults) -> list[tuple[Any, ...]]:
    def first(one: Mapping[str, Any]) -> tuple[Any, ...]:
        names = {"protein": "name"}
        return tuple(one[names.get(key, key)] for key in _PROTEIN[:12])

    rows: list[tuple[Any, ...]] = []
    for name in results.features:
        table = results.feature(name)
        for k, place in enumerate(table["proteins"].tolist()):
            values = (table["r"][k, -1].item(), table["auroc"][k, -1].item())
            n_on = int(table["types"][k, :, 0].sum())
            rows.append((*first(results.proteins[place]), name, n_on, *values, ""))
    for one in results.proteins:
        rows += [(*first(one), name, None, None, None, why) for name, why in one["missing"].items()]
    return rows
