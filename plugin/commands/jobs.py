"""What is running: stop it, wait for it, look at it."""

from __future__ import annotations

from provis_core.app import App
from provis_core.errors import InputError, ProvisError

from ._running import show

__all__ = ["provis_cancel", "provis_status", "provis_wait"]


def provis_cancel(app: App, quiet: int = 1) -> list[str]:
    """
    DESCRIPTION

        "provis_cancel" stops what ProVis is computing, within a second.
        Nothing is drawn; what was drawn before stays. Models that are being
        fetched are stopped, too; what has come of them is kept, and
        provis_fetch goes on from there.

    USAGE

        provis_cancel

    SEE ALSO

        provis_status, provis_wait, provis_fetch
    """
    stopped = [*app.session.cancel(), *(f"the fetch of {name}" for name in app.fetcher.stop())]
    if not quiet:
        lines = [f"stopping {label}" for label in stopped] or ["nothing is running"]
        for line in lines:
            app.session.viewer.write(f" ProVis: {line}")
    return stopped


def provis_wait(app: App, timeout: float = 0.0) -> bool:
    """
    DESCRIPTION

        "provis_wait" returns when all that ProVis computes has been drawn.
        The window stays alive meanwhile.

    USAGE

        provis_wait [ timeout ]

    ARGUMENTS

        timeout = float: give up after this many seconds {default: 0, never}

    EXAMPLE

        provis_attn chain A, wait=0
        provis_attn chain B, wait=0
        provis_wait
        ray

    SEE ALSO

        provis_attn, provis_cancel
    """
    jobs = [job for job in app.session.jobs if not job.is_awaited]
    for job in jobs:
        job.is_awaited = True  # so that its error is told here, and once
    errors: list[ProvisError] = []
    try:
        in_time = app.session.wait(timeout=timeout)
    finally:
        for job in jobs:
            job.is_awaited = job.is_done
    if not in_time:
        errors.append(
            InputError(
                f"After {timeout:g} s ProVis is not done: {app.session.jobs[0].label}",
                "",
                "It goes on; give provis_wait again with more time, or stop it with provis_cancel",
            )
        )
    errors += [problem for job in jobs for problem in job.problems]
    for error in errors[1:]:
        app.session.viewer.warn(str(error))
    if errors:
        raise errors[0]
    return True


def provis_status(app: App) -> list[str]:
    """
    DESCRIPTION

        "provis_status" says what ProVis is doing: the worker, what it
        computes, and the models that are being fetched.

    USAGE

        provis_status

    SEE ALSO

        provis_doctor, provis_cancel
    """
    fetcher = app.fetcher
    lines = [*app.session.describe_status(), *(fetcher.describe() if fetcher.is_busy else [])]
    stale = app.session.viewer.stale_drawings()
    return show(app, [*lines, *(f"{name} does not fit its structure: draw it again" for name in stale)])
