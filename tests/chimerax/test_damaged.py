"""What a session of ChimeraX keeps for us, damaged: it is told once, and nothing fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .toy import write_toy

GOOD = {"provis A 1-1": ["look", ["A"]]}


@pytest.mark.parametrize("text", ["{", "[1, 2]", "7", "[" * 100_000], ids=["cut", "list", "number", "deep"])
@pytest.mark.parametrize("name", ["drawings", "labels", "panel", "layers"])
def test_no_table_is_told_once(
    show: Any, session: Any, said: Any, tmp_path: Path, name: str, text: str
) -> None:
    from plugin.viewers.chimerax_viewer import ChimeraxViewer

    structure = show(write_toy(tmp_path / "toy.pdb"))
    viewer = ChimeraxViewer(session)
    viewer._models.write_text(structure, name, text)
    said()
    for _ in range(2):
        assert [one.chain.chain_id for one in viewer.read_chains("")] == ["A", "B"]
        assert viewer.kept_state("panel") == ""
        viewer.clear("")
    warnings = [words for level, words in said() if level == "warning"]
    assert len(warnings) <= 1
    assert all("cannot be read" in words for words in warnings)


def test_entries_that_are_damaged_are_left_out(show: Any, session: Any, tmp_path: Path) -> None:
    from plugin.viewers.chimerax_drawings import _is_drawing
    from plugin.viewers.chimerax_models import ChimeraxModels

    structure = show(write_toy(tmp_path / "toy.pdb"))
    models = ChimeraxModels(session)
    bad = {"one": "look", "two": ["look"], "three": ["look", [1]], "four": None, "five": [["look"], []]}
    models.write_text(structure, "drawings", json.dumps({**GOOD, **bad}))
    assert models.read_entries(structure, "drawings", _is_drawing) == GOOD
