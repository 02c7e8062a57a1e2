"""What a client holds about its worker and its jobs."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from ...errors import ProvisError
from ..wire.message import Request
from ..wire.worker_messages import Notice, Progress
from .interface import WorkerStage

__all__ = ["JobFuture", "PendingJob", "WorkerEvent"]

_T = TypeVar("_T")


@dataclass(frozen=True)
class WorkerEvent:
    """The worker went into another stage.

    Attributes
    ----------
    stage : WorkerStage
    text : str
        Why, in words.
    """

    stage: WorkerStage
    text: str


class JobFuture(Future[_T]):
    """The answer to come of one job; its `cancel` stops the job within a second."""

    def __init__(self, job: int, cancel: Callable[[int], bool]) -> None:
        super().__init__()
        self.set_running_or_notify_cancel()
        self.job = job
        self._cancel = cancel

    def cancel(self) -> bool:
        """Stop the job; the future then fails with `JobCancelledError`."""
        return self._cancel(self.job)


@dataclass(eq=False)
class PendingJob:
    """One request and who waits for it.

    Attributes
    ----------
    request : Request
    future : JobFuture
    on_progress, on_notice : callable or None
    attempts : int
        How often it was sent to a worker.
    begun : bool
        Whether a worker has said anything about it.
    cancelled : bool
        Whether the worker was asked to stop it.
    has_failed : bool
        Whether nobody waits for it any more; the worker may still be at it.
    """

    request: Request[Any]
    future: JobFuture[Any]
    on_progress: Callable[[Progress], object] | None
    on_notice: Callable[[Notice], object] | None
    attempts: int = 0
    begun: bool = False
    cancelled: bool = False
    has_failed: bool = False

    def fail(self, error: ProvisError, after: list[Callable[[], object]]) -> None:
        """Have the future fail, once, when the callables of a list are called."""
        if not self.has_failed:
            self.has_failed = True
            after.append(partial(self.future.set_exception, error))

    @property
    def number(self) -> int:
        """The job's number on the wire."""
        return self.future.job
