"""A PyMOL whose Python has no matplotlib: the panel says what to do, and the commands work."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.gui.pymol_window import PYMOLS, Pymol, PymolWindow
from tests.patience import wait_until


@pytest.fixture
def bare() -> Pymol:
    found = PYMOLS["debian"]()
    if found.problem:
        pytest.skip(found.problem)
    check = ["/usr/bin/python3", "-c", "import matplotlib"]
    if subprocess.run(check, capture_output=True, check=False).returncode == 0:
        pytest.skip("the system's Python has matplotlib")
    return found


def test_the_error_has_three_parts_and_the_commands_work(
    bare: Pymol, fake_models: Path, open_pymol: Callable[[Pymol, Path], PymolWindow]
) -> None:
    window = open_pymol(bare, fake_models / "python")
    window.make_chain(30, "helix")
    window.trigger("Open the panel")
    wait_until(lambda: "Error: Figures cannot be drawn, nor the panel" in window.console(), what="the error")
    said = " ".join(window.console().split())
    assert "(matplotlib: No module named 'matplotlib')" in said
    assert "sudo apt-get install python3-matplotlib" in said  # pip may not change the system's Python
    assert "All other commands work without it" in said
    assert not window.call("panel.is_open")
    window.type_line("provis_doctor")
    wait_until(lambda: "PROBLEM: Figures cannot be drawn" in window.console(), what="the doctor")
    window.type_line(f"provis_attn helix, 12, 4, {fake_models / 'quick'}")
    wait_until(lambda: "provis_helix_A_12-4" in window.session(), what="the drawing")
    assert "Traceback" not in window.log.read_text()
