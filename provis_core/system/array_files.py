"""Reading numpy's files on several threads.

numpy takes the head of an array apart with `ast.literal_eval`. In CPython 3.11 and 3.12.0, threads that do so
at once disturb each other where garbage is collected meanwhile: now and then one gets "SystemError: AST
constructor recursion depth mismatch" (issue 106905 of CPython), as if the file were damaged.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any, Final, TypeVar

import numpy as np

from ..errors import CacheError

__all__ = ["read_alone", "read_arrays"]

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


def read_arrays(
    path: str | os.PathLike[str],
    read: Callable[[Any], _T],
    need: str,
    do: str = "Delete it; it will be computed again",
) -> _T:
    """Read a ``.npz`` file that ProVis wrote, without pickle.

    Parameters
    ----------
    path : path
    read : callable
        Makes of the open file what is wanted; may run again, see `read_alone`.
    need : str
        What is needed, for the error: "A scan that ProVis wrote is needed".
    do : str
        What to do where it is damaged.

    Returns
    -------
    object
        What `read` returns.

    Raises
    ------
    CacheError
        If the file is damaged or something else.
    """

    def load() -> _T:
        with open(path, "rb") as raw, np.load(raw, allow_pickle=False) as file:  # noqa: PTH123
            return read(file)

    try:
        return read_alone(load)
    except Exception as error:  # numpy, zipfile and zlib raise many kinds
        raise CacheError(
            f"{os.fspath(path)} cannot be read ({type(error).__name__}: {error})", need, do
        ) from error
