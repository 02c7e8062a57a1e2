"""Scripts that are named when PyMOL is started, with its window."""

from __future__ import annotations

from pathlib import Path

from tests.gui.pymol_window import Pymol, PymolWindow, make_home


def test_script_on_the_command_line_waits(
    pymol: Pymol, display: str, fake_models: Path, tmp_path: Path
) -> None:
    script = tmp_path / "script.pml"
    script.write_text(
        "load $PYMOL_DATA/tut/1hpv.pdb, 1hpv\n"
        f"provis_attn chain A, 12, 4, {fake_models / 'quick'}\n"
        "disable provis_1hpv_A_12-4\n"
    )
    home = make_home(tmp_path / "home")
    window = PymolWindow(pymol, display, home, fake_models / "python", options=(str(script),))
    try:
        assert window.session()["provis_1hpv_A_12-4"] == ["object:cgo", False]
        assert "Error" not in window.log.read_text()
    finally:
        window.close()
