"""What several commands do at their beginning and at their end."""

from __future__ import annotations

from typing import Any

from provis_core.app import App
from provis_core.errors import InputError
from provis_core.system.jobs import Job

__all__ = ["finish", "parse_wait", "show"]


def parse_wait(text: str, *, default: bool) -> bool:
    """Read ``wait=``: 0, 1, or empty for the default."""
    word = text.strip().lower()
    if word in ("", "auto"):
        return default
    if word in ("1", "yes", "on", "true"):
        return True
    if word in ("0", "no", "off", "false"):
        return False
    raise InputError(f"wait={text}", "0 or 1 is needed", "Leave it out to let ProVis choose")


def finish(app: App, job: Job, *, waits: bool) -> Any:
    """Wait for a job and give its value, or give the job at once."""
    if not waits:
        return job
    job.is_awaited = True
    try:
        app.session.wait(job)
    except KeyboardInterrupt:
        app.session.cancel()
        raise
    return job.result()


def show(app: App, lines: list[str]) -> list[str]:
    """Show some lines to the user; returns them in the viewer's words."""
    lines = [app.session.viewer.dialect.render(line) for line in lines]
    for line in lines:
        app.session.viewer.write(f" {line}")
    return lines
