"""The files of a checkpoint: which there are, whether they are whole, and what identifies them.

Needs the standard library only, so that the host can refuse a damaged folder before it starts a worker.
"""

from __future__ import annotations

import hashlib
import os
import struct
import zipfile
from pathlib import Path
from typing import Any, Final

from ..errors import CheckpointError
from ..system.given_files import load_json, parse_json

__all__ = ["fingerprint", "read_json", "read_metadata", "read_substitutes", "weight_files"]

SAFETENSORS: Final = "model.safetensors"
PICKLED: Final = "pytorch_model.bin"
WEIGHT_NAMES: Final = (SAFETENSORS, f"{SAFETENSORS}.index.json", PICKLED, f"{PICKLED}.index.json")
"""In the order in which transformers looks for them."""

_DESCRIPTIONS: Final = (
    "config.json",
    "vocab.txt",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "spiece.model",
)
_WHOLE_BELOW: Final = 16 * 2**20
_N_SAMPLES: Final = 64
_SAMPLE_SIZE: Final = 64 * 2**10
_LARGEST_HEADER: Final = 100 * 10**6  # bytes, as the format itself says
_FETCH: Final = "Fetch or copy the checkpoint again"


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Parameters
    ----------
    path : pathlib.Path

    Returns
    -------
    dict

    Raises
    ------
    CheckpointError
        If the file is not readable or holds no JSON object.
    """
    try:
        return load_json(path)
    except OSError as error:
        raise CheckpointError(
            f"{path} cannot be read ({error.strerror or error})", "A readable file is needed", _FETCH
        ) from error
    except ValueError as error:
        raise CheckpointError(
            f"{path} is not JSON ({error})", "A whole JSON file with names and values is needed", _FETCH
        ) from error


def read_substitutes(folder: Path) -> dict[str, str]:
    """Which letters a checkpoint was finetuned with in place of others: ``provis.json`` says so."""
    path = folder / "provis.json"
    values = read_json(path).get("substitutes") if path.is_file() else None
    return {str(letter): str(other) for letter, other in values.items()} if isinstance(values, dict) else {}


def weight_files(folder: Path) -> tuple[Path, ...]:
    """Find the weights of a checkpoint and check that none of the files was cut off.

    Parameters
    ----------
    folder : pathlib.Path

    Returns
    -------
    tuple of pathlib.Path
        One file, or the shards that the index names, in order.

    Raises
    ------
    CheckpointError
        If there are none, one is missing, or one is not whole.
    """
    found = next((folder / name for name in WEIGHT_NAMES if (folder / name).is_file()), None)
    if found is None:
        raise CheckpointError(
            f"{folder} has no weights",
            f"One of {SAFETENSORS} and {PICKLED} is needed (or their shards)",
            _FETCH,
        )
    files: tuple[Path, ...] = (found,)
    if found.suffix == ".json":
        index = read_json(found).get("weight_map")
        if not isinstance(index, dict) or not index:
            raise CheckpointError(f"{found} names no files", "Its weight_map is needed", _FETCH)
        files = tuple(folder / name for name in sorted({str(name) for name in index.values()}))
    for path in files:
        _check_whole(path)
    return files


def fingerprint(path: str | os.PathLike[str]) -> str:
    """What identifies the files that attention depends on, for the result cache.

    Small files are read whole. Of weights of 16 MiB or more the size, the time of the last change, both
    ends and 62 blocks between them are read, so that gigabytes cost milliseconds.

    Parameters
    ----------
    path : path-like
        Folder of the checkpoint.

    Returns
    -------
    str
        20 hexadecimal digits; other ones when configuration, vocabulary, letters that are read as others, or
        weights are.

    Raises
    ------
    CheckpointError
        If the weights are missing or not whole, or ``provis.json`` is damaged.
    """
    folder = Path(path)
    digest = hashlib.sha256()
    for pair in sorted(read_substitutes(folder).items()):
        digest.update("\0".join(pair).encode())
    described = [folder / name for name in _DESCRIPTIONS if (folder / name).is_file()]
    for file in (*described, *weight_files(folder)):
        size = file.stat().st_size
        digest.update(f"{file.name}\0{size}\0".encode())
        with file.open("rb") as stream:
            if size < _WHOLE_BELOW:
                digest.update(stream.read())
                continue
            digest.update(str(file.stat().st_mtime_ns).encode())
            for i in range(_N_SAMPLES):
                stream.seek((size - _SAMPLE_SIZE) * i // (_N_SAMPLES - 1))
                digest.update(stream.read(_SAMPLE_SIZE))
    return digest.hexdigest()[:20]


def _check_whole(path: Path) -> None:
    try:
        with path.open("rb") as stream:
            start = stream.read(64)
        if start.startswith(b"version https://git-lfs"):
            raise CheckpointError(
                f"{path} is a Git LFS pointer, not the weights",
                "The file it points to is needed",
                "Run: git lfs pull",
            )
        whole = (
            _is_whole_safetensors(path) if path.suffix == ".safetensors" else _is_whole_pickle(path, start)
        )
    except OSError as error:
        raise CheckpointError(
            f"{path} cannot be read ({error.strerror or error})", "The weights are needed", _FETCH
        ) from error
    if not whole:
        raise CheckpointError(
            f"{path} is damaged or was cut off ({path.stat().st_size} bytes)",
            "The whole file is needed",
            _FETCH,
        )


def read_metadata(path: Path) -> dict[str, str]:
    """What the writer of a safetensors file said about it.

    Raises
    ------
    CheckpointError
        If the file is missing or not whole.
    """
    _check_whole(path)
    metadata = _read_header(path)[0].get("__metadata__")
    return metadata if isinstance(metadata, dict) else {}


def _read_header(path: Path) -> tuple[dict[str, Any], int]:
    """Names, places and metadata, and how many bytes they take; a `ValueError` tells that there are none."""
    with path.open("rb") as stream:
        start = stream.read(8)
        if len(start) < 8:
            raise ValueError("too short")
        (n_header,) = struct.unpack("<Q", start)
        if not 2 <= n_header <= min(path.stat().st_size - 8, _LARGEST_HEADER):
            raise ValueError("cut off")
        header = parse_json(stream.read(n_header))
    if not isinstance(header, dict):
        raise ValueError("no table")
    return header, n_header


def _is_whole_safetensors(path: Path) -> bool:
    """Whether the last tensor that the header names ends where the file does."""
    try:
        header, n_header = _read_header(path)
        ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
    except (ValueError, AttributeError, LookupError, TypeError):
        return False
    return bool(ends) and 8 + n_header + max(ends) == path.stat().st_size


def _is_whole_pickle(path: Path, start: bytes) -> bool:
    """Whether a zip file has its directory, which is at the end; torch before 1.6 wrote bare pickles."""
    if start.startswith(b"PK"):
        return zipfile.is_zipfile(path)
    return start.startswith(b"\x80")
