"""The files that ChimeraX opens without ProVis, opened by its own readers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from provis_core.exports.saving import save_table

from .toy import draw_on_toy, write_toy


def test_pseudobonds(session: Any, show: Any, tmp_path: Path) -> None:
    from chimerax.read_pbonds.readpbonds import read_pseudobond_file

    show(write_toy(tmp_path / "toy.pdb"))
    path = save_table(tmp_path / "drawn.pb", draw_on_toy())
    models, _ = read_pseudobond_file(session, path.open(), "drawn")
    bonds = list(models[0].pseudobonds)
    ends = sorted(
        [sorted((a.residue.chain_id, a.residue.number, a.name) for a in bond.atoms) for bond in bonds]
    )
    assert ends == [[("A", 2, "CA"), ("A", 8, "CA")], [("A", 8, "CA"), ("B", 5, "CA")]]
    thick = max(bonds, key=lambda bond: bond.radius)
    assert thick.radius == np.float32(0.4) and not thick.halfbond


def test_an_attribute_and_a_script(session: Any, show: Any, tmp_path: Path) -> None:
    from chimerax.core.commands import run
    from chimerax.std_commands.defattr import defattr

    expected = {("A", 2): 0.9, ("A", 8): 0.9, ("B", 5): 0.4}
    structure = show(write_toy(tmp_path / "toy.pdb"))
    defattr(session, str(save_table(tmp_path / "drawn.defattr", draw_on_toy())))
    assert _attention(structure) == expected
    session.models.close([structure])
    structure = show(write_toy(tmp_path / "toy.pdb"))
    for line in save_table(tmp_path / "drawn.cxc", draw_on_toy()).read_text().splitlines():
        if not line.startswith("pbond"):  # a command of the whole program: tests/packaging/test_chimerax.py
            run(session, line, log=False)
    assert _attention(structure) == expected


def _attention(structure: Any) -> dict[tuple[str, int], float]:
    values = {(one.chain_id, one.number): getattr(one, "attention", None) for one in structure.residues}
    return {residue: round(value, 6) for residue, value in values.items() if value is not None}
