"""Files that an object may have been loaded from."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

__all__ = ["candidate_files"]

_ENDINGS = (".cif", ".cif.gz", ".pdb", ".pdb.gz", ".ent", ".ent.gz", ".mmcif")


def candidate_files(cmd: Any, object_name: str) -> list[Path]:
    """Files that an object may have been loaded from; PyMOL does not keep which it was.

    Parameters
    ----------
    cmd : module
    object_name : str

    Returns
    -------
    list of pathlib.Path
        Files of the object's name that were opened in the window lately, that ``fetch`` may have written, or
        that lie in the working folder.
    """
    names = [f"{object_name}{ending}" for ending in _ENDINGS]
    names += [f"pdb{object_name}{ending}" for ending in (".ent", ".ent.gz")]
    folders = [Path(cmd.exp_path(cmd.get("fetch_path") or ".")), Path.cwd()]
    paths = [path for path in _recent_files() if cmd.filename_to_objectname(path.name) == object_name]
    paths += [folder / name for folder in dict.fromkeys(folders) for name in names]
    return [path for path in dict.fromkeys(paths) if path.is_file()]


def _recent_files() -> list[Path]:
    """Files that were opened in the window lately.

    PyMOL keeps them in a database that belongs to the thread that opened it first: its main thread.
    """
    from pymol import gui

    window = gui.get_qtwindow()
    if window is None or threading.current_thread() is not threading.main_thread():
        return []
    try:
        return [Path(name) for name in getattr(window, "recent_filenames", ())]
    except Exception:  # noqa: BLE001 - it may be damaged or locked, and is not needed
        return []
