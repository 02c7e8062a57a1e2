"""Cylinders of a structure that was moved are marked, and that is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.contract.drawn import make_overlay, make_scene

from .structures import change, protein, read_1hpv

MOVES: dict[str, Callable[[Any], object]] = {
    "translate": lambda cmd: cmd.translate([3, 0, 0], object="toy"),
    "rotate": lambda cmd: cmd.rotate("x", 20, object="toy"),
    "atoms": lambda cmd: cmd.translate([3, 0, 0], "toy"),
    "frame": lambda cmd: cmd.frame(2),
    "state": lambda cmd: cmd.set("state", 2),
    "align": lambda cmd: cmd.align("toy", "other"),
    "removed end": lambda cmd: cmd.remove("toy and resi 1"),
}


@pytest.fixture
def viewer(cmd: Any) -> Any:
    """PyMOL, as ProVis sees it."""
    from plugin.viewers.pymol_viewer import PymolViewer

    return PymolViewer(cmd)


@pytest.fixture
def drawn(cmd: Any, viewer: Any, show: Callable[..., str]) -> str:
    """A drawing on one chain in two states, and another one elsewhere; gives the name of the first."""
    lines = protein(read_1hpv())
    for state in (1, 2):
        moved = change(lines, shift=(5.0 * (state - 1), 0, 0))
        cmd.read_pdbstr("\n".join(moved), "toy", state=state, zoom=0)
    show(change(lines, shift=(0, 40, 0)), "other")
    draw(viewer, "toy", "provis_toy", 0.2)
    draw(viewer, "other", "provis_other")
    return "provis_toy"


def draw(viewer: Any, selection: str, name: str, transparency: float = 0.0) -> None:
    (selected,) = viewer.read_chains(selection)
    viewer.draw_scene(make_scene(name, selected.chain, transparency))


def transparency(cmd: Any, name: str) -> float:
    return float(cmd.get("cgo_transparency", name))


@pytest.mark.parametrize("how", MOVES)
def test_a_drawing_that_does_not_fit_is_faint_and_told_once(
    cmd: Any, viewer: Any, drawn: str, capsys: pytest.CaptureFixture[str], how: str
) -> None:
    assert viewer.stale_drawings() == []
    capsys.readouterr()
    MOVES[how](cmd)
    assert viewer.stale_drawings() == [drawn]
    assert f"{drawn} does not fit any more: toy chain A" in capsys.readouterr().out
    assert transparency(cmd, drawn) > 0.7
    assert transparency(cmd, "provis_other") == 0
    assert viewer.stale_drawings() == [drawn]
    assert "does not fit" not in capsys.readouterr().out
    draw(viewer, "toy", drawn, 0.2)
    assert transparency(cmd, drawn) == pytest.approx(0.2)
    assert viewer.stale_drawings() == []


def test_a_structure_that_is_back_has_its_drawing_back(cmd: Any, viewer: Any, drawn: str) -> None:
    cmd.frame(2)
    assert viewer.stale_drawings() == [drawn]
    cmd.frame(1)
    assert viewer.stale_drawings() == []
    assert transparency(cmd, drawn) == pytest.approx(0.2)


def test_the_next_command_and_an_open_panel_see_it(cmd: Any, viewer: Any, drawn: str) -> None:
    (selected,) = viewer.read_chains("toy")
    cmd.translate([3, 0, 0], object="toy")
    assert viewer.is_there(selected.chain)
    assert transparency(cmd, drawn) > 0.7
    cmd.translate([-3, 0, 0], object="toy")
    viewer.read_chains("other")
    assert transparency(cmd, drawn) == pytest.approx(0.2)


def test_what_does_not_move_a_structure_leaves_its_drawing(cmd: Any, viewer: Any, drawn: str) -> None:
    cmd.turn("x", 40)
    cmd.color("red", "toy")
    cmd.h_add("toy")
    cmd.alter("toy and resi 50", "b=3")
    assert viewer.stale_drawings() == []
    cmd.set_name("toy", "renamed")
    assert viewer.stale_drawings() == []
    cmd.delete("renamed")
    assert viewer.stale_drawings() == []


def test_sessions_keep_what_a_drawing_was_made_on(cmd: Any, viewer: Any, drawn: str, tmp_path: Path) -> None:
    from plugin.viewers.pymol_viewer import PymolViewer

    cmd.save(str(tmp_path / "fits.pse"))
    cmd.translate([3, 0, 0], object="toy")
    cmd.save(str(tmp_path / "stale.pse"))
    cmd.reinitialize()
    other = PymolViewer(cmd)
    cmd.load(str(tmp_path / "fits.pse"))
    assert other.stale_drawings() == []
    cmd.translate([3, 0, 0], object="toy")
    assert other.stale_drawings() == [drawn]
    cmd.load(str(tmp_path / "stale.pse"))
    assert other.stale_drawings() == [drawn]
    assert transparency(cmd, drawn) > 0.7


@pytest.mark.parametrize("entry", [1, "text", {"name": 2}, {"name": ("a", ((1,),), 0, False)}])
def test_an_entry_that_cannot_be_read_is_told(
    cmd: Any, viewer: Any, capsys: pytest.CaptureFixture[str], entry: Any
) -> None:
    session = cmd.get_session()
    session["provis_drawings"] = entry
    cmd.set_session(session)
    assert "of its drawings cannot be read" in capsys.readouterr().out


def test_dashed_lines_are_drawings_too(cmd: Any, viewer: Any, show: Callable[..., str]) -> None:
    show(protein(read_1hpv()))
    (selected,) = viewer.read_chains("toy")
    viewer.show_overlay(make_overlay("provis_lines", selected.chain, [3, 40], (1.0, 0.5, 0.0)))
    assert viewer.stale_drawings() == []
    cmd.translate([3, 0, 0], object="toy")
    assert viewer.stale_drawings() == ["provis_lines"]


def test_status_names_what_does_not_fit(cmd: Any, app: Any, console: Any, show: Callable[..., str]) -> None:
    show(protein(read_1hpv()))
    draw(app.session.viewer, "toy", "provis_toy")
    assert not any("fit" in line for line in console("provis_status"))
    cmd.translate([3, 0, 0], object="toy")
    said = "provis_toy does not fit its structure: draw it again"
    assert any(said in line for line in console("provis_status"))
