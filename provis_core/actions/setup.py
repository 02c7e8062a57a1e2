"""Preferences, and what is installed."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any, Final

from .. import __version__
from ..commands.declaration import Command, option
from ..errors import ProvisError
from ..session.settings import SETTINGS
from ..system.paths import cache_dir, config_dir, core_dir
from ._asking import Asker, Waiting, finish, say

__all__ = ["DOCTOR", "INSTALL", "SET", "InstallOptions", "SettingChoice"]


@dataclass(frozen=True)
class SettingChoice:
    """A preference and its value."""

    name: str = option("", "the preference", shown="all of them", values=lambda: SETTINGS, is_bare=True)
    value: str = option("", 'its new value; "default" goes back to the default', is_bare=True)


@dataclass(frozen=True)
class InstallOptions(Waiting):
    """Whether to begin."""

    start: bool = option(False, "1 begins; else it is only said what would be downloaded", shown="0")


def _set(app: Asker, options: SettingChoice) -> list[str]:
    name, settings = options.name, app.session.settings
    if options.value:
        app.session.change_setting(name, options.value)
    names = [name] if name else list(SETTINGS)
    lines = [f"{one} = {settings.text(one) or '(empty)'}" for one in names]
    if not name:
        lines = [f"{line:32s} {SETTINGS[one].help}" for line, one in zip(lines, names, strict=True)]
    return say(app, lines)


def _examine(app: Asker, options: Waiting) -> Any:
    from ..worker.host.environment import find_worker_python
    from .work.models import describe_known_models, examine

    lines = [
        f"ProVis {__version__} in {app.session.viewer.name}, Python {sys.version.split()[0]}",
        f"code: {core_dir()}",
        f"settings: {config_dir()}",
        f"results: {cache_dir()}",
        *describe_known_models(app.session),
    ]
    try:
        python = find_worker_python(app.session.settings.text("worker_python") or None)
    except ProvisError as error:
        say(app, [*lines, f"PROBLEM: {error}"])
        return None
    say(app, [*lines, f"worker's Python: {python}", "asking the worker ..."])
    return finish(app, examine(app.session), options)


def _install(app: Asker, options: InstallOptions) -> Any:
    from ..system.jobs import Job
    from ..worker.host.making import MadeEnvironment, describe_making, find_making_command

    session = app.session
    if not options.start:
        return say(app, describe_making(session.viewer.name))

    def tell(line: str) -> None:
        session.post(lambda: session.viewer.write(f" ProVis: {line}"))

    made = MadeEnvironment(find_making_command(), tell)
    stop_listening = session.events.listen("cancel", made.cancel)
    job = Job("making the environment of the models", made.result)
    job.stage = "downloading"
    session.start(job, (made,))
    made.add_done_callback(lambda _: session.post(stop_listening))
    return finish(app, job, options)


SET: Final = Command(
    "set",
    "shows or changes a preference",
    SettingChoice,
    run=_set,
    about="changes a preference and keeps it for the next time that the viewer starts. Without a value it "
    "shows it, without a name it shows them all.",
    places=("name", "value"),
    examples=("«set»", "«set min_attn, 0.05»", "«set device, cpu»"),
    see_also=("model", "doctor"),
)

DOCTOR: Final = Command(
    "doctor",
    "says what is installed and what is wrong with it",
    Waiting,
    run=_examine,
    about="says what is installed, which Python runs the models, with which torch and on which devices, "
    "which "
    "models are on disk, and what is wrong with any of it.",
    places=("wait", "quiet"),
    see_also=("status", "models"),
)

INSTALL: Final = Command(
    "install",
    "makes the Python environment that runs the models",
    InstallOptions,
    run=_install,
    about="says what the models need of this computer, from where it would be downloaded and how much it is, "
    "and downloads it where you say so. Nothing else of ProVis uses the network but «fetch».",
    places=("start", "wait", "quiet"),
    examples=("«install»", "«install start=1»"),
    see_also=("doctor", "fetch"),
)
