"""Pseudobonds (``.pb``): the pairs as ChimeraX opens them by itself, in the colours of the drawing."""

from __future__ import annotations

from typing import IO, Final

from ..tables import Table
from ._drawn import describe_notes, name_specifier, need_drawing

__all__ = ["SUFFIXES", "write"]

SUFFIXES: Final = (".pb",)


def write(file: IO[bytes], suffix: str, table: Table) -> None:
    """Write one line per pair, with its radius before it."""
    lines = [f"; {note}" for note in describe_notes(table)]
    lines += ["; halfbond = false", "; dashes = 0"]
    for pair in need_drawing(table, suffix).pairs():
        ends = f"{name_specifier(pair.first)}@CA {name_specifier(pair.second)}@CA"
        lines += [f"; radius = {pair.radius:.3f}", f"{ends} {pair.end_code}"]
    file.write("\n".join([*lines, ""]).encode())
