"""What was typed for a command, as its options."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from ..errors import InputError, near_name
from .declaration import Command, Option

__all__ = ["read_options", "read_switch", "run_command"]

_HEAD: Final = re.compile(r"(\d+)\s*-\s*(\d+)")
_EXAMPLES: Final = {"integer": 12, "number": 0.1}
_SWITCHES: Final = {
    **dict.fromkeys(("1", "yes", "on", "true"), True),
    **dict.fromkeys(("0", "no", "off", "false"), False),
}


def read_options(
    command: Command, given: Mapping[str, Any], setting: Callable[[str], Any] | None = None
) -> Any:
    """Return the options of a command for what a user typed.

    Parameters
    ----------
    command : Command
    given : mapping of str to object
        Names and values; a str is converted, None is a place that was left empty. A number or a switch that
        is empty was not given either. Older names are understood, and a layer ``12-4`` is a layer and a head.
    setting : callable, optional
        Gives the user's preference by its name; without it the defaults are those of the options.

    Returns
    -------
    object
        An instance of ``command.options``.

    Raises
    ------
    InputError
        If there is no such option, two names of one are given, or a value is not of its kind.
    """
    known = command.all
    older = {alias: one.name for one in known.values() for alias in one.aliases if alias not in known}
    typed: dict[str, Any] = {}
    for name, value in given.items():
        if value is None:
            continue
        meant = older.get(name, name)
        if meant not in known:
            raise _unknown_option(command, name, value)
        if meant in typed:
            raise InputError(
                f"«{name}={value}» together with «{meant}={typed[meant]}»",
                f"They are two names of one option, and {name} is the older one",
                f"Leave out «{name}=»",
            )
        typed[meant] = value
    if "layer" in known and "head" in known:
        _split_head(typed)
    own = command.own
    read = {name: _convert(own[name], value) for name, value in typed.items() if name in own}
    values = {name: value for name, value in read.items() if value is not None}
    if setting is not None:
        values = {**{one.name: setting(one.setting) for one in own.values() if one.setting}, **values}
    extras = {name: value for name, value in typed.items() if name not in own and str(value).strip()}
    if extras:
        values["given"] = extras
    return command.options(**values)


def run_command(command: Command, app: Any, *places: Any, **given: Any) -> Any:
    """Run a command with what a user typed, by place and by name; the user's preferences are its defaults.

    Parameters
    ----------
    command : Command
    app : provis_core.app.App
    *places, **given
        As in `read_options`.

    Returns
    -------
    object
        What the command gives back.

    Raises
    ------
    ProvisError
        If it cannot be carried out.
    TypeError
        As Python raises it, if there are too many places or one is named as well.
    """
    names = tuple(command.own)
    if len(places) > len(names):
        raise TypeError(f"{command.name} takes {len(names)} arguments, not {len(places)}")
    by_place = dict(zip(names, places, strict=False))
    if twice := [name for name in by_place if name in given]:
        raise TypeError(f"{command.name} was given {twice[0]} twice")
    options = read_options(command, {**by_place, **given}, app.session.settings.__getitem__)
    return command.run(app, options)


def _unknown_option(command: Command, name: str, value: Any) -> InputError:
    shown = list(command.all)
    older = {alias: one.name for one in command.all.values() for alias in one.aliases}
    near = near_name(name, [*shown, *older])
    near = older.get(near, near)
    needed = f"It understands {', '.join(shown)}" if shown else "It takes no arguments"
    return InputError(
        f"«{command.name}» has no argument «{name}={value}»",
        needed,
        f"Did you mean «{near}={value}»?" if near else f"Leave out «{name}=»",
    )


def _split_head(typed: dict[str, Any]) -> None:
    """Take ``12-4``, given as layer or as head, apart."""
    for name in ("layer", "head"):
        both = _HEAD.fullmatch(str(typed.get(name, "")).strip())
        if both is None:
            continue
        other = "head" if name == "layer" else "layer"
        numbers = {"layer": both[1], "head": both[2]}
        beside = str(typed.get(other) or "").strip()
        if beside not in ("", both[0], numbers[other]):
            raise InputError(
                f"«{name}={typed[name]}» together with «{other}={beside}»",
                f"{both[0]} is layer {both[1]} and head {both[2]}",
                f"Leave out «{other}=»",
            )
        typed.update(numbers)
        return


def _convert(option: Option, value: Any) -> Any:
    """Return a value in the kind of its option; None where it was not given."""
    word = str(value).strip() if isinstance(value, (str, Path)) else value
    if option.kind == "switch":
        is_open = word == "" or (option.default is None and str(word).lower() == "auto")
        return None if is_open else read_switch(option.name, word)
    if option.kind in ("integer", "number"):
        return None if word == "" else _number(option, word)
    return None if word == "" and option.setting else str(word)


def read_switch(name: str, value: Any) -> bool:
    """Return whether a switch is on.

    Raises
    ------
    InputError
        If it is neither on nor off.
    """
    if (word := str(value).strip().lower()) not in _SWITCHES:
        raise InputError(f"«{name}={value}»", "0 or 1 is needed", f"Try «{name}=1»")
    return _SWITCHES[word]


def _number(option: Option, value: Any) -> int | float:
    try:
        if option.kind == "integer":
            return int(value) if isinstance(value, str) else operator.index(value)
        return float(value)
    except (ValueError, TypeError):
        pass
    needed = "whole number" if option.kind == "integer" else "number"
    example = option.default or _EXAMPLES[option.kind]
    raise InputError(
        f"«{option.name}={value}»",
        f"A {needed} is needed for {option.name}",
        f"For example: «{option.name}={example:g}»",
    )
