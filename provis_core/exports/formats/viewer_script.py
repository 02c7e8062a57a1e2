"""A script (``.cxc``) that colours residues by the attention of their pairs, in a ChimeraX without ProVis."""

from __future__ import annotations

from typing import IO, Final

from ..tables import Table
from ._specifiers import attention_of_residues, describe_model_note, read_pairs

__all__ = ["SUFFIXES", "write"]

SUFFIXES: Final = (".cxc",)


def write(file: IO[bytes], suffix: str, table: Table) -> None:
    """Write one command per residue, and one that colours them."""
    values = attention_of_residues(read_pairs(table, suffix))
    lines = describe_model_note(table, "#")
    lines += [
        f"setattr {residue} residues attention {weight:.6g} type float create true"
        for residue, weight in values.items()
    ]
    chains = dict.fromkeys(residue.split(":")[0] for residue in values)
    high = max(values.values(), default=1.0)
    lines += [
        f"color byattribute r:attention {chain} palette white:orange range 0,{high:.3g}" for chain in chains
    ]
    file.write("\n".join([*lines, ""]).encode())
