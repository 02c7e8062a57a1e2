"""What of the panel is kept in the viewer's session file, as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, Final

from ..attention.head_id import HeadId
from ..errors import InputError, ProvisError
from ..scenes.draw_options import DrawOptions
from ..targets.scope import check_window

__all__ = ["BAD", "FORMAT", "describe_bad_state", "read_heads", "read_options", "write_options"]

FORMAT: Final = 1
"""Of the state; another one is refused."""


BAD: Final = (
    ProvisError, LookupError, TypeError, ValueError, AttributeError, OverflowError, RecursionError
)  # fmt: skip
"""What reading a damaged state may raise."""


def write_options(options: DrawOptions, window: int) -> dict[str, Any]:
    """All options by name, as JSON values; in format 1 the window is among them."""
    return {field.name: getattr(options, field.name) for field in fields(options)} | {"window": window}


def read_options(
    values: Mapping[str, Any], fallback: DrawOptions, fallback_window: int
) -> tuple[DrawOptions, int]:
    """Read options and window, the opposite of `write_options`.

    Parameters
    ----------
    values : mapping
        What a later version added is passed over.
    fallback, fallback_window : DrawOptions, int
        For what is missing.

    Raises
    ------
    InputError
        If a value is not usable.
    """
    known = write_options(fallback, fallback_window)
    chosen: dict[str, Any] = {}
    for name, default in known.items():
        value, kind = values.get(name, default), type(default)
        if not isinstance(value, (int, float) if kind is float else kind):
            raise InputError(f"{name}={value!r} was kept", f"A {kind.__name__} is needed", "Choose it again")
        chosen[name] = kind(value)
    window: int = chosen.pop("window")
    options = DrawOptions(**chosen)
    check_window(window)
    options.check(window)
    return options, window


def read_heads(labels: Sequence[Any]) -> tuple[HeadId, ...]:
    """Heads out of their labels like ``"12-4"``.

    Raises
    ------
    InputError
        If there is none, or one is no label.
    """
    heads = tuple(HeadId.parse(str(label)) for label in labels)
    if not heads:
        raise InputError("No head was kept", "At least one is needed", "Choose a head")
    return heads


def describe_bad_state(error: Exception) -> ProvisError:
    """What to say of a state that cannot be used."""
    words = f"{error} is missing" if isinstance(error, KeyError) else str(error).removesuffix(".")
    return InputError(
        f"The state of the panel in this session cannot be used ({words})",
        "A state that ProVis has written itself is needed",
        "Choose chain, model and head anew; what was drawn is as it was",
    )
