"""``provis heads``: every head of a model scored on a property of the chains of a file."""

from __future__ import annotations

import argparse
from typing import Any

from ..actions.heads import RankedChain, RankOptions, rank_heads
from ..actions.heads_report import describe_heads, make_head_arrays
from ..annotations.annotators import property_names, property_options
from ..exports.saving import check_out_path, known_suffixes, save_table
from ..exports.tables import Table
from ..scoring.head_scoring import MIN_ARCS
from ..session.settings import Settings
from .arguments import (
    add_file_arguments,
    add_model_arguments,
    add_out_arguments,
    add_property_arguments,
    read_properties,
    read_scope,
)
from .console import open_session, show, tell, wait_for
from .properties import check_one_chain

__all__ = ["add_commands"]


def add_commands(commands: Any) -> None:
    """Add this command to the subparsers of the program."""
    parser = commands.add_parser("heads", help="all heads of a model, ranked by a property of the structure")
    add_file_arguments(parser)
    add_model_arguments(parser)
    names = f"one of {', '.join(property_names())}, or a part of it: site:ligand:HEM"
    parser.add_argument("--by", default="contact", metavar="WHAT", help=f"{names} {{default: contact}}")
    add_property_arguments(parser, property_options())
    parser.add_argument(
        "--min-attn", type=float, default=0.3, metavar="W", help="smallest weight of an arc {default: 0.3}"
    )
    parser.add_argument(
        "--min-arcs", type=int, default=MIN_ARCS, metavar="N", help="heads with fewer arcs are not tested"
    )
    parser.add_argument(
        "--top", type=int, default=10, metavar="N", help="heads that are shown, 0 for all {default: 10}"
    )
    add_out_arguments(parser, known_suffixes())
    parser.set_defaults(run=_rank)


def _rank(asked: argparse.Namespace, settings: Settings) -> int:
    out = check_out_path(asked.out) if asked.out else None
    as_arrays = out is not None and out.suffix.lower() == ".npz"
    options = RankOptions(
        by=asked.by,
        options=read_properties(asked),
        min_attn=asked.min_attn,
        min_arcs=asked.min_arcs,
        top=asked.top,
        out=str(out) if out is not None and not as_arrays else "",
        about={"file": str(asked.structure)},
    )
    with open_session(asked, settings) as session:
        if as_arrays and not asked.link:
            check_one_chain([selected.chain for selected in session.viewer.read_chains("")], asked.out)
        job = rank_heads(session, read_scope(asked), options, quiet=True, progress=not asked.quiet)
        ranked: list[RankedChain] = wait_for(session, job)
    done = [(item.part, item.table) for item in ranked if item.table is not None]
    if out is not None:
        if as_arrays:
            save_table(out, Table((), [], arrays=make_head_arrays(done[0][1], done[0][0].chain)))
        tell(f"{sum(table.n_arcs.size for _, table in done)} heads written to {out}")
    else:
        for part, table in done:
            show([f"{part.chain.label}, {part.sequence_map.description}, {table.model}"])
            show(describe_heads(table, part.chain, asked.top))
    return 1 if any(item.error is not None for item in ranked) else 0
