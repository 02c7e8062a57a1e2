"""What the program says, where, and in whose words."""

from __future__ import annotations

import argparse
import contextlib
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NoReturn, cast

from ..annotations import known_annotators
from ..errors import InputError
from ..explorer import AttentionExplorer
from ..file_viewer import FileViewer
from ..settings import Settings
from ..tables import Table, format_table, save_table
from ..viewer import Viewer
from ..worker.client import WorkerClient

__all__ = [
    "Parser",
    "add_file_arguments",
    "add_out_argument",
    "add_sequence_arguments",
    "give_table",
    "in_words_of_the_shell",
    "make_worker",
    "open_explorer",
    "read_options",
    "show",
    "tell",
]

_COMMANDS: Final = {
    "provis_models": "provis models",
    "provis_doctor": "provis doctor",
    "provis_cancel": "Ctrl-C",
}
"""How commands that messages of the core name are called here."""


class Parser(argparse.ArgumentParser):
    """One line for a wrong command line, in place of the whole usage."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and end."""
        tell(f"{self.prog}: {message}. To see how it is used: {self.prog} --help")
        raise SystemExit(2)


def show(lines: Iterable[str]) -> None:
    """Write lines of the result to the standard output."""
    for line in lines:
        print(line, flush=True)  # noqa: T201 - the program's output


def tell(line: str) -> None:
    """Write a line beside the result, to the standard error."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201


def make_worker(settings: Settings) -> WorkerClient:
    """A worker for the user's settings."""
    return WorkerClient(
        settings.text("worker_python") or None,
        threads=int(settings.number("threads")) or None,
        model_memory_gb=settings.number("model_memory_gb") or None,
        cache_limit_gb=settings.number("cache_limit_gb"),
    )


def add_file_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the file, the chains and the state."""
    parser.add_argument("file", metavar="FILE", type=Path, help="PDB or mmCIF file, plain or .gz")
    parser.add_argument(
        "--chain",
        action="append",
        default=[],
        metavar="ID",
        help="author chain id; several as A,B or with --chain again {default: all protein chains}",
    )
    parser.add_argument(
        "--state", type=int, default=1, metavar="N", help="model of the file, counted from 1 {default: 1}"
    )


def add_sequence_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what says which sequence the model sees."""
    parser.add_argument(
        "--gaps",
        default="auto",
        metavar="WHAT",
        help="observed residues only, full sequence with the unresolved ones, or auto {default: auto}",
    )
    parser.add_argument(
        "--seqres", default="", metavar="LETTERS", help="the whole sequence, or the name of a FASTA file"
    )


def add_out_argument(parser: argparse.ArgumentParser, suffixes: Sequence[str]) -> None:
    """Add ``--out``."""
    parser.add_argument(
        "--out",
        metavar="NAME",
        help=f"write a file in place of the table; its ending says which: {', '.join(suffixes)}",
    )


@contextlib.contextmanager
def open_explorer(asked: argparse.Namespace, settings: Settings) -> Iterator[AttentionExplorer]:
    """The same explorer that PyMOL has, on the file; its jobs and its worker end with the block.

    Parameters
    ----------
    asked : argparse.Namespace
        With what `add_file_arguments` added.
    settings : Settings
    """

    def say(text: str) -> None:
        tell(in_words_of_the_shell(text.strip(), asked))

    names = [name.strip() for text in asked.chain for name in text.split(",")]
    viewer = FileViewer(asked.file, names, asked.state, write=say, warn=say)
    # nothing here draws, so the drawing half of a viewer is not missed
    explorer = AttentionExplorer(cast(Viewer, viewer), make_worker, settings)
    try:
        yield explorer
    finally:
        explorer.cancel()
        explorer.close()


def read_options(asked: argparse.Namespace) -> dict[str, str]:
    """Options of an annotation, from ``--option name=value``.

    Raises
    ------
    InputError
        If one has no ``=``.
    """
    options = {}
    for text in asked.option:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise InputError(
                f"--option {text}", "A name and a value are needed", "For example: --option radius=4.5"
            )
        options[name.strip().replace("-", "_")] = value.strip()
    return options


def give_table(table: Table, out: Path | None, what: str) -> None:
    """Show a table, or write it and say so.

    Parameters
    ----------
    table : Table
    out : pathlib.Path, optional
        As `provis_core.tables.check_out_path` gave it.
    what : str
        What the rows are: ``"pairs"``.
    """
    if out is None:
        show(format_table(table))
    else:
        save_table(out, table)
        tell(f"{len(table.rows)} {what} written to {out}")


def in_words_of_the_shell(text: str, asked: argparse.Namespace) -> str:
    """A message of the core, which speaks of PyMOL's commands, as it is typed in a shell.

    Parameters
    ----------
    text : str
    asked : argparse.Namespace
        ``min_attn=`` becomes ``--min-attn`` where the command has that option, and names of options of
        annotations become ``--option radius=``.

    Returns
    -------
    str
    """
    for name, command in _COMMANDS.items():
        text = re.sub(rf"\b{name}\b", command, text)
    if "file" not in asked:
        return text
    ours = vars(asked).keys() - {"file", "run", "command", "option"}
    theirs = {name for one in known_annotators() for name in one.options} if "option" in asked else set()
    for name in ours:
        option = f"--{name.replace('_', '-')}"
        text = re.sub(rf"(?<![\w-]){name}=(?=[^\s,.)])", f"{option} ", text)
        text = re.sub(rf"(?<![\w-]){name}=", option, text)
    for name in theirs - ours:
        text = re.sub(rf"(?<![\w-]){name}=", f"--option {name}=", text)
    return text
