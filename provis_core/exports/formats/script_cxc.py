"""A script (``.cxc``) for a ChimeraX without ProVis: pseudobonds, and attention as an attribute."""

from __future__ import annotations

from typing import IO, Final

from ..tables import Table
from ._drawn import attention_of_residues, describe_notes, name_specifier, need_drawing

__all__ = ["SUFFIXES", "write"]

SUFFIXES: Final = (".cxc",)


def write(file: IO[bytes], suffix: str, table: Table) -> None:
    """Write one command per pair and per residue; the structure is to be open."""
    drawing = need_drawing(table, suffix)
    lines = [f"# {note}" for note in describe_notes(table)]
    values = attention_of_residues(drawing)
    lines += [
        f"setattr {name_specifier(place)} residues attention {weight:.6g} type float create true"
        for place, weight in values.items()
    ]
    names = iter([scene.name for scene in drawing.scenes for _ in range(scene.edges.n_edges)])
    for pair in drawing.pairs():
        ends = f"{name_specifier(pair.first)}@CA {name_specifier(pair.second)}@CA"
        lines.append(
            f'pbond {ends} name "{next(names)}" radius {pair.radius:.3f} color {pair.end_code} dashes 0'
        )
    file.write("\n".join([*lines, ""]).encode())
