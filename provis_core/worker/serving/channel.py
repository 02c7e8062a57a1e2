"""The worker's end of the pipes."""

from __future__ import annotations

import os
import queue
import sys
import threading
from collections.abc import Callable

from ...errors import ProtocolError
from ..protocol import decode, encode
from ..wire.host_messages import Cancel, Shutdown
from ..wire.message import Message
from ..wire.worker_messages import Failure

__all__ = ["Channel"]


class Channel:
    """Takes standard input and output for the protocol alone.

    Afterwards file descriptor 1 is stderr, so that a library's print reaches no host, and 0 is empty, so that
    nothing else reads requests.

    Parameters
    ----------
    on_exit : callable
        Called before the process ends because the host says so or is gone. It must be quick.
    """

    def __init__(self, on_exit: Callable[[], None]) -> None:
        self._on_exit = on_exit
        self._requests = os.fdopen(os.dup(0), "rb")
        self._replies = os.fdopen(os.dup(1), "wb")
        empty = os.open(os.devnull, os.O_RDONLY)
        os.dup2(empty, 0)
        os.close(empty)
        os.dup2(2, 1)
        self._inbox: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._cancelled: set[int] = set()
        self._lock = threading.Lock()

    def send(self, message: Message) -> None:
        """Write a message; ends the process where nobody reads any more."""
        with self._lock:
            try:
                self._replies.write(encode(message))
                self._replies.flush()
            except OSError:
                self._exit()

    def listen(self) -> None:
        """Read requests from now on, in a thread of its own."""
        threading.Thread(target=self._read, name="requests", daemon=True).start()

    def receive(self) -> Message:
        """The next request; waits for it."""
        return self._inbox.get()

    def is_cancelled(self, job: int) -> bool:
        """Whether the host wants the job no more."""
        return job in self._cancelled

    def _read(self) -> None:
        try:
            for line in self._requests:
                self._take(line)
        finally:
            self._exit()

    def _take(self, line: bytes) -> None:
        try:
            message = decode(line)
        except ProtocolError as error:
            self.send(Failure.from_error(0, error))
        except ValueError:
            print(f"not a request: {line[:200]!r}", file=sys.stderr)  # noqa: T201
        else:
            if isinstance(message, Shutdown):
                self._exit()
            elif isinstance(message, Cancel):
                self._cancelled.add(message.job)
            else:
                self._inbox.put(message)

    def _exit(self) -> None:
        """End the whole process from whatever thread, also while torch computes in another one."""
        try:
            self._on_exit()
        finally:
            os._exit(0)
