"""``provis attn``: the attention of one head on the chains of a file."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Final

from ..actions._asking import HeadPlace
from ..actions.attention import COMMAND
from ..actions.attention_options import AttentionOptions, ExportOptions
from ..actions.work.attention import request_head
from ..actions.work.drawing import DrawnChain, select_pairs
from ..actions.work.export import DrawnPairs, make_export
from ..actions.work.head_request import HeadRequest
from ..actions.work.report import describe_nothing, describe_passed
from ..checkpoints.catalogue import describe_status_note, note_for_files
from ..commands.declaration import options_of
from ..errors import ProvisError
from ..exports.pair_table import ATTENTION_COLUMNS, make_attention_arrays, make_attention_rows
from ..exports.saving import known_suffixes, write_table
from ..exports.tables import Table
from ..scenes.draw_options import DrawOptions
from ..session.settings import Settings
from ..system.jobs import Job
from ..targets.properties import read_target_subjects
from ..targets.scope import Scope
from ..viewers.viewer import Program
from .arguments import add_file_arguments, add_options, add_out_arguments, read_asked, read_out
from .console import give_table, open_session, tell, wait_for
from .properties import check_one_chain

__all__ = ["add_commands"]

_NAMES: Final = (
    *(name for name in options_of(Scope) if name != "selection"),
    *options_of(HeadPlace),
    *("min_attn", "top", "min_sep", "direction"),
)
"""Options of the command that a table has use for: nothing is drawn here."""


def add_commands(commands: Any) -> None:
    """Add this command to the subparsers of the program."""
    parser = commands.add_parser("attn", help="attention of one head on the chains of a file, as a table")
    add_file_arguments(parser)
    add_options(parser, (COMMAND.own[name] for name in _NAMES))
    add_out_arguments(parser, known_suffixes())
    parser.set_defaults(run=_attend)


def _attend(asked: argparse.Namespace, settings: Settings) -> int:
    out = read_out(asked)
    read: AttentionOptions = read_asked(COMMAND, asked, _NAMES, settings)
    options = replace(read, max_pairs=sys.maxsize)
    as_arrays = out is not None and out.suffix.lower() == ".npz"
    with open_session(asked, settings) as session:
        if as_arrays and not asked.link:
            check_one_chain([selected.chain for selected in session.viewer.read_chains("")], asked.out)
        request = request_head(
            session, options, options.layer, options.head, options, heads=options.heads, quiet=asked.quiet
        )

        def finish() -> list[DrawnChain]:
            return [
                select_pairs(target, target.chain, values, request.head, options)
                for target, values in zip(request.targets, request.weights(), strict=True)
            ]

        job = session.start(Job(request.label, finish), tuple(request.futures.values()))
        found: list[DrawnChain] = wait_for(session, job)
        errors = [item.error for item in found if item.error is not None]
        if len(errors) == len(found):
            raise errors[0]
        for line in _describe(found, request, options, quiet=asked.quiet):
            session.viewer.write(line)
    if out is not None and as_arrays:
        ((item, values),) = zip(found, request.weights(), strict=True)
        assert not isinstance(values, ProvisError)
        arrays = make_attention_arrays(
            item.chain, item.sequence_map, values, request.entry.name, request.head
        )
        where = write_table(out, Table((), [], note_for_files(request.entry), arrays=arrays))
        tell(f"the attention of {request.head.label} on {item.chain.label} {where}")
    else:
        give_table(_make_table(session.viewer, found, request, options, out), out, "pairs")
    return 1 if errors else 0


def _describe(
    found: list[DrawnChain], request: HeadRequest, options: DrawOptions, *, quiet: bool
) -> list[str]:
    """Lines about each chain; a cut, and what failed, are said in any case."""
    lines = []
    if note := describe_status_note(request.entry):
        lines.append(note)
    for item in found:
        if item.error is not None:
            lines.append(f"provis: {item.chain.label} was left out: {item.error}")
            continue
        assert item.edges is not None
        about = (
            f"{item.chain.label}, {item.sequence_map.description}, {request.entry.name} {request.head.label}"
        )
        if not item.edges.n_edges:
            lines.append(f"{about}: {describe_nothing(item.edges, options)}")
        elif item.edges.n_edges < item.edges.n_passed:
            cut = f"the strongest {item.edges.n_edges} are listed («top=0» lists all)"
            lines.append(f"{about}: {describe_passed(item.edges, options)}, {cut}")
        elif not quiet:
            lines.append(f"{about}: {describe_passed(item.edges, options)}")
    return lines


def _make_table(
    viewer: Program,
    found: list[DrawnChain],
    request: HeadRequest,
    options: AttentionOptions,
    out: Path | None,
) -> Table:
    """The pairs as they are shown; for a file with all that is known of them, and what made it."""
    known = [(target, one) for target, one in zip(request.targets, found, strict=True) if one.error is None]
    if out is None:
        rows = [
            row
            for _, one in known
            if one.edges is not None
            for row in make_attention_rows(one.chain, one.sequence_map, one.edges)
        ]
        return Table(ATTENTION_COLUMNS, rows, shown=ATTENTION_COLUMNS[:5])
    targets, drawn = (tuple(items) for items in zip(*known, strict=True))
    given = {one.name: getattr(options, one.name) for one in fields(options)}
    asked = ExportOptions(**given, filename=os.fspath(out))
    pairs = DrawnPairs(targets, drawn, request.entry, request.head, asked)
    return make_export(viewer, pairs, read_target_subjects(viewer, targets))
