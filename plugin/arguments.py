"""What a user may type for the arguments of a command: completion, and conversion to the right types."""

from __future__ import annotations

import inspect
import operator
import typing
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from provis_core.actions.overlays import SHOWS
from provis_core.actions.profile import PROFILES
from provis_core.annotations.annotators import known_annotators
from provis_core.annotations.annotators.binding_sites import PARTNER_KINDS
from provis_core.annotations.annotators.contacts import ATOM_CHOICES
from provis_core.attention.edges import DIRECTIONS
from provis_core.checkpoints.registry import list_models, list_registry
from provis_core.errors import InputError
from provis_core.scenes.coloring import COLOR_BY
from provis_core.scenes.colors import palette_names
from provis_core.session.settings import SETTINGS
from provis_core.structures.sequence import GAPS

__all__ = ["argument_values", "convert_arguments"]


def argument_values(command: str, argument: str) -> list[str]:
    """What tab completion offers for an argument; nothing where any value will do.

    Selections and chains are the viewer's own matter.
    """
    if argument == "model" or (command, argument) == ("provis_model", "name"):
        return [entry.name for entry in list_models()]
    if (command, argument) == ("provis_fetch", "name"):
        return [entry.name for entry in list_registry() if entry.is_fetchable and not entry.is_on_disk]
    if (command, argument) == ("provis_set", "name"):
        return list(SETTINGS)
    if command == "provis_figure" and argument in (words := _figure_words()):
        return list(words[argument])
    if argument == "by":
        kinds = PARTNER_KINDS if command in ("provis_sites", "provis_heads") else ()
        return [*kinds, *(name for one in known_annotators() for name in one.parts or (one.name,))]
    words = {
        "palette": palette_names(),
        "direction": DIRECTIONS,
        "gaps": GAPS,
        "color_by": COLOR_BY,
        "atom": ATOM_CHOICES,
        "between": ("chains", "only"),
        "show": SHOWS,
        "which": PROFILES,
    }
    return _metric_names() if argument == "metric" else list(words.get(argument, ()))


def _figure_words() -> dict[str, Iterable[str]]:
    """Of `provis_figure` alone. Pictures are imported when they are first asked for: PyMOL starts sooner."""
    from provis_core.actions.figure_options import THEMES
    from provis_core.figures.paper import COLUMN_WIDTHS
    from provis_core.figures.pictures import CONTACTS, MAP_DIRECTIONS, PICTURES
    from provis_core.figures.scales import SCALES

    return {
        "by": ("site", "site_record"),
        "width": COLUMN_WIDTHS,
        "direction": MAP_DIRECTIONS,
        "what": ("all", *PICTURES),
        "theme": THEMES,
        "scale": SCALES,
        "contacts": CONTACTS,
    }


def _metric_names() -> list[str]:
    from provis_core.figures.grids import known_choices

    return [choice.name for choice in known_choices()]


def convert_arguments(function: Callable[..., Any], given: dict[str, Any]) -> dict[str, Any]:
    """Turn what a user typed into the types that a command takes.

    Parameters
    ----------
    function : callable
        One of `plugin.commands.COMMANDS`.
    given : dict
        Argument names and values; a str is converted, anything else is passed on.

    Returns
    -------
    dict
        An empty str for a number means that it was not given.

    Raises
    ------
    InputError
        If a value is not of the type that the command needs.
    """
    hints = typing.get_type_hints(function, include_extras=False)
    parameters = inspect.signature(function).parameters
    converted = {}
    for name, value in given.items():
        if value is None:  # PyMOL's way to say that a place was left empty
            converted[name] = parameters[name].default
            continue
        kinds = [kind for kind in (int, float) if kind in (hints[name], *typing.get_args(hints[name]))]
        word = str(value).strip() if isinstance(value, (str, Path)) else value
        if kinds:
            converted[name] = parameters[name].default if word == "" else _number(name, word, kinds[0])
        else:
            converted[name] = str(word) if hints[name] is str else word
    return converted


def _number(name: str, value: Any, kind: type[int] | type[float]) -> int | float:
    try:
        return operator.index(value) if kind is int and not isinstance(value, str) else kind(value)
    except (ValueError, TypeError):
        needed = "whole number" if kind is int else "number"
        raise InputError(
            f"{name}={value}",
            f"A {needed} is needed for {name}",
            f"For example: {name}={'12' if kind is int else '0.1'}",
        ) from None
