"""The panel under the other bindings, each in a process of its own; see `smoke`.

A Python that has a binding, numpy and matplotlib, and is not the one that runs the tests, can be named in
``PROVIS_TEST_QT_PYTHON``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PATIENCE

SMOKE = Path(__file__).with_name("smoke.py")


def find_python(binding: str) -> str:
    """A Python with this binding and what the panel needs besides."""
    for python in filter(None, (sys.executable, os.environ.get("PROVIS_TEST_QT_PYTHON"))):
        check = [python, "-c", f"import {binding}.QtWidgets, {binding}.QtTest, numpy, matplotlib"]
        if subprocess.run(check, capture_output=True, check=False, timeout=PATIENCE).returncode == 0:
            return python
    pytest.skip(f"no Python here has {binding} with numpy and matplotlib")


@pytest.mark.parametrize("binding", ["PyQt5", "PySide2", "PyQt6", "PySide6"])
def test_the_panel_works_under(binding: str) -> None:
    done = subprocess.run(
        [find_python(binding), "-W", "error::DeprecationWarning:plugin", str(SMOKE), binding],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {"binding": binding, "errors": []}


WITHOUT = """
import sys, types
sys.path.insert(0, {root!r})
plugin = types.ModuleType("plugin")
plugin.__path__ = [{root!r} + "/plugin"]
sys.modules["plugin"] = plugin
for name in {missing!r}:
    sys.modules[name] = None
from plugin.panel import PanelOpener
from provis_core.errors import InstallError
class App:
    class session:
        class viewer:
            name = "a viewer"
    @property
    def inspector(self):
        raise AssertionError("nothing is looked at before all is there")
try:
    PanelOpener(App(), lambda: object())()
except InstallError as error:
    assert error.got and error.need and error.do, error
    print(error)
"""


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        (("PyQt5", "PySide2", "PyQt6", "PySide6"), "The panel needs Qt"),
        (("matplotlib",), "nor the panel"),
    ],
)
def test_what_is_missing_is_told_in_three_parts(missing: tuple[str, ...], said: str) -> None:
    code = WITHOUT.format(root=str(SMOKE.parents[2]), missing=missing)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert said in done.stdout, done.stderr
    assert "pip install" in done.stdout
