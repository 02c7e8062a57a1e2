"""The program ``provis``: what can be asked without a viewer. One file per kind of command."""

from __future__ import annotations

import argparse
import importlib
import io
import os
import pkgutil
import sys
from collections.abc import Callable, Sequence

from .. import __version__
from ..errors import ProvisError
from ..session.settings import Settings
from .arguments import Parser
from .console import tell

__all__ = ["main", "make_parser"]

Command = Callable[[argparse.Namespace, Settings], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program.

    Parameters
    ----------
    arguments : sequence of str, optional
        Those of the command line by default.

    Returns
    -------
    int
        Exit status: 0; 1 after an error, or a problem that ``doctor`` found; 130 when it was stopped.
        A command line that cannot be understood ends the program with 2.
    """
    asked = make_parser().parse_args(arguments)
    command: Command = asked.run
    for stream in (sys.stdout, sys.stderr):  # an Å is no reason to fail where a terminal has none
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        return command(asked, Settings())
    except ProvisError as error:
        tell(f"provis: {error}")
        return 1
    except KeyboardInterrupt:
        tell("provis: stopped")
        return 130
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


def make_parser() -> argparse.ArgumentParser:
    """What reads the command line."""
    parser = Parser(prog="provis", description="Attention of protein language models on protein structures.")
    parser.add_argument("--version", action="version", version=f"provis {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in pkgutil.iter_modules(__path__):  # a file with `add_commands` is known by being there
        if not module.name.startswith("_"):
            room = importlib.import_module(f"{__name__}.{module.name}")
            getattr(room, "add_commands", lambda _: None)(commands)
    return parser
