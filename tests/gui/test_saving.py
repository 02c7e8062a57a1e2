"""Save figure in PyMOL: the event loop runs on, and however PyMOL ends there is a whole file or none."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.gui.pymol_window import Pymol, PymolWindow
from tests.patience import wait_until


@pytest.fixture
def window(wheel: Pymol, fake_models: Path, open_pymol: Callable[[Pymol, Path], PymolWindow]) -> PymolWindow:
    """PyMOL with the panel open on two chains of 400 residues."""
    pytest.importorskip("matplotlib")
    window = open_pymol(wheel, fake_models / "python")
    window.make_chain(400, "long", drawn="cartoon", chains="AB")
    window.cmd("do", f"provis_set model, {fake_models / 'quick'}", echo=0)
    window.trigger("Open the panel")
    wait_until(lambda: window.call("panel.is_open"), what="the panel")
    wait_until(lambda: not window.jobs() and window.call("panel.is_settled"), what="the end of all work")
    return window


def begin_to_save(window: PymolWindow, path: Path) -> None:
    window.call("timing.start_one", "save", str(path))
    wait_until(lambda: window.jobs() == [f"figure {path.name}"], what="the begin")


def wait_for_all_of(path: Path) -> None:
    """Until there is the file, and nothing else in its folder."""
    wait_until(lambda: [one.name for one in path.parent.iterdir()] == [path.name], what=path.name)
    data = path.read_bytes()
    assert data.startswith(b"%PDF")
    assert data.rstrip().endswith(b"%%EOF")


def find_figure_pids(window: PymolWindow) -> list[int]:
    """Process ids of what draws figures for a window."""
    mark = f"PROVIS_HOME={window.home / 'provis'}".encode()
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with contextlib.suppress(OSError):
                command = (folder / "cmdline").read_bytes()
                if b"process_main.py" in command and mark in (folder / "environ").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
    return found


def close_the_panel(window: PymolWindow) -> None:
    window.call("panel.close")


def quit_by_menu(window: PymolWindow) -> None:
    window.quit_by_menu()


def type_quit(window: PymolWindow) -> None:
    window.type_line_soon("quit")


def kill(window: PymolWindow) -> None:
    window.kill()


def test_the_event_loop_runs_on_and_another_chain_can_be_chosen(window: PymolWindow, tmp_path: Path) -> None:
    path = tmp_path / "figure.pdf"
    begin_to_save(window, path)
    window.call("timing.switch_chain", 1)
    wait_for_all_of(path)
    wait_until(lambda: f"figure written to {path}" in window.console(), what="the line in the console")
    wait_until(lambda: not window.jobs() and window.call("panel.is_settled"), what="the end of all work")
    report = window.call("timing.run_report")
    assert report["errors"] == []
    assert report["n_ticks"] > 20
    assert window.call("panel.state")["chain"] == "long chain B (400)"
    lines = window.console().splitlines()
    (command,) = [line for line in lines if "provis_figure " in line]
    assert "/long//A" in command  # what was seen at the click
    assert "Traceback" not in window.log.read_text()


def test_what_goes_wrong_is_told_in_panel_and_console(window: PymolWindow, tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    window.call("timing.start_one", "save", str(folder / "figure.png"))
    wait_until(window.jobs, what="the begin")
    folder.rmdir()
    wait_until(lambda: not window.jobs(), what="the end")
    assert "figure.png cannot be written" in window.call("panel.state")["message"]
    assert "figure.png cannot be written" in window.console()
    assert not folder.exists()
    assert "Traceback" not in window.log.read_text()


@pytest.mark.parametrize("end", [close_the_panel, quit_by_menu, type_quit, kill])
def test_the_figure_is_whole_however_the_panel_ends(
    window: PymolWindow, tmp_path: Path, end: Callable[[PymolWindow], None]
) -> None:
    path = tmp_path / "figure.pdf"
    begin_to_save(window, path)
    assert len(find_figure_pids(window)) == 1
    end(window)
    if end is close_the_panel:
        wait_until(lambda: f"figure written to {path}" in window.console(), what="the line in the console")
        assert not window.call("panel.is_open")
        assert set(window.call("panel.n_live").values()) == {0}
    else:
        wait_until(lambda: not window.is_alive(), what="the end of PyMOL")
    wait_until(lambda: not find_figure_pids(window), what="the end of the process that draws")
    # a PyMOL that is killed, or ends by the command in the moment of the click, has not told what to draw
    if end not in (kill, type_quit) or path.exists():
        wait_for_all_of(path)
    assert [one.name for one in tmp_path.iterdir()] in ([path.name], [])
    assert "Traceback" not in window.log.read_text()
    if end in (quit_by_menu, type_quit):
        assert window.process.returncode == 0


def test_what_the_panel_saved_is_made_again_by_what_is_typed(window: PymolWindow, tmp_path: Path) -> None:
    folder = tmp_path / "saved"
    folder.mkdir()
    path, again = folder / "figure.pdf", folder / "figure_replayed.pdf"
    begin_to_save(window, path)
    wait_for_all_of(path)
    wait_until(lambda: not window.jobs() and window.call("panel.is_settled"), what="the end of all work")
    window.type_line(f"provis_replay {path}")
    wait_until(lambda: "figure.pdf made again" in window.console(), what="the line in the console")
    assert f"written to {again}: the same, byte by byte" in window.console()
    assert again.read_bytes() == path.read_bytes()
