"""A table as a file, by the ending of its name."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import InputError
from ..system.given_files import find_path
from ..system.whole_files import write_whole
from .formats import known_formats
from .tables import Table

__all__ = ["check_out_path", "check_text_path", "known_suffixes", "save_table"]


def known_suffixes() -> tuple[str, ...]:
    """Endings of the names of files that a `Table` can be saved as."""
    return tuple(known_formats())


def check_out_path(path: str | os.PathLike[str]) -> Path:
    """Check, before anything is computed, that a file can be written.

    Parameters
    ----------
    path : path

    Returns
    -------
    pathlib.Path
        Without ``~``.

    Raises
    ------
    InputError
        If its name ends otherwise, or its folder is not there or cannot be written to.
    """
    path = find_path(path, "«out=»")
    suffixes = known_suffixes()
    if path.suffix.lower() not in suffixes:
        raise InputError(
            f"«out={os.fspath(path)!r}»",
            f"A file whose name ends in {', '.join(suffixes)} is needed: the ending says what is written",
            f"For example «out={(path.stem or 'result') + suffixes[0]}»",
        )
    _check_place(path, f"«out={path}»")
    return path


def check_text_path(text: str | os.PathLike[str], what: str) -> Path:
    """Check, before anything is computed, that a text can be written: a file of any name.

    Parameters
    ----------
    text : path
    what : str
        What it is, for messages: ``"«caption=»"``.

    Returns
    -------
    pathlib.Path
        Without ``~``.

    Raises
    ------
    InputError
        If it is a folder, or its folder is not there or cannot be written to.
    """
    path = find_path(text, what)
    _check_place(path, f"{what} {path}")
    return path


def _check_place(path: Path, named: str) -> None:
    if path.is_dir():
        raise InputError(f"{named} is a folder", "The name of a file is needed", "Give another name")
    if not path.parent.is_dir():
        raise InputError(
            f"{named}: there is no folder {path.parent}", "A folder that is there is needed", "Make it first"
        )
    if not os.access(path.parent, os.W_OK):
        raise _unwritable(path, "no permission to write there")


def save_table(path: str | os.PathLike[str], table: Table) -> Path:
    """Write a table; what stood there before is replaced when all is written, and not before.

    Parameters
    ----------
    path : path
        Its ending, one of `known_suffixes`, says as what; see `provis_core.exports.formats`.
    table : Table

    Returns
    -------
    pathlib.Path

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    path = check_out_path(path)
    suffix = path.suffix.lower()
    try:
        with write_whole(path) as temporary, temporary.open("wb") as file:
            known_formats()[suffix](file, suffix, table)
    except OSError as error:
        raise _unwritable(path, error.strerror or str(error)) from error
    return path


def _unwritable(path: Path, reason: str) -> InputError:
    return InputError(
        f"{path} cannot be written ({reason})",
        "A folder where you may write, with enough space, is needed",
        "Choose another place",
    )
