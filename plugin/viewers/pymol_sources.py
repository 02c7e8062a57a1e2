"""Files that an object may have been loaded from; PyMOL does not keep which it was, so it is written down.

PyMOL's table of functions by format (``pymol.importing.loadfunctions``, where programs add their own) gets
one of ours for structures, which calls the one that was there. ``cmd.load`` stays as it is.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from provis_core.errors import InputError, ProvisError

from .pymol_names import list_molecules
from .pymol_sessions import keep_in_sessions

__all__ = ["candidate_files", "remember_files"]

_ENDINGS: Final = (".cif", ".cif.gz", ".pdb", ".pdb.gz", ".ent", ".ent.gz", ".mmcif")
_FORMATS: Final = ("pdb", "cif")
_SESSION_KEY: Final = "provis_files"
_N_KEPT: Final = 1000  # loads that are remembered
_N_TRIED: Final = 4  # files of other objects that are looked into
_OURS: Final = "provis_load"

Load = tuple[str, str, int]
"""File, name of the object, and its atoms then."""


def remember_files(cmd: Any, warn: Callable[[str], object]) -> None:
    """Write down from now on which file an object is loaded from; sessions keep it.

    Parameters
    ----------
    cmd : module
        PyMOL's ``cmd``, or that of one PyMOL instance.
    warn : callable
        Says something to the user.
    """
    from pymol import importing, internal

    for file_format in _FORMATS:
        load = importing.loadfunctions.get(file_format, internal._load)
        if getattr(load, "__name__", "") != _OURS:
            importing.loadfunctions[file_format] = _remembering(importing._eval_func(load))
    keep_in_sessions(cmd, _SESSION_KEY, lambda: _loads(cmd)[-_N_KEPT:], lambda entry: _take(cmd, entry), warn)


def _loads(cmd: Any) -> list[Load]:
    """What was loaded, the last one last: of one PyMOL, and in it."""
    loads: list[Load] | None = getattr(cmd._pymol, "_provis_loads", None)
    if loads is None:
        loads = cmd._pymol._provis_loads = []
    return loads


def _take(cmd: Any, entry: Any) -> ProvisError | None:
    """Take what stands in a session."""
    if isinstance(entry, dict) and not entry:
        return None
    pairs = entry if isinstance(entry, list) else []
    good = [(path, name, n_atoms) for path, name, n_atoms in filter(_is_load, pairs)]
    _loads(cmd).extend(good)
    if isinstance(entry, list) and len(good) == len(entry):
        return None
    return InputError(
        f"What ProVis kept in this session of the files of objects cannot be read ({entry!r:.60})",
        "A path, a name and a number of atoms each are needed to find whole sequences (SEQRES) again",
        "Give the sequence as seqres= where a report says that it is not known",
    )


def _is_load(one: Any) -> bool:
    if not isinstance(one, (tuple, list)) or len(one) != 3:
        return False
    return all(isinstance(item, kind) for item, kind in zip(one, (str, str, int), strict=True))


def _remembering(load: Callable[..., Any]) -> Callable[..., Any]:
    """A function of PyMOL's that loads a file, and writes down which objects came of it."""
    parameters = inspect.signature(load).parameters
    takes_all = any(one.kind is inspect.Parameter.VAR_KEYWORD for one in parameters.values())

    def provis_load(**options: Any) -> Any:
        cmd, path = options["_self"], str(options["filename"])
        given = options if takes_all else {name: options[name] for name in parameters if name in options}
        if "contents" in parameters:
            given["contents"] = cmd.file_read(path)
        before = set(cmd.get_names("objects"))
        answer = load(**given)
        there = cmd.get_names("objects")
        into = cmd.get_legal_name(str(options["object"]))
        if "://" not in path:
            new = [name for name in there if name not in before or name == into]
            loads = _loads(cmd)
            loads += [(str(Path(path).resolve()), name, int(cmd.count_atoms(f"%{name}"))) for name in new]
            del loads[:-_N_KEPT]
        return answer

    return provis_load


def candidate_files(cmd: Any, object_name: str) -> list[Path]:
    """Files that an object may have been loaded from.

    Parameters
    ----------
    cmd : module
    object_name : str

    Returns
    -------
    list of pathlib.Path
        The likeliest first: what was loaded under the object's name, or under a name that no object has now
        with as many atoms, since it may have been renamed; then files of the object's name that were opened
        in the window lately, that ``fetch`` may have written, or that lie in the working folder; then those
        of other objects, of which it may be a copy, those that are gone last.
    """
    names = [f"{object_name}{ending}" for ending in _ENDINGS]
    names += [f"pdb{object_name}{ending}" for ending in (".ent", ".ent.gz")]
    folders = [Path(cmd.exp_path(cmd.get("fetch_path") or ".")), Path.cwd()]
    there = set(list_molecules(cmd))
    _follow_rename(cmd, object_name, there)
    loads = [(Path(path), name) for path, name, _ in reversed(_loads(cmd))]
    paths = [path for path, name in loads if name == object_name]
    paths += [path for path in _recent_files() if cmd.filename_to_objectname(path.name) == object_name]
    paths += [folder / name for folder in dict.fromkeys(folders) for name in names]
    others = sorted(loads, key=lambda load: load[1] not in there)
    paths += list(dict.fromkeys(path for path, name in others if name != object_name))[:_N_TRIED]
    return [path for path in dict.fromkeys(paths) if _is_file(path)]


def _follow_rename(cmd: Any, object_name: str, there: set[str]) -> None:
    """Give an object that nothing was loaded as what was loaded under a name that is gone."""
    loads = _loads(cmd)
    if any(name == object_name for _, name, _ in loads):
        return
    n_atoms = int(cmd.count_atoms(f"%{object_name}")) if object_name in there else 0
    for k, (path, name, n_then) in enumerate(loads):
        if name not in there and n_then == n_atoms:
            loads[k] = (path, object_name, n_then)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # of another machine, in a session
        return False


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
