"""Save figure: what is seen at the click is drawn by another process, and the panel goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from plugin.panel.qt import Qt, QtCore
from plugin.panel.saving import FigureDialog, write_figure
from provis_core.attention.head_id import HeadId
from provis_core.errors import InputError, JobCancelledError, UnexpectedError
from provis_core.figures.process import start_figure
from tests.figures.views import make_all, make_grid
from tests.patience import PATIENCE, wait_until

ALL = ("grid", "map", "profile")
needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")


def _left(folder: Path) -> list[str]:
    """Files of a folder that are no figures."""
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


def _used(pid: int) -> float:
    """CPU seconds of a process."""
    ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def _children() -> list[int]:
    tasks = Path("/proc/self/task").glob("*/children")
    return [int(word) for task in tasks for word in task.read_text().split()]


def _is_whole(path: Path) -> bool:
    data = path.read_bytes()
    return data.startswith(b"%PDF") and data.rstrip().endswith(b"%%EOF")


@pytest.mark.parametrize("suffix", [".png", ".pdf"])
def test_the_figure_is_drawn_elsewhere_and_shows_what_was_seen_at_the_click(
    bench, tmp_path, suffix, monkeypatch
):
    from matplotlib.figure import Figure

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("drawn in the viewer's process")

    monkeypatch.setattr(Figure, "savefig", refuse)
    bench.open()
    first, second = tmp_path / f"first{suffix}", tmp_path / f"second{suffix}"
    write_figure(bench.panel, first, ALL, "double")
    bench.settle()
    write_figure(bench.panel, second, ALL, "double")
    assert not second.exists()  # the call does not wait
    assert bench.inspector.loader.is_awaited("figure")
    assert bench.panel.top_bar.state.text() == f"figure second{suffix}: being drawn and saved"
    bench.inspector.choose.head(HeadId(0, 1))
    bench.panel.map.canvas.zoom(2.0, (10.0, 10.0))
    while bench.inspector.loader.is_awaited("figure"):  # the event loop runs and draws
        bench.panel.map.canvas.redraw()
        bench.qtbot.wait(5)
        bench.app.session.wait(timeout=0.001)
    assert second.read_bytes() == first.read_bytes()
    write_figure(bench.panel, first, ALL, "double")
    bench.settle()
    assert second.read_bytes() != first.read_bytes()
    bench.qtbot.waitUntil(lambda: "provis-figure" not in [one.name for one in threading.enumerate()])
    assert _left(tmp_path) == []


def test_the_command_is_written_when_the_figure_is_there_and_one_is_saved_at_a_time(bench, tmp_path):
    bench.open()
    path, buttons = tmp_path / "figure.pdf", bench.panel.actions_bar
    n_lines = len(bench.viewer.lines)
    write_figure(bench.panel, path, ("map",), "single")
    assert not buttons.save.isEnabled()
    with pytest.raises(InputError, match=r"being saved\. One at a time"):
        write_figure(bench.panel, tmp_path / "other.pdf", ("map",), "single")
    bench.qtbot.keyClick(bench.panel, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert bench.panel.findChild(FigureDialog) is None
    assert bench.viewer.lines[n_lines:] == []
    bench.settle()
    assert _is_whole(path)
    assert buttons.save.isEnabled()
    command, told = bench.viewer.lines[n_lines:]
    assert command.startswith(f" provis_figure {path}, ")
    assert told == f" ProVis: figure written to {path}"
    assert not (tmp_path / "other.pdf").exists()


def test_another_chain_meanwhile_does_not_lose_the_figure(bench, tmp_path):
    bench.open()
    path = tmp_path / "figure.pdf"
    write_figure(bench.panel, path, ALL, "single")
    bench.inspector.choose.chain(1)
    bench.settle()
    assert _is_whole(path)
    assert f" ProVis: figure written to {path}" in bench.viewer.lines


def test_a_folder_that_goes_away_is_told_in_panel_and_console(bench, tmp_path):
    bench.open()
    folder = tmp_path / "gone"
    folder.mkdir()
    write_figure(bench.panel, folder / "figure.png", ("map",), "single")
    folder.rmdir()
    n_lines = len(bench.viewer.lines)
    bench.settle()
    wanted = "A file in a folder that exists and may be written to is needed. Choose another folder."
    for text in (bench.panel.message.text(), bench.viewer.warnings[-1], bench.panel.top_bar.state.text()):
        assert "figure.png cannot be written" in text
        assert wanted in text
    assert bench.viewer.lines[n_lines:] == []
    assert bench.panel.actions_bar.save.isEnabled()
    write_figure(bench.panel, tmp_path / "figure.png", ("map",), "single")
    bench.settle()
    assert bench.inspector.status.problem == ""


@pytest.mark.skipif(sys.platform == "win32", reason="limits the size of files as Unix does")
def test_a_disk_that_is_full_leaves_the_old_file(bench, tmp_path):
    import resource

    bench.open()
    path = tmp_path / "figure.png"
    path.write_text("old")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, limits[1]))  # the new process inherits it
    try:
        write_figure(bench.panel, path, ALL, "double")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    bench.settle()
    assert "cannot be written (File too large)" in bench.panel.message.text()
    assert path.read_text() == "old"
    assert _left(tmp_path) == []


def test_stop_stops_it_and_leaves_nothing(bench, tmp_path):
    bench.open()
    write_figure(bench.panel, tmp_path / "figure.pdf", ALL, "double")
    assert bench.panel.top_bar.stop.isEnabled()
    bench.panel.top_bar.stop.click()
    bench.settle()
    assert "The figure was stopped" in bench.viewer.warnings[-1]
    assert list(tmp_path.glob("*.pdf")) == []
    assert _left(tmp_path) == []


@needs_proc
def test_a_stop_in_the_middle_of_the_drawing(tmp_path):
    others = _children()
    future = start_figure(tmp_path / "figure.png", make_all(1000), dpi=2000)
    wait_until(lambda: set(_children()) - set(others), "the begin of the process")
    (child,) = set(_children()) - set(others)
    wait_until(lambda: _used(child) > 1.5, "the begin of the drawing")  # it has read what it was sent
    future.cancel()
    with pytest.raises(JobCancelledError):
        future.result(timeout=PATIENCE)
    assert list(tmp_path.iterdir()) == []


@needs_proc
def test_a_process_that_is_killed_is_told(bench, tmp_path):
    bench.open()
    others = _children()
    write_figure(bench.panel, tmp_path / "figure.pdf", ALL, "double")
    (child,) = set(_children()) - set(others)
    os.kill(child, signal.SIGKILL)
    bench.settle()
    assert "ended with exit code -9" in bench.panel.message.text()
    assert list(tmp_path.glob("*.pdf")) == []


def test_a_bug_over_there_comes_with_its_traceback(tmp_path):
    future = start_figure(tmp_path / "figure.pdf", make_grid(), theme="no theme")
    with pytest.raises(UnexpectedError, match="Traceback"):
        future.result(timeout=PATIENCE)
    assert list(tmp_path.iterdir()) == []


def test_closing_the_panel_meanwhile(bench, tmp_path):
    bench.open()
    path = tmp_path / "figure.pdf"
    write_figure(bench.panel, path, ALL, "double")
    bench.close()
    bench.settle()
    bench.qtbot.wait(20)
    assert _is_whole(path)
    assert bench.viewer.lines[-1] == f" ProVis: figure written to {path}"
    assert _left(tmp_path) == []


def test_the_viewer_may_end_meanwhile(tmp_path):
    path = tmp_path / "figure.pdf"
    script = (
        "import os, sys\n"
        "from provis_core.figures.process import start_figure\n"
        "from tests.figures.views import make_all\n"
        "start_figure(sys.argv[1], make_all(200), dpi=200).wait_sent()\n"
        "os._exit(0)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(path)], check=True, timeout=PATIENCE)
    wait_until(path.exists, "the figure")
    assert _is_whole(path)
    assert _left(tmp_path) == []


def test_where_the_viewers_python_is_no_program_the_figure_is_drawn_here(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "PyMOL"))
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    future = start_figure(tmp_path / "figure.pdf", make_grid())
    assert future.done()
    assert _is_whole(future.result())


def test_the_dialog_begins_it(bench, tmp_path):
    bench.open()
    path = tmp_path / "figure.svg"

    def answer() -> None:
        dialog = bench.panel.findChild(FigureDialog)
        dialog.path.setText(str(path))
        dialog.accept()

    QtCore.QTimer.singleShot(50, answer)
    bench.panel.actions_bar.save.click()
    assert bench.inspector.loader.is_awaited("figure")
    bench.settle()
    assert b"<svg" in path.read_bytes()
    assert bench.panel.message.text() == ""
