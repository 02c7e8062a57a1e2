"""An attribute of residues (``.defattr``): the largest attention of a pair at each, for ChimeraX."""

from __future__ import annotations

from typing import IO, Final

from ..tables import Table
from ._specifiers import attention_of_residues, describe_model_note, read_pairs

__all__ = ["SUFFIXES", "write"]

SUFFIXES: Final = (".defattr",)


def write(file: IO[bytes], suffix: str, table: Table) -> None:
    """Write one line per residue that is in a pair."""
    values = attention_of_residues(read_pairs(table, suffix))
    head = ["attribute: attention", "match mode: 1-to-1", "recipient: residues"]
    head[:0] = describe_model_note(table, "#")
    rows = [f"\t{residue}\t{weight:.6g}" for residue, weight in values.items()]
    file.write("\n".join([*head, *rows, ""]).encode())
