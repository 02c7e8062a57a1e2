"""The host's side of the worker: jobs in, futures out.

The worker is started with the first job and stays warm. Callbacks come from other threads; they must not
touch the viewer.
"""

from __future__ import annotations

import atexit
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..wire.message import AnswerT, Request
from ..wire.worker_messages import Hello, Notice, Progress
from .dispatcher import Dispatcher
from .environment import find_worker_python, make_worker_environ
from .interface import WorkerStage
from .jobs import JobFuture, WorkerEvent
from .transport import ProcessTransport, Transport

__all__ = ["JobFuture", "WorkerClient", "WorkerEvent", "WorkerStage"]


class WorkerClient:
    """Runs jobs in a worker process, one after the other.

    Whatever happens to the worker, the jobs it concerns fail with one `ProvisError` and the next job starts a
    new worker. One that lives but is sick (it answers another question, cannot be understood, falls silent,
    or says itself that it cannot be trusted any more) is replaced, and its job is begun once more in a new
    one.

    Parameters
    ----------
    python : str or pathlib.Path, optional
        The user's choice of the worker's Python; `find_worker_python` looks for one at each start.
    threads : int, optional
        Threads of the calculation; one less than there are cores by default.
    model_memory_gb : float, optional
        Memory that loaded models may keep; half of the computer's by default.
    cache_limit_gb : float, optional
        Largest size of the folder of results; 2 by default.
    transport_factory : callable, optional
        Makes the `Transport` of a new worker, in place of the four above.
    on_event : callable, optional
        Called with a `WorkerEvent` at each change of the stage, in their order, from any thread.
    hello_timeout : float
        Seconds that a worker may take to say hello.
    cancel_grace : float
        Seconds that a worker may take to stop a cancelled job before nobody waits for that any more.
    stop_grace : float
        Seconds that it may then still take before it is ended, with the models that it has loaded.
    silence_timeout : float
        Seconds for which a worker may say nothing in the middle of a job; one at work speaks each second.
    """

    def __init__(
        self,
        python: str | Path | None = None,
        *,
        threads: int | None = None,
        model_memory_gb: float | None = None,
        cache_limit_gb: float | None = None,
        transport_factory: Callable[[], Transport] | None = None,
        on_event: Callable[[WorkerEvent], object] | None = None,
        hello_timeout: float = 60.0,
        cancel_grace: float = 0.5,
        stop_grace: float = 5.0,
        silence_timeout: float = 120.0,
    ) -> None:
        def make_transport() -> Transport:
            environ = make_worker_environ(
                threads=threads, model_memory_gb=model_memory_gb, cache_limit_gb=cache_limit_gb
            )
            return ProcessTransport(find_worker_python(str(python) if python else None), environ=environ)

        self._dispatcher = Dispatcher(
            transport_factory or make_transport,
            on_event,
            hello_timeout,
            cancel_grace,
            stop_grace,
            silence_timeout,
        )
        atexit.register(self.close)

    @property
    def stage(self) -> WorkerStage:
        """Life stage of the worker."""
        return self._dispatcher.stage

    @property
    def hello(self) -> Hello | None:
        """What the worker that runs now said about itself; None where none is ready."""
        return self._dispatcher.hello

    @property
    def crash_report(self) -> str:
        """What is known about the last failure: command, return code, last lines; empty before."""
        return self._dispatcher.crash_report

    def submit(
        self,
        request: Request[AnswerT],
        *,
        on_progress: Callable[[Progress], object] | None = None,
        on_notice: Callable[[Notice], object] | None = None,
    ) -> JobFuture[AnswerT]:
        """Ask for something.

        Parameters
        ----------
        request : Request
            One of `provis_core.worker.tasks`; its job is numbered here.
        on_progress, on_notice : callable, optional
            Called from the reader thread.

        Returns
        -------
        JobFuture of Answer
            Of the kind that the request names. Fails with a `ProvisError`; none is raised here.
        """
        return self._dispatcher.submit(request, on_progress, on_notice)

    def cancel(self, job: int | JobFuture[Any]) -> bool:
        """Stop one job within a second; its future fails with `JobCancelledError`.

        A job that waits is dropped. The one that runs is asked to stop, which the worker does between two
        layers, and so it keeps its models; if it has not done so after a while it is ended, and a new one
        goes on with the other jobs.

        Parameters
        ----------
        job : int or JobFuture

        Returns
        -------
        bool
            False where the job had ended before.
        """
        return self._dispatcher.cancel(job.job if isinstance(job, JobFuture) else job)

    def cancel_all(self) -> int:
        """Stop every job.

        Returns
        -------
        int
            How many there were.
        """
        return self._dispatcher.cancel_all()

    def stop(self) -> None:
        """End the worker and cancel its jobs; the next job starts a new one."""
        self._dispatcher.stop(for_good=False)

    def close(self) -> None:
        """End the worker for good; also done when the interpreter ends."""
        self._dispatcher.stop(for_good=True)
        atexit.unregister(self.close)
