"""The fetches of one viewer session: they run while the viewer stays free, and tell it on its thread."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from ..checkpoints.registry import ModelEntry, find_entry
from ..errors import InputError
from ..system.jobs import Job, Mailbox, when_all_done
from ..viewers.viewer import Viewer
from ..worker.host.fetching import FetchFuture, describe_fetched, describe_request, start_fetch

__all__ = ["ModelFetcher"]

_WAIT_STEP = 0.02  # seconds between two looks at the event loop while a command waits

StartFetch = Callable[[ModelEntry, Path, Callable[[str], object]], FetchFuture]


class ModelFetcher:
    """Starts, shows and stops fetches.

    Parameters
    ----------
    viewer : Viewer
    find_python : callable
        Finds the worker's Python.
    start : callable
        As `start_fetch`.
    """

    def __init__(
        self, viewer: Viewer, find_python: Callable[[], Path], start: StartFetch = start_fetch
    ) -> None:
        self._viewer = viewer
        self._find_python = find_python
        self._start = start
        self._mailbox = Mailbox(viewer.call_soon)
        self._running: dict[str, tuple[Job, FetchFuture]] = {}

    def fetch(self, name: str) -> Job:
        """Begin to fetch a model; returns at once.

        Parameters
        ----------
        name : str

        Returns
        -------
        Job
            Its value is the folder.

        Raises
        ------
        ProvisError
            If there is no such model, it cannot be fetched or is being fetched, or the worker's Python is
            missing.
        """
        entry = find_entry(name)
        self._mailbox.deliver()  # without an event loop nobody else has done it
        if entry.name in self._running:
            raise InputError(
                f"{entry.name} is being fetched: {self._running[entry.name][1].progress}",
                "",
                f"Wait for it, or stop it: provis_fetch {entry.fetch_name}, stop=1",
            )
        future = self._start(entry, self._find_python(), self._say)
        for line in describe_request(entry):
            self._viewer.write(f" ProVis: {line}")
        job = Job(f"fetching {entry.name}", partial(self._tell, entry, future))
        job.futures = (future,)
        self._running[entry.name] = (job, future)
        when_all_done(job.futures, lambda: self._mailbox.post(partial(self._finish, entry.name, job)))
        return job

    def stop(self, name: str = "") -> list[str]:
        """Stop one fetch, or all; what has come is kept. Returns the names."""
        wanted = find_entry(name).name if name else ""
        self._mailbox.deliver()
        names = [one for one in self._running if not wanted or one == wanted]
        for one in names:
            self._running[one][1].cancel()
        return names

    def wait(self, job: Job) -> None:
        """Wait until a fetch is done; the viewer's events keep running."""
        while not job.is_done:
            self._mailbox.deliver_next(_WAIT_STEP)
            self._viewer.process_events()

    @property
    def is_busy(self) -> bool:
        """Whether anything is being fetched."""
        return bool(self._running)

    def describe(self) -> list[str]:
        """What is being fetched."""
        self._mailbox.deliver()
        lines = [f"fetching {name}: {future.progress}" for name, (_, future) in self._running.items()]
        return lines or ["nothing is being fetched"]

    def _say(self, line: str) -> None:
        """Runs on a thread of the fetch."""
        self._mailbox.post(partial(self._viewer.write, f" ProVis: {line}"))

    def _tell(self, entry: ModelEntry, future: FetchFuture) -> Path:
        folder = future.result()
        for line in describe_fetched(entry, folder):
            self._viewer.write(f" ProVis: {line}")
        return folder

    def _finish(self, name: str, job: Job) -> None:
        self._running.pop(name, None)
        job.finish()
        if job.error is not None and not job.is_awaited:
            self._viewer.warn(str(job.error))
