"""Which models there are, which one is used, and whether this machine can run it."""

from __future__ import annotations

import importlib

from ..checkpoints.catalogue import describe_models
from ..checkpoints.config import read_config
from ..checkpoints.registry import ModelEntry, find_model, list_models
from ..session.session import Session
from ..system.jobs import Job
from ..viewers.viewer import Program
from ..worker.host.environment import tell_install
from ..worker.tasks.doctor import DoctorReport, DoctorRequest
from .report import describe_doctor

__all__ = ["choose_model", "describe_known_models", "examine"]


def describe_known_models(session: Session[Program]) -> list[str]:
    """Describe each checkpoint in a line; the kept default is marked."""
    return describe_models(list_models(), session.settings.text("model"))


def choose_model(session: Session[Program], name: str) -> ModelEntry:
    """Make a model the kept default; it must be there and readable.

    Raises
    ------
    ProvisError
        If it is not. The default stays as it was.
    """
    entry = find_model(name)
    read_config(entry.folder)
    registered = any(entry is known for known in list_models())
    session.change_setting("model", entry.name if registered else str(entry.folder))
    return entry


def find_host_problems() -> list[str]:
    """What the viewer's own Python lacks, each with what to do: panel and figures are drawn there."""
    try:
        importlib.import_module("matplotlib.backends.backend_agg")
    except ImportError as error:
        return [
            f"the viewer's Python has no matplotlib that can be used ({error}): panel and figures cannot be "
            f"drawn. Install it with: {tell_install('matplotlib')}; then start the viewer anew."
        ]
    return []


def examine(session: Session[Program]) -> Job:
    """Ask the worker what is installed and show it; the job's value is a `DoctorReport`."""
    folders = {entry.name: str(entry.folder) for entry in list_models()}
    model = session.settings.text("model")
    if model not in folders:
        folders[model] = model
    future = session.worker.submit(DoctorRequest(folders))

    def finish() -> DoctorReport:
        report = future.result()
        for line in describe_doctor(report, find_host_problems()):
            session.viewer.write(f" {line}")
        return report

    return session.start(Job("«doctor»", finish), (future,))
