"""Real PyMOL without a window, a real worker for all tests, and small models with sharp attention."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from provis_core.app import App
from provis_core.errors import ProvisError
from provis_core.session.session import Session
from provis_core.session.settings import Settings
from provis_core.viewers.viewer import Viewer
from provis_core.worker.host.client import WorkerClient
from tests.patience import PATIENCE
from tests.tiny_checkpoints import write_tiny_bert, write_tiny_esm

from .programs import run_program, start_pymol
from .structures import find_1hpv


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say why the tests of this folder skip where a program is absent."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            needed = ["pymol"]
            if {"worker", "bert", "esm"} & set(getattr(item, "fixturenames", ())):
                needed += ["torch", "transformers"]
                item.add_marker(pytest.mark.torch)
            item.add_marker(pytest.mark.pymol)
            absent = [name for name in needed if importlib.util.find_spec(name) is None]
            if absent:
                item.add_marker(pytest.mark.skip(reason=f"{' and '.join(absent)} not installed"))


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where ProVis keeps results during these tests."""
    return tmp_path_factory.mktemp("provis_home")


@pytest.fixture(autouse=True)
def provis_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep ProVis away from the user's own files, and choose this Python for the worker."""
    for name in list(os.environ):
        if name.startswith("PROVIS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("PROVIS_HOME", str(home))
    monkeypatch.setenv("PROVIS_WORKER_PYTHON", sys.executable)
    return home


@pytest.fixture(scope="session")
def pymol_process() -> Any:
    """PyMOL in this process."""
    return start_pymol()


@pytest.fixture(autouse=True)
def cmd(pymol_process: Any) -> Any:
    """PyMOL's commands, with nothing loaded."""
    from plugin.viewers.pymol_sources import remember_files

    pymol_process.cmd.reinitialize()
    pymol_process.cmd.set("defer_updates", 0)
    remember_files(pymol_process.cmd, print)  # as where the plugin is there before the structure
    vars(pymol_process).pop("_provis_loads", None)  # files of other tests
    return pymol_process.cmd


class SharedWorker(WorkerClient):
    """A worker that one test leaves to the next: starting one takes seconds."""

    def close(self) -> None:
        """Stay; `stop` ends it."""


@pytest.fixture(scope="session")
def worker() -> Iterator[SharedWorker]:
    """Started with the first job."""
    worker = SharedWorker(sys.executable, threads=1)
    yield worker
    worker.stop()


@pytest.fixture
def app(cmd: Any, worker: SharedWorker, tmp_path: Path) -> Iterator[App]:
    """ProVis in this PyMOL, with preferences of this test alone."""
    from plugin.viewers.pymol_viewer import PymolViewer

    app = App(PymolViewer(cmd), Settings(tmp_path / "settings.json"), lambda _: worker)
    yield app
    app.session.cancel()
    assert app.session.wait(timeout=PATIENCE)


@pytest.fixture
def session(app: App) -> Session[Viewer]:
    """That of the app."""
    return app.session


@pytest.fixture
def commands(cmd: Any, app: App) -> dict[str, Callable[..., Any]]:
    """The commands as Python functions; typed at the console they reach the same app."""
    from plugin.viewers.pymol_commands import register_commands

    return register_commands(cmd, app)


@pytest.fixture
def console(
    cmd: Any, commands: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> Callable[..., list[str]]:
    """Type lines at PyMOL's console; gives what is printed, without the echo of the lines and progress."""

    def type_lines(*lines: str) -> list[str]:
        capsys.readouterr()
        cmd.do(list(lines), flush=1)
        return [
            line
            for line in capsys.readouterr().out.splitlines()
            if not line.startswith("PyMOL>") and not line.endswith("To stop it: provis_cancel")
        ]

    return type_lines


@pytest.fixture(scope="session")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of 12 layers x 4 heads with sharp attention."""
    return write_tiny_bert(tmp_path_factory.mktemp("models") / "tiny_bert")


@pytest.fixture(scope="session")
def esm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An ESM-2 of 12 layers x 4 heads with sharp attention."""
    return write_tiny_esm(tmp_path_factory.mktemp("models") / "tiny_esm")


@pytest.fixture
def attn(commands: dict[str, Any], bert: Path) -> Callable[..., Any]:
    """``provis_attn`` as a Python function, on the tiny BERT unless told otherwise."""

    def run(selection: str = "", layer: int = 12, head: int = 4, **options: Any) -> Any:
        return commands["provis_attn"](selection, layer, head, **{"model": str(bert), **options})

    return run


@pytest.fixture
def refuse(cmd: Any, session: Any) -> Callable[..., ProvisError]:
    """Make a call that must fail with a message of three parts that says all of some words."""
    import pymol

    def check(call: Callable[[], object], *words: str) -> ProvisError:
        before = cmd.get_names("all"), cmd.get_names("all", enabled_only=1), cmd.get_view()
        with pytest.raises(pymol.CmdException) as caught:
            call()
        error = caught.value.__cause__
        assert isinstance(error, ProvisError)
        assert error.got and error.need and error.do
        for word in words:
            assert word in str(caught.value)
        assert (cmd.get_names("all"), cmd.get_names("all", enabled_only=1), cmd.get_view()) == before
        assert session.jobs == []
        return error

    return check


@pytest.fixture
def hpv(cmd: Any) -> str:
    """1HPV is loaded; gives the object's name."""
    cmd.load(str(find_1hpv()), "1hpv")
    return "1hpv"


@pytest.fixture
def show(cmd: Any) -> Callable[..., str]:
    """Load PDB lines as an object; gives its name."""

    def load(lines: list[str], name: str = "toy") -> str:
        cmd.read_pdbstr("\n".join([*lines, "END", ""]), name, zoom=0)
        return name

    return load


@pytest.fixture
def run_script(provis_home: Path, tmp_path: Path) -> Callable[..., str]:
    """Run a script in a PyMOL without a window and with an empty home; gives what is printed."""
    return lambda program, script: run_program(program, script, tmp_path, provis_home)
