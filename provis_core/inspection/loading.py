"""What the panel waits for: jobs of the worker and slow computations, none of which holds up the viewer."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import JobCancelledError
from ..session.session import Session
from ..system.jobs import Job, run_after
from ..viewers.viewer import Viewer
from ..worker.wire.worker_messages import Progress

if TYPE_CHECKING:
    from ..worker.host.interface import Callbacks

__all__ = ["Loader", "Status"]

_T = TypeVar("_T")


@dataclass(frozen=True)
class Status:
    """What is going on.

    Attributes
    ----------
    stage : str
        In words; empty where nothing is awaited.
    fraction : float
        Done so far, 0 to 1.
    elapsed : float
        Seconds since it was asked for.
    problem : str
        What went wrong last, and what to do; empty after the next success.
    worker : str
        The worker's life stage, in words.
    is_busy : bool
        Whether anything is awaited.
    """

    stage: str
    fraction: float
    elapsed: float
    problem: str
    worker: str
    is_busy: bool


@dataclass(eq=False)
class _Task:
    """Something that is awaited."""

    kind: str
    label: str
    started: float
    is_wanted: bool = True
    stage: str = "waiting for the worker"
    fraction: float = 0.0
    source: Future[Any] | None = None
    job: Job | None = None
    stays: bool = False  # wanted also where another chain is looked at, or none
    at_end: Callable[[], object] | None = None


class Loader:
    """Asks the worker, or a thread, and hands what comes back over on the viewer's thread.

    Parameters
    ----------
    session : Session
    on_change : callable
        Called on the viewer's thread when `status` has changed.
    clock : callable
        Seconds that only grow.

    Attributes
    ----------
    problems : dict of str to str
        What went wrong last, by its kind; gone with the next success of that kind.
    """

    def __init__(
        self,
        session: Session[Viewer],
        on_change: Callable[[], object],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session = session
        self._on_change = on_change
        self._clock = clock
        self._tasks: list[_Task] = []
        self._threads: ThreadPoolExecutor | None = None
        self.problems: dict[str, str] = {}

    @property
    def status(self) -> Status:
        """What is going on now."""
        worker, problem = self._session.worker_stage.words, next(iter(self.problems.values()), "")
        problem = self._session.viewer.dialect.render(problem)
        for task in self._tasks:
            if task.is_wanted:
                stage = f"{task.label}: {task.stage}"
                elapsed = self._clock() - task.started
                return Status(stage, task.fraction, elapsed, problem, worker, is_busy=True)
        return Status("", 0.0, 0.0, problem, worker, is_busy=False)

    def ask(
        self,
        kind: str,
        label: str,
        submit: Callable[[Callbacks], Future[Any]],
        load: Callable[[Any], _T],
        deliver: Callable[[_T], object],
        at_end: Callable[[], object] | None = None,
    ) -> None:
        """Give the worker a job.

        Parameters
        ----------
        kind : str
            A later success of the same kind makes a failure forgotten.
        label : str
            What the user calls it.
        submit : callable
            Is given the callbacks of a request, gives its future.
        load : callable
            Makes a value of the worker's answer, on a thread: it may read files.
        deliver : callable
            Is given the value on the viewer's thread, unless `forget` was called meanwhile.
        at_end : callable, optional
            Called before `deliver`, and also where the job failed; not after `forget`.
        """
        task = _Task(kind, label, self._clock(), at_end=at_end)
        callbacks = self._session.callbacks(quiet=True)
        callbacks["on_progress"] = partial(self._on_progress, task)
        task.source = submit(callbacks)
        self._await(task, run_after(task.source, load, self._pool), deliver)

    def compute(
        self, kind: str, label: str, function: Callable[[], _T], deliver: Callable[[_T], object]
    ) -> None:
        """Run a function on a thread and deliver what it gives; it must not touch the viewer."""
        task = _Task(kind, label, self._clock(), stage="computing")
        self._await(task, self._pool.submit(function), deliver)

    def follow(
        self, kind: str, label: str, future: Future[_T], deliver: Callable[[_T], object], stage: str
    ) -> None:
        """Wait for something that runs elsewhere; it is wanted whatever is looked at meanwhile.

        Parameters
        ----------
        kind, label, deliver
            As in `ask`.
        future : Future
            Its ``cancel`` may be called by `stop`.
        stage : str
            What happens to it, in words.
        """
        task = _Task(kind, label, self._clock(), stage=stage, source=future, stays=True)
        self._await(task, future, deliver)

    def is_awaited(self, kind: str) -> bool:
        """Whether anything of a kind is awaited and wanted."""
        return any(task.kind == kind and task.is_wanted for task in self._tasks)

    def forget(self) -> None:
        """What is awaited now is not wanted any more, but for what `follow` waits for; it is stopped."""
        self.problems.clear()
        for task in self._tasks:
            if task.stays:
                continue
            task.is_wanted = False
            if task.source is not None:
                task.source.cancel()

    def stop(self) -> bool:
        """Stop what the worker runs for us; whether there was anything."""
        sources = [task.source for task in self._tasks if task.is_wanted and task.source is not None]
        for source in sources:
            source.cancel()
        return bool(sources)

    def close(self) -> None:
        """Want nothing any more, and end the threads."""
        self.forget()
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)  # what runs there ends soon
            self._threads = None

    @property
    def _pool(self) -> ThreadPoolExecutor:
        if self._threads is None:
            self._threads = ThreadPoolExecutor(2, thread_name_prefix="provis-panel")
        return self._threads

    def _await(self, task: _Task, future: Future[_T], deliver: Callable[[_T], object]) -> None:
        self._tasks.append(task)
        task.job = self._session.start(
            Job(task.label, partial(self._finish, task, future, deliver)), (future,)
        )
        task.job.stage = task.stage
        self._on_change()

    def _finish(self, task: _Task, future: Future[_T], deliver: Callable[[_T], object]) -> None:
        self._tasks.remove(task)
        try:
            if not task.is_wanted:
                return
            if task.at_end is not None:
                task.at_end()
            try:
                value = future.result()
            except (CancelledError, JobCancelledError) as error:
                if task.stays and isinstance(error, JobCancelledError):
                    raise
                hint = "Ask for it again" if task.stays else "Press Compute to begin again"
                raise JobCancelledError(f"{task.label} was stopped", "", hint) from None
            self.problems.pop(task.kind, None)
            deliver(value)
        except Exception as error:
            self.problems[task.kind] = str(error)
            raise
        finally:
            self._on_change()

    def _on_progress(self, task: _Task, progress: Progress) -> None:
        """Runs on the worker's reader thread."""
        task.stage, task.fraction = progress.words, progress.fraction
        if task.job is not None:
            task.job.stage, task.job.fraction = progress.words, progress.fraction
        self._session.viewer.call_soon(self._tell)

    def _tell(self) -> None:
        self._on_change()
