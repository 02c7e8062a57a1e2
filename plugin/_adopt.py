"""Find ``provis_core`` and make it importable under that name, before anything else of the plugin runs.

PyMOL imports the plugin by a name of its own (``pmg_tk.startup.provis_plugin``) and puts no folder of
ours on ``sys.path``. So the core is loaded by its file: the copy that came with the plugin wins, then
the one beside the plugin (a checkout, or a wheel), then whatever Python finds by itself.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

__all__ = ["AdoptError", "adopt_core", "find_core", "stale_core"]

_CORE = "provis_core"
_OLDEST = (3, 10)
_VERSION = re.compile(r"""^__version__\s*=\s*["']([^"']+)["']""", re.MULTILINE)


class AdoptError(ImportError):
    """The core is missing, or another version of it already runs in this viewer.

    The core's own tree of errors cannot be used here: there is no core yet.
    """

    def __init__(self, got: str, need: str, do: str) -> None:
        super().__init__(f"ProVis: {got}. {need}. {do}.")
        self.got = got
        self.need = need
        self.do = do


def adopt_core() -> ModuleType:
    """Load ``provis_core`` into ``sys.modules``; calling it again is cheap.

    Returns
    -------
    types.ModuleType
        The package. Its submodules can be imported by name from now on.

    Raises
    ------
    AdoptError
        If there is no core, or if another version of it is already loaded: one process holds one.
    """
    if sys.version_info < _OLDEST:  # PyMOL 2.4 and older bundles
        raise AdoptError(
            f"this viewer runs Python {sys.version_info[0]}.{sys.version_info[1]}",
            f"ProVis needs Python {_OLDEST[0]}.{_OLDEST[1]} or newer in the viewer",
            "Use a newer one",
        )
    stale = stale_core()
    if stale is not None:
        raise stale
    if _CORE in sys.modules:
        return sys.modules[_CORE]
    folder = find_core()
    if folder is not None:
        return _load_package(folder)
    try:
        return importlib.import_module(_CORE)
    except ModuleNotFoundError as exc:
        if exc.name != _CORE:
            raise
        raise AdoptError(
            f"its core ({_CORE}) is missing: nothing in {Path(__file__).resolve().parent}",
            "The plugin needs the folder _vendor that comes in the plugin's zip file",
            "Install the zip again, or run: install_plugin.py install",
        ) from None


def find_core() -> Path | None:
    """Folder of the core that belongs to this plugin.

    Returns
    -------
    pathlib.Path or None
        The vendored copy, else the one beside the plugin; None if only Python's own search is left.
    """
    plugin = Path(__file__).resolve().parent
    for folder in (plugin / "_vendor" / _CORE, plugin.parent / _CORE):
        if (folder / "__init__.py").is_file():
            return folder
    return None


def stale_core() -> AdoptError | None:
    """Whether the core that is loaded differs from the one on disk, as after an upgrade.

    Returns
    -------
    AdoptError or None
        What to tell the user (not raised), or None if all is well.
    """
    loaded, folder = sys.modules.get(_CORE), find_core()
    if loaded is None or folder is None:
        return None
    found = _VERSION.search((folder / "__init__.py").read_text(encoding="utf-8"))
    wanted = found.group(1) if found else "unknown"
    running = getattr(loaded, "__version__", "unknown")
    if running == wanted:
        return None
    where = Path(getattr(loaded, "__file__", None) or "nowhere").parent
    return AdoptError(
        f"version {running} is still loaded in this program (from {where})",
        f"The plugin that is installed now is version {wanted}, and one program can hold only one of them",
        "Close the program and start it again",
    )


def _load_package(folder: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        _CORE, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    if spec is None or spec.loader is None:  # pragma: no cover  (a .py file always has a loader)
        raise ImportError(f"no loader for {folder}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[_CORE] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[_CORE]
        raise
    return module
