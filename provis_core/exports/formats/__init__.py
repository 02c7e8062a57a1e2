"""What a table can be written as. One file per export; a file that defines ``SUFFIXES``, the endings of names
that are its own, and ``write``, which gives the bytes, is registered by being here.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable
from typing import IO, Any

__all__ = ["Writer", "known_formats"]

Writer = Callable[[IO[bytes], str, Any], object]
"""``write(file, suffix, table)``."""


@functools.cache
def known_formats() -> dict[str, Writer]:
    """What writes a file, by the ending of its name."""
    names = sorted(one.name for one in pkgutil.iter_modules(__path__) if not one.name.startswith("_"))
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    return {suffix: module.write for module in modules for suffix in module.SUFFIXES}
