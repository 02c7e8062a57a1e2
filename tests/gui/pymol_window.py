"""The real PyMOL with its window, on an X server of its own, run from outside."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.patience import PATIENCE

__all__ = [
    "PYMOLS",
    "Pymol",
    "PymolWindow",
    "find_worker_pids",
    "go_first",
    "make_home",
    "start_display",
]

ROOT = Path(__file__).resolve().parents[2]
DRIVER = Path(__file__).with_name("driver.py")
DEBIAN_PATH = "/usr/bin:/bin"


@dataclass(frozen=True)
class Pymol:
    """One PyMOL on this machine: how it is started, or why it cannot be."""

    name: str
    command: tuple[str, ...]
    path: str | None = None  # the PATH it needs
    problem: str = ""


def _find_wheel() -> Pymol:
    command = (sys.executable, "-m", "pymol")
    check = "import pymol, PyQt5.QtTest, PyQt5.QtOpenGL"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, check=False, timeout=PATIENCE)
    problem = "" if done.returncode == 0 else "this Python has no PyMOL with PyQt5"
    return Pymol("wheel", command, problem=problem)


def _find_debian() -> Pymol:
    command = ("/usr/bin/pymol",)  # a script that takes python3 from the PATH
    check = "import pymol, PyQt5.QtTest"
    there = Path(command[0]).is_file()
    python = ["/usr/bin/python3", "-c", check]
    done = (
        there and subprocess.run(python, capture_output=True, check=False, timeout=PATIENCE).returncode == 0
    )
    return Pymol("debian", command, DEBIAN_PATH, "" if done else "there is no PyMOL of the system with PyQt5")


def go_first(pymol: Pymol) -> Pymol:
    """The same PyMOL, ahead of all other programs (Linux, as root), as if the machine were quiet.

    Linux schedules a session as one, so its priority is what counts. The worker has a session of its own.
    """
    line = 'echo -19 > /proc/self/autogroup; exec nice -n -19 "$@"'
    return replace(pymol, command=("sh", "-c", line, "sh", *pymol.command))


PYMOLS: dict[str, Callable[[], Pymol]] = {"wheel": _find_wheel, "debian": _find_debian}


@contextlib.contextmanager
def start_display(size: str = "1280x960") -> Iterator[str]:
    """An X server without a screen; gives its name, such as ``":7"``."""
    reader, writer = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writer), "-screen", "0", f"{size}x24", "-nolisten", "tcp", "-noreset"],
        pass_fds=[writer],
        stderr=subprocess.DEVNULL,
    )
    os.close(writer)
    try:
        with os.fdopen(reader) as pipe:
            number = pipe.readline().strip()
        if not number:
            raise RuntimeError(f"Xvfb did not start (exit code {server.wait()})")
        yield f":{number}"
    finally:
        server.terminate()
        server.wait()


def make_home(folder: Path, *, with_plugin: bool = True) -> Path:
    """A user's folder in which PyMOL finds the plugin of this checkout, in place."""
    startup = folder / ".pymol" / "startup"
    startup.mkdir(parents=True)
    if with_plugin:
        plugin = startup / "provis_plugin" / "__init__.py"
        plugin.parent.mkdir()
        plugin.write_text(
            "# Name: ProVis\n"
            f"__path__ = [{str(ROOT / 'plugin')!r}]\n"
            "from .entry import __init_plugin__  # noqa\n"
        )
    (folder / ".pymolpluginsrc.py").write_text(
        f"import pymol.plugins\npymol.plugins.set_startup_path([{str(startup)!r}], False)\n"
    )
    return folder


class PymolWindow:
    """A PyMOL that is run by `driver`.

    Parameters
    ----------
    pymol : Pymol
    display : str
    home : pathlib.Path
        See `make_home`.
    worker_python : pathlib.Path or str
    options : tuple of str
        For PyMOL.
    """

    def __init__(
        self,
        pymol: Pymol,
        display: str,
        home: Path,
        worker_python: Path | str = sys.executable,
        options: tuple[str, ...] = (),
    ) -> None:
        self.home = home
        self.log = home / "pymol.log"
        environ = {k: v for k, v in os.environ.items() if not k.startswith(("PROVIS_", "PYTHON", "XDG_"))}
        environ.update(
            HOME=str(home),
            DISPLAY=display,
            PATH=pymol.path or environ.get("PATH", DEBIAN_PATH),
            PROVIS_HOME=str(home / "provis"),
            PROVIS_WORKER_PYTHON=str(worker_python),
            PROVIS_TEST_SOCKET=str(home / "socket"),
            QT_QPA_PLATFORM="xcb",
            LIBGL_ALWAYS_SOFTWARE="1",
            XDG_RUNTIME_DIR=str(home),
        )
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(environ["PROVIS_TEST_SOCKET"])
        self._server.listen(1)
        self._server.settimeout(PATIENCE)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*pymol.command, "-q", *options, str(DRIVER)],
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environ,
                cwd=home,
                start_new_session=True,
            )
        self._line: Any = None
        try:
            connection, _ = self._server.accept()
            connection.settimeout(PATIENCE)
            with connection:
                self._line = connection.makefile("rwb")
            self.hello = self._take()
        except (TimeoutError, AssertionError):
            self.close()
            raise AssertionError(f"PyMOL did not start:\n{self.log.read_text()}") from None

    def call(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """Have something done on PyMOL's GUI thread; see `driver`."""
        self._line.write(json.dumps({"call": name, "args": args, "kwargs": kwargs}).encode() + b"\n")
        self._line.flush()
        return self._take()

    def _take(self) -> Any:
        answer = self._line.readline()
        assert answer, f"PyMOL is gone:\n{self.log.read_text()}"
        values = json.loads(answer)
        assert "error" not in values, values["error"]
        return values["value"]

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """``window.console()`` is ``window.call("console")``."""
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *args, **kwargs: self.call(name, *args, **kwargs)

    def cmd(self, name: str, *args: Any, **kwargs: Any) -> Any:
        """A function of PyMOL's ``cmd``."""
        return self.call(f"cmd.{name}", *args, **kwargs)

    def is_alive(self) -> bool:
        return self.process.poll() is None

    def kill(self) -> None:
        """End PyMOL as a crash does (its launcher may be a shell that waits for it)."""
        os.kill(self.hello["pid"], signal.SIGKILL)

    def worker_pids(self) -> list[int]:
        """Process ids of the workers that this PyMOL has started."""
        return find_worker_pids(self.home / "provis")

    def close(self) -> None:
        """End PyMOL, whatever state it is in."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._server.close()
        if self._line is not None:
            with contextlib.suppress(OSError):
                self._line.close()


def find_worker_pids(provis_home: Path) -> list[int]:
    """Process ids of the workers of whatever viewer has this ``PROVIS_HOME``."""
    mark = f"PROVIS_HOME={provis_home}".encode()
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with contextlib.suppress(OSError):
                command = (folder / "cmdline").read_bytes()
                if b"bootstrap.py" in command and mark in (folder / "environ").read_bytes().split(b"\0"):
                    found.append(int(folder.name))
    return found
