"""Preferences, and what is installed."""

from __future__ import annotations

import sys

from provis_core import __version__
from provis_core.actions.models import describe_known_models, examine
from provis_core.app import App
from provis_core.errors import ProvisError
from provis_core.session.settings import SETTINGS
from provis_core.system.jobs import Job
from provis_core.system.paths import cache_dir, config_dir, core_dir
from provis_core.worker.host.environment import find_worker_python
from provis_core.worker.tasks.doctor import DoctorReport

from ._running import finish, parse_wait, show

__all__ = ["provis_doctor", "provis_set"]


def provis_set(app: App, name: str = "", value: str = "") -> list[str]:
    """
    DESCRIPTION

        "provis_set" changes a preference and keeps it for the next time that
        PyMOL starts. Without a value it shows it, without a name it shows
        them all.

    USAGE

        provis_set [ name [, value ]]

    ARGUMENTS

        name = string: the preference

        value = string: its new value; "default" goes back to the default

    EXAMPLE

        provis_set
        provis_set min_attn, 0.05
        provis_set device, cpu

    SEE ALSO

        provis_model, provis_doctor
    """
    if value:
        app.session.change_setting(name, value)
    names = [name] if name else list(SETTINGS)
    lines = [f"{one} = {app.session.settings.text(one) or '(empty)'}" for one in names]
    if not name:
        lines = [f"{line:32s} {SETTINGS[one].help}" for line, one in zip(lines, names, strict=True)]
    return show(app, lines)


def provis_doctor(app: App, wait: str = "", quiet: int = 1) -> DoctorReport | Job | None:
    """
    DESCRIPTION

        "provis_doctor" says what is installed, which Python runs the models,
        with which torch and on which devices, which models are on disk, and
        what is wrong with any of it.

    USAGE

        provis_doctor

    SEE ALSO

        provis_status, provis_models
    """
    viewer = app.session.viewer
    lines = [
        f"ProVis {__version__} in {viewer.name}, Python {sys.version.split()[0]}",
        f"code: {core_dir()}",
        f"settings: {config_dir()}",
        f"results: {cache_dir()}",
        *describe_known_models(app.session),
    ]
    try:
        python = find_worker_python(app.session.settings.text("worker_python") or None)
    except ProvisError as error:
        show(app, [*lines, f"PROBLEM: {error}"])
        return None
    show(app, [*lines, f"worker's Python: {python}", "asking the worker ..."])
    waits = parse_wait(wait, default=not viewer.is_interactive(typed=not quiet))
    report: DoctorReport | Job = finish(app, examine(app.session), waits=waits)
    return report
