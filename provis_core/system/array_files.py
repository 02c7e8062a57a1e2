"""Reading numpy's files on several threads.

numpy takes the head of an array apart with `ast.literal_eval`. In CPython 3.11 and 3.12.0, threads that do so
at once disturb each other where garbage is collected meanwhile: now and then one gets "SystemError: AST
constructor recursion depth mismatch" (issue 106905 of CPython), as if the file were damaged.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final, TypeVar

__all__ = ["read_alone"]

_T = TypeVar("_T")

_READING: Final = threading.Lock()

_TRIES: Final = 3


def read_alone(read: Callable[[], _T]) -> _T:
    """Read a file while no other thread reads one.

    Parameters
    ----------
    read : callable
        May run again: whatever else runs in the viewer can disturb it, too.

    Returns
    -------
    object
        What it returns; what it raises is raised.
    """
    with _READING:
        for _ in range(_TRIES):
            try:
                return read()
            except SystemError:
                continue
        return read()
