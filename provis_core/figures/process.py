"""Figures that a process of their own draws, so that the viewer's window never waits for one.

A thread would not do: matplotlib says of itself that it is not safe for threads, `Figure.draw` holds a lock
that the drawing of every other figure waits for, its settings are those of the whole process, and what it
does in one go in C holds up all threads of Python.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import pickle
import subprocess
import sys
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import IO, Any, Final

from ..errors import UnexpectedError, error_from_name
from ..system.paths import core_dir
from ..worker.host.environment import find_host_python
from .figure_files import check_figure_file, save_figure

__all__ = ["FigureFuture", "start_figure"]

_HAND_OVER: Final = 3.0  # seconds that the end of the viewer is put off at most


class FigureFuture(Future[Path]):
    """The path of a figure that is on its way; `cancel` stops the process, which leaves no file."""

    def __init__(self) -> None:
        super().__init__()
        self._stdin: IO[bytes] | None = None
        self._sent = threading.Event()
        self._is_stopped = False

    def cancel(self) -> bool:
        """Ask for an end; the future then fails with a `JobCancelledError`, unless the figure is there."""
        self._is_stopped = True
        if self._sent.is_set():
            self._stop()
        return not self.done()

    def wait_sent(self) -> None:
        """Wait until the process has all it needs, some tenths of a second: the viewer is ending."""
        self._sent.wait(_HAND_OVER)

    def _stop(self) -> None:
        assert self._stdin is not None
        with contextlib.suppress(OSError, ValueError):  # it has ended by itself
            self._stdin.write(b"x")
            self._stdin.flush()

    def _run(self, process: subprocess.Popen[bytes], arguments: Any) -> None:
        """Runs on a thread of its own."""
        assert process.stdin is not None and process.stdout is not None
        self._stdin = process.stdin
        try:
            try:
                request = pickle.dumps(arguments, protocol=5)
                start = {"core": str(core_dir()), "path": _folders(), "size": len(request)}
                with contextlib.suppress(OSError):  # it has ended: what it said tells why
                    process.stdin.write(json.dumps(start).encode() + b"\n" + request)
                    process.stdin.flush()
            finally:
                self._sent.set()
                atexit.unregister(self.wait_sent)
            if self._is_stopped:
                self._stop()
            with process.stdout:
                said = process.stdout.read().decode("utf-8", "replace")
            with contextlib.suppress(OSError):  # what was not read has no reader
                process.stdin.close()
            self.set_result(_read_answer(said, process.wait()))
        except BaseException as error:  # noqa: BLE001 - raised again by whoever asks for the result
            process.kill()
            process.wait()
            self.set_exception(error)


def start_figure(path: str | os.PathLike[str], views: Any, **options: Any) -> Future[Path]:
    """Begin to write a figure; returns at once.

    Parameters
    ----------
    path, views, **options
        As for `save_figure`. The views must not change any more, which those of the panel never do.

    Returns
    -------
    Future
        Of the path, when the file is complete. It is no file before, and none if that fails or is stopped. If
        the viewer ends meanwhile the figure is still written, unless it is killed in the tenths of a second
        in which it tells what to draw. Where the viewer's Python cannot be run as a program, the figure is
        drawn here and now.

    Raises
    ------
    InputError, InstallError
        If it is known at once that it cannot be written.
    """
    path = check_figure_file(path, views, **options).absolute()
    process = _start_process()
    if process is None:
        done: Future[Path] = Future()
        done.set_result(save_figure(path, views, **options))
        return done
    future = FigureFuture()
    atexit.register(future.wait_sent)
    arguments = (process, (str(path), views, options))
    threading.Thread(target=future._run, args=arguments, name="provis-figure", daemon=True).start()
    return future


def _folders() -> list[str]:
    """Where the host's Python finds its libraries."""
    return [str(Path(folder).absolute()) for folder in sys.path]


def _start_process() -> subprocess.Popen[bytes] | None:
    python = find_host_python()
    if python is None:
        return None
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
    try:
        return subprocess.Popen(
            [str(python), str(Path(__file__).with_name("process_main.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            creationflags=flags,
            start_new_session=True,  # what ends the viewer leaves it alone: it ends by itself
        )
    except OSError:
        return None


def _read_answer(said: str, returncode: int) -> Path:
    """The path that a process told in its last line.

    Raises
    ------
    ProvisError
        As it told, or because it ended without a word.
    """
    lines = [line for line in said.splitlines() if line.strip()]
    try:
        answer = json.loads(lines[-1])
        if "written" in answer:
            return Path(answer["written"])
        error = answer["error"], answer["got"], answer["need"], answer["do"]
    except (LookupError, ValueError, TypeError):
        last = f": {lines[-1]}" if lines else ""
        raise UnexpectedError(
            f"The process that draws the figure ended with exit code {returncode}{last}",
            "It needs the memory for one figure and the viewer's own Python",
            "Save the figure again; if it fails again, try a PDF, or fewer pictures at once",
        ) from None
    raise error_from_name(*error)
