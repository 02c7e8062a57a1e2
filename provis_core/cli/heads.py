"""``provis heads``: every head of a model scored on a property of the chains of a file."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..actions.heads import COMMAND, HeadOptions
from ..actions.work.heads import RankedChain, rank_heads
from ..actions.work.heads_report import describe_heads, make_head_arrays
from ..actions.work.relevance_ranking import (
    RelevanceRanking,
    describe_ranking,
    rank_by_relevance,
)
from ..checkpoints.catalogue import note_for_files
from ..exports.saving import describe_written, known_suffixes, save_table
from ..exports.tables import Table
from ..session.settings import Settings
from ..system.given_files import has_file
from .arguments import (
    add_file_arguments,
    add_options,
    add_out_arguments,
    read_asked,
    read_out,
)
from .console import open_session, show, tell, wait_for
from .properties import check_one_chain

__all__ = ["add_commands"]


_OF_A_VIEWER = ("selection", "site")


def _names() -> tuple[str, ...]:
    """Options of the command that a shell has use for: there is no selection."""
    apart = (*_OF_A_VIEWER, "out", "overwrite", "quiet", "wait")
    return tuple(name for name in COMMAND.all if name not in apart)


def add_commands(commands: Any) -> None:
    """Add this command to the subparsers of the program."""
    parser = commands.add_parser("heads", help="all heads of a model, ranked by a property of the structure")
    add_file_arguments(parser)
    add_options(parser, (COMMAND.all[name] for name in _names()))
    add_out_arguments(parser, known_suffixes())
    parser.set_defaults(run=_rank)


def _rank(asked: argparse.Namespace, settings: Settings) -> int:
    out = read_out(asked)
    is_replaced = out is not None and has_file(out)
    as_arrays = out is not None and out.suffix.lower() == ".npz"
    read: HeadOptions = read_asked(COMMAND, asked, _names(), settings)
    options = replace(read, out=str(out) if out is not None and not as_arrays else "", quiet=True)
    if options.measure != "attention":
        options = replace(options, out=asked.out or "", top=read.top)
        return _rank_by_relevance(asked, settings, options, is_replaced=is_replaced)
    with open_session(asked, settings) as session:
        if as_arrays and not asked.link:
            check_one_chain([selected.chain for selected in session.viewer.read_chains("")], asked.out)
        about = {"file": str(asked.structure)}
        job = rank_heads(session, options, about=about, progress=not asked.quiet)
        ranked: list[RankedChain] = wait_for(session, job)
        note = note_for_files(session.find_model(options.model))
    done = [(item.target, item.table, item.own) for item in ranked if item.table is not None]
    if out is not None:
        if as_arrays:
            save_table(out, Table((), [], note, arrays=make_head_arrays(done[0][1], done[0][0].chain)))
        n_heads = sum(table.n_arcs.size for _, table, _ in done)
        tell(f"{n_heads} heads {describe_written(out, is_replaced=is_replaced)}")
    else:
        for target, table, own in done:
            show([f"{target.chain.label}, {target.sequence_map.description}, {table.model}"])
            show(describe_heads(table, target.chain, read.top, own))
    return 1 if any(item.error is not None for item in ranked) else 0


def _rank_by_relevance(
    asked: argparse.Namespace, settings: Settings, options: HeadOptions, *, is_replaced: bool
) -> int:
    with open_session(asked, settings) as session:
        job = rank_by_relevance(session, options, about={"file": str(asked.structure)})
        done: list[RelevanceRanking] = wait_for(session, job)
        entry = session.find_model(options.model)
    if options.out:
        n = sum(one.scores.z.size for one in done if one.scores is not None)
        tell(f"{n} heads {describe_written(Path(options.out), is_replaced=is_replaced)}")
    else:
        for one in done:
            show(describe_ranking(one, entry, options.top))
    return 1 if any(one.error is not None for one in done) else 0
