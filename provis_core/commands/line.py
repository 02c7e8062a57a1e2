"""The line that asks for something again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .declaration import Command
from .dialect import Dialect

__all__ = ["line"]


def line(
    command: Command, options: Any, dialect: Dialect, is_changed: Callable[[str], bool] = lambda _: False
) -> str:
    """Return the line that is typed for some options of a command; what is the default is left out.

    Parameters
    ----------
    command : Command
    options : object
        An instance of ``command.options``. Selections are in the viewer's language.
    dialect : Dialect
    is_changed : callable
        Whether the user has a preference of this name: such an option is written, so that the line means the
        same elsewhere.

    Returns
    -------
    str
    """
    words: list[tuple[str, Any]] = []
    bare = list(command.bare)
    for one in command.own.values():
        value = getattr(options, one.name)
        is_default = value == one.default and not (one.setting and is_changed(one.setting))
        if bare and bare[0] == one.name and not is_default:
            words.append(("", value))
            del bare[0]
            continue
        if bare and bare[0] == one.name:
            bare = []  # a place is empty: what follows is named
        if not is_default:
            words.append((one.name, value))
    standard = {one.name: one.default for one in command.extras()}
    given = getattr(options, "given", {})
    words += [(name, value) for name, value in given.items() if value != standard.get(name)]
    return dialect.line(command.name, words)
