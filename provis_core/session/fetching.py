"""The fetches of one viewer session: they run while the viewer stays free, and tell it on its thread."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from ..checkpoints.registry import ModelEntry, find_entry
from ..errors import InputError
from ..system.jobs import Job
from ..viewers.viewer import Program
from ..worker.host.environment import find_worker_python
from ..worker.host.fetching import FetchFuture, describe_fetched, describe_request, start_fetch
from .session import Session

__all__ = ["ModelFetcher"]

StartFetch = Callable[[ModelEntry, Path, Callable[[str], object]], FetchFuture]


class ModelFetcher:
    """Starts, shows and stops fetches.

    Parameters
    ----------
    session : Session
        Its `wait` waits for the job of a fetch, too; its `jobs` are those of the worker alone.
    start : callable
        As `start_fetch`.
    """

    def __init__(self, session: Session[Program], start: StartFetch = start_fetch) -> None:
        self._session = session
        self._start = start
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
        self._session.deliver()  # without an event loop nobody else has done it
        if entry.name in self._running:
            raise InputError(
                f"{entry.name} is being fetched: {self._running[entry.name][1].progress}",
                "",
                f"Wait for it, or stop it: «fetch {entry.fetch_name}, stop=1»",
            )
        python = find_worker_python(self._session.settings.text("worker_python") or None)
        future = self._start(entry, python, self._say)
        for line in describe_request(entry):
            self._session.viewer.write(f" ProVis: {line}")
        job = Job(f"fetching {entry.name}", partial(self._tell, entry, future))
        self._running[entry.name] = (job, future)
        return self._session.finish_after(job, (future,), partial(self._running.pop, entry.name, None))

    def stop(self, name: str = "") -> list[str]:
        """Stop one fetch, or all; what has come is kept. Returns the names."""
        wanted = find_entry(name).name if name else ""
        self._session.deliver()
        names = [one for one in self._running if not wanted or one == wanted]
        for one in names:
            self._running[one][1].cancel()
        return names

    @property
    def is_busy(self) -> bool:
        """Whether anything is being fetched."""
        return bool(self._running)

    def describe(self) -> list[str]:
        """Say what is being fetched."""
        self._session.deliver()
        lines = [f"fetching {name}: {future.progress}" for name, (_, future) in self._running.items()]
        return lines or ["nothing is being fetched"]

    def _say(self, line: str) -> None:
        """Runs on a thread of the fetch."""
        self._session.post(partial(self._session.viewer.write, f" ProVis: {line}"))

    def _tell(self, entry: ModelEntry, future: FetchFuture) -> Path:
        folder = future.result()
        for line in describe_fetched(entry, folder):
            self._session.viewer.write(f" ProVis: {line}")
        return folder
