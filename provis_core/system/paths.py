"""Where ProVis keeps things: settings, results, its Python environment, and its own resources.

Nothing lives in the plugin's folder, which PyMOL deletes on upgrade. ``PROVIS_HOME`` moves all of it.
"""

from __future__ import annotations

import contextlib
import functools
import os
import shlex
import sys
import tempfile
from pathlib import Path

__all__ = [
    "cache_dir",
    "config_dir",
    "core_dir",
    "data_dir",
    "find_installer",
    "install_command",
    "resources_dir",
]


def config_dir() -> Path:
    """Folder of ``settings.json``."""
    return _user_dir("config", "XDG_CONFIG_HOME", ".config", "Library/Application Support", "APPDATA")


def data_dir() -> Path:
    """Folder of the worker's environment and of fetched checkpoints."""
    return _user_dir("data", "XDG_DATA_HOME", ".local/share", "Library/Application Support", "LOCALAPPDATA")


def cache_dir() -> Path:
    """Folder of computed attention; may be deleted at any time."""
    return _user_dir("cache", "XDG_CACHE_HOME", ".cache", "Library/Caches", "LOCALAPPDATA")


def core_dir() -> Path:
    """Folder of the running ``provis_core`` package: a checkout, an installation or the plugin's copy."""
    return Path(__file__).resolve().parent.parent


def resources_dir() -> Path:
    """Folder of registry, colour maps and the bundled model.

    Returns
    -------
    pathlib.Path
        ``provis_core/_resources`` in an installation, ``resources`` beside the package in a checkout.
    """
    packaged = core_dir() / "_resources"
    return packaged if packaged.is_dir() else core_dir().parent / "resources"


def find_installer() -> Path | None:
    """Return ``install_plugin.py``, beside a checkout or in the plugin; None where it is not known."""
    core = core_dir()
    found = (folder / "install_plugin.py" for folder in (core.parent, core.parent.parent))
    return next((path for path in found if path.is_file()), None)


def install_command() -> str:
    """What to type in a terminal to make the worker's Python environment."""
    installer = find_installer()
    return shlex.join(["python3", str(installer or "install_plugin.py"), "env"])


def _user_dir(kind: str, xdg: str, unix: str, mac: str, windows: str) -> Path:
    named = os.environ.get("PROVIS_HOME")
    if named:
        return _absolute(named) / kind
    if sys.platform == "win32":
        base = Path(os.environ.get(windows) or _home() / "AppData" / "Local")
        return base / "provis" / kind
    if sys.platform == "darwin":
        return _home() / mac / "provis" / kind
    return Path(os.environ.get(xdg) or _home() / unix) / "provis"


@functools.lru_cache(maxsize=8)
def _absolute(named: str) -> Path:
    """A folder that a variable names; a relative one begins where the program was when it first asked."""
    path = Path(os.path.expandvars(named))
    with contextlib.suppress(RuntimeError):  # a user that is not known: the name as it is
        path = path.expanduser()
    return path.absolute()


def _home() -> Path:
    """The user's folder; in a container without one, a folder of this user among the temporary files."""
    try:
        return Path.home()
    except RuntimeError:
        return Path(tempfile.gettempdir()) / f"provis-{os.getuid() if hasattr(os, 'getuid') else 'user'}"
