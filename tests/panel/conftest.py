"""Qt without a screen; whatever a test leaves of timers, threads or widgets is an error."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.patience import PATIENCE

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
for _module in ("pytestqt", "matplotlib", "pymol"):
    pytest.importorskip(_module, reason=f"the panel's tests need {_module}")

from pytestqt.qt_compat import qt_api  # noqa: E402

# the binding that pytest-qt has chosen, or will choose, and no other beside it in this process
_BINDINGS = {"pyqt5": "PyQt5", "pyqt6": "PyQt6", "pyside6": "PySide6"}
_API = getattr(qt_api, "pytest_qt_api", "") or os.environ.setdefault("PYTEST_QT_API", "pyqt5")
pytest.importorskip(f"{_BINDINGS[_API]}.QtWidgets", reason=f"there is no {_BINDINGS[_API]}")

from tests.core.conftest import tiny_config_folder  # noqa: E402, F401
from tests.panel.panels import Bench  # noqa: E402

_FOLDER = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _FOLDER in item.path.parents:
            item.add_marker(pytest.mark.qt)


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVIS_HOME", str(tmp_path / "provis"))


@pytest.fixture
def qtbot(qtbot):
    """pytest-qt's, which waits as long as it has to."""
    patient = {"timeout": int(1000 * PATIENCE)}
    qtbot.waitUntil = functools.partial(qtbot.waitUntil, **patient)
    qtbot.waitSignal = functools.partial(qtbot.waitSignal, **patient)
    return qtbot


@pytest.fixture
def bench(qtbot, tmp_path: Path, tiny_config_folder: Path) -> Iterator[Bench]:  # noqa: F811
    """A window in which a panel can be opened."""
    bench = Bench(qtbot, tmp_path, tiny_config_folder)
    yield bench
    bench.close()
    assert [line for line in bench.viewer.warnings if "bug" in line] == []
