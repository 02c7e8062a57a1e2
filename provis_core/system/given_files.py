"""Paths that a user types and files that come from elsewhere: read in one place, refused in plain words."""

from __future__ import annotations

import gzip
import json
import os
import re
import stat
import zlib
from pathlib import Path
from typing import Any, Final

from ..errors import InputError

__all__ = ["LARGEST_JSON", "find_path", "has_file", "load_bytes", "load_json", "load_text", "parse_json"]

_LONGEST_NAME: Final = 255  # bytes of one name in a path, on every file system in use
_LARGEST: Final = 256 * 10**6  # bytes, unpacked
LARGEST_JSON: Final = 64 * 10**6  # bytes; read, it takes up to twenty times as much memory
_DEEPEST: Final = 500  # brackets of JSON in each other
_STRING: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)


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


def load_bytes(path: Path, *, largest: int = _LARGEST) -> bytes:
    """Read a whole file, plain or gzipped, unless it is larger than what is expected there.

    Parameters
    ----------
    path : pathlib.Path
    largest : int
        Bytes, unpacked; no more than that is ever in memory.

    Returns
    -------
    bytes
        Unpacked.

    Raises
    ------
    OSError
        If the file cannot be read.
    ValueError
        If it is too large, a damaged gzip file, or a device or pipe, which may have no end; the reason is
        in words that go on from the file's name.
    """
    too_large = ValueError(f"holds more than {largest / 10**6:.0f} MB, which no file of its kind does")
    about = path.stat()
    if not stat.S_ISREG(about.st_mode) and not stat.S_ISDIR(about.st_mode):
        raise ValueError("is no ordinary file")
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        if not packed and about.st_size > largest:
            raise too_large
        try:
            data = gzip.GzipFile(fileobj=file).read(largest + 1) if packed else file.read(largest + 1)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ValueError(f"is a damaged gzip file ({error})") from error
    if len(data) > largest:
        raise too_large
    return data


def load_text(path: Path, need: str, *, largest: int = _LARGEST) -> str:
    """Read a text that a user named; bytes that are no UTF-8 are replaced.

    Parameters
    ----------
    path : pathlib.Path
        As from `find_path`.
    need : str
        What is needed, for the message.
    largest : int
        As in `load_bytes`.

    Returns
    -------
    str
        With ``\\n`` at the ends of its lines.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    try:
        data = load_bytes(path, largest=largest)
    except OSError as error:
        raise InputError(
            f"{path} cannot be read ({error.strerror or error})", need, "Check the path"
        ) from error
    except ValueError as error:
        raise InputError(f"{path} {error}", need, "Check whether it is the file that was meant") from error
    return data.decode("utf-8-sig", errors="replace").replace("\r\n", "\n").replace("\r", "\n")


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
    try:
        text = load_bytes(path, largest=LARGEST_JSON).decode("utf-8-sig")
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
        If it is none, too large or nested too deeply.
    """
    if len(text) > LARGEST_JSON:
        raise ValueError(f"more than {LARGEST_JSON / 10**6:.0f} MB")
    if isinstance(text, bytes):
        text = text.decode(json.detect_encoding(text))
    if text.count("[") + text.count("{") > _DEEPEST and _measure_depth(text) > _DEEPEST:
        raise ValueError("nested too deeply")  # where a program has raised Python's limit, json would end it
    return json.loads(text)


def _measure_depth(text: str) -> int:
    """Return how deep brackets of JSON stand in each other; those in strings do not count."""
    deepest = depth = 0
    for bracket in re.findall(r"[\[{\]}]", _STRING.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    return deepest
