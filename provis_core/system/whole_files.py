"""Files that appear under their name only when they are complete."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

__all__ = ["write_whole"]


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
