"""One file per family of models. A file that defines ``FAMILY`` is registered by being here."""

from __future__ import annotations

import functools
import importlib
import pkgutil

from ..family import Family

__all__ = ["known_families"]


@functools.cache
def known_families() -> tuple[Family, ...]:
    """All families, by name.

    Returns
    -------
    tuple of Family
    """
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return tuple(importlib.import_module(f"{__name__}.{name}").FAMILY for name in names)
