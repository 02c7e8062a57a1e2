"""The arguments of a command as a viewer with typed words (ChimeraX) takes them, without such a viewer."""

from __future__ import annotations

from dataclasses import dataclass

from .declaration import Command, Kind
from .dialect import ChimeraxDialect

__all__ = ["Argument", "Arguments", "describe_arguments"]


@dataclass(frozen=True)
class Argument:
    """One argument.

    Attributes
    ----------
    name : str
        As it is called in Python: ``min_attn``.
    typed : str
        As it is typed: ``minAttn``.
    kind : Kind
    values : tuple of str
        The words that are known; others may be good as well.
    is_open : bool
        Whether a switch can be neither on nor off: ``auto``.
    """

    name: str
    typed: str
    kind: Kind
    values: tuple[str, ...] = ()
    is_open: bool = False


@dataclass(frozen=True)
class Arguments:
    """Arguments of a command by how they are typed, as ``CmdDesc`` has them.

    Attributes
    ----------
    required : tuple of Argument
        The selection, which the adapter takes as ``Or(AtomSpecArg, EmptyArg)``, since as an optional argument
        ``sel`` is read as the beginning of a keyword; and what comes before it.
    optional : tuple of Argument
        In their place, without a name, or by name.
    keyword : tuple of Argument
        By name only.
    """

    required: tuple[Argument, ...]
    optional: tuple[Argument, ...]
    keyword: tuple[Argument, ...]


def describe_arguments(command: Command) -> Arguments:
    """Return the arguments of a command; silence is the viewer's own matter."""
    known = {
        one.name: Argument(
            one.name,
            ChimeraxDialect.name(one.name),
            one.kind,
            tuple(value for value in one.known_values if value),
            is_open=one.kind == "switch" and not isinstance(one.default, bool),
        )
        for one in command.all.values()
        if one.name != "quiet"
    }
    bare = [known.pop(name) for name in command.bare if name in known]
    n_required = next((k + 1 for k, one in enumerate(bare) if one.kind == "selection"), 0)
    return Arguments(tuple(bare[:n_required]), tuple(bare[n_required:]), tuple(known.values()))
