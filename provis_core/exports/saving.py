"""A table as a file, by the ending of its name."""

from __future__ import annotations

import os
from pathlib import Path

from ..errors import InputError
from ..system.given_files import find_path, has_file
from ..system.whole_files import write_whole
from .formats import known_formats
from .tables import Table

__all__ = [
    "check_free",
    "check_out_path",
    "check_text_path",
    "describe_written",
    "known_suffixes",
    "save_table",
    "write_table",
]


def known_suffixes() -> tuple[str, ...]:
    """Endings of the names of files that a `Table` can be saved as."""
    return tuple(known_formats())


def check_free(path: Path, *, overwrite: bool) -> bool:
    """Check that what stands at a path may be replaced.

    Parameters
    ----------
    path : pathlib.Path
    overwrite : bool
        Whether it may.

    Returns
    -------
    bool
        Whether a file is there, for `describe_written`.

    Raises
    ------
    InputError
        If one is there that may not be replaced.
    """
    is_there = has_file(path)
    if is_there and not overwrite:
        raise InputError(
            f"{path} is there already, and «overwrite=0» was given",
            "A name that no file has is needed",
            "Give another name, or leave out «overwrite=0»",
        )
    return is_there


def describe_written(path: Path, *, is_replaced: bool) -> str:
    """Like ``written to heads.csv, in place of the file that was there``."""
    return f"written to {path}" + (", in place of the file that was there" if is_replaced else "")


def check_out_path(path: str | os.PathLike[str], *, overwrite: bool = True) -> Path:
    """Check, before anything is computed, that a file can be written.

    Parameters
    ----------
    path : path
    overwrite : bool
        Whether a file that is there may be replaced.

    Returns
    -------
    pathlib.Path
        Without ``~``.

    Raises
    ------
    InputError
        If its name ends otherwise, its folder is not there or cannot be written to, or the file is there and
        must not be replaced.
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
    check_free(path, overwrite=overwrite)
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


def write_table(path: str | os.PathLike[str], table: Table) -> str:
    """Write a table as `save_table` does, and return where to, as `describe_written` says it."""
    is_replaced = has_file(find_path(path, "«out=»"))
    return describe_written(save_table(path, table), is_replaced=is_replaced)


def _unwritable(path: Path, reason: str) -> InputError:
    return InputError(
        f"{path} cannot be written ({reason})",
        "A folder where you may write, with enough space, is needed",
        "Choose another place",
    )
