"""JSON: what a reader needs besides, and ``rows`` as a list of objects; unknown values are null."""

from __future__ import annotations

import json
from typing import IO, Final

from ..tables import Table, plain_value

__all__ = ["SUFFIXES", "write"]

SUFFIXES: Final = (".json",)


def write(file: IO[bytes], suffix: str, table: Table) -> None:
    """Write the rows and what they are about."""
    rows = [
        {name: plain_value(value) for name, value in zip(table.columns, row, strict=True)}
        for row in table.rows
    ]
    encoder = json.JSONEncoder(indent=1, ensure_ascii=False, allow_nan=False)
    # piece by piece: the text of a long table, as one, would take ten times the memory of its rows
    file.writelines(piece.encode() for piece in encoder.iterencode({**table.about, "rows": rows}))
    file.write(b"\n")
