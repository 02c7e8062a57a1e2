"""An attribute of residues (``.defattr``): the largest attention of a pair at each, for ChimeraX."""

from __future__ import annotations

from typing import IO, Final

from ..tables import Table
from ._drawn import attention_of_residues, describe_notes, name_specifier, need_drawing

__all__ = ["SUFFIXES", "write"]

SUFFIXES: Final = (".defattr",)


def write(file: IO[bytes], suffix: str, table: Table) -> None:
    """Write one line per residue that is in a pair."""
    values = attention_of_residues(need_drawing(table, suffix))
    lines = [f"# {note}" for note in describe_notes(table)]
    lines += ["attribute: attention", "match mode: 1-to-1", "recipient: residues"]
    lines += [f"\t{name_specifier(place)}\t{weight:.6g}" for place, weight in values.items()]
    file.write("\n".join([*lines, ""]).encode())
