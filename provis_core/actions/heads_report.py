"""What `provis_heads` prints and writes of a `HeadScores`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from ..attention.head_id import HeadId
from ..exports.pair_table import make_chain_arrays
from ..exports.tables import Table
from ..scoring.head_scores import SIGNIFICANT, HeadScores
from ..scoring.precision import PRECISIONS
from ..structures.chain import Chain

__all__ = ["COLUMNS", "describe_heads", "make_head_arrays", "make_head_rows", "make_scores_table"]

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

_N_SINKS = 3  # heads that feed a sink, and residues of each, that are named
_HELP = "p all: corrected for all heads; weighted: by attention; special, sinks: attention that goes there"


def describe_heads(table: HeadScores, chain: Chain, n: int = 10) -> list[str]:
    """The best heads as lines for the console.

    Parameters
    ----------
    table : HeadScores
    chain : Chain
        That it is about.
    n : int
        How many heads; 0 for all.

    Returns
    -------
    list of str
    """
    total = table.n_arcs.size
    lines = [
        f"{_describe_property(table)}; arcs have attention >= {table.min_attn:g}",
        f"{total} heads; {table.n_tested} have at least {table.min_arcs} arcs and were tested, "
        f"{int(table.is_few.sum())} have fewer",
    ]
    best = table.best(n)
    if best:
        columns = _columns(table)
        rows = [tuple(show(head) for _, show in columns) for head in best]
        lines += _align([tuple(title for title, _ in columns), *rows])
        lines += _judge(table)
    else:
        lines.append(_nothing(table))
    sinks = [head for head in table.rank() if table.is_sink[head] and not table.is_few[head]]
    if sinks:
        named = ", ".join(_describe_sink(table, chain, head) for head in sinks[:_N_SINKS])
        more = f" and {len(sinks) - _N_SINKS} more" if len(sinks) > _N_SINKS else ""
        lines.append(
            "not in the list, because they feed a sink (most of their arcs end at residues that half of the "
            f"chain or more attends to): {named}{more}"
        )
    return [*lines, *table.notes]


def make_scores_table(
    items: Sequence[tuple[HeadScores, Chain]], about: dict[str, Any] | None = None
) -> Table:
    """All heads of some chains, for a file.

    Parameters
    ----------
    items : sequence of (HeadScores, Chain)
    about : dict, optional
        What else the JSON file should say.

    Returns
    -------
    Table
        With `COLUMNS`; unknown values are None.
    """
    return Table(
        columns=COLUMNS,
        rows=[row for table, chain in items for row in make_head_rows(table, chain)],
        about={**(about or {}), "tables": [_describe_table(table) for table, _ in items]},
        shown=("head", "n_arcs", "hits", "share", "expected", "low", "high", "p", "p_max"),
    )


def make_head_rows(table: HeadScores, chain: Chain) -> list[tuple[Any, ...]]:
    """One row per head, the best first, in the order of `COLUMNS`.

    Parameters
    ----------
    table : HeadScores
    chain : Chain
        That it is about.

    Returns
    -------
    list of tuple
    """
    rows = []
    for rank, head in enumerate(table.rank(), 1):
        values = [getattr(table, name)[head].item() for name in _ARRAYS]
        for attribute, name in _PRECISIONS.values():
            found = getattr(table, attribute).get(name)
            values.append(None if found is None else found[head].item())
        sinks = " ".join(chain.residue_label(int(k)) for k in np.flatnonzero(table.sinks[head]))
        named = (head.label, head.layer + 1, head.head + 1, rank)
        rows.append((table.model, table.chain, table.name, *named, table.background, *values, sinks))
    return [tuple(map(_known, row)) for row in rows]


def make_head_arrays(table: HeadScores, chain: Chain) -> dict[str, Any]:
    """All heads of one chain as plain arrays, for an NPZ file.

    Parameters
    ----------
    table : HeadScores
    chain : Chain
        That it is about.

    Returns
    -------
    dict of str to object
        ``rank`` and what CSV files have, each of shape (n_layers, n_heads), NaN where it is not known;
        ``sinks`` (n_layers, n_heads, n_residues); the numbers and texts of the table; and
        `provis_core.exports.pair_table.make_chain_arrays`.
    """
    rank = np.zeros(table.n_arcs.shape, dtype=np.int64)
    for place, head in enumerate(table.rank(), 1):
        rank[head] = place
    arrays = {name: getattr(table, name) for name in _ARRAYS}
    for column, (attribute, name) in _PRECISIONS.items():
        if name in getattr(table, attribute):
            arrays[column] = getattr(table, attribute)[name]
    about = {name: np.nan if value is None else value for name, value in _describe_table(table).items()}
    about["notes"] = np.array(table.notes, dtype=np.str_)
    about["property"] = about.pop("name")
    del about["chain"]  # here the ids of the residues
    return {**make_chain_arrays(chain), **about, "rank": rank, **arrays, "sinks": table.sinks}


def _describe_table(table: HeadScores) -> dict[str, Any]:
    names = (
        "chain", "model", "name", "kind", "is_numeric", "property_method", "property_source", "min_attn",
        "min_arcs", "n_known", "n_shifts", "n_tested", "background", "background_hits", "background_counts",
        "weighted_method",
    )  # fmt: skip
    values = {name: getattr(table, name) for name in names}
    return {**{name: _known(value) for name, value in values.items()}, "notes": list(table.notes)}


def _describe_property(table: HeadScores) -> str:
    what = "residue pairs" if table.kind == "pair" else "residues"
    if table.is_numeric:
        amount = f"mean {table.background:.4g} of {table.n_known} residues"
    else:
        amount = (
            f"{table.background_hits:.0f} of {table.background_counts:.0f} {what}, "
            f"{_short(100 * table.background, '.3g')} %"
        )
    return f"{table.name}: {amount} ({table.property_method})"


def _columns(table: HeadScores) -> list[tuple[str, Callable[[HeadId], str]]]:
    """Titles, and what stands below them for a head."""

    def amount(head: HeadId, values: Any) -> str:
        return _short(values[head], ".4g") if table.is_numeric else _percent(values[head])

    def chance(head: HeadId) -> str:
        low, high = amount(head, table.low), amount(head, table.high)
        return f"{amount(head, table.expected)} ({low} to {high})"

    def precision(name: str) -> Callable[[HeadId], str]:
        known = table.precision.get(name)
        return lambda head: "-" if known is None else _percent(known[head])

    def number(values: Any, style: str) -> Callable[[HeadId], str]:
        return lambda head: _short(values[head], style)

    columns: list[tuple[str, Callable[[HeadId], str]]] = [
        ("head", lambda head: head.label),
        ("arcs", lambda head: str(table.n_arcs[head])),
        ("mean" if table.is_numeric else "share", lambda head: amount(head, table.share)),
    ]
    if table.n_shifts:
        columns += [("by chance (95 %)", chance), ("z", number(table.shift_z, ".1f"))]
    if not table.is_numeric:
        columns.append(("times", number(table.enrichment, ".1f")))
    if table.n_shifts:
        columns += [("p", number(table.p, ".2g")), ("p all", number(table.p_max, ".2g"))]
    columns.append(("weighted", lambda head: amount(head, table.weighted_share)))
    if table.kind == "pair":
        columns += [
            ("P@L", precision("L")),
            ("medium", precision("medium L")),
            ("long", precision("long L")),
        ]
    columns += [
        ("special", lambda head: _percent(table.special_share[head])),
        ("sinks", lambda head: _percent(table.sink_share[head])),
    ]
    return columns


def _judge(table: HeadScores) -> list[str]:
    """How the columns are read, and what they allow to be said."""
    shares = "" if table.is_numeric else "shares in %; "
    if not table.n_shifts:
        return [f"({shares}{_HELP})"]
    smallest = 1 / table.n_shifts
    n_found = int(table.is_significant.sum())
    if n_found:
        verdict = f"beyond chance, corrected for all heads (p all < {SIGNIFICANT:g}): {n_found}"
    elif smallest >= SIGNIFICANT:
        verdict = f"{table.n_shifts} shifts are too few for any p-value below {SIGNIFICANT:g}"
    else:
        verdict = f"no head is beyond chance once corrected for all heads (p all < {SIGNIFICANT:g})"
    return [
        f"({shares}by chance: the property shifted along the chain, {table.n_shifts} shifts, so p >= "
        f"{smallest:.2g};",
        f"{_HELP})",
        verdict,
    ]


def _nothing(table: HeadScores) -> str:
    most = int(table.n_arcs.max(initial=0))
    return (
        f"no head has {table.min_arcs} arcs that do not end at a sink (the most has {most}); "
        "try a smaller min_attn, down to 0.05"
    )


def _describe_sink(table: HeadScores, chain: Chain, head: HeadId) -> str:
    residues = np.flatnonzero(table.sinks[head])
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
