"""The life of the worker and of its jobs: one job at a time, and a new worker when the old one is gone.

All state changes under one lock; futures are completed and callbacks called after it is released, by the
thread that brought the change: a caller's, the reader thread of the transport, or a timer's.
"""

from __future__ import annotations

import itertools
import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Final

from ...errors import ProvisError
from ..wire.host_messages import Cancel
from ..wire.message import Answer, AnswerT, Message, Request
from ..wire.worker_messages import Failure, Hello, Notice, Progress
from .endings import (
    describe_replacement,
    explain_ending,
    make_cancelled_error,
    make_kind_error,
    make_quiet_error,
    make_silence_error,
)
from .interface import WorkerStage
from .jobs import JobFuture, PendingJob, WorkerEvent
from .transport import Ending, Transport

__all__ = ["Dispatcher"]

_logger = logging.getLogger(__name__)
_Effects = list[Callable[[], object]]
_MAX_ATTEMPTS: Final = 2
_N_QUIET: Final = 8  # times to listen for life before a worker is given up


class Dispatcher:
    """One worker at a time, and the jobs that wait for it.

    Parameters
    ----------
    make_transport : callable
        Makes the `Transport` of a new worker; may raise a `ProvisError`.
    on_event : callable or None
        Called with a `WorkerEvent` at each change of the stage, in their order.
    hello_timeout, cancel_grace, stop_grace, silence_timeout : float
        Seconds; see `WorkerClient`.

    Attributes
    ----------
    stage : WorkerStage
    hello : Hello or None
        What the worker that runs now said first.
    crash_report : str
        What is known about the last failure; empty before.
    """

    def __init__(
        self,
        make_transport: Callable[[], Transport],
        on_event: Callable[[WorkerEvent], object] | None,
        hello_timeout: float,
        cancel_grace: float,
        stop_grace: float,
        silence_timeout: float,
    ) -> None:
        self.stage = WorkerStage.ABSENT
        self.hello: Hello | None = None
        self.crash_report = ""
        self._make_transport = make_transport
        self._on_event = on_event
        self._hello_timeout = hello_timeout
        self._cancel_grace = cancel_grace
        self._stop_grace = stop_grace
        self._silence_timeout = silence_timeout
        self._lock = threading.Lock()
        self._delivery = threading.Lock()
        self._events: deque[WorkerEvent] = deque()
        self._numbers = itertools.count(1)
        self._queue: deque[PendingJob] = deque()
        self._running: PendingJob | None = None
        self._transport: Transport | None = None
        self._generation = 0  # of the transport: what an older one still says is not heard
        self._timer: threading.Timer | None = None
        self._watch: threading.Timer | None = None
        self._n_quiet = 0  # times that it was listened for life in vain
        self._leaving: list[Transport] = []
        self._closed = False

    def submit(
        self,
        request: Request[AnswerT],
        on_progress: Callable[[Progress], object] | None,
        on_notice: Callable[[Notice], object] | None,
    ) -> JobFuture[AnswerT]:
        """Take a job; every error comes through the future."""
        with self._change() as after:
            number = next(self._numbers)
            future: JobFuture[AnswerT] = JobFuture(number, self.cancel)
            if self._closed:
                after.append(partial(future.set_exception, make_cancelled_error("ProVis has been closed")))
                return future
            self._queue.append(PendingJob(replace(request, job=number), future, on_progress, on_notice))
            self._advance(after)
        return future

    def cancel(self, number: int) -> bool:
        """Drop a job that waits, or ask for the end of the one that runs and see to it."""
        with self._change() as after:
            for waiting in self._queue:
                if waiting.number == number:
                    self._queue.remove(waiting)
                    waiting.fail(make_cancelled_error(), after)
                    return True
            running = self._running
            if running is None or running.number != number or running.has_failed:
                return False
            if not running.cancelled and self._transport is not None:
                running.cancelled = True
                self._transport.send(Cancel(number))
                self._start_timer(self._cancel_grace, self._enforce_cancel, number)
            return True

    def cancel_all(self) -> int:
        """Cancel every job; returns how many there were."""
        with self._lock:
            numbers = [job.number for job in self._queue]  # first, so that none of them begins
            if self._running is not None:
                numbers.append(self._running.number)
        return sum(self.cancel(number) for number in numbers)

    def stop(self, *, for_good: bool) -> None:
        """End the worker, cancel its jobs, and wait until nothing of any worker is left."""
        with self._change() as after:
            self._closed = self._closed or for_good
            transport, self._transport = self._transport, None
            leaving, self._leaving = self._leaving, []
            self._generation += 1
            self.hello = None
            self._stop_timers()
            self._fail_all(make_cancelled_error("The worker was stopped"), after, WorkerStage.ABSENT)
        for old in [*leaving, transport]:
            if old is not None:
                old.close()

    # -- what the worker says and what happens to it ---------------------------------------------------

    def _take_message(self, generation: int, message: Message) -> None:
        with self._change() as after:
            if generation != self._generation:
                return
            job = self._running
            self._n_quiet = 0
            if isinstance(message, Hello) and self.stage is WorkerStage.STARTING:
                self.hello = message
                self._stop_timer()
                self._set_stage(WorkerStage.READY, f"Python {message.python}, process {message.pid}", after)
                self._advance(after)
            elif isinstance(message, Failure) and message.job == 0:
                self._drop_worker()
                self._fail_all(message.to_error(), after)
            elif job is not None and getattr(message, "job", None) == job.number:
                job.begun = True
                if isinstance(message, Progress):
                    if job.on_progress is not None and not job.cancelled:
                        after.append(partial(job.on_progress, message))
                elif isinstance(message, Notice):
                    if job.on_notice is not None:
                        after.append(partial(job.on_notice, message))
                elif isinstance(message, Answer | Failure):
                    self._end_job(job, message, after)

    def _end_job(self, job: PendingJob, message: Answer | Failure, after: _Effects) -> None:
        if isinstance(message, Failure) and message.is_sick:
            self._replace_worker(message.to_error(), after, message.details)
            return
        if isinstance(message, Answer) and not isinstance(message, job.request.answer):
            self._replace_worker(make_kind_error(job.request, message), after)
            return
        self._running = None
        self._stop_timers()
        if job.cancelled:
            job.fail(make_cancelled_error(), after)
        elif isinstance(message, Failure):
            if message.details:
                self.crash_report = message.details
            job.fail(message.to_error(), after)
        else:
            after.append(partial(job.future.set_result, message))
        self._set_stage(WorkerStage.READY, WorkerStage.READY.words, after)
        self._advance(after)

    def _replace_worker(self, error: ProvisError, after: _Effects, details: str = "") -> None:
        """End a worker that lives but is sick; its job is begun once more in a new one."""
        job, self._running = self._running, None
        self._drop_worker()
        if details:
            self.crash_report = details
        self._set_stage(WorkerStage.DEAD, str(error), after)
        if job is not None and job.cancelled:
            job.fail(make_cancelled_error(), after)
        elif job is not None and job.attempts < _MAX_ATTEMPTS:
            job.begun = False
            self._queue.appendleft(job)
            if job.on_notice is not None:
                after.append(partial(job.on_notice, Notice(job.number, describe_replacement(error))))
        elif job is not None:
            job.fail(error, after)
        self._advance(after)

    def _take_end(self, generation: int, ending: Ending) -> None:
        with self._change() as after:
            if generation != self._generation:
                return
            error = explain_ending(ending, self.stage)
            if self.stage is WorkerStage.STARTING:
                self._drop_worker()
                self._fail_all(error, after)
                return
            if ending.error is not None:  # it spoke, but not so that it could be understood
                self._replace_worker(error, after)
                return
            self._drop_worker()
            job, self._running = self._running, None
            self._set_stage(WorkerStage.DEAD, str(error), after)
            if job is not None and job.cancelled:
                job.fail(make_cancelled_error(), after)
            elif job is not None and not job.begun and job.attempts < _MAX_ATTEMPTS:
                self._queue.appendleft(job)  # the worker was gone before the job reached it
            elif job is not None:
                job.fail(error, after)
            self._advance(after)

    def _enforce_cancel(self, number: int) -> None:
        with self._change() as after:
            job = self._running
            if job is None or job.number != number:
                return
            job.fail(make_cancelled_error(), after)
            self._start_timer(self._stop_grace, self._enforce_stop, number)

    def _enforce_stop(self, number: int) -> None:
        """End a worker that has not stopped a job which nobody waits for any more."""
        with self._change() as after:
            job = self._running
            if job is None or job.number != number:
                return
            self._running = None
            self._drop_worker(failed=False)
            self._set_stage(WorkerStage.ABSENT, "ended to stop a job", after)
            self._advance(after)

    def _enforce_hello(self, generation: int) -> None:
        with self._change() as after:
            if generation == self._generation and self.stage is WorkerStage.STARTING:
                self._drop_worker()
                self._fail_all(make_silence_error(self._hello_timeout), after)

    def _listen_for_life(self, generation: int) -> None:
        """Called again and again while a job runs. Times are not compared: the computer may have slept."""
        with self._change() as after:
            if generation != self._generation or self._running is None:
                return
            self._n_quiet += 1
            if self._n_quiet > _N_QUIET:
                self._replace_worker(make_quiet_error(self._silence_timeout), after)
            else:
                self._watch = _start_timer(
                    self._silence_timeout / _N_QUIET, self._listen_for_life, generation
                )

    # -- steps, all taken under the lock ---------------------------------------------------------------

    @contextmanager
    def _change(self) -> Iterator[_Effects]:
        """Take the lock; what touches other code goes into the list and is done after it."""
        after: _Effects = []
        with self._lock:
            yield after
        for effect in after:
            try:
                effect()
            except Exception:
                _logger.exception("a callback of a worker's job failed")

    def _advance(self, after: _Effects) -> None:
        """Start a worker or send the next job, whichever is due."""
        if self._queue and self._transport is None:
            self._start_worker(after)
        elif self._queue and self._transport is not None and self.stage is WorkerStage.READY:
            job = self._running = self._queue.popleft()
            job.attempts += 1
            self._transport.send(job.request)
            self._n_quiet = 0
            self._watch = _start_timer(
                self._silence_timeout / _N_QUIET, self._listen_for_life, self._generation
            )
            self._set_stage(WorkerStage.RUNNING, WorkerStage.RUNNING.words, after)

    def _start_worker(self, after: _Effects) -> None:
        self._generation += 1
        try:
            transport = self._make_transport()
            transport.start(
                partial(self._take_message, self._generation), partial(self._take_end, self._generation)
            )
        except ProvisError as error:
            self._fail_all(error, after)
            return
        self._transport = transport
        self._set_stage(WorkerStage.STARTING, WorkerStage.STARTING.words, after)
        self._start_timer(self._hello_timeout, self._enforce_hello, self._generation)

    def _drop_worker(self, *, failed: bool = True) -> None:
        """End the worker and have nothing more to do with it; its threads end when it has."""
        transport, self._transport = self._transport, None
        self._generation += 1
        self.hello = None
        self._stop_timers()
        if transport is not None:
            transport.kill()
            if failed:
                self.crash_report = transport.report()
            self._leaving = [*self._leaving[-3:], transport]

    def _fail_all(self, error: ProvisError, after: _Effects, stage: WorkerStage = WorkerStage.DEAD) -> None:
        jobs = [self._running] if self._running is not None else []
        jobs += self._queue
        self._running = None
        self._queue.clear()
        for job in jobs:
            job.fail(error, after)
        self._set_stage(stage, str(error), after)

    def _set_stage(self, stage: WorkerStage, text: str, after: _Effects) -> None:
        if stage is not self.stage:
            self.stage = stage
            if self._on_event is not None:
                self._events.append(WorkerEvent(stage, text))
                after.append(self._deliver_events)

    def _deliver_events(self) -> None:
        """Tell of the stages in their order, whichever threads made them."""
        while self._events and self._delivery.acquire(blocking=False):
            try:
                while self._events and self._on_event is not None:
                    self._on_event(self._events.popleft())
            finally:
                self._delivery.release()

    def _start_timer(self, seconds: float, action: Callable[[int], None], argument: int) -> None:
        self._stop_timer()
        self._timer = _start_timer(seconds, action, argument)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _stop_timers(self) -> None:
        self._stop_timer()
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None


def _start_timer(seconds: float, action: Callable[[int], None], argument: int) -> threading.Timer:
    timer = threading.Timer(seconds, action, (argument,))
    timer.daemon = True
    timer.start()
    return timer
