"""A small structure for ChimeraX: two chains of ten residues, a ligand and water."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from provis_core.attention.edges import Edges
from provis_core.exports.drawing import Drawing
from provis_core.exports.tables import Table
from provis_core.scenes.scene import style_edges
from provis_core.structures.linking import join_chains
from tests.core.fakes import make_chain

__all__ = ["draw_on_toy", "write_toy"]

_NAMES = ("PRO", "GLN", "ILE", "THR", "LEU", "TRP", "GLN", "ARG", "PRO", "LEU")


def write_toy(path: Path) -> Path:
    """Write it as a PDB file, with helices along z."""
    lines: list[str] = []
    for chain, shift in (("A", 0.0), ("B", 12.0)):
        for k, name in enumerate(_NAMES):
            for atom, (radius, angle, rise) in {
                "N": (1.55, -28.3, -0.9), "CA": (2.29, 0.0, 0.0), "C": (1.68, 26.7, 1.13),
                "O": (2.0, 25.0, 2.35), "CB": (3.29, -10.0, -0.6),
            }.items():  # fmt: skip
                turn = np.radians(100.0 * k + angle)
                place = (radius * np.cos(turn) + shift, radius * np.sin(turn), 1.5 * k + rise)
                lines.append(_atom("ATOM", len(lines) + 1, atom, name, chain, k + 1, place))
        lines.append("TER")
    lines.append(_atom("HETATM", len(lines) + 1, "ZN", "ZN", "A", 101, (0.0, 6.0, 3.0)))
    path.write_text("\n".join([*lines, "END", ""]))
    return path


def draw_on_toy() -> Table:
    """Return two pairs of it as exports take them: A2 with A8 (0.9), A8 with B5 (0.4)."""
    chain = join_chains([make_chain("AAAAAAAAAA", name, "toy #1") for name in "AB"])
    ends, weight = np.array([[1, 7], [7, 14]]), np.array([0.9, 0.4], dtype=np.float32)
    edges = Edges(ends[:, 0], ends[:, 1], weight, "max", 2, 8, 0.9)
    scene = style_edges("provis_toy", chain, edges, low=0.1, high=0.9)
    note = {"model_note": "mini: placeholder: radius = 5,\nconclusions need another"}
    return Table((), [], note, drawing=Drawing((scene,), (None,), ()))


def _atom(
    kind: str, number: int, atom: str, name: str, chain: str, resi: int, place: tuple[float, float, float]
) -> str:
    x, y, z = place
    element = atom if atom == "ZN" else atom[0]
    atom = f"{atom:<4}" if element == "ZN" else f" {atom:<3}"
    residue = f"{name:>3} {chain}{resi:4d}    "
    return (
        f"{kind:<6}{number:5d} {atom} {residue}{x:8.3f}{y:8.3f}{z:8.3f}  1.00 10.00          {element:>2}  "
    )
