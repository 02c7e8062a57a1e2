"""Files that appear under their name only when they are complete, and locks between programs."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Final

__all__ = ["locked", "remove_abandoned", "write_whole"]

_TEMPORARY: Final = re.compile(r"\.[0-9a-f]{32}\.tmp")


@contextlib.contextmanager
def write_whole(path: Path, *, private: bool = False) -> Iterator[Path]:
    """Write a file under another name in the same folder; it takes its own name when the block ends.

    What it holds is on the disk before that, so neither a full disk nor a power cut leaves half a file.
    Where the block fails, what stood under the name before is as it was, and nothing else is left; where the
    program is killed, `remove_abandoned` knows what it left.

    Parameters
    ----------
    path : pathlib.Path
    private : bool
        Readable for its owner alone; by default it has the rights that an ordinary new file of the user has.

    Yields
    ------
    pathlib.Path
        An empty file to be written to.

    Raises
    ------
    OSError
    """
    temporary, held = _open_temporary(path, 0o600 if private else 0o666)  # less what the umask takes away
    try:
        try:
            yield temporary
            _sync(temporary)
            temporary.replace(path)
        finally:
            if held is not None:
                os.close(held)
        if sys.platform != "win32":
            with contextlib.suppress(OSError):  # a disk that knows no folders to sync
                _sync(path.parent)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def remove_abandoned(path: Path) -> bool:
    """Remove a file that `write_whole` was writing when its program was killed.

    Parameters
    ----------
    path : pathlib.Path
        Any file.

    Returns
    -------
    bool
        Whether it was one, and is gone.
    """
    if not _TEMPORARY.fullmatch(path.name):
        return False
    try:
        with path.open("ab") as stream:
            if sys.platform != "win32":  # there a file that is open cannot be removed
                import fcntl

                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
        if sys.platform == "win32":
            path.unlink()
    except OSError:  # a program that lives holds it, or another one was first
        return False
    return True


def _open_temporary(path: Path, mode: int) -> tuple[Path, int | None]:
    """Make a file beside another one; the descriptor, where there is one, holds a lock on it."""
    while True:
        temporary = path.with_name(f".{uuid.uuid4().hex}.tmp")
        held = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode)
        if sys.platform == "win32":
            os.close(held)
            return temporary, None
        import fcntl

        with contextlib.suppress(OSError):  # a disk without locks
            fcntl.flock(held, fcntl.LOCK_EX)
        if os.fstat(held).st_nlink:
            return temporary, held
        os.close(held)  # somebody took it for abandoned before it was locked


def _sync(path: Path) -> None:
    """Wait until what a file or folder holds is on the disk."""
    flags = os.O_RDWR if sys.platform == "win32" else os.O_RDONLY
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def locked(path: Path, *, wait: bool = False) -> Iterator[None]:
    """Keep other programs out of a block; the system lets go of the lock when the program ends.

    On a disk without locks nobody is kept out.

    Parameters
    ----------
    path : pathlib.Path
        A file for the lock alone, made where it is missing; it stays.
    wait : bool
        Wait for the other program; by default it is an error.

    Raises
    ------
    BlockingIOError
        If another program holds the lock and it is not waited for.
    OSError
        If the file cannot be made.
    """
    with path.open("a") as stream:
        try:
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(stream.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(stream, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except (BlockingIOError, PermissionError):
            raise BlockingIOError(f"{path} is held by another program") from None
        except OSError:  # a disk without locks
            pass
        yield
