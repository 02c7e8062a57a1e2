"""``provis models``, ``provis cache``, ``provis doctor``: what is on this machine."""

from __future__ import annotations

import argparse
import sys
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from .. import __version__
from ..actions.models import MODEL
from ..actions.setup import SET
from ..actions.work.report import describe_doctor
from ..checkpoints import store
from ..checkpoints.catalogue import describe_model, describe_models
from ..checkpoints.config import read_config, read_family
from ..checkpoints.readouts import ReadoutConfig, add_labels, read_readouts
from ..checkpoints.registry import find_entry, find_model, format_bytes, list_models
from ..commands.declaration import Command
from ..commands.dialect import SHELL
from ..commands.reading import run_command
from ..errors import InputError, ProvisError
from ..session.session import Session, make_worker
from ..session.settings import Settings
from ..system.given_files import find_path
from ..system.paths import cache_dir, config_dir, core_dir
from ..viewers.file_viewer import FileViewer
from ..worker.host.environment import find_worker_python
from ..worker.host.fetching import describe_fetched, describe_request, start_fetch
from ..worker.serving.cache import ResultCache
from ..worker.tasks.conversion import ConversionRequest
from ..worker.tasks.doctor import DoctorRequest
from .console import show, tell

__all__ = ["add_commands"]


def add_commands(commands: Any) -> None:
    """Add these commands to the subparsers of the program."""
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
    action = actions.add_parser(
        "add",
        help="use a folder that was copied here, in Hugging Face layout, or a finetuned Lightning .ckpt",
    )
    action.add_argument("folder", type=Path, help="a folder, or a .ckpt, which is converted once")
    action.add_argument("--name", default="", help="by default the registered name, or the folder's")
    action.add_argument("--encoder", default="", help="the model that a .ckpt was finetuned from")
    action.add_argument(
        "--labels",
        type=Path,
        action="append",
        default=[],
        help="names of the classes: label_itos.npy, a text, a JSON list; an ontology (.obo) for meanings",
    )
    action.set_defaults(run=_add)

    cache = commands.add_parser("cache", help="show or clear the cache of results")
    cache.add_argument("action", nargs="?", choices=("show", "clear"), default="show")
    cache.set_defaults(run=_cache)
    for command in (MODEL, SET):
        parser = commands.add_parser(command.name, help=SHELL.render(command.summary))
        for one in command.own.values():
            parser.add_argument(one.name, nargs="?", default="", help=SHELL.render(one.help))
        parser.set_defaults(run=partial(_run, command))
    doctor = commands.add_parser("doctor", help="say what is installed and what is wrong with it")
    doctor.set_defaults(run=_doctor)


def _run(command: Command, asked: argparse.Namespace, settings: Settings) -> int:
    """Run a command that needs no structure."""
    viewer = FileViewer(Path(), write=lambda text: show([text.strip()]), warn=tell)
    app = SimpleNamespace(session=Session(viewer, settings))
    run_command(command, app, *(getattr(asked, name) for name in command.places))
    return 0


def _list(asked: argparse.Namespace, settings: Settings) -> int:
    if asked.name:
        show(describe_model(find_entry(asked.name)))
    else:
        show(describe_models(list_models(), settings.text("model")))
    return 0


def _fetch(asked: argparse.Namespace, settings: Settings) -> int:
    entry = find_entry(asked.name)
    if entry.is_fetchable:
        show(describe_request(entry))
    python = find_worker_python(settings.text("worker_python") or None)
    future = start_fetch(entry, python, lambda line: show([line]))
    try:
        folder = future.result()
    except KeyboardInterrupt:
        future.cancel()
        raise
    show(describe_fetched(entry, folder))
    return 0


def _check(asked: argparse.Namespace, _: Settings) -> int:
    entries = [find_model(asked.name)] if asked.name else list_models()
    status = 0
    for entry in entries:
        try:
            n_files = store.check_files(entry.folder)
            read_config(entry.folder)
        except ProvisError as error:
            show([f"{entry.name}: DAMAGED. {error}"])
            status = 1
            continue
        how = f"{n_files} files, every checksum right" if n_files else "whole (no checksums were recorded)"
        show([f"{entry.name}: {how}"])
    return status


def _remove(asked: argparse.Namespace, _: Settings) -> int:
    name = asked.name.strip().lower()
    added = store.read_added()
    removed = store.remove_model(name)
    if not removed:
        find_entry(name)  # an unknown name is an error
        show([f"{name} has no files of its own to remove"])
    for folder in removed:
        show([f"{'forgot' if folder == added.get(name) else 'removed'} {folder}"])
    return 0


def _add(asked: argparse.Namespace, settings: Settings) -> int:
    path = find_path(asked.folder, "The folder").resolve()
    if path.is_file() and path.suffix == ".ckpt":
        return _convert(asked, path, settings)
    if asked.encoder:
        raise InputError(
            f"--encoder {asked.encoder} with {path}, which is no .ckpt",
            "A folder has its encoder in it",
            "Leave --encoder out",
        )
    name = store.add_folder(path, asked.name)
    show([f"added {name}: {find_model(name).folder}", f"To use it: «model {name}»"])
    if asked.labels:
        family = read_family(read_config(path))
        show([_describe_classes(add_labels(path, family, asked.labels))])
    return 0


def _convert(asked: argparse.Namespace, path: Path, settings: Settings) -> int:
    """Convert a Lightning checkpoint in the worker, which has torch."""
    if not asked.encoder:
        raise InputError(
            f"{path} names no encoder",
            "The model that it was finetuned from is needed: sizes and vocabulary are not in the file",
            "Name it, like --encoder prot_bert_bfd",
        )
    encoder = find_model(asked.encoder)
    name = store.check_name(asked.name or f"{encoder.name}_{path.parent.name or 'finetuned'}")
    client = make_worker(settings)
    try:
        labels = tuple(str(one.expanduser().resolve()) for one in asked.labels)
        request = ConversionRequest(str(path), str(encoder.folder.resolve()), name, labels)
        folder = Path(client.submit(request).result().folder)
    finally:
        client.close()
    readouts = read_readouts(folder, read_family(read_config(folder)))
    show(
        [
            f"converted {path.name} into {folder}",
            *map(_describe_classes, readouts),
            f"To use it: «model {name}»",
        ]
    )
    return 0


def _describe_classes(readout: ReadoutConfig) -> str:
    shown = ", ".join(readout.labels[:6]) + (", ..." if len(readout.labels) > 6 else "")
    return f"{len(readout.labels)} classes: {shown}"


def _cache(asked: argparse.Namespace, settings: Settings) -> int:
    cache = ResultCache(cache_dir() / "attention")
    before = cache.measure()
    limit = f"limit {settings.number('cache_limit_gb'):g} GB («set cache_limit_gb»)"
    if asked.action == "show":
        show([f"{format_bytes(before)} in {cache.folder}, {limit}"])
        return 0
    n_removed = _clear(cache.folder)
    show([f"removed {n_removed} files, {format_bytes(before - cache.measure())}, of {cache.folder}"])
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
    show(
        [
            f"ProVis {__version__}, Python {sys.version.split()[0]}",
            f"code: {core_dir()}",
            f"settings: {config_dir()}",
            f"results: {cache_dir()}",
            f"models: {store.models_dir()}",
            f"worker's Python: {python}",
        ]
    )
    client = make_worker(settings)
    try:
        report = client.submit(
            DoctorRequest({entry.name: str(entry.folder) for entry in list_models()})
        ).result()
    finally:
        client.close()
    show(describe_doctor(report))
    return 1 if report.problems else 0
