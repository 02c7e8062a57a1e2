"""The commands of `plugin.commands` as PyMOL commands, with tab completion and a menu."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable
from typing import Any

from provis_core.app import App
from provis_core.commands.dialect import PYMOL
from provis_core.errors import ProvisError

from ..arguments import argument_values, convert_arguments
from ..commands import COMMANDS, Command

__all__ = ["add_menu", "register_commands"]


def register_commands(cmd: Any, app: App) -> dict[str, Command]:
    """Make every command known to PyMOL.

    Parameters
    ----------
    cmd : module
        PyMOL's ``cmd``.
    app : App

    Returns
    -------
    dict of str to callable
        The functions by name; they can be called from Python as well.
    """
    functions = {name: _make_function(function, app) for name, function in COMMANDS.items()}
    for name, function in functions.items():
        cmd.extend(name, function)  # positional: while plugins load, PyMOL has another extend
        _add_completion(cmd, app.session.viewer, name)
    return functions


def _make_function(command: Command, app: App) -> Command:
    """A function with the signature of a command but without the app.

    PyMOL reads argument names and defaults from a function's code object, so a wrapper with
    ``*args`` will not do and the signature is written out.
    """
    parameters = list(inspect.signature(command).parameters.values())[1:]
    signature = "".join(f"{p.name}={p.default!r}, " for p in parameters)
    values = ", ".join(f"{p.name!r}: {p.name}" for p in parameters)
    source = f"def {command.__name__}({signature}*, _self=None): return run({{{values}}})"
    namespace: dict[str, Any] = {"run": functools.partial(_run, command, app)}
    exec(source, namespace)  # noqa: S102 - names and defaults of our own functions only
    function: Command = namespace[command.__name__]
    function.__doc__ = command.__doc__
    function.__module__ = __name__
    return function


def _run(command: Command, app: App, given: dict[str, Any]) -> Any:
    import pymol

    try:
        return command(app, **convert_arguments(command, given))
    except ProvisError as error:
        raise pymol.CmdException(PYMOL.render(str(error))) from error


def _add_completion(cmd: Any, viewer: Any, name: str) -> None:
    """Offer ``argument=value`` and plain values in each place of a command, looked up when Tab is pressed."""
    parameters = list(inspect.signature(COMMANDS[name]).parameters)[1:]
    for place, parameter in enumerate(parameters):
        while len(cmd.auto_arg) <= place:  # PyMOL comes with four places
            cmd.auto_arg.append({})
        shortcut = functools.partial(_shortcut, cmd, viewer, name, parameters, parameter)
        cmd.auto_arg[place][name] = [shortcut, parameter, ""]


def _shortcut(cmd: Any, viewer: Any, command: str, parameters: list[str], parameter: str) -> Any:
    known = {one: argument_values(command, one) for one in parameters}
    values = [*known[parameter], *(f"{one}=" for one in parameters)]
    values += [f"{one}={value}" for one in parameters for value in known[one]]
    if parameter in ("selection", "site", "rows", "columns", "mark"):
        values = [*_selection_words(cmd), *values]
    elif parameter == "name" and command in ("provis_attn", "provis_clear"):
        values = [*viewer.shown_names(), *values]
    return cmd.Shortcut(values)


def _selection_words(cmd: Any) -> list[str]:
    chains = [chain for chain in cmd.get_chains("polymer") if re.fullmatch(r"\w+", chain)]
    return ["chain", "polymer.protein", *cmd.get_names("public"), *chains]


def add_menu(plugins: Any, cmd: Any) -> None:
    """Put the main actions into PyMOL's menu Plugin > ProVis.

    Parameters
    ----------
    plugins : module
        ``pymol.plugins``.
    cmd : module
        PyMOL's ``cmd``.
    """
    entries = (
        ("Draw attention on the enabled chains", "provis_attn"),
        ("Open the panel", "provis_panel"),
        ("Stop", "provis_cancel"),
        ("Show binding sites", "provis_sites"),
        ("Show contacts", "provis_contacts"),
        ("Remove the drawings", "provis_clear"),
        ("-", ""),
        ("Models", "provis_models"),
        ("Preferences", "provis_set"),
        ("Status", "provis_status"),
        ("Check the installation", "provis_doctor"),
        ("Help on drawing attention", "help provis_attn"),
    )
    for label, line in entries:
        plugins.addmenuitemqt(f"ProVis|{label}", _typed(cmd, line))


def _typed(cmd: Any, line: str) -> Callable[[], None]:
    """What a menu entry does: the command as if it were typed, so that the console shows it."""

    def run() -> None:
        cmd.do(line)

    return run
