"""Which checkpoints there are: those of ``resources/models.json``, those a user added, and any folder.

A field of the registry that was not read from a cited source is None, which is shown as "unverified"; what
a fetch found out about it (`provis_core.models.store.Manifest`) takes its place. Reading the registry
imports no heavy library.
"""

from __future__ import annotations

import difflib
import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final

from .attention import HeadId
from .errors import CheckpointError, UnknownModelError
from .models import store
from .paths import resources_dir

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

_VERIFIABLE: Final = {
    "revision": "revision",
    "n_layers": "layers",
    "n_heads": "heads",
    "trained_length": "trained length",
    "n_parameters": "parameters",
    "download_bytes": "size",
    "license": "licence",
}
"""Fields that a model from elsewhere should have, and what the user reads for them."""


@dataclass(frozen=True)
class BestHead:
    """A head and the published share of its arcs that have a property.

    Attributes
    ----------
    head : HeadId
        0-based.
    percent : float
        Of the arcs with attention >= 0.3.
    interval : tuple of float, or None
        95 % interval, where published.
    """

    head: HeadId
    percent: float
    interval: tuple[float, float] | None = None


@dataclass(frozen=True)
class ModelEntry:
    """One checkpoint.

    Attributes
    ----------
    name : str
        What the user types.
    folder : pathlib.Path
        Where its files are, or will be once it was fetched.
    default_head : HeadId or None
        The head that is drawn unless another one is asked for; 0-based.
    note : str
        What every output must say about it; may be empty.
    license, citation : str
        Empty where not registered.
    license_note : str
        What the licence forbids or asks for; shown wherever the licence is.
    family : str
        Like ``"BERT"``; empty for a folder that is no registered model.
    hub, revision : str
        Repository on the Hugging Face hub and its commit; empty where there is none.
    package : str
        Python package in the worker's environment that brings the files; mostly empty.
    n_layers, n_heads, n_parameters : int or None
    trained_length : int or None
        Tokens of the longest piece that it saw in training.
    download_bytes : int or None
    best_heads : mapping of str to tuple of BestHead
        By property: ``contact``, ``binding_site``, ``ptm``; best first.
    sources : mapping of str to str
        Where each field of ``models.json`` was read.
    is_bundled, is_added : bool
        Whether it came with ProVis, or is a folder that the user added.
    """

    name: str
    folder: Path
    default_head: HeadId | None = None
    note: str = ""
    license: str = ""
    citation: str = ""
    license_note: str = ""
    family: str = ""
    hub: str = ""
    revision: str = ""
    package: str = ""
    n_layers: int | None = None
    n_heads: int | None = None
    n_parameters: int | None = None
    trained_length: int | None = None
    download_bytes: int | None = None
    best_heads: Mapping[str, tuple[BestHead, ...]] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    is_bundled: bool = False
    is_added: bool = False

    @property
    def is_on_disk(self) -> bool:
        """Whether its files are there; that they are whole is seen when it is used or checked."""
        return (self.folder / "config.json").is_file()

    @property
    def is_fetchable(self) -> bool:
        """Whether ``provis_fetch`` can get it."""
        return bool(self.hub or self.package)

    @property
    def unverified(self) -> tuple[str, ...]:
        """What is not known about it from a cited source, in words."""
        if not self.is_fetchable:
            return ()
        names = {**_VERIFIABLE}
        if self.package:
            del names["revision"]
        return tuple(words for name, words in names.items() if not getattr(self, name))


def list_registry() -> tuple[ModelEntry, ...]:
    """All registered checkpoints, on disk or not, then those that the user added."""
    resources, added = resources_dir(), store.read_added()
    entries = []
    for entry in _read_file(resources):
        folder = added.pop(entry.name, None)
        place = folder or store.models_dir() / entry.name
        stamp = None if entry.is_bundled else store.manifest_stamp(place)
        entries.append(_place_entry(entry.name, resources, place, is_added=folder is not None, stamp=stamp))
    return (*entries, *(_make_added(name, folder) for name, folder in added.items()))


def list_models() -> tuple[ModelEntry, ...]:
    """The checkpoints that can be used now, in the order of the registry."""
    return tuple(entry for entry in list_registry() if entry.is_on_disk)


def find_entry(name: str) -> ModelEntry:
    """Find a checkpoint by its registered name or its folder, whether it is on disk or not.

    Parameters
    ----------
    name : str
        A name in any case, or the path of a folder (``~`` is understood).

    Returns
    -------
    ModelEntry

    Raises
    ------
    UnknownModelError
        If it is neither; a near name is suggested.
    """
    known = {entry.name.lower(): entry for entry in list_registry()}
    wanted = name.strip()
    if wanted.lower() in known:
        return known[wanted.lower()]
    folder = Path(wanted).expanduser()
    if wanted and folder.is_dir():
        return ModelEntry(name=folder.resolve().name, folder=folder.resolve())
    near = difflib.get_close_matches(wanted.lower(), known, n=1, cutoff=0.4)
    hint = f"Did you mean {near[0]}?" if near else "Type provis_models to see them"
    raise UnknownModelError(
        f"There is no model {wanted!r}, and no folder of that name",
        "A name that provis_models shows, or a folder in Hugging Face layout, is needed",
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
        are named.
    """
    entry = find_entry(name)
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
    if partial:
        got = f"{entry.name} is only half downloaded ({format_bytes(partial)} so far)"
    raise CheckpointError(
        got,
        f"Its files are needed ({describe_terms(entry)})",
        f"To get it: provis_fetch {entry.name} (in a shell: provis models fetch {entry.name})",
    )


def describe_terms(entry: ModelEntry) -> str:
    """Size and licence in one phrase, with what is unverified named as such."""
    size = format_bytes(entry.download_bytes) if entry.download_bytes else "size unverified"
    note = f": {entry.license_note}" if entry.license_note else ""
    return f"{size}, licence {entry.license or 'unverified'}{note}"


def format_bytes(n_bytes: float) -> str:
    """A size as it is read by people: ``"31.4 MB"``."""
    return f"{n_bytes / 1e9:.2f} GB" if n_bytes >= 1e9 else f"{n_bytes / 1e6:.1f} MB"


@functools.lru_cache(maxsize=4)
def _read_file(resources: Path) -> tuple[ModelEntry, ...]:
    values = json.loads((resources / "models.json").read_text(encoding="utf-8"))
    return tuple(_make_entry(item, values["sources"], resources) for item in values["models"])


def _make_entry(item: Mapping[str, Any], sources: Mapping[str, str], resources: Path) -> ModelEntry:
    path = item.get("path")
    return ModelEntry(
        name=item["name"],
        folder=resources / path if path else Path(item["name"]),
        default_head=HeadId.parse(item["default_head"]) if item.get("default_head") else None,
        family=item["family"],
        n_layers=item["layers"],
        n_heads=item["heads"],
        n_parameters=item["parameters"],
        best_heads={
            name: tuple(_make_best_head(*values) for values in heads)
            for name, heads in (item["best_heads"] or {}).items()
        },
        sources={name: sources[key] for name, key in item["sources"].items()},
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
    recorded = store.read_manifest(folder).recorded if stamp else {}
    known = {one.name for one in fields(ModelEntry)}
    found = {key: value for key, value in recorded.items() if key in known and not getattr(entry, key)}
    return replace(entry, folder=folder, is_added=is_added, **found)


@functools.lru_cache(maxsize=64)
def _make_added(name: str, folder: Path) -> ModelEntry:
    return ModelEntry(name=name, folder=folder, is_added=True)
