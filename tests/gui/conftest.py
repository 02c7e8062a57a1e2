"""One X server for the folder; each PyMOL that is there runs the tests."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.gui.fakes import write_fake_checkpoint, write_fake_python
from tests.gui.pymol_window import PYMOLS, Pymol, PymolWindow, make_home, start_display

_FOLDER = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _FOLDER in item.path.parents:
            item.add_marker(pytest.mark.pymol)
            item.add_marker(pytest.mark.qt)


@pytest.fixture(scope="session")
def display() -> Iterator[str]:
    """An X server of these tests alone."""
    if shutil.which("Xvfb") is None:
        pytest.skip("there is no Xvfb (Debian: apt install xvfb)")
    with start_display() as name:
        yield name


@pytest.fixture(scope="session", params=PYMOLS)
def pymol(request: pytest.FixtureRequest) -> Pymol:
    """Each PyMOL of this machine."""
    return _find(request.param)


@pytest.fixture(scope="session")
def wheel() -> Pymol:
    """The PyMOL of the Python that runs the tests."""
    return _find("wheel")


def _find(name: str) -> Pymol:
    found = PYMOLS[name]()
    if found.problem:
        pytest.skip(found.problem)
    return found


@pytest.fixture(scope="session")
def worker_python() -> Path:
    """A Python that is new enough for a worker."""
    if sys.version_info < (3, 11):
        pytest.skip("the worker needs Python >= 3.11")
    return Path(sys.executable)


@pytest.fixture(scope="module")
def fake_models(tmp_path_factory: pytest.TempPathFactory, worker_python: Path) -> Path:
    """Folder with the checkpoints ``quick``, ``gate`` and ``hang``, and the program ``python`` for them."""
    folder = tmp_path_factory.mktemp("models")
    for name in ("quick", "gate", "hang"):
        write_fake_checkpoint(folder / name)
    write_fake_python(folder / "python")
    return folder


@pytest.fixture(scope="module")
def open_pymol(
    display: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[Pymol, Path], PymolWindow]]:
    """Start a PyMOL with an empty home and a worker's Python; all are ended with the module."""
    windows: list[PymolWindow] = []

    def start(pymol: Pymol, worker_python: Path) -> PymolWindow:
        windows.append(PymolWindow(pymol, display, make_home(tmp_path_factory.mktemp("home")), worker_python))
        return windows[-1]

    yield start
    for window in windows:
        window.close()
