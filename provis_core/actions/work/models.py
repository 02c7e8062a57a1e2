"""Which models there are, which one is used, and whether this machine can run it."""

from __future__ import annotations

from ...checkpoints.catalogue import describe_models
from ...checkpoints.config import read_config
from ...checkpoints.registry import ModelEntry, find_model, list_models
from ...errors import InstallError
from ...session.session import Session
from ...system.jobs import Job
from ...viewers.viewer import Program
from ...worker.tasks.doctor import DoctorReport, DoctorRequest
from .report import describe_doctor

__all__ = ["choose_model", "describe_known_models", "examine", "find_host_problems"]


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


def find_host_problems(viewer: Program) -> list[str]:
    """What the viewer and its own Python lack, each with what to do: panel and figures are drawn there."""
    from ...figures.fonts import find_matplotlib

    problems = viewer.find_problems()
    try:
        find_matplotlib()
    except InstallError as error:
        problems.append(str(error))
    return problems


def examine(session: Session[Program]) -> Job:
    """Ask the worker what is installed and show it; the job's value is a `DoctorReport`."""
    folders = {entry.name: str(entry.folder) for entry in list_models()}
    model = session.settings.text("model")
    if model not in folders:
        folders[model] = model
    future = session.worker.submit(DoctorRequest(folders))

    def finish() -> DoctorReport:
        report = future.result()
        for line in describe_doctor(report, find_host_problems(session.viewer)):
            session.viewer.write(f" {line}")
        return report

    return session.start(Job("«doctor»", finish), (future,))
