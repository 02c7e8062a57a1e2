"""``provis figure``: the pictures of one chain of a file, for a paper."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import Any, Final

from ..actions.figure import COMMAND
from ..actions.figure_options import FigureOptions
from ..commands.reading import read_switch
from ..session.settings import Settings
from .arguments import add_file_arguments, add_how_to_write, add_options, read_asked
from .console import open_session, wait_for

__all__ = ["add_commands"]

_OF_A_VIEWER: Final = ("selection", "site", "mark", "rows", "columns", "wait")
_APART: Final = ("filename", "overwrite", "quiet")


def _names() -> tuple[str, ...]:
    """Options of the command that a shell has use for: there is no selection."""
    return tuple(name for name in COMMAND.all if name not in (*_OF_A_VIEWER, *_APART))


def add_commands(commands: Any) -> None:
    """Add this command to the subparsers of the program."""
    parser = commands.add_parser(
        "figure", help="all heads, the map of one head, and its profile, for a paper"
    )
    add_file_arguments(parser)
    parser.add_argument(
        "--out", required=True, metavar="NAME", help="the figure: .pdf, .svg, .eps, .png or .tiff"
    )
    add_how_to_write(parser)
    add_options(parser, (COMMAND.all[name] for name in _names()))
    parser.set_defaults(run=_draw)


def _draw(asked: argparse.Namespace, settings: Settings) -> int:
    from ..actions.work.figure import save_chain_figure  # with its pictures

    read: FigureOptions = read_asked(COMMAND, asked, _names(), settings)
    with open_session(asked, settings) as session:
        may_replace = read_switch("overwrite", asked.overwrite)
        options = replace(read, filename=asked.out, overwrite=may_replace, quiet=asked.quiet)
        wait_for(session, save_chain_figure(session, options))
    return 0
