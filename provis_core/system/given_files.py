"""Paths that a user types and files that come from elsewhere: read in one place, refused in plain words."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Final

from ..errors import InputError

__all__ = ["find_path", "has_file", "load_json", "parse_json"]

_LONGEST_NAME: Final = 255  # bytes of one name in a path, on every file system in use
_LARGEST_JSON: Final = 256 * 2**20  # bytes


def find_path(text: str | os.PathLike[str], what: str = "The path") -> Path:
    """Path as a user typed it, with ``~`` understood.

    Parameters
    ----------
    text : str or path-like
    what : str
        What the path is of, for the message.

    Returns
    -------
    pathlib.Path
        It need not exist; asking the system whether it does raises nothing but `OSError`.

    Raises
    ------
    InputError
        If no file can have that name: an unknown user after ``~``, a NUL, a name of more than 255 bytes.
    """
    typed = os.fspath(text)
    shown = typed if len(typed) <= 60 else f"{typed[:40]}... ({len(typed)} letters)"
    if "\0" in typed:
        raise InputError(f"{what} {shown!r} has a NUL in it", "A path without one is needed", "Type it again")
    if any(len(os.fsencode(name)) > _LONGEST_NAME for name in Path(typed).parts):
        raise InputError(
            f"{what} {shown} has a name of more than {_LONGEST_NAME} letters",
            "No file system has such names",
            "Check whether something else was meant, or use a shorter name",
        )
    try:
        return Path(typed).expanduser()
    except RuntimeError as error:
        raise InputError(
            f"{what} {shown} begins with the home folder of a user that this computer does not know",
            "A path from a folder that is there is needed",
            "Write the whole path",
        ) from error


def has_file(path: Path) -> bool:
    """Whether a file is there that this user may know of; a folder that cannot be entered holds none."""
    try:
        return path.is_file()
    except OSError:
        return False


def load_json(path: Path) -> dict[str, Any]:
    """Read a JSON object from a file.

    Parameters
    ----------
    path : pathlib.Path

    Returns
    -------
    dict

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is too large, not UTF-8, not JSON, nested too deeply or no object; the reason is in words.
    """
    if (size := path.stat().st_size) > _LARGEST_JSON:
        raise ValueError(f"{size / 1e6:.0f} MB is more than a file of its kind has")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 text: {error.reason} at byte {error.start}") from error
    values = parse_json(text)
    if not isinstance(values, dict):
        raise ValueError("no JSON object")
    return values


def parse_json(text: str | bytes) -> Any:
    """Read JSON.

    Raises
    ------
    ValueError
        If it is none, or nested too deeply.
    """
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
