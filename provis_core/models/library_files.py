"""What transformers finds in its own files, remembered: it reads a thousand of them at each import.

Its classes are listed from the text of its modules, twice: half of the CPU time of its import. The list is
kept beside the results, under the place, the version and the time of the package. Where it cannot be kept, or
is not as it was written, the files are read as always.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.abc
import importlib.machinery
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from ..system.given_files import load_json
from ..system.paths import cache_dir
from ..system.whole_files import write_whole

__all__ = ["remembered_files"]

_MODULE: Final = "transformers.utils.import_utils"
_FUNCTION: Final = "create_import_structure_from_path"
_LARGE: Final = "models"  # the folder with a thousand files; others are read as always

_Read = Callable[[Any], Any]


@contextlib.contextmanager
def remembered_files() -> Iterator[None]:
    """A block in which transformers, where it is imported, need not read all of its files."""
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the one module that lists files, as it is otherwise found."""

    def find_spec(
        self, fullname: str, path: Any, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """That module, which remembers; no other."""
        if fullname != _MODULE:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            if read := getattr(module, _FUNCTION, None):
                setattr(module, _FUNCTION, functools.partial(_read_files, read, {}))

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def _read_files(read: _Read, known: dict[Path, Any], path: Any) -> Any:
    """What is in the files of a folder, or of that of a file."""
    folder = Path(path).parent if Path(path).is_file() else Path(path)
    if folder.name != _LARGE:
        return read(path)
    if folder not in known:
        known[folder] = _recall(read, folder)
    return known[folder]


def _recall(read: _Read, folder: Path) -> Any:
    """What was found in a folder before, or is now."""
    version = getattr(sys.modules.get("transformers"), "__version__", "")
    about = f"{folder}\n{version}\n{folder.stat().st_mtime_ns}"
    digest = hashlib.blake2s(about.encode(), digest_size=8).hexdigest()
    file = cache_dir() / "libraries" / f"transformers_{digest}.json"
    with contextlib.suppress(OSError, ValueError, LookupError, TypeError):  # it is not there, or damaged
        return _unpack(load_json(file)["files"])
    found = read(str(folder))
    with contextlib.suppress(OSError):  # it is read again the next time
        file.parent.mkdir(parents=True, exist_ok=True)
        with write_whole(file) as temporary:
            temporary.write_text(json.dumps({"files": _pack(found)}), encoding="utf-8")
    return found


def _pack(value: Any) -> Any:
    """Names of modules and sets of backends lead to more of the same, or to sets of names."""
    if isinstance(value, dict):
        return [[key if isinstance(key, str) else sorted(key), _pack(one)] for key, one in value.items()]
    return {"names": sorted(value)}


def _unpack(value: Any) -> Any:
    if isinstance(value, list):
        return {key if isinstance(key, str) else frozenset(key): _unpack(one) for key, one in value}
    return set(value["names"])
