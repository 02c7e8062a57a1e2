"""What is running: stop it, wait for it, look at it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..commands.declaration import Command, option
from ..errors import InputError, ProvisError
from ._asking import Asker, NoOptions, Quiet, say

__all__ = ["CANCEL", "STATUS", "WAIT", "WaitOptions"]


@dataclass(frozen=True)
class WaitOptions:
    """How long."""

    timeout: float = option(0.0, "give up after this many seconds", shown="0, never", is_bare=True)


def _cancel(app: Asker, options: Quiet) -> list[str]:
    stopped = [*app.session.cancel(), *(f"the fetch of {name}" for name in app.fetcher.stop())]
    if not options.quiet:
        for line in [f"stopping {label}" for label in stopped] or ["nothing is running"]:
            app.session.viewer.write(f" ProVis: {line}")
    return stopped


def _wait(app: Asker, options: WaitOptions) -> bool:
    jobs = [job for job in app.session.jobs if not job.is_awaited]
    for job in jobs:
        job.is_awaited = True  # so that its error is told here, and once
    errors: list[ProvisError] = []
    try:
        in_time = app.session.wait(timeout=options.timeout)
    finally:
        for job in jobs:
            job.is_awaited = job.is_done
    if not in_time:
        errors.append(
            InputError(
                f"After {options.timeout:g} s ProVis is not done: {app.session.jobs[0].label}",
                "",
                "It goes on; give «wait» again with more time, or stop it with «cancel»",
            )
        )
    errors += [problem for job in jobs for problem in job.problems]
    for error in errors[1:]:
        app.session.viewer.warn(str(error))
    if errors:
        raise errors[0]
    return True


def _tell_status(app: Asker, _: NoOptions) -> list[str]:
    fetcher = app.fetcher
    lines = [*app.session.describe_status(), *(fetcher.describe() if fetcher.is_busy else [])]
    stale = app.session.viewer.stale_drawings()
    return say(app, [*lines, *(f"{name} does not fit its structure: draw it again" for name in stale)])


CANCEL: Final = Command(
    "cancel",
    "stops what is being computed or fetched",
    Quiet,
    run=_cancel,
    about="stops what ProVis is computing, within a second. Nothing is drawn; what was drawn before stays. "
    "Models that are being fetched are stopped, too; what has come of them is kept, and «fetch» goes on from "
    "there.",
    places=("quiet",),
    see_also=("status", "wait", "fetch"),
)

WAIT: Final = Command(
    "wait",
    "returns when everything that was asked for is drawn",
    WaitOptions,
    run=_wait,
    about="returns when all that ProVis computes has been drawn. The window stays alive meanwhile.",
    places=("timeout",),
    examples=("«attn chain A, wait=0»", "«attn chain B, wait=0»", "«wait»"),
    see_also=("attn", "cancel"),
)

STATUS: Final = Command(
    "status",
    "says what is being done",
    NoOptions,
    run=_tell_status,
    about="says what ProVis is doing: the worker, what it computes, and the models that are being fetched.",
    see_also=("doctor", "cancel"),
)
