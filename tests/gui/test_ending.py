"""However PyMOL ends while a model computes, nothing of the worker is left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.gui.pymol_window import Pymol, PymolWindow, find_worker_pids
from tests.patience import wait_until


def close_by_menu(window: PymolWindow) -> None:
    window.quit_by_menu()


def type_quit(window: PymolWindow) -> None:
    window.type_line_soon("quit")


def quit_while_a_command_waits(window: PymolWindow) -> None:
    window.type_line_soon("provis_wait")
    wait_until(lambda: "PyMOL>provis_wait" in window.console())
    window.quit_by_menu()


def kill(window: PymolWindow) -> None:
    window.kill()


@pytest.mark.parametrize("end", [close_by_menu, type_quit, quit_while_a_command_waits, kill])
def test_no_worker_is_left(
    pymol: Pymol,
    fake_models: Path,
    open_pymol: Callable[[Pymol, Path], PymolWindow],
    end: Callable[[PymolWindow], None],
) -> None:
    window = open_pymol(pymol, fake_models / "python")
    window.make_chain(30, "helix")
    window.type_line(f"provis_attn helix, 12, 4, {fake_models / 'hang'}")
    wait_until(lambda: window.worker_stage() == "running")
    assert len(window.worker_pids()) == 1
    end(window)
    wait_until(lambda: not window.is_alive(), what="the end of PyMOL")
    wait_until(lambda: not find_worker_pids(window.home / "provis"), what="the end of the worker")
    assert "Traceback" not in window.log.read_text()
    if end is not kill:
        assert window.process.returncode == 0
