"""Which checkpoints there are: those of ``resources/models.json``, those a user added, and any folder.

A field of the registry that was not read from a cited source is None, which is shown as "unverified"; what
a fetch found out about it (`provis_core.checkpoints.store.Manifest`) takes its place. Reading the registry
imports no heavy library.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from ..attention.head_files import make_set
from ..attention.head_id import HeadId, HeadSet
from ..errors import CheckpointError, UnknownModelError, near_name
from ..system.given_files import find_path
from ..system.paths import resources_dir
from . import store
from .config import check_letters
from .hub_cache import find_snapshot
from .model_entry import BestHead, ModelEntry, describe_terms, format_bytes, name_of_hub

__all__ = [
    "BestHead",
    "ModelEntry",
    "describe_terms",
    "find_entry",
    "find_model",
    "format_bytes",
    "list_models",
    "list_registry",
]

_WEIGHTS: Final = (".pt", ".pth", ".ckpt", ".bin", ".safetensors")
_HUB_ID: Final = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


def list_registry() -> tuple[ModelEntry, ...]:
    """All registered checkpoints, on disk or not, then those that the user added or fetched by a hub id."""
    resources, added = resources_dir(), store.read_added()
    entries = []
    for entry in _read_file(resources):
        folder = added.pop(entry.name, None)
        place = folder or store.models_dir() / entry.name
        stamp = None if entry.is_bundled else store.manifest_stamp(place)
        placed = _place_entry(entry.name, resources, place, is_added=folder is not None, stamp=stamp)
        entries.append(_use_cached(placed))
    known = {entry.name for entry in entries}
    entries += [_make_added(name, folder) for name, folder in added.items()]
    for folder in store.fetched_folders():
        if folder.name not in known and folder.name not in added:
            entries.append(_make_fetched(folder, store.manifest_stamp(folder)))
    return tuple(entries)


def list_models() -> tuple[ModelEntry, ...]:
    """The checkpoints that can be used now, in the order of the registry."""
    return tuple(entry for entry in list_registry() if entry.is_on_disk)


def find_entry(name: str) -> ModelEntry:
    """Find a checkpoint by its registered name or its folder, whether it is on disk or not.

    Parameters
    ----------
    name : str
        A name in any case, the path of a folder (``~`` is understood), or ``owner/repository`` on the hub.

    Returns
    -------
    ModelEntry

    Raises
    ------
    UnknownModelError
        If it is none of them; a near name is suggested.
    InputError
        If it can be no path.
    CheckpointError
        If it is a file of weights alone.
    """
    known = {entry.name.lower(): entry for entry in list_registry()}
    wanted = name.strip()
    if wanted.lower() in known:
        return known[wanted.lower()]
    folder = find_path(wanted, "The model's path")
    if wanted and folder.is_dir():
        return ModelEntry(name=folder.resolve().name, folder=folder.resolve())
    if folder.suffix in _WEIGHTS and folder.is_file():
        raise _refuse_weights(folder)
    if _HUB_ID.fullmatch(wanted):
        same = (entry for entry in known.values() if entry.hub.lower() == wanted.lower())
        own = name_of_hub(wanted)
        new = ModelEntry(name=own, folder=store.models_dir() / own, hub=wanted)
        return next(same, None) or _use_cached(new)
    near = near_name(wanted, known)
    hint = f"Did you mean {near}?" if near else "Type «models» to see them"
    raise UnknownModelError(
        f"There is no model {wanted!r}, and no folder of that name",
        "A name that «models» shows, or a folder in Hugging Face layout, is needed",
        hint,
    )


def find_model(name: str) -> ModelEntry:
    """Find a checkpoint that can be used now.

    Parameters
    ----------
    name : str
        As for `find_entry`.

    Returns
    -------
    ModelEntry

    Raises
    ------
    UnknownModelError
        If there is no such name and no such folder.
    CheckpointError
        If it is registered and not on this computer; its size, its licence and the one command that gets it
        are named. If its vocabulary is not that of its authors, or ProVis does not run it.
    """
    entry = find_entry(name)
    if entry.refusal:
        raise CheckpointError(
            f"ProVis does not run {entry.name}: {entry.refusal}",
            "A checkpoint of a family that it reads is needed",
            "Type «models» to see them",
        )
    if entry.is_on_disk and entry.letters is not None:  # wherever it came from
        check_letters(entry.folder, *entry.letters)
    if entry.is_on_disk or not (entry.is_fetchable or entry.is_added):
        return entry
    if entry.is_added:
        raise CheckpointError(
            f"The model {entry.name} is gone from {entry.folder}",
            "The folder that was added under this name is needed",
            f"Put it back, or: provis models remove {entry.name}",
        )
    partial = store.partial_bytes(entry.name)
    got = f"{entry.name} is not on this computer"
    command = entry.fetch_name
    if entry.hub.lower() == name.strip().lower():
        got = f"There is no folder {entry.hub}, and the model of that name on the hub is not on this computer"
        command = entry.hub
    if partial:
        got = f"{entry.name} is only half downloaded ({format_bytes(partial)} so far)"
    raise CheckpointError(
        got,
        f"Its files are needed ({describe_terms(entry)})",
        f"To get it: «fetch {command}»",
    )


@functools.lru_cache(maxsize=4)
def _read_file(resources: Path) -> tuple[ModelEntry, ...]:
    values = json.loads((resources / "models.json").read_text(encoding="utf-8"))
    return tuple(_make_entry(item, values["sources"], resources) for item in values["models"])


def _make_entry(item: Mapping[str, Any], sources: Mapping[str, str], resources: Path) -> ModelEntry:
    path = item.get("path")
    best = {
        name: tuple(_make_best_head(*values) for values in heads)
        for name, heads in (item["best_heads"] or {}).items()
    }
    told = {name: sources[key] for name, key in item["sources"].items()}
    return ModelEntry(
        name=item["name"],
        folder=resources / path if path else Path(item["name"]),
        default_head=HeadId.parse(item["default_head"]) if item.get("default_head") else None,
        family=item["family"],
        n_layers=item["layers"],
        n_heads=item["heads"],
        n_parameters=item["parameters"],
        best_heads=best,
        head_sets={
            **{name: _make_set_of_one(name, heads[0], told) for name, heads in best.items()},
            **{
                name: make_set(name, values, source=told["head_sets"])
                for name, values in (item.get("head_sets") or {}).items()
            },
        },
        sources=told,
        is_bundled=bool(path),
        trained_length=item["trained_length"],
        download_bytes=item["download_bytes"],
        note=item.get("note") or "",
        license=item["license"] or "",
        license_note=item["license_note"] or "",
        citation=item["citation"] or "",
        hub=item["hub"] or "",
        revision=item["revision"] or "",
        package=item.get("package") or "",
        letters=(item["letters"][0], item["letters"][1]) if item.get("letters") else None,
        refusal=item.get("refusal") or "",
    )


def _make_set_of_one(name: str, best: BestHead, sources: Mapping[str, str]) -> HeadSet:
    """The head that does best, as a set: whether a mean with the next ones does better was not published."""
    note = f"{best.percent:g} % of its arcs with attention >= 0.3"
    numbers = {"percent": best.percent}
    return HeadSet(
        (best.head,), name=name, asked=name, note=note, numbers=numbers, source=sources["best_heads"]
    )


def _make_best_head(label: str, percent: float, interval: list[float] | None = None) -> BestHead:
    return BestHead(HeadId.parse(label), percent, (interval[0], interval[1]) if interval else None)


@functools.lru_cache(maxsize=256)
def _place_entry(
    name: str, resources: Path, folder: Path, *, is_added: bool, stamp: tuple[int, int] | None
) -> ModelEntry:
    """A registered entry in its folder, with what a fetch found out (changed at `stamp`) where it is None."""
    entry = next(entry for entry in _read_file(resources) if entry.name == name)
    if entry.is_bundled:
        return entry
    entry = replace(entry, folder=folder, is_added=is_added)
    return _fill(entry, store.read_manifest(folder)) if stamp else entry


def _use_cached(entry: ModelEntry) -> ModelEntry:
    """An entry in the folder of the hub's own client, where that has it and ours has not."""
    if entry.is_on_disk or not entry.hub:
        return entry
    folder = find_snapshot(entry.hub, entry.revision)
    if folder is None:
        return entry
    return replace(entry, folder=folder, revision=folder.name)


def _refuse_weights(path: Path) -> CheckpointError:
    """Say what a file of weights lacks; fair-esm's own format is one, and its names are those of the hub."""
    same = next((one for one in list_registry() if one.hub.lower().endswith(f"/{path.stem.lower()}")), None)
    do = "Name the folder in which these files are"
    if same is not None:
        do = f"{same.name} is the same model in that layout; to get it: «fetch {same.name}»"
    return CheckpointError(
        f"{path} is a file of weights alone" + (", in fair-esm's own format" if same is not None else ""),
        "A folder in the layout of transformers is needed: config.json, vocabulary and weights",
        do,
    )


def _fill(entry: ModelEntry, manifest: store.Manifest) -> ModelEntry:
    """Put what a fetch recorded where the registry has nothing."""
    return replace(
        entry, **{key: value for key, value in manifest.recorded.items() if not getattr(entry, key)}
    )


@functools.lru_cache(maxsize=64)
def _make_fetched(folder: Path, _: tuple[int, int] | None) -> ModelEntry:
    """What was fetched by a hub id."""
    manifest = store.read_manifest(folder)
    return _fill(ModelEntry(name=folder.name, folder=folder, hub=manifest.hub), manifest)


@functools.lru_cache(maxsize=64)
def _make_added(name: str, folder: Path) -> ModelEntry:
    return ModelEntry(name=name, folder=folder, is_added=True)
