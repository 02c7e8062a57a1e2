"""PyMOL as a program of its own: the wheel's, and Debian's 2.5 under a Python that has no torch."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.patience import PATIENCE

__all__ = ["ROOT", "in_both", "needs_debians", "run_program", "start_pymol"]

ROOT = Path(__file__).resolve().parents[2]
DEBIANS = Path("/usr/bin/pymol")
PROGRAMS = {"wheel": [sys.executable, "-m", "pymol"], "debian": [str(DEBIANS)]}

needs_debians = pytest.mark.skipif(not DEBIANS.exists(), reason="Debian's PyMOL is not installed")
in_both = pytest.mark.parametrize("program", ["wheel", pytest.param("debian", marks=needs_debians)])


@functools.cache
def start_pymol() -> Any:
    """PyMOL in this process, without a window and without the user's start files.

    Not by `finish_launching`: its thread would end the tests with exit status 0 even where some failed.
    """
    import pymol
    import pymol2

    pymol.invocation.options.show_splash = 0
    pymol2.SingletonPyMOL().start()
    return pymol


def run_program(program: str, script: Path, home: Path, provis_home: Path) -> str:
    """Run a script in a PyMOL without a window and with an empty home; gives what is printed."""
    environ = {
        "PATH": "/usr/bin:/bin",  # Debian's takes python3 from there
        "HOME": str(home),
        "PROVIS_HOME": str(provis_home),
        "PROVIS_WORKER_PYTHON": sys.executable,
        "PROVIS_THREADS": "1",
        "LANG": os.environ.get("LANG", "C.UTF-8"),
    }
    command = [*PROGRAMS[program], "-cqk", str(script)]
    done = subprocess.run(
        command, env=environ, cwd=home, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr
