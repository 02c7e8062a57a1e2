"""Jobs of Slurm that work for a survey: dask-jobqueue submits them, and they are looked after here.

dask-jobqueue waits without end for jobs that Slurm refused, or that died before they worked.
"""

from __future__ import annotations

import contextlib
import getpass
import re
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from ..errors import WorkerDiedError

__all__ = ["JobWatch", "make_slurm_cluster", "watch_jobs"]

_SECONDS: Final = 3.0
"""Between two looks."""
_LOOKS: Final = 2
"""Looks at which a job is not in the queue, after which it counts as gone."""
_LINES: Final = 5
"""Of a job's output that are told."""


def make_slurm_cluster(package: Any, n_jobs: int) -> Any:
    """Submit jobs as Dask's own configuration describes them.

    Parameters
    ----------
    package : module
        ``dask_jobqueue``.
    n_jobs : int

    Returns
    -------
    dask_jobqueue.SLURMCluster
        Whose jobs have a ``problem``: what sbatch said against it, or nothing.
    """
    own: Any = package.slurm.SLURMJob

    class Job(own):  # type: ignore[misc]
        problem = ""

        async def start(self) -> None:
            try:
                await super().start()
            except (RuntimeError, OSError) as error:  # told by whoever waits
                said = str(error).strip().splitlines() or [type(error).__name__]
                self.problem = said[-1]
                await package.core.ProcessInterface.start(self)  # else Dask writes a traceback

    class Cluster(package.SLURMCluster):  # type: ignore[misc]
        job_cls = Job

    cluster = Cluster()
    cluster.scale(jobs=n_jobs)
    return cluster


@contextlib.contextmanager
def watch_jobs(
    client: Any, on_end: Callable[[], object], on_wait: Callable[[str], object]
) -> Iterator[JobWatch]:
    """Look after the jobs of a client's cluster, where it is one of `make_slurm_cluster`.

    Parameters
    ----------
    client : distributed.Client
    on_end : callable
        Called, in another thread, when no job is left that could work; `JobWatch.check` raises why.
    on_wait : callable
        Called, in another thread, with what jobs do while none of them works, when that changes.

    Yields
    ------
    JobWatch
    """
    watch = JobWatch(client, on_end, on_wait)
    thread = threading.Thread(target=watch.run, name="jobs of Slurm", daemon=True)
    if watch.has_jobs:
        thread.start()
    try:
        yield watch
    finally:
        watch.stop()
        if thread.ident is not None:
            thread.join()


class JobWatch:
    """Looks now and then whether jobs wait or run, while none of them works.

    Parameters
    ----------
    client, on_end, on_wait
        As for `watch_jobs`.
    """

    def __init__(self, client: Any, on_end: Callable[[], object], on_wait: Callable[[str], object]) -> None:
        self._client, self._on_end, self._on_wait = client, on_end, on_wait
        self._stopped = threading.Event()
        self._problem = ""
        self._said = ""
        self._n_missed = 0

    @property
    def has_jobs(self) -> bool:
        """Whether there are jobs to look after."""
        return hasattr(self._client.cluster, "job_cls")

    def _jobs(self) -> list[Any]:
        return list(getattr(self._client.cluster, "workers", {}).values())

    def run(self) -> None:
        """Look until there is nothing left to wait for."""
        while not self._stopped.wait(_SECONDS):
            if self._look():
                self._on_end()
                return

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()

    def check(self) -> None:
        """Raise `WorkerDiedError` where no job is left that could work."""
        if self._problem:
            raise WorkerDiedError(
                f"No job of Slurm works on the survey: {self._problem}",
                "At least one job that Slurm takes and that lives is needed",
                "Mend jobqueue.slurm in ~/.config/dask/jobqueue.yaml, and run it again: counts are kept",
            )

    def _look(self) -> bool:
        """Whether nothing is left to wait for."""
        if self._client.scheduler_info()["workers"]:
            self._n_missed = 0
            return False
        jobs = self._jobs()
        refused = [job.problem for job in jobs if job.problem]
        ids = [str(job.job_id) for job in jobs if job.job_id]
        if jobs and len(refused) == len(jobs):
            self._problem = f"sbatch refused it ({refused[0]})"
            return True
        states = _ask_queue(ids) if ids else None
        if states is None:  # not submitted yet, or Slurm does not answer now
            return False
        if states:
            self._n_missed = 0
            words = ", ".join(f"{count} {state}" for state, count in Counter(states).items())
            self._tell(f"waiting for jobs of Slurm: {words}")
            return False
        self._n_missed += 1
        if self._n_missed >= _LOOKS:
            self._problem = f"{len(ids)} jobs ended before they worked. {_describe_job(ids[-1])}"
        return bool(self._problem)

    def _tell(self, words: str) -> None:
        if words != self._said:
            self._said = words
            self._on_wait(words)


def _ask_queue(ids: Sequence[str]) -> list[str] | None:
    """State and reason of the jobs that are in the queue; None where nobody answers."""
    found = _run("squeue", "--noheader", "--user", getpass.getuser(), "--format", "%i|%T|%r")
    if found is None:
        return None
    rows = [line.strip().split("|") for line in found.splitlines() if line.count("|") == 2]
    return [f"{state} ({reason})" if reason != "None" else state for one, state, reason in rows if one in ids]


def _describe_job(job: str) -> str:
    """What Slurm says of a job that has ended, and the last lines of what it wrote."""
    said = _run("scontrol", "--oneliner", "show", "job", job) or ""
    fields = dict(re.findall(r"(\w+)=(\S+)", said))
    parts = [f"{name} {fields[name]}" for name in ("JobState", "Reason", "ExitCode") if name in fields]
    words = f"Of job {job} Slurm says: {', '.join(parts) or 'nothing'}"
    path = Path(fields.get("StdErr") or f"slurm-{job}.out")
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").split("\n")[-_LINES - 1 :]
    except OSError:
        return words
    return f"{words}. {path} ends with: {' | '.join(one.strip() for one in lines if one.strip())}"


def _run(*command: str) -> str | None:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
