"""Files that appear under their name only when they are complete, and locks between programs."""

from __future__ import annotations

import contextlib
import os
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

__all__ = ["locked", "write_whole"]


@contextlib.contextmanager
def write_whole(path: Path, *, private: bool = False) -> Iterator[Path]:
    """Write a file under another name in the same folder; it takes its own name when the block ends.

    Where the block fails, what stood under the name before is as it was, and nothing else is left.

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
    temporary = path.with_name(f".{uuid.uuid4().hex}.tmp")
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY
    os.close(os.open(temporary, flags, 0o600 if private else 0o666))  # less what the umask takes away
    try:
        yield temporary
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


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
