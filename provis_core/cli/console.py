"""What the program says, where, and in whose words."""

from __future__ import annotations

import argparse
import contextlib
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from ..annotations.annotators import known_annotators
from ..exports.tables import Table, format_table, save_table
from ..session.session import Session
from ..session.settings import Settings
from ..system.jobs import Job
from ..viewers.file_viewer import FileViewer

__all__ = [
    "give_table",
    "in_words_of_the_shell",
    "open_session",
    "show",
    "tell",
    "wait_for",
]

_COMMANDS: Final = {
    "provis_models": "provis models",
    "provis_doctor": "provis doctor",
    "provis_cancel": "Ctrl-C",
}
"""How commands that messages of the core name are called here."""


def show(lines: Iterable[str]) -> None:
    """Write lines of the result to the standard output."""
    for line in lines:
        print(line, flush=True)  # noqa: T201 - the program's output


def tell(line: str) -> None:
    """Write a line beside the result, to the standard error."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201


@contextlib.contextmanager
def open_session(asked: argparse.Namespace, settings: Settings) -> Iterator[Session[FileViewer]]:
    """A session on the file; its jobs and its worker end with the block.

    Parameters
    ----------
    asked : argparse.Namespace
        With what `add_file_arguments` added.
    settings : Settings
    """

    def say(text: str) -> None:
        tell(in_words_of_the_shell(text.strip(), asked))

    names = [name.strip() for text in asked.chain for name in text.split(",")]
    session = Session(FileViewer(asked.file, names, asked.state, write=say, warn=say), settings)
    try:
        yield session
    finally:
        session.cancel()
        session.close_worker()


def wait_for(session: Session[FileViewer], job: Job) -> Any:
    """Wait for a job, with Ctrl-C as the way out.

    Returns
    -------
    object
        Its value.

    Raises
    ------
    ProvisError
        If it failed.
    """
    job.is_awaited = True
    session.wait(job)
    return job.result()


def give_table(table: Table, out: Path | None, what: str) -> None:
    """Show a table, or write it and say so.

    Parameters
    ----------
    table : Table
    out : pathlib.Path, optional
        As `provis_core.exports.tables.check_out_path` gave it.
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
