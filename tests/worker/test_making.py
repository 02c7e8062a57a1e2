"""The environment of the models, made inside of a viewer; a short program stands in for the installer."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import pytest

from provis_core.actions import find_command
from provis_core.app import App
from provis_core.commands.reading import run_command
from provis_core.errors import InstallError, JobCancelledError
from provis_core.session.settings import Settings
from provis_core.worker.host import making
from provis_core.worker.host.making import MadeEnvironment
from tests.core.fakes import FakeViewer
from tests.patience import PATIENCE


def make(code: str, lines: list[str]) -> MadeEnvironment:
    return MadeEnvironment([sys.executable, "-c", code], lines.append)


def test_what_it_says_is_heard_and_the_python_comes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVIS_WORKER_PYTHON", sys.executable)
    lines: list[str] = []
    made = make("print('[1/3] one'); print(); print('[2/3] two')", lines)
    assert made.result(PATIENCE) == Path(sys.executable)
    assert lines == ["[1/3] one", "[2/3] two"]


def test_a_failure_is_told_with_its_last_words() -> None:
    made = make("print('No space left on device'); raise SystemExit(3)", [])
    with pytest.raises(InstallError, match=r"code 3.*No space left on device"):
        made.result(PATIENCE)


def test_a_program_that_is_not_there_is_an_error_in_words(tmp_path: Path) -> None:
    with pytest.raises(InstallError, match="cannot be started"):
        MadeEnvironment([str(tmp_path / "python")], print)


@pytest.mark.skipif(sys.platform == "win32", reason="the grandchild is looked for as on a Unix")
def test_cancelled_with_all_that_it_started(tmp_path: Path) -> None:
    alive = tmp_path / "alive"
    child = f"import time, pathlib\nwhile True: pathlib.Path({str(alive)!r}).touch(); time.sleep(0.02)"
    code = (
        f"import subprocess, sys; print('go', flush=True); subprocess.run([sys.executable, '-c', {child!r}])"
    )
    lines: list[str] = []
    made = make(code, lines)
    until = time.monotonic() + PATIENCE
    while not alive.exists() and time.monotonic() < until:
        time.sleep(0.01)
    assert made.cancel()
    with pytest.raises(JobCancelledError):
        made.result(PATIENCE)
    alive.unlink()
    time.sleep(0.2)
    assert not alive.exists()
    assert not made.cancel()


def test_the_command_says_first_and_begins_when_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    code = "print('[1/3] The environment')"
    monkeypatch.setattr(making, "find_making_command", lambda: [sys.executable, "-c", code])
    monkeypatch.setenv("PROVIS_WORKER_PYTHON", sys.executable)
    viewer: Any = FakeViewer()
    app = App(viewer, Settings(tmp_path / "settings.json"))
    said = " ".join(run_command(find_command("install"), app))
    assert "torch" in said and "start=1" in said and "nothing of yours is sent" in said
    assert not any("[1/3]" in line for line in viewer.lines)
    assert run_command(find_command("install"), app, start=True, wait=True) == Path(sys.executable)
    assert any("[1/3] The environment" in line for line in viewer.lines)
    assert not app.session.jobs


def test_a_python_that_is_too_old_fetches_another(monkeypatch: pytest.MonkeyPatch) -> None:
    command = making.find_making_command()
    assert command[1].endswith("install_plugin.py") and command[2:4] == ["env", "--python"]
    monkeypatch.setattr(making, "MIN_PYTHON", (99, 0))
    assert making.find_making_command()[2:] == ["env"]
    assert "a newer Python" in making.describe_making("PyMOL")[1]


def test_without_the_installer_a_terminal_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "find_installer", lambda: None)
    with pytest.raises(InstallError, match=r"install_plugin.py is not here"):
        making.find_making_command()
