"""Each program that must keep the contract, with the same small structure."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from tests.chimerax.library import is_there, start_chimerax
from tests.structures.files import THREE
from tests.tiny_checkpoints import HIV_PROTEASE

from .worlds import ChimeraxWorld, FakeWorld, PymolWorld, World, open_file

N_RESIDUES = 30
needs_pymol = pytest.mark.skipif(importlib.util.find_spec("pymol") is None, reason="pymol not installed")
VIEWERS = [
    "in memory",
    pytest.param("PyMOL", marks=[needs_pymol, pytest.mark.pymol]),
    *(["ChimeraX"] if is_there() else []),  # tests/chimerax says so where it is not
]


@pytest.fixture(scope="session")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with two chains of 30 residues, each with CA and CB on a helix of its own."""
    lines = []
    for chain, shift in (("A", 0.0), ("B", 12.0)):
        for k, letter in enumerate(HIV_PROTEASE[:N_RESIDUES]):
            lines += _residue(len(lines), chain, k, THREE[letter], shift)
        lines.append("TER")
    file = tmp_path_factory.mktemp("contract") / "toy.pdb"
    file.write_text("\n".join([*lines, "END", ""]))
    return file


def _residue(n_before: int, chain: str, k: int, name: str, shift: float) -> list[str]:
    """N, CA, CB, C and O of a residue of an ideal helix along z."""
    import numpy as np

    atoms = {
        "N": (1.55, -28.3, -0.9),
        "CA": (2.29, 0.0, 0.0),
        "C": (1.68, 26.7, 1.13),
        "O": (2.0, 25.0, 2.35),
    }
    if name != "GLY":
        atoms["CB"] = (3.29, -10.0, -0.6)
    lines = []
    for atom, (radius, angle, rise) in atoms.items():
        turn = np.radians(100.0 * k + angle)
        x, y, z = radius * np.cos(turn) + shift, radius * np.sin(turn), 1.5 * k + rise
        number = n_before + len(lines) + 1
        lines.append(
            f"ATOM  {number:5d}  {atom:<3} {name} {chain}{k + 1:4d}    "
            f"{x:8.3f}{y:8.3f}{z:8.3f}  1.00 10.00           {atom[0]}  "
        )
    return lines


@pytest.fixture(params=VIEWERS)
def world(request: pytest.FixtureRequest, path: Path, tmp_path: Path) -> World:
    """A viewer with the file loaded as ``toy``."""
    if request.param == "in memory":
        return FakeWorld(path)
    if request.param == "ChimeraX":
        return ChimeraxWorld(path, start_chimerax(), tmp_path)
    return PymolWorld(path, _fresh_pymol(), tmp_path)


@pytest.fixture(params=[*VIEWERS, "file"])
def reader(request: pytest.FixtureRequest, path: Path, tmp_path: Path) -> Any:
    """Any program that reads the file."""
    if request.param == "file":
        pytest.importorskip("gemmi", reason="structure files are read with gemmi")
        return open_file(path)
    if request.param == "in memory":
        return FakeWorld(path).viewer
    if request.param == "ChimeraX":
        return ChimeraxWorld(path, start_chimerax(), tmp_path).viewer
    return PymolWorld(path, _fresh_pymol(), tmp_path).viewer


def _fresh_pymol() -> Any:
    from tests.viewers.programs import start_pymol

    cmd = start_pymol().cmd
    cmd.reinitialize()
    return cmd
