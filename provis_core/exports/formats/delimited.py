"""CSV and TSV: a head and a line per row; unknown values are empty."""

from __future__ import annotations

import csv
import io
from typing import IO, Final

from ..tables import Table, cell_value

__all__ = ["SUFFIXES", "write"]

SUFFIXES: Final = (".csv", ".tsv")


def write(file: IO[bytes], suffix: str, table: Table) -> None:
    """Write the rows."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter="," if suffix == ".csv" else "\t", lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows([[cell_value(value) for value in row] for row in table.rows])
    file.write(text.getvalue().encode("utf-8"))
