"""Tables of results: on the console as text, on disk as CSV, TSV, JSON or NPZ by the ending of the name."""

from __future__ import annotations

import csv
import io
import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

import numpy as np

from ..errors import InputError
from ..system.given_files import find_path
from ..system.whole_files import write_whole

__all__ = ["SUFFIXES", "Table", "check_out_path", "format_table", "save_arrays", "save_table"]

SUFFIXES: Final = (".csv", ".tsv", ".json")
"""Endings of the names of files that a `Table` can be saved as."""


@dataclass(frozen=True)
class Table:
    """Rows of plain values.

    Attributes
    ----------
    columns : tuple of str
    rows : list of tuple
        Str, int, float, bool or None (unknown), one per column.
    about : mapping
        What a reader needs beside the rows, of plain values; goes into JSON files.
    shown : tuple of str
        The columns that the console shows; all where empty.
    """

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    about: Mapping[str, Any] = field(default_factory=dict)
    shown: tuple[str, ...] = ()


def format_table(table: Table) -> list[str]:
    """Lines for the console: a head and one line per row, columns parted by two blanks.

    Parameters
    ----------
    table : Table

    Returns
    -------
    list of str
        No value contains a blank, so that other programs can take the lines apart.
    """
    places = [table.columns.index(name) for name in table.shown or table.columns]
    columns = [[row[place] for row in table.rows] for place in places]
    texts = [
        [table.columns[place], *_show_column(values)] for place, values in zip(places, columns, strict=True)
    ]
    widths = [max(map(len, column)) for column in texts]
    numeric = [all(isinstance(value, (int, float, type(None))) for value in values) for values in columns]
    return [
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, numeric, strict=True)
        ).rstrip()
        for line in zip(*texts, strict=True)
    ]


def check_out_path(path: str | os.PathLike[str], suffixes: Sequence[str] = SUFFIXES) -> Path:
    """Check, before anything is computed, that a file can be written.

    Parameters
    ----------
    path : path
    suffixes : sequence of str
        Endings of the name that are understood.

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
    if path.suffix.lower() not in suffixes:
        raise InputError(
            f"«out={os.fspath(path)!r}»",
            f"A file whose name ends in {', '.join(suffixes)} is needed: the ending says what is written",
            f"For example «out={(path.stem or 'result') + suffixes[0]}»",
        )
    if path.is_dir():
        raise InputError(f"«out={path}» is a folder", "The name of a file is needed", "Give another name")
    if not path.parent.is_dir():
        raise InputError(
            f"«out={path}»: there is no folder {path.parent}",
            "A folder that is there is needed",
            "Make it first",
        )
    if not os.access(path.parent, os.W_OK):
        raise _unwritable(path, "no permission to write there")
    return path


def save_table(path: str | os.PathLike[str], table: Table) -> Path:
    """Write a table; what stood there before is replaced when all is written, and not before.

    Parameters
    ----------
    path : path
        Its ending is one of `SUFFIXES`. CSV and TSV have a head; unknown values are empty. JSON has the
        items of `about`, and ``rows`` as a list of objects; unknown values are null.
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
    if path.suffix.lower() == ".json":
        rows = [
            {name: _plain(value) for name, value in zip(table.columns, row, strict=True)}
            for row in table.rows
        ]
        text = json.dumps({**table.about, "rows": rows}, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    else:
        buffer = io.StringIO()
        delimiter = "," if path.suffix.lower() == ".csv" else "\t"
        writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\n")
        writer.writerow(table.columns)
        writer.writerows([[_cell(value) for value in row] for row in table.rows])
        text = buffer.getvalue()
    return _write(path, lambda file: file.write(text.encode("utf-8")))


def save_arrays(path: str | os.PathLike[str], arrays: Mapping[str, Any]) -> Path:
    """Write arrays into one ``.npz`` file, without pickle; whole or not at all.

    Parameters
    ----------
    path : path
    arrays : mapping of str to array_like
        Numbers, booleans and str.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    path = check_out_path(path, (".npz",))
    plain: dict[str, Any] = {name: np.asarray(values) for name, values in arrays.items()}
    if objects := [name for name, values in plain.items() if values.dtype.hasobject]:
        raise TypeError(f"{', '.join(objects)} would need pickle")
    return _write(path, lambda file: np.savez_compressed(file, **plain))


def _write(path: Path, write: Callable[[IO[bytes]], object]) -> Path:
    try:
        with write_whole(path) as temporary, temporary.open("wb") as file:
            write(file)
    except OSError as error:
        raise _unwritable(path, error.strerror or str(error)) from error
    return path


def _unwritable(path: Path, reason: str) -> InputError:
    return InputError(
        f"{path} cannot be written ({reason})",
        "A folder where you may write, with enough space, is needed",
        "Choose another place",
    )


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _cell(value: Any) -> Any:
    value = _plain(value)
    return int(value) if isinstance(value, bool) else value


def _show_column(values: Sequence[Any]) -> list[str]:
    """Texts without blanks; numbers that are no tiny ones with the same number of decimals."""
    floats = [abs(value) for value in values if isinstance(value, float) and math.isfinite(value)]
    style = ".3g" if any(0 < value < 1e-3 for value in floats) else ".3f"
    shown = []
    for value in map(_cell, values):
        if isinstance(value, float):
            shown.append(format(value, style))
        else:
            shown.append("-" if value in (None, "") else str(value).replace(" ", "_"))
    return shown
