"""The viewer goes first while a model computes, and only then.

A worker that gives way from its start takes ten times as long to import torch beside other programs: whoever
waits for the first picture waits for that.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar

__all__ = ["LowPriority"]

_T = TypeVar("_T")
_NICE: Final = 10
_AUTOGROUP: Final = Path("/proc/self/autogroup")
_NORMAL, _BELOW_NORMAL = 0x20, 0x4000  # of Windows


class LowPriority:
    """Runs functions one after the other, at a lower priority than the rest of the process.

    On Linux a thread has a priority of its own, which threads that torch starts from it inherit; what was
    given up cannot be taken back, so the thread is kept. Windows lowers and raises the process, macOS lowers
    it for good.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "computing", initializer=_give_way)

    def run(self, function: Callable[[], _T]) -> _T:
        """Run a function and give, or raise, what it does."""
        with _lowered():
            return self._thread.submit(function).result()


def _give_way() -> None:
    with contextlib.suppress(OSError, AttributeError):
        os.nice(_NICE)


@contextlib.contextmanager
def _lowered() -> Iterator[None]:
    """Where Linux schedules sessions as one (autogroup), the worker's session counts, not its threads."""
    _set_priority(_BELOW_NORMAL, _NICE)
    try:
        yield
    finally:
        _set_priority(_NORMAL, 0)


def _set_priority(windows_class: int, nice: int) -> None:
    if sys.platform == "win32":
        import ctypes

        kernel = ctypes.windll.kernel32
        kernel.SetPriorityClass(kernel.GetCurrentProcess(), windows_class)
    else:
        with contextlib.suppress(OSError):
            _AUTOGROUP.write_text(str(nice))
