"""Ways to explain a score. One file each; a file that defines ``METHOD`` is registered by being here.

A method takes a `Problem` and gives an `Attribution`. Files that begin with an underscore are helpers.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil

from ...errors import InputError, near_name
from ._method import Attribution, Method, Options

__all__ = ["Attribution", "Method", "Options", "find_method", "known_methods"]


@functools.cache
def known_methods() -> tuple[Method, ...]:
    """All methods, by the name of their file.

    Returns
    -------
    tuple of Method
    """
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name[0] != "_")
    return tuple(importlib.import_module(f"{__name__}.{name}").METHOD for name in names)


def find_method(name: str) -> Method:
    """Return the method of a name.

    Raises
    ------
    InputError
        If there is none.
    """
    known = {method.name: method for method in known_methods()}
    if name not in known:
        near = near_name(name, known)
        raise InputError(
            f"«method={name}»",
            f"Methods are {', '.join(known)}",
            f"Did you mean «method={near}»?" if near else "Try «method=ig»",
        )
    return known[name]
