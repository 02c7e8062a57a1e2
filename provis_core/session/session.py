"""One run of ProVis in one viewer: its worker, its jobs, its settings. No use case is known here."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Generic, Literal, TypeVar

from ..errors import CacheError, ProvisError
from ..system.events import Events
from ..system.jobs import Job, Mailbox, when_all_done
from ..viewers.viewer import Program
from ..worker.host.interface import WorkerStage
from .settings import Settings

if TYPE_CHECKING:
    from ..checkpoints.registry import ModelEntry
    from ..worker.host.client import WorkerClient
    from ..worker.host.interface import Callbacks, Worker
    from ..worker.wire.worker_messages import Progress

__all__ = ["Session", "Topic", "make_worker"]

_FIRST_PROGRESS = 1.0  # seconds before the first line of progress; then ever more between two of them
_LAST_PROGRESS = 16.0
_REPORT_LINES = 20  # of the worker's last failure
_WAIT_STEP = 0.02  # seconds between two looks at the event loop while a command waits
_OF_THE_WORKER: Final = ("worker_python", "threads", "model_memory_gb", "cache_limit_gb")

Topic = Literal["ranking", "cancel"]
"""``ranking`` is told with a `provis_core.actions.heads.RankedChain`; ``cancel``, before jobs are stopped,
with nothing."""

ViewerT_co = TypeVar("ViewerT_co", bound=Program, covariant=True)


def make_worker(settings: Settings) -> WorkerClient:
    """Make a worker for the user's settings; its process starts with its first job."""
    from ..worker.host.client import WorkerClient

    return WorkerClient(
        settings.text("worker_python") or None,
        threads=int(settings.number("threads")) or None,
        model_memory_gb=settings.number("model_memory_gb") or None,
        cache_limit_gb=settings.number("cache_limit_gb"),
    )


class Session(Generic[ViewerT_co]):
    """What every use case needs: a viewer, a worker, jobs that end on the viewer's thread, and settings.

    Parameters
    ----------
    viewer : Program
        In the roles that the use cases need: `provis_core.viewers.viewer`.
    settings : Settings
    make_worker : callable
        Gives a new worker for the settings in force; called when one is first needed.
    clock : callable
        Seconds that only grow.

    Attributes
    ----------
    jobs : list of Job
        Those that are not done.
    events : Events
        What others may want to know of; see `Topic`.
    """

    def __init__(
        self,
        viewer: ViewerT_co,
        settings: Settings,
        make_worker: Callable[[Settings], Worker] = make_worker,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.viewer = viewer
        self.settings = settings
        self.clock = clock
        self.jobs: list[Job] = []
        self.events: Events[Topic] = Events(("ranking", "cancel"), viewer.warn)
        self._make_worker = make_worker
        self._worker: Worker | None = None
        self._mailbox = Mailbox(viewer.call_soon)
        self._next_progress = 0.0
        self._told: set[str] = set()
        self._progress_step = _FIRST_PROGRESS
        if settings.problem:
            viewer.warn(settings.problem)

    def find_model(self, name: str = "") -> ModelEntry:
        """Find a model by its name or folder; the kept default where the name is empty.

        Raises
        ------
        ProvisError
            If there is no such model.
        """
        from ..checkpoints.registry import find_model

        return find_model(name or self.settings.text("model"))

    def warn_once(self, text: str) -> None:
        """Show a line to the user as a warning, unless it was shown before."""
        if text not in self._told:
            self._told.add(text)
            self.viewer.warn(text)

    # -- worker ----------------------------------------------------------------------------------------

    @property
    def worker(self) -> Worker:
        """The worker, made when it is first needed."""
        if self._worker is None:
            self._worker = self._make_worker(self.settings)
        return self._worker

    @property
    def worker_stage(self) -> WorkerStage:
        """The worker's life stage; it is not made for that."""
        return self._worker.stage if self._worker is not None else WorkerStage.ABSENT

    def expect_work(self, entry: ModelEntry | None = None) -> None:
        """Have the worker started, and what a model needs imported, before anything is asked of it.

        Parameters
        ----------
        entry : ModelEntry, optional
            The kept default where it is not known yet. What is wrong with it is told when it is used.
        """
        if self.worker.stage is WorkerStage.ABSENT:
            from ..worker.tasks.preparation import PreparationRequest

            with contextlib.suppress(ProvisError):
                folder = (entry or self.find_model()).folder
                self.worker.submit(PreparationRequest(str(folder)))

    def close_worker(self) -> None:
        """End the worker; the next command starts a new one with the settings then in force."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None

    def callbacks(self, *, quiet: bool) -> Callbacks:
        """Make what a request to the worker calls back: progress and notices reach the user.

        Parameters
        ----------
        quiet : bool
            Show no progress.

        Returns
        -------
        Callbacks
            Arguments of `Worker.submit`.
        """
        self._progress_step = _FIRST_PROGRESS
        self._next_progress = self.clock() + self._progress_step
        return {
            "on_progress": partial(self._on_progress, quiet),
            "on_notice": lambda notice: self.post(partial(self.viewer.warn, notice.text)),
        }

    def _on_progress(self, quiet: bool, progress: Progress) -> None:
        """Runs on the worker's reader thread."""
        for job in self.jobs[:1]:
            job.stage, job.fraction = progress.words, progress.fraction
        begins_long = progress.stage.startswith(("importing", "loading")) and not progress.seconds
        if not quiet and (begins_long or self.clock() >= self._next_progress):
            self._progress_step = min(2 * self._progress_step, _LAST_PROGRESS)
            self._next_progress = self.clock() + self._progress_step
            stage = f"{progress.words} ({progress.fraction:.0%})" if progress.fraction else progress.words
            text = f"ProVis: {stage}. To stop it: «cancel»"
            self.post(partial(self.viewer.tell_progress, text))

    # -- jobs ------------------------------------------------------------------------------------------

    def start(self, job: Job, futures: tuple[Future[Any], ...]) -> Job:
        """Take a job on: it is finished on the viewer's thread once its futures are done."""
        self.jobs.append(job)
        return self.finish_after(job, futures, partial(self._remove, job))

    def finish_after(self, job: Job, futures: tuple[Future[Any], ...], at_end: Callable[[], object]) -> Job:
        """Finish a job that is not among `jobs`, on the viewer's thread once its futures are done.

        Parameters
        ----------
        job : Job
        futures : tuple of Future
        at_end : callable
            Called when the job is done, before the user is told of an error that nobody awaits.

        Returns
        -------
        Job
        """
        job.futures = futures
        when_all_done(futures, lambda: self.post(partial(self._finish, job, at_end)))
        return job

    def _finish(self, job: Job, at_end: Callable[[], object]) -> None:
        job.finish()
        at_end()
        for problem in [] if job.is_awaited else job.problems:
            self.viewer.warn(str(problem))

    def _remove(self, job: Job) -> None:
        if job in self.jobs:
            self.jobs.remove(job)

    def post(self, letter: Callable[[], None]) -> None:
        """Have something run on the viewer's thread soon; may be called from any thread."""
        self._mailbox.post(letter)

    def deliver(self) -> None:
        """Run what was posted, on the calling thread: without an event loop nobody else does."""
        self._mailbox.deliver()

    def wait(self, job: Job | None = None, timeout: float = 0.0) -> bool:
        """Wait until a job, or all of them, are done; the viewer's events keep running.

        Parameters
        ----------
        job : Job, optional
            All of `jobs` by default.
        timeout : float
            Seconds; 0 for no limit.

        Returns
        -------
        bool
            Whether all was done in time.
        """
        waited_for = [job] if job is not None else list(self.jobs)
        end = self.clock() + timeout if timeout else float("inf")
        while not all(one.is_done for one in waited_for):
            if self.clock() > end:
                return False
            self._mailbox.deliver_next(_WAIT_STEP)
            self.viewer.process_events()
        return True

    def cancel(self) -> list[str]:
        """Stop all jobs; returns what they were."""
        stopped = [job.label for job in self.jobs]
        if stopped:
            self.events.tell("cancel")  # who runs more than the worker's jobs stops that
            self.worker.cancel_all()
        return stopped

    # -- knowing and setting ---------------------------------------------------------------------------

    def change_setting(self, name: str, value: str) -> str:
        """Keep a preference; the worker is started anew where it depends on it."""
        if name == "model" and value.strip().lower() != "default":
            from ..checkpoints.config import read_config
            from ..checkpoints.registry import find_model

            read_config(find_model(value).folder)
        try:
            self.settings.set(name, value)
        except CacheError as error:
            self.viewer.warn(str(error))
        if name in _OF_THE_WORKER:
            if self.jobs:
                self.viewer.warn(f"{name} holds from the next start of the worker on")
            else:
                self.close_worker()
        return self.settings.text(name)

    def describe_status(self) -> list[str]:
        """Say what is going on, in words."""
        lines = [f"worker: {self.worker_stage.words}", f"model: {self.settings.text('model')}"]
        for job in self.jobs:
            lines.append(f"running: {job.label} - {job.stage} ({job.fraction:.0%})")
        if not self.jobs:
            lines.append("nothing is running")
        if self._worker is not None and self._worker.crash_report:
            report = self._worker.crash_report.strip().splitlines()[-_REPORT_LINES:]
            lines += ["the worker's last failure:", *(f"  {line}" for line in report)]
        return lines
