"""Work that goes on in the worker while the viewer stays free.

A `Job` waits for some futures. The worker's thread only puts the job into a `Mailbox`; whoever owns the
viewer's thread takes it out and finishes it there. So drawing happens on one thread, in a GUI and in a
script alike.
"""

from __future__ import annotations

import queue
import threading
import traceback
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future
from typing import Any, TypeVar

from ..errors import JobCancelledError, PartError, ProvisError, UnexpectedError

__all__ = ["Job", "Mailbox", "outcome", "run_after", "when_all_done"]

_T = TypeVar("_T")


class Job:
    """One command's work in the worker.

    Parameters
    ----------
    label : str
        What the user calls it: ``"attention of 1hpv chain A"``.
    finish : callable
        Runs on the viewer's thread once all futures are done; what it returns becomes `value`, and a
        error that it raises becomes `error`.

    Attributes
    ----------
    value : object
        What `finish` returned; None before.
    error : ProvisError or None
        Why the job failed.
    left_out : list of (str, ProvisError)
        Parts of the work that failed while others went on, and why.
    is_done : bool
        Whether `finish` has run.
    is_awaited : bool
        Whether somebody will ask for `result`, and so must not be told of the error twice.
    stage : str
        What the worker is doing, in words.
    fraction : float
        How much of it is done, 0 to 1.
    """

    def __init__(self, label: str, finish: Callable[[], Any]) -> None:
        self.label = label
        self.value: Any = None
        self.error: ProvisError | None = None
        self.left_out: list[tuple[str, ProvisError]] = []
        self.is_done = False
        self.stage = "waiting for the worker"
        self.fraction = 0.0
        self.is_awaited = False
        self.futures: tuple[Future[Any], ...] = ()
        self._finish = finish

    def finish(self) -> None:
        """Run the last step, once, on the calling thread."""
        if self.is_done:
            return
        try:
            self.value = self._finish()
        except ProvisError as error:
            self.error = error
        except Exception as error:  # noqa: BLE001 - raised again by `result`, or shown with its traceback
            self.error = UnexpectedError(
                f"A bug in ProVis: {error!r}\n{traceback.format_exc()}",
                "",
                "Nothing else in the viewer is touched; please report it with the lines above",
            )
        self.is_done = True

    def leave_out(self, parts: Iterable[tuple[str, ProvisError | None]]) -> None:
        """Note which parts of the work failed; for `finish`, which goes on with the others.

        Parameters
        ----------
        parts : iterable of (str, ProvisError or None)
            What the user calls each part, and why it failed.

        Raises
        ------
        ProvisError
            If all failed: the first, one line for the whole command.
        """
        parts = list(parts)
        failed = [(label, error) for label, error in parts if error is not None]
        if failed and len(failed) == len(parts):
            raise failed[0][1]
        self.left_out += failed

    @property
    def problems(self) -> list[ProvisError]:
        """What the user must hear: why the job failed, or which parts of it did."""
        if self.error is not None:
            return [self.error]
        return [PartError(f"{label} was left out: {error}", "", "") for label, error in self.left_out]

    def result(self) -> Any:
        """What the job gave.

        Raises
        ------
        ProvisError
            If it failed, was stopped, or lacks a part: a script must not go on as if all were well.
        """
        problems = self.problems
        if len(problems) > 1:
            raise PartError(" ".join(map(str, problems)), "", "")
        if problems:
            raise problems[0]
        return self.value


class Mailbox:
    """What other threads leave for the viewer's thread.

    Parameters
    ----------
    wake : callable
        ``wake(callback)`` asks the viewer to run the callback on its own thread soon.
    """

    def __init__(self, wake: Callable[[Callable[[], None]], None]) -> None:
        self._wake = wake
        self._letters: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()

    def post(self, letter: Callable[[], None]) -> None:
        """Leave something to be run; may be called from any thread."""
        self._letters.put(letter)
        self._wake(self.deliver)

    def deliver(self) -> None:
        """Run all that was left, on the calling thread."""
        while self.deliver_next(timeout=0):
            pass

    def deliver_next(self, timeout: float) -> bool:
        """Run one letter, waiting for it up to `timeout` seconds; whether there was one."""
        try:
            letter = self._letters.get(timeout=timeout) if timeout else self._letters.get_nowait()
        except queue.Empty:
            return False
        letter()
        return True


def when_all_done(futures: Iterable[Future[Any]], callback: Callable[[], None]) -> None:
    """Call back once, on the thread that ends the last of some futures."""
    futures = tuple(futures)
    lock = threading.Lock()
    left = len(futures)

    def one_done(_: Future[Any]) -> None:
        nonlocal left
        with lock:
            left -= 1
            is_last = left == 0
        if is_last:
            callback()

    for future in futures:
        future.add_done_callback(one_done)


def outcome(future: Future[Any]) -> Any:
    """What a future that is done has brought.

    Parameters
    ----------
    future : Future
        Of a request to the worker.

    Returns
    -------
    object or ProvisError
        Its result, or why there is none. An error of another kind is raised: it is a bug.
    """
    if future.cancelled():
        return JobCancelledError("The job was stopped", "", "Give the command again to start it anew")
    error = future.exception()
    if error is None:
        return future.result()
    if isinstance(error, ProvisError):
        return error
    raise error


def run_after(source: Future[Any], function: Callable[[Any], _T], executor: Executor) -> Future[_T]:
    """Make something, on a thread, of what a future gives: neither its thread nor the viewer's is held up.

    Parameters
    ----------
    source : Future
        Of a request to the worker.
    function : callable
        Is given the result of `source`; must not touch the viewer.
    executor : Executor
        Whose thread runs it.

    Returns
    -------
    Future
        With what the function returned; fails as `source` or the function does. Cancelled where the executor
        has been shut down before a thread of it was free.
    """
    done: Future[_T] = Future()

    def run() -> None:
        try:
            done.set_result(function(source.result()))
        except BaseException as error:  # noqa: BLE001 - raised again by whoever asks for the result
            done.set_exception(error)

    def begin(_: Future[Any]) -> None:
        try:
            executor.submit(run).add_done_callback(end)
        except RuntimeError:  # it was shut down
            done.cancel()

    def end(ran: Future[None]) -> None:
        if ran.cancelled():
            done.cancel()

    source.add_done_callback(begin)
    return done
