"""A command and its options, declared once for PyMOL, the shell and ChimeraX.

An action file holds a frozen dataclass of options, each made by `option`, and a `Command`. Signatures, help,
completion, argparse, ChimeraX's kinds of arguments and the lines that the panel writes follow from the two.
Texts name commands and options in the marks of `provis_core.commands.dialect`.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal

__all__ = ["Command", "Kind", "Option", "option", "options_of"]

Kind = Literal[
    "text", "integer", "number", "switch", "selection", "model", "file", "new file", "colour", "object"
]
"""What a value is: ``file`` is read, ``new file`` is written, ``object`` is one that ProVis has drawn."""

Values = Iterable[str] | Callable[[], Iterable[str]]

_KINDS: Final[dict[str, Kind]] = {
    "str": "text",
    "int": "integer",
    "int | None": "integer",
    "float": "number",
    "float | None": "number",
    "bool": "switch",
    "bool | None": "switch",
}
_KEY: Final = "option"  # of a field's metadata


@dataclass(frozen=True)
class Option:
    """One option of a command.

    Attributes
    ----------
    name : str
    default : object
        Its value where it is not given.
    help : str
        What it is, without the name and without the default.
    kind : Kind
    values : iterable of str, or callable
        What completion offers; a callable is asked when it is needed.
    shown : str, optional
        The default in words, where the value does not say it; None for the value, empty to leave it out.
    setting : str
        The preference of the user that is the default.
    aliases : tuple of str
        Older names, which are understood and not shown.
    is_bare : bool
        Whether people type it in its place, without its name.
    """

    name: str
    default: Any
    help: str
    kind: Kind = "text"
    values: Values = ()
    shown: str | None = None
    setting: str = ""
    aliases: tuple[str, ...] = ()
    is_bare: bool = False

    @property
    def default_text(self) -> str:
        """The default as it is shown; empty where there is nothing to say."""
        if self.shown is not None:
            return self.shown
        if self.default is None:
            return ""
        return f"{self.default:g}" if isinstance(self.default, (int, float)) else str(self.default)

    @property
    def words(self) -> str:
        """The values that are known, for a sentence; empty where they are many or open."""
        if not isinstance(self.values, tuple) or len(self.values) < 2:
            return ""
        return f"{', '.join(self.values[:-1])} or {self.values[-1]}"

    @property
    def known_values(self) -> list[str]:
        """What completion offers; empty where any value will do."""
        return list(self.values() if callable(self.values) else self.values)


def option(
    default: Any,
    help: str,
    *,
    kind: Kind | None = None,
    values: Values = (),
    shown: str | None = None,
    setting: str = "",
    aliases: tuple[str, ...] = (),
    is_bare: bool = False,
) -> Any:
    """Return a field of a dataclass of options; parameters as the attributes of `Option`.

    The kind follows from the type of the field unless it is given.
    """
    told = {
        "help": help,
        "kind": kind,
        "values": values,
        "shown": shown,
        "setting": setting,
        "aliases": aliases,
        "is_bare": is_bare,
    }
    return dataclasses.field(default=default, metadata={_KEY: told})


def options_of(options: type[Any]) -> dict[str, Option]:
    """Options of a dataclass by name, those of its bases first.

    Raises
    ------
    TypeError
        If the type of a field is none that a user can type.
    """
    found = {}
    for one in dataclasses.fields(options):
        if (told := one.metadata.get(_KEY)) is None:
            continue
        kind = told["kind"] or _KINDS.get(str(one.type))
        if kind is None:
            raise TypeError(f"{options.__name__}.{one.name}: {one.type} is no kind of option")
        found[one.name] = Option(name=one.name, default=one.default, **{**told, "kind": kind})
    return found


def no_extras() -> tuple[Option, ...]:
    """Return the options of a command that takes no property."""
    return ()


@dataclass(frozen=True)
class Command:
    """Something that a user can ask.

    Attributes
    ----------
    name : str
        One word: ``attn`` is ``provis_attn`` in PyMOL and ``provis attn`` elsewhere.
    summary : str
        One line, without a full stop.
    options : type
        A frozen dataclass of which the fields are made by `option`.
    run : callable
        ``(session, options)``; its value goes to who called from Python.
    about : str
        Paragraphs of the help.
    places : tuple of str
        Names of options by place, as PyMOL takes them without names; the others are given by name.
    extras : callable
        Further options, by name only: those of the annotators, where the command takes a property. Their
        values come as they were typed, in the field ``given`` of the options.
    examples : tuple of str
        Lines in marks, such as ``«attn chain A, 12, 4»``; selections are chains (``chain A+B``).
    notes : str
        Further paragraphs of the help.
    see_also : tuple of str
        Names of commands.
    aliases : tuple of str
        Older names, which are understood and not shown.
    """

    name: str
    summary: str
    options: type[Any]
    run: Callable[[Any, Any], Any]
    about: str = ""
    places: tuple[str, ...] = ()
    extras: Callable[[], tuple[Option, ...]] = no_extras
    examples: tuple[str, ...] = ()
    notes: str = ""
    see_also: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()

    @functools.cached_property
    def own(self) -> dict[str, Option]:
        """Its own options by name: those with a place, in order, then the others."""
        declared = options_of(self.options)
        return {name: declared[name] for name in (*self.places, *declared) if name in declared}

    @property
    def all(self) -> dict[str, Option]:
        """Its own options and those of properties."""
        own = self.own
        return {**own, **{one.name: one for one in self.extras() if one.name not in own}}

    @property
    def bare(self) -> tuple[str, ...]:
        """Names of the first options, which people type without their names."""
        own = self.own
        n_bare = next((k for k, name in enumerate(self.places) if not own[name].is_bare), len(self.places))
        return self.places[:n_bare]
