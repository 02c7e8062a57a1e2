"""A script (``.pml``) for a PyMOL without ProVis: the structure, if it is not there, and the cylinders."""

from __future__ import annotations

from typing import IO, Final

from ...scenes.colors import read_code
from ..tables import Table
from ._drawn import describe_notes, make_cif, need_drawing

__all__ = ["SUFFIXES", "write"]

SUFFIXES: Final = (".pml",)

_SAUSAGE, _ALPHA = 14.0, 25.0  # of pymol.cgo
_START: Final = """\
python
from pymol import cmd
cylinders, structures = {}, {}
"""
_END: Final = """\
for name, text in structures.items():
    if name not in cmd.get_names("all"): cmd.load_raw(text, "cif", name)

for name, values in cylinders.items(): cmd.load_cgo(values, name)

python end
"""


def write(file: IO[bytes], suffix: str, table: Table) -> None:
    """Write a block of Python, with each object on a line of its own."""
    drawing = need_drawing(table, suffix)
    lines = [f"# {note}" for note in describe_notes(table)]
    text = "\n".join([*lines, _START])
    for atoms in drawing.atoms:
        # no line of the block may end it or be a command of PyMOL: a text is one string
        text += f"structures[{atoms.object_name!a}] = {make_cif(atoms)!a}\n"
    values: dict[str, list[float]] = {
        scene.name: [_ALPHA, round(scene.alpha, 3)] if scene.alpha < 1 else [] for scene in drawing.scenes
    }
    names = iter([scene.name for scene in drawing.scenes for _ in range(scene.edges.n_edges)])
    for pair in drawing.pairs():
        ends = [round(one, 3) for one in (*pair.start, *pair.end, pair.radius)]
        colors = (*read_code(pair.start_code), *read_code(pair.end_code))
        values[next(names)] += [_SAUSAGE, *ends, *(round(one, 4) for one in colors)]
    text += "".join(f"cylinders[{name!a}] = {one}\n" for name, one in values.items())
    file.write((text + _END).encode())
