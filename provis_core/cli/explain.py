"""``provis explain`` and ``provis targets``: why a model says something about the chains of a file."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import Any, Final

from ..actions.explain import COMMAND
from ..actions.explain_options import ExplainOptions
from ..actions.predictions import COMMAND as TARGETS
from ..actions.predictions import TargetOptions, list_targets
from ..actions.work.chain_classes import ChainClasses, classify_chains, describe_classes
from ..actions.work.explained_chains import ExplainedChain, request_explaining
from ..actions.work.relevance_files import make_explained_table, save_explained
from ..actions.work.relevance_report import choose_top, describe_relevance
from ..actions.work.relevance_request import read_readouts_of
from ..checkpoints.catalogue import describe_status_note
from ..exports.saving import known_suffixes
from ..exports.tables import format_table
from ..session.settings import Settings
from ..system.jobs import Job
from .arguments import add_file_arguments, add_options, add_out_arguments, read_asked, read_out
from .console import open_session, show, tell, wait_for

__all__ = ["add_commands"]

_OF_A_VIEWER: Final = ("selection", "out", "overwrite", "quiet", "wait", "window", "which", "sele", "palette")
_NAMES: Final = tuple(name for name in COMMAND.own if name not in _OF_A_VIEWER)
_OF_TARGETS: Final = tuple(name for name in TARGETS.own if name not in _OF_A_VIEWER)


def add_commands(commands: Any) -> None:
    """Add these commands to the subparsers of the program."""
    parser = commands.add_parser(
        "explain", help="what each residue of a file brought to a prediction, as a table"
    )
    add_file_arguments(parser)
    add_options(parser, (COMMAND.own[name] for name in _NAMES))
    add_out_arguments(parser, known_suffixes())
    parser.set_defaults(run=_explain)

    parser = commands.add_parser("targets", help="what a model can be asked to explain about a file")
    add_file_arguments(parser)
    add_options(parser, (TARGETS.own[name] for name in _OF_TARGETS))
    parser.add_argument("--quiet", action="store_true", help="warnings only, no progress")
    parser.set_defaults(run=_list_targets)


def _explain(asked: argparse.Namespace, settings: Settings) -> int:
    out = read_out(asked)
    read: ExplainOptions = read_asked(COMMAND, asked, _NAMES, settings)
    options = replace(read, out=str(out) if out is not None else "", quiet=asked.quiet)
    with open_session(asked, settings) as session:
        request = request_explaining(session, options)

        def finish() -> list[ExplainedChain]:
            return request.collect(session.viewer)

        job = session.start(Job(request.label, finish), tuple(request.futures.values()))
        done: list[ExplainedChain] = wait_for(session, job)
        errors = [one.error for one in done if one.error is not None]
        if len(errors) == len(done):
            raise errors[0]
        for error in errors:
            session.viewer.warn(str(error))
        if note := describe_status_note(request.entry):
            session.viewer.write(note)
        for one in done:
            for line in _describe(one, options):
                session.viewer.write(line)
        if out is not None:
            n, where = save_explained(session, done, request, options, {"file": str(asked.structure)})
            tell(f"relevance of {n} residues {where}")
        else:
            show(format_table(make_explained_table(done, options.head)))
    return 1 if errors else 0


def _describe(one: ExplainedChain, options: ExplainOptions) -> list[str]:
    if one.relevance is None:
        return []
    notes = [f"{one.chain.label}: {note}" for note in one.relevance.notes]
    if options.quiet:
        return notes
    top = choose_top(one.values, options.top)
    return [*notes, *describe_relevance(one.chain, one.relevance, one.values, top, (), options.head)]


def _list_targets(asked: argparse.Namespace, settings: Settings) -> int:
    options: TargetOptions = read_asked(TARGETS, asked, _OF_TARGETS, settings)
    with open_session(asked, settings) as session:
        show(list_targets(session, options.model))
        if not any(one.labels for one in read_readouts_of(session.find_model(options.model))):
            return 0
        job = classify_chains(session, options, baseline=options.baseline, quiet=True)
        done: list[ChainClasses] = wait_for(session, job)
    for one in done:
        show(describe_classes(one))
    return 1 if any(one.error is not None for one in done) else 0
