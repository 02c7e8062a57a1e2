"""Where the panel was, from one session to the next: one small JSON file in ProVis's own folder."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

from provis_core.system.given_files import load_json
from provis_core.system.paths import config_dir

from .qt import QtCore, QtGui

__all__ = ["fit_to_screen", "load_geometry", "save_geometry"]


def geometry_path() -> Path:
    """The file."""
    return config_dir() / "panel.json"


def load_geometry() -> dict[str, Any]:
    """What was kept; nothing where there is no file or it is damaged, for it only holds sizes."""
    with contextlib.suppress(OSError, ValueError):
        return load_json(geometry_path())
    return {}


def save_geometry(kept: dict[str, Any]) -> None:
    """Keep sizes and places.

    Parameters
    ----------
    kept : dict
        What JSON can hold. A folder that cannot be written is no reason to trouble the user.
    """
    path = geometry_path()
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def fit_to_screen(kept: Any, default: tuple[int, int]) -> Any:
    """A place on a screen that is there: of the kept one, as much as the screens of today allow.

    Parameters
    ----------
    kept : object
        ``[x, y, width, height]`` from the file, or anything else.
    default : (int, int)
        Width and height where nothing was kept.

    Returns
    -------
    QRect
    """
    wanted = None
    if isinstance(kept, list) and len(kept) == 4 and all(isinstance(value, int) for value in kept):
        wanted = QtCore.QRect(*kept)
    screens = QtGui.QGuiApplication.screens()
    home = QtGui.QGuiApplication.primaryScreen().availableGeometry()
    for screen in screens:
        if wanted is not None and screen.availableGeometry().intersects(wanted):
            home = screen.availableGeometry()
            break
    else:
        wanted = None
    if wanted is None:
        wanted = QtCore.QRect(0, 0, *default)
        wanted.moveCenter(home.center())
    wanted.setSize(wanted.size().boundedTo(home.size()))
    wanted.moveLeft(max(home.left(), min(wanted.left(), home.right() - wanted.width() + 1)))
    wanted.moveTop(max(home.top(), min(wanted.top(), home.bottom() - wanted.height() + 1)))
    return wanted
