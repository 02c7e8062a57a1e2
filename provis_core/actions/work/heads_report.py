"""What `provis_heads` prints and writes of a `HeadScores`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ...attention.head_id import Head, HeadId, HeadSet
from ...exports.pair_table import make_chain_arrays
from ...exports.tables import Table
from ...scoring.head_scores import SIGNIFICANT, HeadScores
from ...scoring.precision import PRECISIONS
from ...structures.chain import Chain

__all__ = ["COLUMNS", "OwnHead", "describe_heads", "make_head_arrays", "make_head_rows", "make_scores_table"]

_ARRAYS: Final = (
    "n_arcs", "n_near", "hits", "share", "enrichment", "expected", "low", "high", "shift_z",
    "p", "p_bonferroni", "p_fdr", "p_max", "z", "z_p", "z_bonferroni", "z_fdr",
    "weighted_share", "weighted_expected", "weighted_p",
    "special_share", "sink_share", "sink_arcs", "is_few", "is_sink",
)  # fmt: skip
_PRECISIONS: Final = {
    f"precision_{name.replace('/', '_').replace(' ', '_')}{suffix}": (f"precision{suffix}", name)
    for suffix in ("", "_plain")
    for name in PRECISIONS
}

COLUMNS: Final = (
    "model", "chain", "property", "head", "layer", "head_of_layer", "rank", "background",
    *_ARRAYS, *_PRECISIONS, "sink_residues",
)  # fmt: skip
"""Of the CSV file: one row per head."""

_Column = tuple[str, Callable[[HeadId], str]]

_N_BRIEF = 3  # heads of the short report
_N_FULL = 10  # heads that the short report offers
_BRIEF: Final = ("head", "arcs", "share", "mean", "by chance (95 %)", "p all", "P@L")
_N_SINKS = 3  # heads that feed a sink, and residues of each, that are named
_HELP = "p all: corrected for all heads; weighted: by attention; special, sinks: attention that goes there"


@dataclass(frozen=True, eq=False)
class OwnHead:
    """A head or set that was asked for, whatever its rank.

    Attributes
    ----------
    head : HeadId or HeadSet
    scores : HeadScores
        Of all heads; of a set those of its mean alone.
    """

    head: Head
    scores: HeadScores


def describe_heads(
    scores: HeadScores, chain: Chain, n: int | None = None, own: OwnHead | None = None
) -> list[str]:
    """The best heads as lines for the console, which come last: a small console shows the last lines.

    Parameters
    ----------
    scores : HeadScores
    chain : Chain
        That it is about.
    n : int, optional
        How many heads, with all that is known of them; 0 for all heads. By default three, in short.
    own : OwnHead, optional
        Comes below the best ones.

    Returns
    -------
    list of str
    """
    if n is None:
        return _describe_briefly(scores, own)
    total = scores.n_arcs.size
    lines = [
        f"{_describe_property(scores)} ({scores.property_method}); "
        f"arcs have attention >= {scores.min_attn:g}",
        f"{total} heads; {scores.n_tested} have at least {scores.min_arcs} arcs and were tested, "
        f"{int(scores.is_few.sum())} have fewer",
    ]
    best = scores.best(n)
    lines += [*_explain(scores), _judge(scores)] if best else [_nothing(scores)]
    sinks = _find_sinks(scores)
    if sinks:
        named = ", ".join(_describe_sink(scores, chain, head) for head in sinks[:_N_SINKS])
        more = f" and {len(sinks) - _N_SINKS} more" if len(sinks) > _N_SINKS else ""
        lines.append(
            "not in the list, because they feed a sink (most of their arcs end at residues that half of the "
            f"chain or more attends to): {named}{more}"
        )
    return [*lines, *scores.notes, *_list_heads(best, _columns(scores), own)]


def _describe_briefly(scores: HeadScores, own: OwnHead | None) -> list[str]:
    """Five lines, and the notes."""
    best = scores.best(_N_BRIEF)
    words = [_describe_property(scores), _judge(scores) if best else _nothing(scores)]
    if sinks := _find_sinks(scores):
        words.append(f"{len(sinks)} left out, which feed a sink")
    words.append(f"«top={_N_FULL}» says more")
    columns = [column for column in _columns(scores) if column[0] in _BRIEF]
    return [*scores.notes, "; ".join(words), *_list_heads(best, columns, own)]


def _list_heads(heads: Sequence[HeadId], columns: Sequence[_Column], own: OwnHead | None) -> list[str]:
    titles = tuple(title for title, _ in columns)
    rows = [tuple(show(head) for _, show in columns) for head in heads]
    if own is not None:
        shows = dict(_columns(own.scores))
        rows.append((own.head.label, *(shows[title](own.head.place) for title in titles[1:])))
    lines = _align([titles, *rows]) if rows else []
    if own is not None and isinstance(own.head, HeadSet):
        lines.append(f"  {own.head.label}: one test, so p all is that of the mean alone")
    return lines


def _find_sinks(scores: HeadScores) -> list[HeadId]:
    return [head for head in scores.rank() if scores.is_sink[head] and not scores.is_few[head]]


def make_scores_table(
    items: Sequence[tuple[HeadScores, Chain, OwnHead | None]], about: dict[str, Any] | None = None
) -> Table:
    """All heads of some chains, for a file.

    Parameters
    ----------
    items : sequence of (HeadScores, Chain, OwnHead or None)
        A set comes below the heads, without layer and rank.
    about : dict, optional
        What else the JSON file should say.

    Returns
    -------
    Table
        With `COLUMNS`; unknown values are None.
    """
    return Table(
        columns=COLUMNS,
        rows=[row for scores, chain, own in items for row in make_head_rows(scores, chain, own)],
        about={**(about or {}), "tables": [_describe_table(scores) for scores, *_ in items]},
        shown=("head", "n_arcs", "hits", "share", "expected", "low", "high", "p", "p_max"),
    )


def make_head_rows(scores: HeadScores, chain: Chain, own: OwnHead | None = None) -> list[tuple[Any, ...]]:
    """One row per head, the best first, in the order of `COLUMNS`.

    Parameters
    ----------
    scores : HeadScores
    chain : Chain
        That it is about.
    own : OwnHead, optional
        A set comes below the heads.

    Returns
    -------
    list of tuple
    """
    rows = [
        _make_row(scores, chain, head, (head.label, head.layer + 1, head.head + 1, rank))
        for rank, head in enumerate(scores.rank(), 1)
    ]
    if own is not None and isinstance(own.head, HeadSet):
        rows.append(_make_row(own.scores, chain, own.head.place, (own.head.label, None, None, None)))
    return rows


def _make_row(scores: HeadScores, chain: Chain, head: HeadId, named: tuple[Any, ...]) -> tuple[Any, ...]:
    values = [getattr(scores, name)[head].item() for name in _ARRAYS]
    for attribute, name in _PRECISIONS.values():
        found = getattr(scores, attribute).get(name)
        values.append(None if found is None else found[head].item())
    sinks = " ".join(chain.residue_label(int(k)) for k in np.flatnonzero(scores.sinks[head]))
    row = (scores.model, scores.chain, scores.name, *named, scores.background, *values, sinks)
    return tuple(map(_known, row))


def make_head_arrays(scores: HeadScores, chain: Chain) -> dict[str, Any]:
    """All heads of one chain as plain arrays, for an NPZ file.

    Parameters
    ----------
    scores : HeadScores
    chain : Chain
        That it is about.

    Returns
    -------
    dict of str to object
        ``rank`` and what CSV files have, each of shape (n_layers, n_heads), NaN where it is not known;
        ``sinks`` (n_layers, n_heads, n_residues); the numbers and texts of the scores; and
        `provis_core.exports.pair_table.make_chain_arrays`.
    """
    rank = np.zeros(scores.n_arcs.shape, dtype=np.int64)
    for place, head in enumerate(scores.rank(), 1):
        rank[head] = place
    arrays = {name: getattr(scores, name) for name in _ARRAYS}
    for column, (attribute, name) in _PRECISIONS.items():
        if name in getattr(scores, attribute):
            arrays[column] = getattr(scores, attribute)[name]
    about = {name: np.nan if value is None else value for name, value in _describe_table(scores).items()}
    about["notes"] = np.array(scores.notes, dtype=np.str_)
    about["property"] = about.pop("name")
    del about["chain"]  # here the ids of the residues
    return {**make_chain_arrays(chain), **about, "rank": rank, **arrays, "sinks": scores.sinks}


def _describe_table(scores: HeadScores) -> dict[str, Any]:
    names = (
        "chain", "model", "name", "kind", "is_numeric", "property_method", "property_source", "min_attn",
        "min_arcs", "n_known", "n_shifts", "n_tested", "background", "background_hits", "background_counts",
        "weighted_method",
    )  # fmt: skip
    values = {name: getattr(scores, name) for name in names}
    return {**{name: _known(value) for name, value in values.items()}, "notes": list(scores.notes)}


def _describe_property(scores: HeadScores) -> str:
    what = "residue pairs" if scores.kind == "pair" else "residues"
    if scores.is_numeric:
        amount = f"mean {scores.background:.4g} of {scores.n_known} residues"
    else:
        amount = (
            f"{scores.background_hits:.0f} of {scores.background_counts:.0f} {what}, "
            f"{_short(100 * scores.background, '.3g')} %"
        )
    return f"{scores.name}: {amount}"


def _columns(scores: HeadScores) -> list[_Column]:
    """Titles, and what stands below them for a head."""

    def amount(head: HeadId, values: Any) -> str:
        return _short(values[head], ".4g") if scores.is_numeric else _percent(values[head])

    def chance(head: HeadId) -> str:
        low, high = amount(head, scores.low), amount(head, scores.high)
        return f"{amount(head, scores.expected)} ({low} to {high})"

    def precision(name: str) -> Callable[[HeadId], str]:
        known = scores.precision.get(name)
        return lambda head: "-" if known is None else _percent(known[head])

    def number(values: Any, style: str) -> Callable[[HeadId], str]:
        return lambda head: _short(values[head], style)

    columns: list[_Column] = [
        ("head", lambda head: head.label),
        ("arcs", lambda head: str(scores.n_arcs[head])),
        ("mean" if scores.is_numeric else "share", lambda head: amount(head, scores.share)),
    ]
    if scores.n_shifts:
        columns += [("by chance (95 %)", chance), ("z", number(scores.shift_z, ".1f"))]
    if not scores.is_numeric:
        columns.append(("times", number(scores.enrichment, ".1f")))
    if scores.n_shifts:
        columns += [("p", number(scores.p, ".2g")), ("p all", number(scores.p_max, ".2g"))]
    columns.append(("weighted", lambda head: amount(head, scores.weighted_share)))
    if scores.kind == "pair":
        columns += [
            ("P@L", precision("L")),
            ("medium", precision("medium L")),
            ("long", precision("long L")),
        ]
    columns += [
        ("special", lambda head: _percent(scores.special_share[head])),
        ("sinks", lambda head: _percent(scores.sink_share[head])),
    ]
    return columns


def _explain(scores: HeadScores) -> list[str]:
    """How the columns are read."""
    shares = "" if scores.is_numeric else "shares in %; "
    if not scores.n_shifts:
        return [f"({shares}{_HELP})"]
    return [
        f"({shares}by chance: the property shifted along the chain, {scores.n_shifts} shifts, so p >= "
        f"{1 / scores.n_shifts:.2g};",
        f"{_HELP})",
    ]


def _judge(scores: HeadScores) -> str:
    """What the scores allow to be said."""
    if not scores.n_shifts:
        return "nothing was tested"
    if n_found := int(scores.is_significant.sum()):
        return f"beyond chance, corrected for all heads (p all < {SIGNIFICANT:g}): {n_found}"
    if 1 / scores.n_shifts >= SIGNIFICANT:
        return f"{scores.n_shifts} shifts are too few for any p-value below {SIGNIFICANT:g}"
    return f"no head is beyond chance once corrected for all heads (p all < {SIGNIFICANT:g})"


def _nothing(scores: HeadScores) -> str:
    most = int(scores.n_arcs.max(initial=0))
    return (
        f"no head has {scores.min_arcs} arcs that do not end at a sink (the most has {most}); "
        "try a smaller min_attn, down to 0.05"
    )


def _describe_sink(scores: HeadScores, chain: Chain, head: HeadId) -> str:
    residues = np.flatnonzero(scores.sinks[head])
    names = ", ".join(chain.residue_label(int(k)) for k in residues[:_N_SINKS])
    more = f" and {len(residues) - _N_SINKS} more" if len(residues) > _N_SINKS else ""
    return f"{head.label} ({names}{more})" if names else head.label


def _percent(value: Any) -> str:
    return "-" if np.isnan(value) else f"{100 * value:.1f}"


def _short(value: Any, style: str) -> str:
    return "-" if np.isnan(value) else format(value, style)


def _known(value: Any) -> Any:
    """None for NaN."""
    return None if isinstance(value, float) and np.isnan(value) else value


def _align(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Columns below each other, to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  " + "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows
    ]
