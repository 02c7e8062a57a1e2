"""What a user can ask for, one file each, headless. A `Command` in a file here is known to every viewer.

A viewer imports all of them while it starts: what a command does is imported when somebody asks for it, and
stands in `provis_core.actions.work` where it is shared or long.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil

from ..commands.declaration import Command

__all__ = ["find_command", "known_commands"]


@functools.cache
def known_commands() -> tuple[Command, ...]:
    """Return all commands, by name.

    Returns
    -------
    tuple of Command
    """
    modules = [
        importlib.import_module(f"{__name__}.{module.name}")
        for module in pkgutil.iter_modules(__path__)
        if not (module.ispkg or module.name.startswith("_"))
    ]
    found = {
        value.name: value for one in modules for value in vars(one).values() if isinstance(value, Command)
    }
    return tuple(found[name] for name in sorted(found))


def find_command(name: str) -> Command:
    """Return the command of a name, or of an older one.

    Raises
    ------
    KeyError
        If there is none.
    """
    return {word: one for one in known_commands() for word in (one.name, *one.aliases)}[name]
