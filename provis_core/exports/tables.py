"""Tables of results, and how they look on the console."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .drawing import Drawing

__all__ = ["Table", "cell_value", "format_table", "plain_value"]


@dataclass(frozen=True)
class Table:
    """Rows of plain values.

    Attributes
    ----------
    columns : tuple of str
    rows : list of tuple
        Str, int, float, bool or None (unknown), one per column.
    about : mapping
        What a reader needs beside the rows, of plain values; goes into JSON files. ``model_note``, what must
        be known about the model, goes into all but CSV and TSV, which hold rows alone.
    arrays : mapping of str to array_like
        Numbers, booleans and str that are written in place of the columns where a file holds arrays.
    shown : tuple of str
        The columns that the console shows; all where empty.
    drawing : Drawing, optional
        Of a table of pairs what is drawn, for files that show it in another program.
    """

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    about: Mapping[str, Any] = field(default_factory=dict)
    shown: tuple[str, ...] = ()
    arrays: Mapping[str, Any] = field(default_factory=dict)
    drawing: Drawing | None = None


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


def plain_value(value: Any) -> Any:
    """A value of a row as it is written: None where it is unknown or no finite number."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def cell_value(value: Any) -> Any:
    """A value of a row as it stands in a cell: 1 or 0 for yes and no, None where it is unknown."""
    value = plain_value(value)
    return int(value) if isinstance(value, bool) else value


def _show_column(values: Sequence[Any]) -> list[str]:
    """Texts without blanks; numbers that are no tiny ones with the same number of decimals."""
    floats = [abs(value) for value in values if isinstance(value, float) and math.isfinite(value)]
    style = ".3g" if any(0 < value < 1e-3 for value in floats) else ".3f"
    shown = []
    for value in map(cell_value, values):
        if isinstance(value, float):
            shown.append(format(value, style))
        else:
            shown.append("-" if value in (None, "") else str(value).replace(" ", "_"))
    return shown
