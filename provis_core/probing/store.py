"""Features of training proteins on disk, so that one layer at a time is in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .features import Key

__all__ = ["Store"]


class Store:
    """Rows of numbers by key; they are appended and read back.

    Parameters
    ----------
    folder : pathlib.Path
        Empty, and removed by whoever made it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._widths: dict[Key, int] = {}

    def append(self, key: Key, rows: npt.NDArray[Any]) -> None:
        """Add rows, shape (n, width); the width of a key is always the same."""
        width = self._widths.setdefault(key, rows.shape[1])
        if rows.shape[1] != width:
            raise ValueError(f"{key} has rows of {width} numbers, not {rows.shape[1]}")
        with self._path(key).open("ab") as file:
            file.write(np.ascontiguousarray(rows, dtype=np.float32).tobytes())

    def read(self, key: Key) -> npt.NDArray[np.float32]:
        """Return all rows of a key, in the order in which they came."""
        return np.fromfile(self._path(key), dtype=np.float32).reshape(-1, self._widths[key])

    @property
    def keys(self) -> tuple[Key, ...]:
        """Those that have rows."""
        return tuple(self._widths)

    def _path(self, key: Key) -> Path:
        return self._folder / f"{key[0]}-{key[1]}.f32"
