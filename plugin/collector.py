"""Python's collector of unused objects, in the way where a viewer holds hundreds of thousands of them."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable, Iterator

__all__ = ["hold_collection", "set_aside"]


@contextlib.contextmanager
def hold_collection() -> Iterator[None]:
    """Let the collector wait: going through all objects of a viewer takes it 40 ms.

    Thousands of small tuples at once, as PyMOL gives atoms, would set it off.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def set_aside() -> Callable[[], None]:
    """Let the collector pass over all that is there now.

    Returns
    -------
    callable
        Lets it go through all objects again.
    """
    if gc.get_freeze_count():  # somebody else has done so, and wants it so
        return lambda: None
    gc.freeze()
    return gc.unfreeze
