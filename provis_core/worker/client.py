"""The host's side of the worker: jobs in, `concurrent.futures.Future` out.

The client starts the worker with the first job, sends one job at a time and keeps the others, and starts a
new worker when the old one is gone. Its callbacks come from other threads; they must not touch the viewer.
"""

from __future__ import annotations

import atexit
import itertools
import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

from ..errors import ProvisError
from .endings import explain_ending, make_cancelled_error, make_silence_error
from .environment import find_worker_python
from .jobs import Job, JobFuture, Stage, WorkerEvent
from .protocol import (
    AttentionRequest,
    Cancel,
    DoctorReport,
    DoctorRequest,
    Failure,
    Hello,
    Message,
    Notice,
    Progress,
    Result,
)
from .transport import Ending, ProcessTransport, Transport

__all__ = ["JobFuture", "Stage", "WorkerClient", "WorkerEvent"]

_logger = logging.getLogger(__name__)
_Effects = list[Callable[[], object]]
_MAX_ATTEMPTS: Final = 2


class WorkerClient:
    """Runs jobs in a worker process, one after the other.

    Parameters
    ----------
    python : str or pathlib.Path, optional
        The user's choice of the worker's Python; found by `find_worker_python` at each start.
    threads : int, optional
        Threads of the calculation; one less than there are cores by default.
    transport_factory : callable, optional
        Makes the `Transport` of a new worker, in place of the two above.
    on_event : callable, optional
        Called with a `WorkerEvent` at each change of the stage, from any thread.
    hello_timeout : float
        Seconds that a worker may take to say hello.
    cancel_grace : float
        Seconds that a worker may take to stop a cancelled job before it is ended.

    Attributes
    ----------
    python, threads
        As above; a change holds from the next start on (see `stop`).
    crash_report : str
        What is known about the last worker that failed; empty before.
    """

    def __init__(
        self,
        python: str | Path | None = None,
        *,
        threads: int | None = None,
        transport_factory: Callable[[], Transport] | None = None,
        on_event: Callable[[WorkerEvent], object] | None = None,
        hello_timeout: float = 60.0,
        cancel_grace: float = 0.5,
    ) -> None:
        self.python = python
        self.threads = threads
        self.crash_report = ""
        self._transport_factory = transport_factory or self._make_transport
        self._on_event = on_event
        self._hello_timeout = hello_timeout
        self._cancel_grace = cancel_grace
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._queue: deque[Job] = deque()
        self._running: Job | None = None
        self._stage = Stage.ABSENT
        self._transport: Transport | None = None
        self._generation = 0
        self._hello: Hello | None = None
        self._timer: threading.Timer | None = None
        self._events: deque[WorkerEvent] = deque()
        self._delivery = threading.Lock()
        self._leaving: list[Transport] = []
        self._closed = False
        atexit.register(self.close)

    @property
    def stage(self) -> Stage:
        """Life stage of the worker."""
        return self._stage

    @property
    def hello(self) -> Hello | None:
        """What the worker that runs now said about itself."""
        return self._hello

    def submit_attention(
        self,
        sequence: str,
        checkpoint: str | Path,
        model: str,
        heads: Iterable[tuple[int, int]],
        device: str = "auto",
        dtype: str = "auto",
        *,
        on_progress: Callable[[Progress], object] | None = None,
        on_notice: Callable[[Notice], object] | None = None,
    ) -> JobFuture[Result]:
        """Compute the attention of some heads over one sequence.

        Parameters
        ----------
        sequence : str
            Upper-case one-letter codes.
        checkpoint : str or pathlib.Path
            Folder with config, tokenizer and weights.
        model : str
            Its name, for messages.
        heads : iterable of (int, int)
            0-based layer and head.
        device, dtype : str
            As in `AttentionRequest`.
        on_progress, on_notice : callable, optional
            Called from the reader thread.

        Returns
        -------
        JobFuture of Result
            Fails with a `ProvisError`; no error is raised here.
        """
        heads = tuple(heads)
        return self._submit(
            lambda job: AttentionRequest(job, sequence, str(checkpoint), model, heads, device, dtype),
            on_progress,
            on_notice,
        )

    def submit_doctor(
        self,
        checkpoints: Mapping[str, str | Path] | None = None,
        *,
        on_progress: Callable[[Progress], object] | None = None,
        on_notice: Callable[[Notice], object] | None = None,
    ) -> JobFuture[DoctorReport]:
        """Ask the worker what is installed and what is wrong with it.

        Parameters
        ----------
        checkpoints : mapping of str to str or pathlib.Path, optional
            Name to folder of the checkpoints to check.
        on_progress, on_notice : callable, optional
            Called from the reader thread.

        Returns
        -------
        JobFuture of DoctorReport
        """
        folders = {name: str(folder) for name, folder in (checkpoints or {}).items()}
        return self._submit(lambda job: DoctorRequest(job, folders), on_progress, on_notice)

    def cancel(self, job: int | JobFuture[Any]) -> bool:
        """Stop one job.

        A job that waits is dropped. The one that runs is asked to stop; if the worker has not done so
        after `cancel_grace` seconds it is ended, and a new one goes on with the other jobs.

        Parameters
        ----------
        job : int or JobFuture

        Returns
        -------
        bool
            False where the job had ended before.
        """
        number = job.job if isinstance(job, JobFuture) else job
        with self._change() as after:
            for waiting in self._queue:
                if waiting.future.job == number:
                    self._queue.remove(waiting)
                    after.append(partial(waiting.future.set_exception, make_cancelled_error()))
                    return True
            running = self._running
            if running is None or running.future.job != number:
                return False
            if not running.cancelled and self._transport is not None:
                running.cancelled = True
                self._transport.send(Cancel(number))
                self._start_timer(self._cancel_grace, self._enforce_cancel, number)
            return True

    def cancel_all(self) -> int:
        """Stop every job.

        Returns
        -------
        int
            How many there were.
        """
        with self._lock:
            numbers = [job.future.job for job in self._queue]  # first, so that none of them begins
            if self._running is not None:
                numbers.append(self._running.future.job)
        return sum(self.cancel(number) for number in numbers)

    def stop(self) -> None:
        """End the worker and cancel its jobs; the next job starts a new one."""
        self._end(closed=False)

    def close(self) -> None:
        """End the worker for good; also done when the interpreter ends."""
        self._end(closed=True)
        atexit.unregister(self.close)

    def _make_transport(self) -> Transport:
        python = find_worker_python(None if self.python is None else str(self.python))
        return ProcessTransport(python, threads=self.threads)

    @contextmanager
    def _change(self) -> Iterator[_Effects]:
        """Change the state under the lock; calls into other code are made after it."""
        after: _Effects = []
        with self._lock:
            yield after
        for effect in after:
            try:
                effect()
            except Exception:
                _logger.exception("a callback of the worker's client failed")

    def _submit(
        self,
        make_request: Callable[[int], AttentionRequest | DoctorRequest],
        on_progress: Callable[[Progress], object] | None,
        on_notice: Callable[[Notice], object] | None,
    ) -> JobFuture[Any]:
        with self._change() as after:
            number = next(self._numbers)
            future: JobFuture[Any] = JobFuture(number, self.cancel)
            job = Job(make_request(number), future, on_progress, on_notice)
            if self._closed:
                after.append(partial(future.set_exception, make_cancelled_error("ProVis has been closed")))
                return future
            self._queue.append(job)
            self._advance(after)
        return future

    def _advance(self, after: _Effects) -> None:
        """Start the worker or send the next job, whichever the state allows."""
        if self._queue and self._transport is None:
            self._start_worker(after)
        elif self._queue and self._transport is not None and self._stage is Stage.READY:
            job = self._running = self._queue.popleft()
            job.attempts += 1
            self._transport.send(job.request)
            self._set_stage(Stage.RUNNING, Stage.RUNNING.words, after)

    def _start_worker(self, after: _Effects) -> None:
        self._generation += 1
        try:
            transport = self._transport_factory()
            transport.start(
                partial(self._take_message, self._generation), partial(self._take_end, self._generation)
            )
        except ProvisError as error:
            self._fail_all(error, after)
            return
        self._transport = transport
        self._set_stage(Stage.STARTING, Stage.STARTING.words, after)
        self._start_timer(self._hello_timeout, self._enforce_hello, self._generation)

    def _take_message(self, generation: int, message: Message) -> None:
        with self._change() as after:
            if generation != self._generation or self._transport is None:
                return
            if isinstance(message, Hello) and self._stage is Stage.STARTING:
                self._hello = message
                self._stop_timer()
                self._set_stage(Stage.READY, f"Python {message.python}, process {message.pid}", after)
                self._advance(after)
                return
            if isinstance(message, Failure) and message.job == 0:
                self._drop_worker()
                self._fail_all(message.to_error(), after)
                return
            job = self._running
            if job is None or getattr(message, "job", None) != job.future.job:
                return
            job.begun = True
            if isinstance(message, Progress):
                if job.on_progress is not None and not job.cancelled:
                    after.append(partial(job.on_progress, message))
            elif isinstance(message, Notice):
                if job.on_notice is not None:
                    after.append(partial(job.on_notice, message))
            elif isinstance(message, Result | DoctorReport | Failure):
                self._end_job(job, message, after)

    def _end_job(self, job: Job, message: Result | DoctorReport | Failure, after: _Effects) -> None:
        self._running = None
        self._stop_timer()
        if job.cancelled:
            after.append(partial(job.future.set_exception, make_cancelled_error()))
        elif isinstance(message, Failure):
            if message.details:
                self.crash_report = message.details
            after.append(partial(job.future.set_exception, message.to_error()))
        else:
            after.append(partial(job.future.set_result, message))
        self._set_stage(Stage.READY, Stage.READY.words, after)
        self._advance(after)

    def _take_end(self, generation: int, ending: Ending) -> None:
        with self._change() as after:
            transport = self._transport
            if generation != self._generation or transport is None:
                return
            starting = self._stage is Stage.STARTING
            last_line = transport.report().splitlines()[-1]
            error = explain_ending(ending, started=not starting, last_line=last_line)
            self._drop_worker()
            if starting:
                self._fail_all(error, after)
                return
            job, self._running = self._running, None
            self._set_stage(Stage.DEAD, str(error), after)
            if job is not None and job.cancelled:
                after.append(partial(job.future.set_exception, make_cancelled_error()))
            elif job is not None and not job.begun and ending.error is None and job.attempts < _MAX_ATTEMPTS:
                self._queue.appendleft(job)  # the worker had gone before the job came
            elif job is not None:
                after.append(partial(job.future.set_exception, error))
            self._advance(after)

    def _enforce_cancel(self, number: int) -> None:
        with self._change() as after:
            job = self._running
            if job is None or job.future.job != number or self._transport is None:
                return
            self._running = None
            self._drop_worker()
            after.append(partial(job.future.set_exception, make_cancelled_error()))
            self._set_stage(Stage.ABSENT, "ended to stop a job", after)
            self._advance(after)

    def _enforce_hello(self, generation: int) -> None:
        with self._change() as after:
            if generation == self._generation and self._stage is Stage.STARTING:
                self._drop_worker()
                self._fail_all(make_silence_error(self._hello_timeout), after)

    def _drop_worker(self) -> None:
        """Have nothing more to do with the worker; its threads end when it has."""
        transport, self._transport = self._transport, None
        self._generation += 1
        self._hello = None
        self._stop_timer()
        if transport is not None:
            transport.kill()
            self.crash_report = transport.report()
            self._leaving = [*self._leaving[-3:], transport]

    def _fail_all(self, error: ProvisError, after: _Effects, stage: Stage = Stage.DEAD) -> None:
        jobs = [] if self._running is None else [self._running]
        jobs += self._queue
        self._running = None
        self._queue.clear()
        after.extend(partial(job.future.set_exception, error) for job in jobs)
        self._set_stage(stage, str(error), after)

    def _end(self, *, closed: bool) -> None:
        with self._change() as after:
            self._closed = self._closed or closed
            transport, self._transport = self._transport, None
            leaving, self._leaving = self._leaving, []
            self._generation += 1
            self._hello = None
            self._stop_timer()
            self._fail_all(make_cancelled_error("The worker was stopped"), after, Stage.ABSENT)
        for old in [*leaving, transport]:
            if old is not None:
                old.close()

    def _set_stage(self, stage: Stage, text: str, after: _Effects) -> None:
        if stage is not self._stage:
            self._stage = stage
            if self._on_event is not None:
                self._events.append(WorkerEvent(stage, text))
                after.append(self._deliver_events)

    def _deliver_events(self) -> None:
        """Tell of the stages in their order, whichever thread made them."""
        while self._events and self._delivery.acquire(blocking=False):
            try:
                while self._events and self._on_event is not None:
                    self._on_event(self._events.popleft())
            finally:
                self._delivery.release()

    def _start_timer(self, seconds: float, action: Callable[[int], None], argument: int) -> None:
        self._stop_timer()
        self._timer = threading.Timer(seconds, action, (argument,))
        self._timer.daemon = True
        self._timer.start()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
