"""Ensembles, which ChimeraX opens as one model each, or as coordinate sets of one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from .toy import write_toy


@pytest.fixture
def ensemble(tmp_path: Path) -> Path:
    """Three models, each 5 Å from the last."""
    atoms = [
        line for line in write_toy(tmp_path / "one.pdb").read_text().splitlines() if line.startswith("ATOM")
    ]
    lines: list[str] = []
    for k in range(3):
        moved = [f"{line[:30]}{float(line[30:38]) + 5 * k:8.3f}{line[38:]}" for line in atoms]
        lines += [f"MODEL     {k + 1:4d}", *moved, "ENDMDL"]
    path = tmp_path / "nmr.pdb"
    path.write_text("\n".join([*lines, "END", ""]))
    return path


def test_the_first_model_is_taken_unless_others_are_named(
    ensemble: Path, show: Any, session: Any, said: Any
) -> None:
    from chimerax.core.models import Model

    from plugin.viewers.chimerax_viewer import ChimeraxViewer

    show(ensemble)
    opened = session.models.list()
    if len(opened[0].id) == 1:  # the program puts them below one model
        group = Model("nmr", session)
        session.models.add([group])
        group.add(opened)
    viewer = ChimeraxViewer(session)
    said()
    first = viewer.read_chains("")
    assert [one.chain.chain_id for one in first] == ["A", "B"]
    (warning,) = [text for level, text in said() if level == "warning"]
    assert "is taken of 3 models" in warning
    ids = [one.id_string for one in opened]
    named = viewer.read_chains(f"#{ids[1]}#{ids[2]}")
    assert {one.chain.object_name.split("#")[1] for one in named} == set(ids[1:])


def test_the_coordinate_set_that_is_shown_is_read(ensemble: Path, show: Any, session: Any) -> None:
    from plugin.viewers.chimerax_viewer import ChimeraxViewer

    structure = show(ensemble, coordsets=True)
    structure.active_coordset_id = structure.coordset_ids[0]
    viewer = ChimeraxViewer(session)
    before = viewer.read_chains("")[0].chain
    assert (before.state, before.n_states) == (1, 3)
    structure.active_coordset_id = structure.coordset_ids[2]
    now = viewer.read_again(before)
    assert (now.state, now.n_states) == (3, 3)
    np.testing.assert_allclose(now.ca_coords - before.ca_coords, [[10, 0, 0]] * 10, atol=2e-3)
