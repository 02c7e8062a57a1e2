"""Fixtures: the installer as a program, an empty home, the PyMOLs of this machine, a display."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from tests.patience import PATIENCE

CHECKOUT = Path(__file__).resolve().parents[2]
PARTS = (
    "plugin",
    "provis_core",
    "resources",
    "docs",
    "install_plugin.py",
    "constraints.txt",
    "pyproject.toml",
)
DEBIAN_PYMOL = Path("/usr/bin/pymol")


@pytest.fixture(scope="session")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout as it is now, so that nothing is written into it or changes under a test."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in (*PARTS, "LICENSE", "README.md", "CHANGELOG.md", ".gitignore"):
        if (CHECKOUT / name).is_dir():
            shutil.copytree(
                CHECKOUT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.part")
            )
        else:
            shutil.copy(CHECKOUT / name, folder / name)
    return folder


@pytest.fixture(scope="session")
def installer(root: Path) -> ModuleType:
    """``install_plugin.py`` as a module."""
    spec = importlib.util.spec_from_file_location("install_plugin", root / "install_plugin.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass(frozen=True)
class Home:
    """An empty home folder and what a program sees of it."""

    path: Path
    root: Path

    @property
    def environ(self) -> dict[str, str]:
        """Variables for a program of this home; the display and all settings of ours are left out."""
        drop = (
            "PROVIS_",
            "XDG_",
            "PYMOL",
            "CONDA",
            "MAMBA",
            "DISPLAY",
            "VIRTUAL_ENV",
            "PYTHONPATH",
            "APPDATA",
        )
        kept = {name: value for name, value in os.environ.items() if not name.startswith(drop)}
        return {**kept, "HOME": str(self.path), "USERPROFILE": str(self.path), "PYTHONDONTWRITEBYTECODE": "1"}

    @property
    def startup(self) -> Path:
        return self.path / ".pymol" / "startup"

    @property
    def plugin(self) -> Path:
        return self.startup / "provis_plugin"

    @property
    def preferences(self) -> Path:
        return self.path / ".pymolpluginsrc.py"

    def snapshot(self) -> dict[str, bytes | None]:
        """Every file (with its content) and folder (None)."""
        return {
            str(path.relative_to(self.path)): path.read_bytes() if path.is_file() else None
            for path in sorted(self.path.rglob("*"))
        }

    def install(
        self, *arguments: object, python: str | Path = sys.executable, code: int = 0, **more: str
    ) -> str:
        """Run ``install_plugin.py`` for this home; returns all it printed."""
        done = subprocess.run(
            [str(python), str(self.root / "install_plugin.py"), *map(str, arguments)],
            env={**self.environ, **more},
            cwd=self.path,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        printed = done.stdout + done.stderr
        assert done.returncode == code, printed
        return printed


@pytest.fixture
def home(tmp_path: Path, root: Path) -> Home:
    folder = tmp_path / "home"
    folder.mkdir()
    return Home(folder, root)


@dataclass(frozen=True)
class PyMOLProgram:
    """A PyMOL of this machine."""

    name: str
    command: tuple[str, ...]
    path: str | None

    def environ(self, home: Home, **more: str) -> dict[str, str]:
        return {**home.environ, **({"PATH": self.path} if self.path else {}), **more}

    def run(self, home: Home, *arguments: object, timeout: float = PATIENCE, **more: str) -> str:
        """Run it; returns all it printed."""
        done = subprocess.run(
            [*self.command, *map(str, arguments)],
            env=self.environ(home, **more),
            cwd=home.path,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
            check=False,
        )
        return done.stdout

    def script(self, home: Home, text: str, *arguments: object, name: str = "script.py") -> str:
        """Run a script without a window."""
        path = home.path / name
        path.write_text(text)
        try:
            return self.run(home, "-cq", path, "--", *arguments)
        finally:
            path.unlink()


@pytest.fixture(params=["wheel", "debian"])
def pymol_program(request: pytest.FixtureRequest) -> PyMOLProgram:
    """PyMOL's wheel in this Python, and Debian's own."""
    if request.param == "debian":
        if not DEBIAN_PYMOL.is_file():
            pytest.skip("Debian's PyMOL is not installed (apt-get install pymol)")
        return PyMOLProgram("debian", (str(DEBIAN_PYMOL),), "/usr/bin:/bin")
    if importlib.util.find_spec("pymol") is None:
        pytest.skip("PyMOL's wheel is not installed in this Python")
    return PyMOLProgram("wheel", (sys.executable, "-m", "pymol"), None)


@pytest.fixture(scope="session")
def display() -> Iterator[str]:
    """A virtual display for a real window."""
    program = shutil.which("Xvfb")
    if program is None:
        pytest.skip("Xvfb is not installed")
    read, write = os.pipe()
    command = [program, "-displayfd", str(write), "-screen", "0", "1280x1024x24", "-nolisten", "tcp"]
    with subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL) as server:
        os.close(write)
        with os.fdopen(read) as pipe:
            number = pipe.readline().strip()
        yield f":{number}"
        server.terminate()


@pytest.fixture(scope="session")
def plugin_zip(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Path:
    """The plugin's zip as ``install_plugin.py zip`` writes it."""
    folder = tmp_path_factory.mktemp("zip")
    command = [sys.executable, str(root / "install_plugin.py"), "zip", "--out", str(folder)]
    subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)
    (path,) = folder.glob("*.zip")
    return path


@pytest.fixture(scope="session")
def uv() -> Path:
    """uv, the program, in this environment or elsewhere on this machine."""
    places = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    found = shutil.which("uv", path=places)
    if found is None:
        pytest.skip("uv is not installed (pip install uv)")
    return Path(found)


@pytest.fixture(scope="session")
def make_venv(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Make a virtual environment without pip and return its Python."""

    def make(name: str, environ: Mapping[str, str] | None = None) -> Path:
        folder = tmp_path_factory.mktemp(name)
        command = [sys.executable, "-m", "venv", "--without-pip", str(folder)]
        subprocess.run(command, check=True, env=None if environ is None else dict(environ), timeout=PATIENCE)
        return folder / "bin" / "python"

    return make
