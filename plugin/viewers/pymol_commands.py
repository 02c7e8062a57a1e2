"""The declared commands as PyMOL commands, with help, tab completion and a menu."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable
from typing import Any

from provis_core.actions import known_commands
from provis_core.commands.declaration import Command, Option
from provis_core.commands.dialect import PYMOL
from provis_core.commands.reading import run_command
from provis_core.errors import ProvisError

from .pymol_help import write_help

_PLACES = 12  # at least, in which names of options are offered

__all__ = ["PymolCommand", "add_menu", "register_commands"]


class PymolCommand:
    """A declared command as PyMOL and Python call it.

    PyMOL reads the names of arguments from ``__code__`` and ``__defaults__``, which are those of a function
    with the signature written out. That has no ``**rest``: PyMOL would then pass on what stands in a place
    without looking at it. Names that the signature lacks reach the call all the same. The help is
    written when it is asked for.
    """

    def __init__(self, command: Command, app: Any) -> None:
        self.command = command
        self.__name__ = self.__qualname__ = PYMOL.command(command.name)
        parameters = "".join(f"{one.name}={_default(one)!r}, " for one in command.own.values())
        namespace: dict[str, Any] = {}
        exec(f"def {self.__name__}({parameters}*, _self=None): ...", namespace)  # noqa: S102 - our own names
        function = namespace[self.__name__]
        self.__code__, self.__defaults__ = function.__code__, function.__defaults__
        self._app = app

    @property
    def __doc__(self) -> str:  # type: ignore[override]
        return write_help(self.command)

    @property
    def __signature__(self) -> inspect.Signature:
        """What Python's own help shows."""
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        own = self.command.own.values()
        return inspect.Signature([inspect.Parameter(one.name, kind, default=_default(one)) for one in own])

    def __call__(self, *places: Any, _self: Any = None, **given: Any) -> Any:
        """Run the command.

        Raises
        ------
        pymol.CmdException
            In the user's words.
        """
        import pymol

        try:
            return run_command(self.command, self._app, *places, **given)
        except ProvisError as error:
            raise pymol.CmdException(PYMOL.render(str(error))) from error


def _default(option: Option) -> Any:
    """The default that a signature shows: 0 for a switch that is off, None for the user's preference."""
    if option.setting:
        return None
    return int(option.default) if option.kind == "switch" and option.default is not None else option.default


def register_commands(cmd: Any, app: Any) -> dict[str, PymolCommand]:
    """Make every command known to PyMOL.

    Parameters
    ----------
    cmd : module
        PyMOL's ``cmd``.
    app : App

    Returns
    -------
    dict of str to callable
        The commands by name; they can be called from Python as well.
    """
    commands = [PymolCommand(command, app) for command in known_commands()]
    for one in commands:
        cmd.extend(one.__name__, one)  # positional: while plugins load, PyMOL has another extend
        for older in one.command.aliases:
            cmd.extend(PYMOL.command(older), one)
        _add_completion(cmd, app.session.viewer, one.command)
    return {one.__name__: one for one in commands}


def _add_completion(cmd: Any, viewer: Any, command: Command) -> None:
    """Offer ``argument=value`` and plain values in each place of a command, looked up when Tab is pressed."""
    name, names = PYMOL.command(command.name), list(command.own)
    for place in range(max(len(names), _PLACES)):
        while len(cmd.auto_arg) <= place:  # PyMOL comes with four places
            cmd.auto_arg.append({})
        what = names[place] if place < len(names) else "argument"
        cmd.auto_arg[place][name] = [functools.partial(_shortcut, cmd, viewer, command, what), what, ""]


def _shortcut(cmd: Any, viewer: Any, command: Command, what: str) -> Any:
    options = command.all
    known = {name: _values(one) for name, one in options.items()}
    values = [*known.get(what, ()), *(f"{name}=" for name in options)]
    values += [f"{name}={value}" for name in options for value in known[name]]
    kind = options[what].kind if what in options else ""
    if kind == "selection":
        values = [*_selection_words(cmd), *values]
    elif kind == "object":
        values = [*viewer.shown_names(), *values]
    return cmd.Shortcut(values)


def _values(option: Option) -> list[str]:
    """What completion offers for an option; nothing where any value will do."""
    if option.kind == "model" and not option.values:
        from provis_core.checkpoints.registry import list_models

        return [entry.name for entry in list_models()]
    return option.known_values


def _selection_words(cmd: Any) -> list[str]:
    chains = [chain for chain in cmd.get_chains("polymer") if re.fullmatch(r"\w+", chain)]
    return ["chain", "polymer.protein", *cmd.get_names("public"), *chains]


def add_menu(plugins: Any, cmd: Any, windows: Any) -> None:
    """Put the main actions into PyMOL's menu Plugin > ProVis.

    Parameters
    ----------
    plugins : module
        ``pymol.plugins``.
    cmd : module
        PyMOL's ``cmd``.
    windows : plugin.panel.WindowOpener
    """
    entries: tuple[tuple[str, str | Callable[[], None]], ...] = (
        ("Draw attention on the enabled chains", "provis_attn"),
        ("Open the panel", "provis_panel"),
        ("Stop", "provis_cancel"),
        ("Rank the heads by contacts", "provis_heads"),
        ("Save a figure…", windows.save_figure),
        ("Show binding sites", "provis_sites"),
        ("Show contacts", "provis_contacts"),
        ("Remove the drawings", "provis_clear"),
        ("-", ""),
        ("Models…", windows.show_models),
        ("Preferences…", windows.show_preferences),
        ("Status", "provis_status"),
        ("Check the installation", "provis_doctor"),
        ("Help on drawing attention", "help provis_attn"),
    )
    for label, what in entries:
        plugins.addmenuitemqt(f"ProVis|{label}", _typed(cmd, what) if isinstance(what, str) else what)


def _typed(cmd: Any, line: str) -> Callable[[], None]:
    """What a menu entry does: the command as if it were typed, so that the console shows it."""

    def run() -> None:
        cmd.do(line)

    return run
