"""Checkpoints that another program fetched before: the folder in which the hub's own client keeps them.

Its layout is public: ``models--OWNER--NAME/snapshots/COMMIT/FILE``, each file a link to a blob that is named
by its checksum (SHA-256 of a large file, git's identity of a small one). Nothing is written there.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from ..errors import CheckpointError
from ..system.given_files import load_bytes
from .files import weight_files

__all__ = ["cache_folder", "find_blob", "find_snapshot"]

_LONGEST_NAME: Final = 200  # bytes of a commit, with room for the end of its line


def cache_folder() -> Path:
    """Folder of the hub's client: ``HF_HUB_CACHE``, ``HF_HOME/hub``, or that in the user's cache."""
    if named := os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE"):
        return Path(os.path.expandvars(named)).expanduser()
    if home := os.environ.get("HF_HOME"):
        return Path(os.path.expandvars(home)).expanduser() / "hub"
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "huggingface" / "hub"


def find_snapshot(hub: str, revision: str) -> Path | None:
    """Find a checkpoint that is whole in the client's folder.

    Parameters
    ----------
    hub : str
        ``owner/repository``.
    revision : str
        Commit; empty for the one that the client took for the newest.

    Returns
    -------
    pathlib.Path or None
        Folder with configuration and weights.
    """
    place = _place(hub)
    if not revision:
        try:
            revision = load_bytes(place / "refs" / "main", largest=_LONGEST_NAME).decode("ascii").strip()
        except (OSError, ValueError):
            return None
    folder = place / "snapshots" / revision
    try:
        if not revision or not (folder / "config.json").is_file():
            return None
        weight_files(folder)
    except (CheckpointError, OSError):
        return None  # begun and not finished: it is fetched like any other
    return folder


def find_blob(hub: str, checksum: str) -> Path | None:
    """Find one file by its checksum; its content is not compared.

    Parameters
    ----------
    hub : str
    checksum : str
        SHA-256 of a large file, git's identity of a small one.

    Returns
    -------
    pathlib.Path or None
    """
    path = _place(hub) / "blobs" / checksum
    return path if checksum and path.is_file() else None


def _place(hub: str) -> Path:
    return cache_folder() / f"models--{hub.replace('/', '--')}"
