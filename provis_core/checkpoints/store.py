"""Checkpoints on this computer: where fetched ones lie, which folders the user added, whether they are whole.

Needs the standard library only. A fetch writes into ``<name>.partial`` and renames it when everything is
there and right, so a folder under its own name was whole once. Beside the files lies a manifest with their
sizes and checksums.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ..errors import CheckpointError, InputError
from ..system.given_files import find_path, has_file, load_json
from ..system.paths import data_dir
from ..system.whole_files import write_whole
from .files import read_json

__all__ = [
    "MANIFEST",
    "Manifest",
    "add_folder",
    "check_files",
    "check_name",
    "fetched_folders",
    "hash_file",
    "manifest_stamp",
    "models_dir",
    "partial_bytes",
    "partial_dir",
    "read_added",
    "read_manifest",
    "remove_model",
    "write_manifest",
]

MANIFEST: Final = "provis_fetch.json"
_BLOCK: Final = 4 * 2**20
_RECORDED: Final[Mapping[str, type]] = {
    "revision": str, "license": str,
    "download_bytes": int, "n_parameters": int, "n_layers": int, "n_heads": int,
}  # fmt: skip
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._+-]*")


@dataclass(frozen=True)
class Manifest:
    """What a fetch left beside the files.

    Attributes
    ----------
    name, hub, revision : str
        Registered name, repository and the commit that it was resolved to.
    files : mapping of str to dict
        ``size`` in bytes and ``sha256`` of each file.
    recorded : mapping
        What the fetch found out about fields that the registry leaves unverified; names as in
        `provis_core.checkpoints.registry.ModelEntry`.
    """

    name: str = ""
    hub: str = ""
    revision: str = ""
    files: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    recorded: Mapping[str, Any] = field(default_factory=dict)


def models_dir() -> Path:
    """Folder of fetched checkpoints; it need not exist."""
    return data_dir() / "models"


def fetched_folders() -> list[Path]:
    """Folders of the store that hold a whole fetched checkpoint, by name."""
    try:
        folders = sorted(models_dir().iterdir())
    except OSError:
        return []
    return [one for one in folders if one.suffix != ".partial" and has_file(one / MANIFEST)]


def partial_dir(name: str) -> Path:
    """Where a fetch that is not done keeps what it has."""
    return models_dir() / f"{name}.partial"


def partial_bytes(name: str) -> int:
    """Bytes that an unfinished fetch has left; 0 where there is none."""
    total = 0
    with contextlib.suppress(OSError):
        for path in partial_dir(name).iterdir():
            total += path.stat().st_size
    return total


# -- manifest -------------------------------------------------------------------------------------------


def manifest_stamp(folder: Path) -> tuple[int, int] | None:
    """Time and size of a folder's manifest, which change with it; None where it has none."""
    try:
        stat = (folder / MANIFEST).stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size


def read_manifest(folder: Path) -> Manifest:
    """Read a manifest; an empty one where there is none or it is damaged."""
    try:
        values = read_json(folder / MANIFEST)
    except CheckpointError:
        return Manifest()
    maps = {key: value for key, value in values.items() if isinstance(value, dict)}
    return Manifest(
        name=str(values.get("name") or ""),
        hub=str(values.get("hub") or ""),
        revision=str(values.get("revision") or ""),
        files={
            name: entry
            for name, entry in maps.get("files", {}).items()
            if isinstance(entry, dict) and isinstance(entry.get("size"), int) and "sha256" in entry
        },
        recorded={
            key: value
            for key, value in maps.get("recorded", {}).items()
            if key in _RECORDED and isinstance(value, _RECORDED[key])
        },
    )


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write a manifest into a checkpoint's folder."""
    _write_json(folder / MANIFEST, {**vars(manifest)})


def hash_file(path: Path, on_block: Callable[[int], object] | None = None, digest: Any = None) -> str:
    """SHA-256 of a file, in hexadecimal, or another `digest`; `on_block` hears how many bytes were read."""
    digest = digest or hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
            if on_block is not None:
                on_block(len(block))
    return str(digest.hexdigest())


def check_files(folder: Path) -> int:
    """Compare every file with the manifest: is it there, of its size, with its checksum?

    Parameters
    ----------
    folder : pathlib.Path

    Returns
    -------
    int
        Files compared; 0 where the folder has no manifest.

    Raises
    ------
    CheckpointError
        Naming the first file that is missing, cut off or changed.
    """
    manifest = read_manifest(folder)
    fetch = f"«fetch {manifest.name}»" if manifest.name else "fetch or copy the checkpoint again"
    for name, expected in manifest.files.items():
        path = folder / name
        size = path.stat().st_size if path.is_file() else -1
        if size == expected["size"] and hash_file(path) == expected["sha256"]:
            continue
        wrong = "is missing"
        if size >= 0:
            wrong = f"is damaged: it has {size} of {expected['size']} bytes"
            if size == expected["size"]:
                wrong = "is damaged: its checksum is not that of the file that was fetched"
        raise CheckpointError(
            f"{path} {wrong}", "The whole, unchanged file is needed", f"To get it again: {fetch}"
        )
    return len(manifest.files)


# -- folders that the user added ------------------------------------------------------------------------


def read_added() -> dict[str, Path]:
    """Names that the user gave to folders; what cannot be read is left out."""
    try:
        values = load_json(_added_file())
    except (OSError, ValueError):
        return {}
    return {name: Path(folder) for name, folder in values.items() if isinstance(folder, str)}


def add_folder(folder: Path, name: str = "") -> str:
    """Give a folder a name that commands know.

    Parameters
    ----------
    folder : pathlib.Path
    name : str, optional
        By default that of the manifest, for a folder that was fetched elsewhere, else that of the folder.

    Returns
    -------
    str
        The name, in lower case.

    Raises
    ------
    InputError
        If the name is not usable.
    CheckpointError
        If a file is missing or damaged.
    """
    from .config import read_config

    folder = find_path(folder, "The folder").resolve()
    read_config(folder)
    check_files(folder)
    chosen = check_name(name or read_manifest(folder).name or folder.name)
    _write_json(
        _added_file(), {**{key: str(path) for key, path in read_added().items()}, chosen: str(folder)}
    )
    return chosen


def check_name(name: str) -> str:
    """A name for a model, in lower case.

    Raises
    ------
    InputError
        If the name is not usable.
    """
    chosen = name.strip().lower()
    if not _NAME.fullmatch(chosen) or chosen == "provis_mini":
        raise InputError(
            f"--name {chosen!r}",
            "A name of letters, digits and ._+- that no bundled model has is needed",
            "Try --name my_model",
        )
    return chosen


def remove_model(name: str) -> list[Path]:
    """Remove a fetched checkpoint, what an unfinished fetch left of it, and a name that the user added.

    A folder that the user added stays where it is.

    Parameters
    ----------
    name : str

    Returns
    -------
    list of pathlib.Path
        What was removed or forgotten; empty where there was nothing.

    Raises
    ------
    CheckpointError
        If it cannot be removed.
    """
    removed: list[Path] = []
    if not _NAME.fullmatch(name):
        return removed
    added = read_added()
    if name in added:
        removed.append(added.pop(name))
        _write_json(_added_file(), {key: str(path) for key, path in added.items()})
    for folder in (models_dir() / name, partial_dir(name)):
        if not folder.is_dir():
            continue
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise CheckpointError(
                f"{folder} cannot be removed ({error.strerror or error})",
                "A folder that no program uses and that can be written is needed",
                "Close the program that uses it (or «model provis_mini») and try again",
            ) from error
        removed.append(folder)
    return removed


def _added_file() -> Path:
    return data_dir() / "models.json"


def _write_json(path: Path, values: Mapping[str, Any]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with write_whole(path) as temporary:
            temporary.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise CheckpointError(
            f"{path} cannot be written ({error.strerror or error})",
            "A folder that can be written, on a disk with space, is needed",
            "Free some space, or set PROVIS_HOME to another folder",
        ) from error
