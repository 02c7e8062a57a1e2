"""Results on disk: one ``.npy`` or ``.npz`` file each.

The worker writes, the host opens without pickle, and memory-mapped where it is one head. Several workers may
share the folder: a file appears under its name only when it is complete, and what is damaged is computed
anew. What workers that were killed have left is removed by the next one.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import numpy as np

from ...errors import CacheError
from ...system.whole_files import locked, remove_abandoned
from ..wire.result_files import Result, write_result

__all__ = ["ResultCache"]

_DEFAULT_LIMIT: Final = 2_000_000_000
_KEEP_SECONDS: Final = 600.0
_STALE_SECONDS: Final = 86_400.0
_PRIVATE_PREFIX: Final = "provis-results-"
_LOCK: Final = ".lock"


class ResultCache:
    """The results in one folder.

    Parameters
    ----------
    folder : pathlib.Path
        Made when something is stored.
    limit : int, optional
        Bytes; the least recently used results are removed above it. ``PROVIS_CACHE_LIMIT_GB`` or 2 GB by
        default.
    write : callable
        Writes one file.
    """

    def __init__(
        self,
        folder: Path,
        limit: int | None = None,
        write: Callable[[Path, Result], None] | None = None,
    ) -> None:
        self.folder = folder
        self._write = write or write_result
        self._limit = _read_limit() if limit is None else limit
        self._private: Path | None = None
        self._held = contextlib.ExitStack()  # says that the private folder is in use
        self._is_announced = False
        self._unchecked: float = np.inf  # bytes written since the folder was measured

    def find(self, name: str, load: Callable[[Path], object]) -> Path | None:
        """Where a result is.

        Parameters
        ----------
        name : str
            Key and ending.
        load : callable
            Reads the file; raises `CacheError` where it is not whole or something else.

        Returns
        -------
        pathlib.Path or None
            None where there is none, or none that is whole.
        """
        for folder in self._folders:
            path = _place(folder, name)
            try:
                load(path)
            except CacheError:
                continue
            with contextlib.suppress(OSError):
                os.utime(path)  # used now
            return path
        return None

    def store(
        self,
        name: str,
        result: Result,
        load: Callable[[Path], object],
        on_notice: Callable[[str], None],
    ) -> Path:
        """Write a result.

        Where the folder does not take it, a folder of this worker's own in the system's temporary folder
        does, until the worker ends.

        Parameters
        ----------
        name : str
            Key and ending.
        result : Result
        load : callable
            As in `find`.
        on_notice : callable
            Called with a sentence to the user when the temporary folder is taken.

        Returns
        -------
        pathlib.Path

        Raises
        ------
        CacheError
            If the temporary folder does not take it either.
        """
        n_bytes = result.nbytes if isinstance(result, np.ndarray) else result.n_bytes
        self._unchecked += n_bytes
        try:
            return self._put(self.folder, name, result)
        except OSError as error:
            problem = error
        other = self.find(name, load)
        if other is not None:  # another worker wrote it meanwhile and, on Windows, its host has it open
            return other
        try:
            if self._private is None:
                _remove_stale_private()
                self._private = Path(tempfile.mkdtemp(prefix=_PRIVATE_PREFIX))
                self._held.enter_context(locked(self._private / _LOCK))
            path = self._put(self._private, name, result)
        except OSError as error:
            raise CacheError(
                f"The result cannot be written to {self.folder} ({problem}) nor to the temporary folder "
                f"({error})",
                f"{n_bytes / 1e6:.1f} MB of disk space in a folder that can be written are needed",
                "Free some space, or set PROVIS_HOME (or TMPDIR) to a folder that can be written, and "
                "start the viewer again",
            ) from error
        if not self._is_announced:
            self._is_announced = True
            on_notice(
                f"The results folder {self.folder} cannot be written ({problem}). It should be a folder "
                "of yours on a disk with free space. Results are kept in a temporary folder until the "
                "worker ends; free some space or set PROVIS_HOME to another folder, then start the viewer "
                "again."
            )
        return path

    @property
    def _folders(self) -> tuple[Path, ...]:
        return (self.folder,) if self._private is None else (self.folder, self._private)

    def _put(self, folder: Path, name: str, result: Result) -> Path:
        path = _place(folder, name)
        self._write(path, result)
        return path

    def trim(self) -> None:
        """Remove the least recently used results above the limit.

        What was used in the last ten minutes stays, because a host may be about to open it.
        """
        if self._unchecked < self._limit / 20:
            return
        if self._unchecked == np.inf:  # a worker's first look
            _remove_stale_private()
        now = time.time()
        entries = []
        for entry in itertools.chain(*(_scan(folder) for folder in self._folders)):
            with contextlib.suppress(OSError):
                stat = entry.stat()
                if entry.name.endswith((".npy", ".npz")):
                    entries.append((stat.st_mtime, stat.st_size, entry.path))
                elif not remove_abandoned(Path(entry.path)) and now - stat.st_mtime > _STALE_SECONDS:
                    Path(entry.path).unlink()  # of a version that did not lock what it wrote
        excess = sum(size for _, size, _ in entries) - self._limit
        for used, size, path in sorted(entries):
            if excess <= 0 or now - used < _KEEP_SECONDS:
                break
            with contextlib.suppress(OSError):  # another worker was first, or it is open on Windows
                Path(path).unlink()
                excess -= size
        self._unchecked = 0

    def measure(self) -> int:
        """Bytes in the folder."""
        total = 0
        for entry in _scan(self.folder):
            with contextlib.suppress(OSError):
                total += entry.stat().st_size
        return total

    def close(self) -> None:
        """Remove what was to be kept for this worker's life only."""
        if self._private is not None:
            self._held.close()
            shutil.rmtree(self._private, ignore_errors=True)
            self._private = None


def _place(folder: Path, name: str) -> Path:
    return folder / name[:2] / name[2:]


def _scan(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Every file of a two-level folder."""
    with contextlib.suppress(OSError), os.scandir(folder) as parts:
        for part in parts:
            with contextlib.suppress(OSError), os.scandir(part.path) as files:
                yield from files


def _remove_stale_private() -> None:
    """Remove what workers that were killed have left in the temporary folder."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PRIVATE_PREFIX}*"):
        with contextlib.suppress(OSError), contextlib.ExitStack() as held:
            if (folder / _LOCK).exists():
                held.enter_context(locked(folder / _LOCK))  # fails while its worker lives
            elif time.time() - folder.stat().st_mtime < _STALE_SECONDS:
                continue
            shutil.rmtree(folder, ignore_errors=True)


def _read_limit() -> int:
    try:
        return int(float(os.environ["PROVIS_CACHE_LIMIT_GB"]) * 1e9)
    except (KeyError, ValueError, OverflowError):
        return _DEFAULT_LIMIT
