"""The program ``provis``: what can be asked without a viewer."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from . import __version__
from .catalogue import describe_model
from .errors import ProvisError
from .fetching import describe_fetched, describe_request, start_fetch
from .models import store
from .models.config import read_config
from .paths import cache_dir, config_dir, core_dir
from .registry import find_entry, find_model, format_bytes, list_models
from .report import describe_doctor, describe_models
from .settings import Settings
from .worker.cache import ResultCache
from .worker.client import WorkerClient
from .worker.environment import find_worker_python

__all__ = ["main"]

Command = Callable[[argparse.Namespace, Settings], int]


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
    asked = _make_parser().parse_args(arguments)
    command: Command = asked.run
    try:
        return command(asked, Settings())
    except ProvisError as error:
        print(f"provis: {error}", file=sys.stderr)  # noqa: T201
        return 1
    except KeyboardInterrupt:
        print("provis: stopped", file=sys.stderr)  # noqa: T201
        return 130


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="provis", description="Attention of protein language models on protein structures."
    )
    parser.add_argument("--version", action="version", version=f"provis {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    models = commands.add_parser("models", help="list, fetch, check, remove or add models")
    models.set_defaults(run=_list, name="")
    actions = models.add_subparsers(dest="action", metavar="ACTION")

    action = actions.add_parser("list", help="all models, or all that is known about one (the default)")
    action.add_argument("name", nargs="?", default="", help="a model's name")
    action.set_defaults(run=_list)
    action = actions.add_parser("fetch", help="get a model; an interrupted fetch goes on where it stopped")
    action.add_argument("name", help="a model's name, or owner/repository on the hub")
    action.set_defaults(run=_fetch)
    action = actions.add_parser("check", help="compare the files of models with their checksums")
    action.add_argument("name", nargs="?", default="", help="a model's name or folder; all by default")
    action.set_defaults(run=_check)
    action = actions.add_parser("remove", help="delete a fetched model, or forget an added folder")
    action.add_argument("name", help="a model's name")
    action.set_defaults(run=_remove)
    action = actions.add_parser("add", help="use a folder that was copied here, in Hugging Face layout")
    action.add_argument("folder", type=Path)
    action.add_argument("--name", default="", help="by default the registered name, or the folder's")
    action.set_defaults(run=_add)

    cache = commands.add_parser("cache", help="show or clear the cache of results")
    cache.add_argument("action", nargs="?", choices=("show", "clear"), default="show")
    cache.set_defaults(run=_cache)
    doctor = commands.add_parser("doctor", help="say what is installed and what is wrong with it")
    doctor.set_defaults(run=_doctor)
    return parser


def _list(asked: argparse.Namespace, settings: Settings) -> int:
    if asked.name:
        _show(describe_model(find_entry(asked.name)))
    else:
        _show(describe_models(list_models(), settings.text("model")))
    return 0


def _fetch(asked: argparse.Namespace, settings: Settings) -> int:
    entry = find_entry(asked.name)
    if entry.is_fetchable:
        _show(describe_request(entry))
    python = find_worker_python(settings.text("worker_python") or None)
    future = start_fetch(entry.name, python, lambda line: _show([line]))
    try:
        folder = future.result()
    except KeyboardInterrupt:
        future.cancel()
        raise
    _show(describe_fetched(entry, folder))
    return 0


def _check(asked: argparse.Namespace, _: Settings) -> int:
    entries = [find_model(asked.name)] if asked.name else list_models()
    status = 0
    for entry in entries:
        try:
            n_files = store.check_files(entry.folder)
            read_config(entry.folder)
        except ProvisError as error:
            _show([f"{entry.name}: DAMAGED. {error}"])
            status = 1
            continue
        how = f"{n_files} files, every checksum right" if n_files else "whole (no checksums were recorded)"
        _show([f"{entry.name}: {how}"])
    return status


def _remove(asked: argparse.Namespace, _: Settings) -> int:
    name = asked.name.strip().lower()
    added = store.read_added()
    removed = store.remove_model(name)
    if not removed:
        find_entry(name)  # an unknown name is an error
        _show([f"{name} has no files of its own to remove"])
    for folder in removed:
        _show([f"{'forgot' if folder == added.get(name) else 'removed'} {folder}"])
    return 0


def _add(asked: argparse.Namespace, _: Settings) -> int:
    name = store.add_folder(asked.folder, asked.name)
    _show([f"added {name}: {find_model(name).folder}", f"In PyMOL: provis_model {name}"])
    return 0


def _cache(asked: argparse.Namespace, settings: Settings) -> int:
    cache = ResultCache(cache_dir() / "attention")
    before = cache.measure()
    limit = f"limit {settings.number('cache_limit_gb'):g} GB (provis_set cache_limit_gb)"
    if asked.action == "show":
        _show([f"{format_bytes(before)} in {cache.folder}, {limit}"])
        return 0
    n_removed = _clear(cache.folder)
    _show([f"removed {n_removed} files, {format_bytes(before - cache.measure())}, of {cache.folder}"])
    return 0


def _clear(folder: Path) -> int:
    """Remove every result; what another program has open on Windows stays."""
    n_removed = 0
    for path in folder.glob("*/*"):
        if path.suffix in (".npy", ".npz", ".tmp") and len(path.parent.name) == 2:
            try:
                path.unlink()
            except OSError:
                continue
            n_removed += 1
    return n_removed


def _doctor(_: argparse.Namespace, settings: Settings) -> int:
    python = find_worker_python(settings.text("worker_python") or None)
    _show(
        [
            f"ProVis {__version__}, Python {sys.version.split()[0]}",
            f"code: {core_dir()}",
            f"settings: {config_dir()}",
            f"results: {cache_dir()}",
            f"models: {store.models_dir()}",
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
        print(line, flush=True)  # noqa: T201 - the program's output
