"""What several commands do at their end."""

from __future__ import annotations

import functools
from typing import Any

from provis_core.actions.explorer import AttentionExplorer
from provis_core.actions.fetching import ModelFetcher
from provis_core.system.jobs import Job
from provis_core.worker.host.environment import find_worker_python

__all__ = ["find_fetcher", "finish", "show"]


def finish(explorer: AttentionExplorer, job: Job, *, waits: bool) -> Any:
    """Wait for a job and give its value, or give the job at once."""
    if not waits:
        return job
    job.is_awaited = True
    try:
        explorer.wait(job)
    except KeyboardInterrupt:
        explorer.cancel()
        raise
    return job.result()


def show(explorer: AttentionExplorer, lines: list[str]) -> list[str]:
    """Show some lines to the user."""
    for line in lines:
        explorer.viewer.write(f" {line}")
    return lines


@functools.cache
def find_fetcher(explorer: AttentionExplorer) -> ModelFetcher:
    """The fetches of a session."""
    return ModelFetcher(
        explorer.viewer, lambda: find_worker_python(explorer.settings.text("worker_python") or None)
    )
