"""Ranking heads from PyMOL's window: the command returns at once, and the table comes when it is made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.gui.pymol_window import Pymol, PymolWindow
from tests.patience import wait_until


@pytest.fixture(scope="module")
def window(pymol: Pymol, fake_models: Path, open_pymol: Callable[[Pymol, Path], PymolWindow]) -> PymolWindow:
    window = open_pymol(pymol, fake_models / "python")
    window.make_chain(60, "helix")
    return window


def test_a_table_comes_later(window: PymolWindow, fake_models: Path) -> None:
    gate = fake_models / "gate"
    window.clear_console()
    window.type_line(f"provis_heads helix, contact, {gate}, top=3")
    assert window.jobs() == ["all heads of gate by contact on helix chain A"]
    assert "head  arcs" not in window.console()
    (gate / "open").touch()
    wait_until(lambda: not window.jobs(), what="the table")
    console = window.console()
    assert "48 heads; " in console
    assert "no head has 10 arcs" in console  # all of them join residues that are four apart
    assert "ProVis: helix chain A, 60 observed residues" in console
    assert "Traceback" not in console


def test_it_is_stopped(window: PymolWindow, fake_models: Path) -> None:
    window.clear_console()
    window.type_line(f"provis_heads helix, amino_acid:A, {fake_models / 'hang'}")
    wait_until(lambda: bool(window.jobs()), what="the job")
    window.type_line("provis_cancel")
    wait_until(lambda: not window.jobs(), what="the end of the job")
    assert "stopping all heads of hang by amino_acid:A on helix chain A" in window.console()
