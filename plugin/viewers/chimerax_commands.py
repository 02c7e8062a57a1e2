"""The declared commands as ChimeraX commands: ``provis attn #1/A layer 12 head 4``."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from provis_core.actions import find_command, known_commands
from provis_core.commands.arguments import Argument, describe_arguments
from provis_core.commands.declaration import Command
from provis_core.commands.dialect import CHIMERAX
from provis_core.commands.reading import run_command
from provis_core.errors import ProvisError

__all__ = ["command_names", "make_description", "register_command"]

_HEAD: Final = re.compile(r"\d+(\s*-\s*\d+)?(?=[\s;]|$)")


def command_names() -> list[str]:
    """Return the names under which ChimeraX knows the commands, like ``provis attn``."""
    return [CHIMERAX.command(name) for one in known_commands() for name in (one.name, *one.aliases)]


def register_command(name: str, find_app: Callable[[Any], Any], logger: Any) -> None:
    """Make a command known to ChimeraX.

    Parameters
    ----------
    name : str
        One of `command_names`.
    find_app : callable
        Gives the `App` of a session.
    logger : chimerax.core.logger.Logger
    """
    from chimerax.core.commands import register

    command = find_command(name.rpartition(" ")[2])
    register(name, make_description(command), _make_function(command, find_app), logger=logger)


def _make_function(command: Command, find_app: Callable[[Any], Any]) -> Callable[..., Any]:
    def run(session: Any, **given: Any) -> Any:
        from chimerax.core.errors import UserError

        if "quiet" in command.own:
            given["quiet"] = False
        try:
            return run_command(command, find_app(session), **given)
        except ProvisError as error:  # anything else is a bug, which ChimeraX reports as such
            raise UserError(f"ProVis: {CHIMERAX.render(str(error))}") from error

    return run


def make_description(command: Command) -> Any:
    """Return what ChimeraX is told of the arguments of a command.

    Parameters
    ----------
    command : Command

    Returns
    -------
    chimerax.core.commands.CmdDesc
        What is typed comes as it was typed wherever ChimeraX would make something else of it that cannot be
        written again: specifiers, colours.
    """
    from chimerax.core.commands import CmdDesc, EmptyArg, Or

    told = describe_arguments(command)
    return CmdDesc(
        required=[
            (one.name, Or(_annotate(one), EmptyArg) if one.kind == "selection" else _annotate(one))
            for one in told.required
        ],
        optional=[(one.name, _annotate(one)) for one in told.optional],
        keyword=[(one.name, _annotate(one)) for one in told.keyword],
        synopsis=command.summary,
    )


def _annotate(argument: Argument) -> Any:
    """What ChimeraX calls the kind of an argument."""
    from chimerax.core import commands as kinds

    if argument.name in ("layer", "head") and argument.kind == "integer":
        return _head_kind()
    if argument.kind == "selection":
        return _as_typed(kinds.AtomSpecArg, "an atom specifier")
    if argument.values:  # others may be good as well, or are refused in our words
        return kinds.Or(kinds.EnumOf(argument.values), kinds.StringArg)
    simple = {
        "integer": kinds.IntArg,
        "number": kinds.FloatArg,
        "colour": _as_typed(kinds.ColorArg, "a colour"),
        "switch": kinds.Or(kinds.BoolArg, kinds.EnumOf(["auto"])) if argument.is_open else kinds.BoolArg,
        "file": kinds.Or(kinds.OpenFileNameArg, kinds.StringArg),  # what is no file may be a sequence
        "new file": kinds.SaveFileNameArg,
    }
    return simple.get(argument.kind, kinds.StringArg)


def _as_typed(kind: Any, title: str) -> Any:
    """A kind of argument that ChimeraX checks, and that is given on as it was typed."""
    from chimerax.core.commands import Annotation

    class AsTyped(Annotation):  # type: ignore[misc]
        name = title

        @staticmethod
        def parse(text: str, session: Any) -> tuple[str, str, str]:
            rest = kind.parse(text, session)[2]
            typed = text[: len(text) - len(rest)].strip()
            return typed, typed, rest

    return AsTyped


def _head_kind() -> Any:
    """A layer or a head: a number, or both as in ``12-4``."""
    from chimerax.core.commands import Annotation, AnnotationError

    class HeadArg(Annotation):  # type: ignore[misc]
        name = "a number from 1, or layer and head as in 12-4"

        @staticmethod
        def parse(text: str, session: Any) -> tuple[str, str, str]:
            found = _HEAD.match(text)
            if found is None:
                raise AnnotationError(f"Expected {HeadArg.name}")
            return found[0], found[0], text[found.end() :]

    return HeadArg
