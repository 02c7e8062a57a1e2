"""What of the panel is kept in the viewer's session file, as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, Final

from ..attention.head_id import HeadId
from ..errors import InputError, ProvisError
from ..scenes.draw_options import DrawOptions

__all__ = ["BAD", "FORMAT", "describe_bad_state", "read_heads", "read_options", "write_options"]

FORMAT: Final = 1
"""Of the state; another one is refused."""


BAD: Final = (
    ProvisError, LookupError, TypeError, ValueError, AttributeError, OverflowError, RecursionError
)  # fmt: skip
"""What reading a damaged state may raise."""


def write_options(options: DrawOptions) -> dict[str, Any]:
    """All options by name, as JSON values."""
    return {field.name: getattr(options, field.name) for field in fields(options)}


def read_options(values: Mapping[str, Any], fallback: DrawOptions) -> DrawOptions:
    """The opposite of `write_options`.

    Parameters
    ----------
    values : mapping
        What a later version added is passed over.
    fallback : DrawOptions
        For what is missing.

    Raises
    ------
    InputError
        If a value is not usable.
    """
    kinds = {field.name: type(getattr(fallback, field.name)) for field in fields(fallback)}
    chosen = {}
    for name, kind in kinds.items():
        value = values.get(name, getattr(fallback, name))
        if not isinstance(value, (int, float) if kind is float else kind):
            raise InputError(f"{name}={value!r} was kept", f"A {kind.__name__} is needed", "Choose it again")
        chosen[name] = kind(value)
    options = DrawOptions(**chosen)
    options.check()
    return options


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
