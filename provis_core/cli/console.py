"""What the program says, where, and in whose words."""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ..commands.dialect import SHELL
from ..exports.saving import write_table
from ..exports.tables import Table, format_table
from ..session.session import Session
from ..session.settings import Settings
from ..system.jobs import Job
from ..viewers.file_viewer import FileViewer

__all__ = [
    "Steps",
    "give_table",
    "open_session",
    "show",
    "tell",
    "wait_for",
]


def show(lines: Iterable[str]) -> None:
    """Write lines of the result to the standard output."""
    for line in lines:
        print(SHELL.render(line), flush=True)  # noqa: T201 - the program's output


def tell(line: str) -> None:
    """Write a line beside the result, to the standard error."""
    print(SHELL.render(line), file=sys.stderr, flush=True)  # noqa: T201


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
        tell(text.strip())

    names = [name.strip() for text in asked.chain for name in text.split(",")]
    session = Session(FileViewer(asked.structure, names, asked.state, write=say, warn=say), settings)
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
    if job.error is not None:
        raise job.error
    for problem in job.problems:
        session.viewer.warn(str(problem))
    return job.value


def give_table(table: Table, out: Path | None, what: str) -> None:
    """Show a table, or write it and say so.

    Parameters
    ----------
    table : Table
    out : pathlib.Path, optional
        As `provis_core.exports.saving.check_out_path` gave it.
    what : str
        What the rows are: ``"pairs"``.
    """
    if out is None:
        show(format_table(table))
    else:
        tell(f"{len(table.rows)} {what} {write_table(out, table)}")


class Steps:
    """Says what is done, not more often than people read.

    Parameters
    ----------
    seconds : float
        Between two lines.
    """

    def __init__(self, seconds: float = 10.0) -> None:
        self._seconds, self._next = seconds, time.monotonic() + seconds

    def __call__(self, step: str) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + self._seconds
            tell(step)
