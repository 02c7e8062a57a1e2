"""Whether ChimeraX's library can be had; where it cannot, this says so for all tests of ChimeraX."""

from __future__ import annotations

import subprocess
import sys

import pytest

from .library import ROOT, WHY_NOT, is_there


@pytest.mark.skipif(not is_there(), reason=WHY_NOT)
def test_it_starts_in_a_python_of_its_own() -> None:
    command = [sys.executable, "-m", "tests.chimerax.library"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == "ChimeraX's library runs\n", done.stderr
