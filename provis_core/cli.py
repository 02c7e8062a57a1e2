"""The program ``provis``: what can be asked without a viewer."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from . import __version__
from .errors import ProvisError
from .paths import cache_dir, config_dir, core_dir
from .registry import list_models
from .report import describe_doctor, describe_models
from .settings import Settings
from .worker.client import WorkerClient
from .worker.environment import find_worker_python

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program.

    Parameters
    ----------
    arguments : sequence of str, optional
        Those of the command line by default.

    Returns
    -------
    int
        Exit status: 0, or 1 after an error or a problem that ``doctor`` found.
    """
    parser = argparse.ArgumentParser(
        prog="provis", description="Attention of protein language models on protein structures."
    )
    parser.add_argument("--version", action="version", version=f"provis {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("models", help="list the models")
    commands.add_parser("doctor", help="say what is installed and what is wrong with it")
    command = parser.parse_args(arguments).command
    try:
        return {"models": _models, "doctor": _doctor}[command](Settings())
    except ProvisError as error:
        print(f"provis: {error}", file=sys.stderr)  # noqa: T201
        return 1


def _models(settings: Settings) -> int:
    _show(describe_models(list_models(), settings.text("model")))
    return 0


def _doctor(settings: Settings) -> int:
    python = find_worker_python(settings.text("worker_python") or None)
    _show(
        [
            f"ProVis {__version__}, Python {sys.version.split()[0]}",
            f"code: {core_dir()}",
            f"settings: {config_dir()}",
            f"results: {cache_dir()}",
            f"worker's Python: {python}",
        ]
    )
    client = WorkerClient(python, threads=int(settings.number("threads")) or None)
    try:
        report = client.submit_doctor({entry.name: str(entry.folder) for entry in list_models()}).result()
    finally:
        client.close()
    _show(describe_doctor(report))
    return 1 if report.problems else 0


def _show(lines: Sequence[str]) -> None:
    for line in lines:
        print(line)  # noqa: T201 - the program's output
