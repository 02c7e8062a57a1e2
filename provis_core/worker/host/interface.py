"""What the session needs of a worker; `provis_core.worker.host.client.WorkerClient` meets it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from enum import Enum
from typing import TYPE_CHECKING, Final, Protocol, TypedDict

if TYPE_CHECKING:
    from ..wire.message import AnswerT, Request
    from ..wire.worker_messages import Notice, Progress

__all__ = ["Callbacks", "Worker", "WorkerStage"]


class WorkerStage(Enum):
    """Life stage of the worker."""

    ABSENT = "absent"
    STARTING = "starting"
    READY = "ready"
    RUNNING = "running"
    DEAD = "dead"

    @property
    def words(self) -> str:
        """The stage as it is shown to the user."""
        return _STAGE_WORDS[self]


_STAGE_WORDS: Final = {
    WorkerStage.ABSENT: "not started; the next command starts it",
    WorkerStage.STARTING: "starting",
    WorkerStage.READY: "ready",
    WorkerStage.RUNNING: "computing",
    WorkerStage.DEAD: "ended by an error; the next command starts a new one",
}


class Callbacks(TypedDict):
    """What a request to the worker calls back, on its reader thread."""

    on_progress: Callable[[Progress], object]
    on_notice: Callable[[Notice], object]


class Worker(Protocol):
    """One worker, which is started with the first request."""

    @property
    def stage(self) -> WorkerStage:
        """The worker's life stage."""

    @property
    def crash_report(self) -> str:
        """What is known about the last failure; empty where there was none."""

    def submit(
        self,
        request: Request[AnswerT],
        *,
        on_progress: Callable[[Progress], object] | None = None,
        on_notice: Callable[[Notice], object] | None = None,
    ) -> Future[AnswerT]:
        """Ask for something; `provis_core.worker.tasks` has what there is."""

    def cancel_all(self) -> int:
        """Stop all jobs within a second; returns how many there were."""

    def close(self) -> None:
        """End the worker."""
