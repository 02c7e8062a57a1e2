"""``provis heads``: every head of a model scored on a property of the chains of a file."""

from __future__ import annotations

import argparse
from typing import Any

from ..head_ranking import RankedChain, RankOptions, rank_heads
from ..head_report import describe_heads
from ..head_table import MIN_ARCS
from ..settings import Settings
from ..tables import SUFFIXES
from .arguments import (
    add_file_arguments,
    add_model_arguments,
    add_option_argument,
    add_out_arguments,
    property_names,
    read_options,
)
from .console import open_explorer, show, tell, wait_for

__all__ = ["add_commands"]


def add_commands(commands: Any) -> None:
    """Add this command to the subparsers of the program."""
    parser = commands.add_parser("heads", help="all heads of a model, ranked by a property of the structure")
    add_file_arguments(parser)
    add_model_arguments(parser)
    names = f"one of {', '.join(property_names())}, or a part of it: site:ligand:HEM"
    parser.add_argument("--by", default="contact", metavar="WHAT", help=f"{names} {{default: contact}}")
    add_option_argument(parser, "radius=4.5, cutoff=10, file=P69905.txt")
    parser.add_argument(
        "--min-attn", type=float, default=0.3, metavar="W", help="smallest weight of an arc {default: 0.3}"
    )
    parser.add_argument(
        "--min-arcs", type=int, default=MIN_ARCS, metavar="N", help="heads with fewer arcs are not tested"
    )
    parser.add_argument(
        "--top", type=int, default=10, metavar="N", help="heads that are shown, 0 for all {default: 10}"
    )
    add_out_arguments(parser, SUFFIXES)
    parser.set_defaults(run=_rank)


def _rank(asked: argparse.Namespace, settings: Settings) -> int:
    options = RankOptions(
        by=asked.by,
        options=read_options(asked),
        min_attn=asked.min_attn,
        min_arcs=asked.min_arcs,
        top=asked.top,
        out=asked.out or "",
        window=asked.window,
        gaps=asked.gaps,
        seqres=asked.seqres,
        link=asked.link,
    )
    with open_explorer(asked, settings) as explorer:
        job = rank_heads(explorer, "", asked.model, options, quiet=True, progress=not asked.quiet)
        ranked: list[RankedChain] = wait_for(explorer, job)
    done = [(item.part, item.table) for item in ranked if item.table is not None]
    if asked.out:
        tell(f"{sum(table.n_arcs.size for _, table in done)} heads written to {asked.out}")
    else:
        for part, table in done:
            show([f"{part.chain.label}, {part.sequence_map.description}, {table.model}"])
            show(describe_heads(table, part.chain, asked.top))
    return 1 if any(item.error is not None for item in ranked) else 0
