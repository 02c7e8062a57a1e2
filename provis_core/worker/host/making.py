"""Making the worker's Python environment from inside of a viewer: ``install_plugin.py env`` does it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Final

from ...errors import InstallError, JobCancelledError
from ...system.paths import data_dir, find_installer, install_command
from .environment import MIN_PYTHON, find_host_python, find_worker_python

__all__ = ["MadeEnvironment", "describe_making", "find_making_command"]

_KEPT_LINES: Final = 8
_ASTRAY: Final = ("PYTHONHOME", "PYTHONPATH")


def find_making_command() -> list[str]:
    """Return the command that makes the environment, with the viewer's own Python.

    Raises
    ------
    InstallError
        If the installer or a Python to run it is not there.
    """
    installer, python = find_installer(), find_host_python()
    if installer is None or python is None:
        missing = "install_plugin.py is not here" if installer is None else f"no Python is in {sys.prefix}"
        raise InstallError(
            f"The environment of the models cannot be made from here ({missing})",
            "The installer, and a Python to run it, are needed",
            f"Type in a terminal: {install_command()}",
        )
    fits = sys.version_info[:2] >= MIN_PYTHON  # an older one fetches another
    return [str(python), str(installer), "env", *(["--python", str(python)] if fits else [])]


def describe_making(viewer: str) -> list[str]:
    """Return what would come onto this computer, before anything does.

    Parameters
    ----------
    viewer : str
        What the user calls the program.
    """
    command = find_making_command()
    own = "" if "--python" in command else "a newer Python, "
    return [
        f"makes a Python environment for the models in {data_dir() / 'env'}, with {command[0]}; the Python "
        f"of {viewer} itself stays as it is",
        f"downloads from the package index that pip is set up for: {own}torch (1 GB on disk, 6 with the "
        "libraries of an NVIDIA card), transformers and their companions, and uv where it is not there",
        "nothing of yours is sent. To begin: «install start=1». To stop it then: «cancel»",
    ]


class MadeEnvironment(Future[Path]):
    """The worker's Python to come; `cancel` ends the making, and the next one goes on from there.

    Parameters
    ----------
    command : list of str
        As `find_making_command` gives it.
    on_line : callable
        Hears what the installer says, from another thread.

    Raises
    ------
    InstallError
        If it cannot be started.
    """

    def __init__(self, command: list[str], on_line: Callable[[str], object]) -> None:
        super().__init__()
        self.set_running_or_notify_cancel()
        self._on_line, self._is_cancelled = on_line, False
        environ = {name: value for name, value in os.environ.items() if name not in _ASTRAY}
        options: dict[str, Any] = {"creationflags": getattr(subprocess, "CREATE_NO_WINDOW", 0)}
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
                env={**environ, "PYTHONUNBUFFERED": "1"},
                start_new_session=os.name != "nt",  # so that what it starts ends with it
                **options,
            )
        except OSError as error:
            raise InstallError(
                f"{command[0]} cannot be started ({error})",
                "The viewer's own Python is needed, as a program",
                f"Type in a terminal: {install_command()}",
            ) from error
        threading.Thread(target=self._follow, name="provis-install", daemon=True).start()

    def cancel(self) -> bool:
        """End it; the future then fails with `JobCancelledError`."""
        if self.done():
            return False
        self._is_cancelled = True
        with contextlib.suppress(ProcessLookupError):  # it has just ended
            if os.name == "nt":
                self._process.kill()
            else:
                os.killpg(self._process.pid, signal.SIGKILL)
        return True

    def _follow(self) -> None:
        """Runs on a thread of its own until the installer ends."""
        words: deque[str] = deque(maxlen=_KEPT_LINES)
        assert self._process.stdout is not None
        with self._process.stdout as said:
            for line in said:
                if line.strip():
                    words.append(line.strip())
                    self._on_line(line.strip())
        code = self._process.wait()
        again = "«install start=1» goes on from there"
        if self._is_cancelled:
            self.set_exception(JobCancelledError("The environment was not made to its end", "", again))
        elif code:
            self.set_exception(
                InstallError(f"It ended with code {code}: {' '.join(words)[-600:]}", "", again)
            )
        else:
            self.set_result(find_worker_python())
