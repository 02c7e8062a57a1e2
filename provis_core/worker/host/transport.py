"""Starts the worker process and owns its pipes.

Three threads serve one process: one reads messages, one keeps what it writes to stderr, one writes requests
so that no caller ever waits for a pipe. They end with the process.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Protocol

from ...errors import ProtocolError, WorkerStartError
from ...system.paths import core_dir
from ..protocol import decode, encode
from ..wire.host_messages import Shutdown
from ..wire.message import Message
from .environment import make_worker_environ

__all__ = ["Ending", "ProcessTransport", "Transport"]

_MAX_LINE: Final = 1024 * 1024
_MAX_UNREADABLE: Final = 100
_MAX_STDERR: Final = 200
_ENTRY: Final = "provis_core.worker"


@dataclass(frozen=True)
class Ending:
    """How a worker ended.

    Attributes
    ----------
    returncode : int or None
        As `subprocess.Popen` gives it: negative for a signal; None where the process would not end.
    error : ProtocolError or None
        What it said that ended the conversation.
    last_words : str
        The last line it wrote to stderr; empty where there is none.
    """

    returncode: int | None
    error: ProtocolError | None = None
    last_words: str = ""


class Transport(Protocol):
    """A way to a worker. Each is started once; after `on_end` it is of no more use."""

    def start(self, on_message: Callable[[Message], None], on_end: Callable[[Ending], None]) -> None:
        """Start the worker; the callbacks come from another thread, `on_end` last and exactly once."""

    def send(self, message: Message) -> None:
        """Send without waiting."""

    def kill(self) -> None:
        """End the worker at once, without waiting."""

    def close(self) -> None:
        """End the worker and wait, about a second at most, until nothing of it is left."""

    def report(self) -> str:
        """What is known about the worker: program, return code, its last lines."""


class ProcessTransport:
    """A worker in a child process.

    Parameters
    ----------
    python : pathlib.Path
        Its Python.
    entry : pathlib.Path or str
        A module of ``provis_core`` or a script to run in place of the worker's own.
    environ : mapping, optional
        All of its environment variables; by default those of `make_worker_environ`.
    """

    def __init__(
        self, python: Path, *, entry: Path | str = _ENTRY, environ: Mapping[str, str] | None = None
    ) -> None:
        core = core_dir()
        self._command = [str(python), str(core / "worker" / "bootstrap.py"), str(core), str(entry)]
        self._environ = dict(make_worker_environ() if environ is None else environ)
        self._process: subprocess.Popen[bytes] | None = None
        self._threads: list[threading.Thread] = []
        self._outbox: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._stderr: deque[str] = deque(maxlen=_MAX_STDERR)
        self._unreadable: deque[str] = deque(maxlen=_MAX_UNREADABLE)

    def start(self, on_message: Callable[[Message], None], on_end: Callable[[Ending], None]) -> None:
        """Start the process; waits for nothing.

        Parameters
        ----------
        on_message, on_end : callable
            Called from the reader thread.

        Raises
        ------
        WorkerStartError
            If the system cannot run the program.
        """
        try:
            process = _start_process(self._command, self._environ)
        except (OSError, ValueError) as error:
            raise WorkerStartError(
                f"The Python for the models, {self._command[0]}, could not be started ({error})",
                "A Python 3.11 or newer that this computer can run is needed",
                "Run «doctor», or set PROVIS_WORKER_PYTHON to another Python",
            ) from error
        self._process = process
        assert process.stdin and process.stdout and process.stderr
        reader_arguments = (process, process.stdout, on_message, on_end)
        self._threads = [
            threading.Thread(target=self._write_requests, args=(process.stdin,), name="provis-writer"),
            threading.Thread(target=self._keep_stderr, args=(process.stderr,), name="provis-stderr"),
            threading.Thread(target=self._read_messages, args=reader_arguments, name="provis-reader"),
        ]
        try:
            for thread in self._threads:
                thread.daemon = True
                thread.start()
        except RuntimeError as error:  # no more threads, or the interpreter is ending
            _kill_process(process)
            raise WorkerStartError(
                f"No thread could be started to listen to the worker ({error})",
                "The viewer must be able to start three threads",
                "Start it again and close other programs",
            ) from error

    def send(self, message: Message) -> None:
        """Put a message into the outbox; a worker that is gone takes no notice of it."""
        self._outbox.put(encode(message))

    def kill(self) -> None:
        """End the process and whatever it started."""
        if self._process is not None and self._process.returncode is None:
            _kill_process(self._process)

    def close(self) -> None:
        """Ask the process to end, then end it, and wait for its threads."""
        self.send(Shutdown())
        self._outbox.put(None)
        for seconds in (0.5, 0.5):
            end = time.monotonic() + seconds
            for thread in self._threads:
                if thread is not threading.current_thread():
                    thread.join(max(0.0, end - time.monotonic()))
            self.kill()

    def report(self) -> str:
        """Program, return code, unreadable lines and the end of stderr, for the crash report."""
        returncode = None if self._process is None else self._process.returncode
        parts = [f"command: {' '.join(self._command)}", f"return code: {returncode}"]
        if self._unreadable:
            parts += ["lines that are no messages:", *self._unreadable]
        if self._stderr:
            parts += ["end of stderr:", *self._stderr]
        return "\n".join(parts)

    def _write_requests(self, stdin: IO[bytes]) -> None:
        try:
            while (line := self._outbox.get()) is not None:
                stdin.write(line)
                stdin.flush()
        except OSError:
            pass  # the worker is gone; the reader thread reports it
        finally:
            _close_quietly(stdin)

    def _keep_stderr(self, stderr: IO[bytes]) -> None:
        while line := stderr.readline(2000):
            self._stderr.append(line.decode("utf-8", "replace").rstrip())
        _close_quietly(stderr)

    def _read_messages(
        self,
        process: subprocess.Popen[bytes],
        stdout: IO[bytes],
        on_message: Callable[[Message], None],
        on_end: Callable[[Ending], None],
    ) -> None:
        error: ProtocolError | None = None
        n_unreadable = 0
        while error is None and (line := stdout.readline(_MAX_LINE)):
            try:
                message = decode(line)
            except ProtocolError as reason:
                error = reason
                self._unreadable.append(_shorten(line))
            except ValueError:
                n_unreadable += 1
                self._unreadable.append(_shorten(line))
                if n_unreadable > _MAX_UNREADABLE:
                    error = _make_garbage_error(line, self._command[0])
            else:
                on_message(message)
        if error is not None:
            _kill_process(process)
        returncode = _wait_process(process)
        _close_quietly(stdout)
        self._outbox.put(None)
        self._threads[1].join(1.0)  # the last words on stderr belong to the report
        last_words = next((line for line in reversed(list(self._stderr)) if line), "")
        on_end(Ending(returncode, error, last_words))


def _start_process(command: list[str], environ: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start in a process group of its own, so that Ctrl-C in the viewer's terminal does not reach it."""
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW | subprocess.CREATE_NEW_PROCESS_GROUP
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environ,
        creationflags=flags,
        start_new_session=True,
    )


def _kill_process(process: subprocess.Popen[bytes]) -> None:
    try:
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    except OSError:
        pass  # it has ended by itself


def _wait_process(process: subprocess.Popen[bytes]) -> int | None:
    """Wait for a process whose output has ended; one that lives on without it is ended."""
    for _ in range(2):
        try:
            return process.wait(timeout=1.0)
        except subprocess.TimeoutExpired:
            _kill_process(process)
    return None


def _make_garbage_error(line: bytes, python: str) -> ProtocolError:
    return ProtocolError(
        f"{python} writes lines that are no messages of ProVis, such as {_shorten(line)[:120]!r}",
        f"At most {_MAX_UNREADABLE} such lines are passed over",
        "Run «doctor» to see which Python runs the models, and choose another",
    )


def _shorten(line: bytes) -> str:
    return line[:2000].decode("utf-8", "replace").rstrip()


def _close_quietly(pipe: IO[bytes]) -> None:
    with contextlib.suppress(OSError):  # what was still to be written has no reader
        pipe.close()
