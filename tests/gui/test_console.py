"""What a user does in PyMOL's window, in one session; the model computes as long as the test wants."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.gui.pymol_window import Pymol, PymolWindow
from tests.patience import wait_until

N_RESIDUES = 60
N_DRAWN = N_RESIDUES - 4
SAUSAGE_FLOATS = 14


@pytest.fixture(scope="module")
def shared_window(
    pymol: Pymol, fake_models: Path, open_pymol: Callable[[Pymol, Path], PymolWindow]
) -> PymolWindow:
    return open_pymol(pymol, fake_models / "python")


@pytest.fixture
def window(shared_window: PymolWindow, fake_models: Path) -> Iterator[PymolWindow]:
    """A PyMOL with the chain A of an object ``helix`` and nothing else; no error may be left in its log."""
    (fake_models / "gate" / "open").unlink(missing_ok=True)
    shutil.rmtree(shared_window.home / "provis" / "cache", ignore_errors=True)
    shared_window.cmd("delete", "all")
    shared_window.make_chain(N_RESIDUES, "helix")
    shared_window.clear_console()
    n_logged = len(shared_window.log.read_text())
    yield shared_window
    if shared_window.call("panel.is_open"):
        shared_window.call("panel.close")
    shared_window.type_line("provis_cancel")
    wait_until(lambda: not shared_window.jobs(), what="the end of all jobs")
    logged = shared_window.log.read_text()[n_logged:]
    assert logged.count("Traceback") == logged.count("Error: broken on purpose"), logged


@pytest.fixture
def gate(fake_models: Path) -> Path:
    """The model that computes until `open_gate`."""
    return fake_models / "gate"


def open_gate(gate: Path) -> None:
    (gate / "open").touch()


def wait_for_drawing(window: PymolWindow, name: str) -> None:
    wait_until(lambda: name in window.session(), what=f"the drawing of {name}")
    assert window.session()[name] == ["object:cgo", True]
    assert len(window.cgo_floats(name)) == N_DRAWN * SAUSAGE_FLOATS


def wait_for_line(window: PymolWindow, text: str) -> None:
    wait_until(lambda: text in window.console(), what=f"the line {text!r} in the console")


def test_menu(window: PymolWindow) -> None:
    plugin_menu, provis_menu = window.menus()
    assert "ProVis" in plugin_menu
    commands = {
        "Draw attention on the enabled chains": "provis_attn",
        "Open the panel": "provis_panel",
        "Stop": "provis_cancel",
        "Rank the heads by contacts": "provis_heads",
        "Save a figure…": "",
        "Show binding sites": "provis_sites",
        "Show contacts": "provis_contacts",
        "Remove the drawings": "provis_clear",
        "Models…": "",
        "Preferences…": "",
        "Status": "provis_status",
        "Check the installation": "provis_doctor",
        "Help on drawing attention": "help provis_attn",
    }
    assert provis_menu == list(commands)
    for label, command in ((label, command) for label, command in commands.items() if command):
        window.clear_console()
        window.trigger(label)
        wait_for_line(window, f"PyMOL>{command}")
        wait_until(lambda: not window.jobs(), what=f"the end of {command}")
    wait_for_line(window, "EXAMPLE")


def test_typed_command_returns_and_draws_later(window: PymolWindow, gate: Path) -> None:
    window.cmd("turn", "x", 30)
    view = window.cmd("get_view")
    window.type_line(f"provis_attn chain A, 12, 4, {gate}")
    assert window.jobs() == [f"attention of helix chain A, {gate.name} 12-4"]
    assert list(window.session()) == ["helix"]
    wait_for_line(window, "To stop it: provis_cancel")
    open_gate(gate)
    wait_for_drawing(window, "provis_helix_A_12-4")
    console = window.console()
    assert f"{N_DRAWN} of 1770 pairs have attention >= 0.1" in console
    assert "strongest: A/" in console
    assert window.cmd("get_view") == view
    assert window.session()["helix"] == ["object:molecule", True]


def test_progress_is_shown_while_it_goes_on(window: PymolWindow, gate: Path) -> None:
    window.type_line(f"provis_attn helix, 3, 1, {gate}")
    wait_for_line(window, "ProVis: layer 3 of 12")  # and for how long, where it takes long
    assert "(25%). To stop it: provis_cancel" in window.console()
    window.type_line("provis_status")
    wait_for_line(window, "- layer 3 of 12")
    assert window.console().count("layer 3 of 12") < 10


@pytest.mark.parametrize("model", ["gate", "hang"])
def test_cancel(window: PymolWindow, fake_models: Path, model: str) -> None:
    window.type_line(f"provis_attn helix, 12, 4, {fake_models / 'quick'}, min_attn=0.5")
    wait_until(lambda: not window.jobs())
    before, floats = window.session(), window.cgo_floats("provis_helix_A_12-4")
    window.type_line(f"provis_attn helix, 12, 4, {fake_models / model}")
    wait_until(lambda: window.worker_stage() == "running")
    window.type_line("provis_cancel")
    wait_until(lambda: not window.jobs(), what="the end of the job")
    wait_for_line(window, "cancelled")
    assert window.session() == before
    assert window.cgo_floats("provis_helix_A_12-4") == floats
    window.type_line(f"provis_attn helix, 1, 1, {fake_models / 'quick'}")
    wait_for_drawing(window, "provis_helix_A_1-1")


def test_wait_keeps_the_window_alive(window: PymolWindow, gate: Path) -> None:
    window.type_line(f"provis_attn helix, 12, 4, {gate}")
    window.start_ticking(50)
    window.type_line_soon("provis_wait")
    wait_until(lambda: window.n_ticks() > 20, what="a clock that ticks while provis_wait waits")
    window.type_line("provis_status")  # the line of the command that waits is not in the way
    wait_for_line(window, "running: attention of helix chain A")
    open_gate(gate)
    wait_for_drawing(window, "provis_helix_A_12-4")
    window.stop_ticking()
    assert "Error" not in window.console()


def test_cancel_while_a_command_waits(window: PymolWindow, gate: Path) -> None:
    window.type_line(f"provis_attn helix, 12, 4, {gate}")
    window.type_line_soon("provis_wait")
    wait_for_line(window, "PyMOL>provis_wait")
    window.trigger("Stop")
    wait_until(lambda: not window.jobs(), what="the end of the job")
    wait_until(lambda: window.console().count("cancelled") == 1)
    window.type_line("provis_status")


def test_script_waits_for_the_drawing(window: PymolWindow, gate: Path, tmp_path: Path) -> None:
    script = tmp_path / "script.pml"
    script.write_text(
        f"provis_attn helix, 12, 4, {gate}, sele=ends\ndisable provis_helix_A_12-4\nshow spheres, ends\n"
    )
    window.type_line_soon(f"@{script}")
    wait_until(window.jobs)
    open_gate(gate)
    wait_until(lambda: "provis_helix_A_12-4" in window.session() and not window.jobs())
    assert window.session()["provis_helix_A_12-4"] == ["object:cgo", False]
    assert window.cmd("count_atoms", "ends and rep spheres") == N_RESIDUES * 4
    window.cmd("disable", "ends")


def test_killed_worker(window: PymolWindow, gate: Path) -> None:
    window.type_line(f"provis_attn helix, 12, 4, {gate}")
    # a worker that ends before it has begun is replaced without a word
    wait_until(lambda: "layer 3 of 12" in "".join(window.call("app.session.describe_status")), what="the job")
    (pid,) = window.worker_pids()
    os.kill(pid, signal.SIGKILL)
    wait_for_line(window, "was killed by the system (SIGKILL)")
    assert window.console().count("SIGKILL") == 1
    assert list(window.session()) == ["helix"]
    open_gate(gate)
    window.type_line(f"provis_attn helix, 12, 4, {gate}")
    wait_for_drawing(window, "provis_helix_A_12-4")
    assert len(window.worker_pids()) == 1


def test_deleted_object(window: PymolWindow, gate: Path) -> None:
    window.type_line(f"provis_attn helix, 12, 4, {gate}")
    wait_until(lambda: window.worker_stage() == "running")
    window.type_line("delete helix")
    open_gate(gate)
    wait_for_line(window, "was deleted or renamed")
    assert window.session() == {}


def test_error_in_a_slot_does_not_end_pymol(window: PymolWindow, gate: Path) -> None:
    window.type_line(f"provis_attn helix, 12, 4, {gate}")
    wait_until(lambda: window.worker_stage() == "running")
    window.break_viewer()
    wait_until(lambda: "broken on purpose" in window.log.read_text(), what="the error")
    open_gate(gate)
    wait_for_drawing(window, "provis_helix_A_12-4")
    assert window.is_alive()


@pytest.mark.skipif(
    shutil.which("xdotool") is None, reason="there is no xdotool (Debian: apt install xdotool)"
)
def test_keyboard_and_mouse(window: PymolWindow, fake_models: Path, display: str) -> None:
    x, y = window.where_is_console()
    line = f"provis_attn chain A, 2, 2, {fake_models / 'quick'}"
    for action in (["mousemove", str(x), str(y), "click", "1"], ["type", line], ["key", "Return"]):
        subprocess.run(["xdotool", *action], env={**os.environ, "DISPLAY": display}, check=True)
    wait_for_drawing(window, "provis_helix_A_2-2")
