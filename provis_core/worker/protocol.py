"""What the host and the worker say to each other: one JSON object per line.

The worker speaks first (`Hello`). The host then sends requests: each kind of `Request` and its `Answer` are
a file of `provis_core.worker.tasks`. A request has a ``job`` number, and every message about that job carries
it (`Progress` and `Notice` of `worker_messages`, `Cancel` of `host_messages`). A job ends with exactly one
`Answer`, of the kind that its request names, or a `Failure`. Arrays never travel in the line: the worker
writes ``.npy`` or ``.npz`` into the cache folder and sends the path.

A `Failure` of job 0 is about the worker itself: it cannot go on.

End of file on the worker's standard input ends the worker, whatever it is doing.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, Final, get_args, get_origin, get_type_hints

from ..errors import ProtocolError
from ..system.given_files import parse_json
from .tasks import known_requests
from .wire import host_messages, worker_messages
from .wire.message import Message
from .wire.worker_messages import Hello

__all__ = ["PROTOCOL_VERSION", "decode", "encode", "known_messages"]

PROTOCOL_VERSION: Final = 2


@functools.cache
def known_messages() -> Mapping[str, type[Message]]:
    """All messages by their kind.

    Returns
    -------
    mapping of str to type of Message
    """
    tasks = [cls for request in known_requests() for cls in (request, request.answer)]
    own = [getattr(room, name) for room in (host_messages, worker_messages) for name in room.__all__]
    return {cls.kind: cls for cls in (*own, *tasks)}


def encode(message: Message) -> bytes:
    """Write a message as one line.

    Parameters
    ----------
    message : Message

    Returns
    -------
    bytes
        UTF-8 JSON (ASCII only) that ends in a newline.
    """
    return json.dumps({"kind": message.kind, **asdict(message)}).encode("ascii") + b"\n"


def decode(line: bytes) -> Message:
    """Read a message from one line.

    Parameters
    ----------
    line : bytes

    Returns
    -------
    Message

    Raises
    ------
    ValueError
        If the line is no JSON object: it came from something that is not ProVis.
    ProtocolError
        If it is one, but of a kind or with fields that this version does not know.
    """
    values = _read_object(line)
    if values.get("kind") == Hello.kind and values.get("protocol") != PROTOCOL_VERSION:
        raise ProtocolError(
            f"The worker's code (ProVis {values.get('version')}) speaks protocol {values.get('protocol')}, "
            f"the viewer's speaks protocol {PROTOCOL_VERSION}",
            "Both sides must be of the same version",
            "Start the viewer again: ProVis was probably upgraded while it was open",
        )
    kind = values.pop("kind", None)
    try:
        cls = known_messages()[kind]
        hints = _field_hints(cls)
        return cls(**{name: _read_value(value, hints[name]) for name, value in values.items()})
    except (KeyError, TypeError, OverflowError) as error:
        raise ProtocolError(
            f"The worker and the viewer do not understand each other (a message of kind {str(kind)[:40]!r})",
            f"A message of protocol version {PROTOCOL_VERSION} was expected",
            "Start the viewer again; if it happens again, run «doctor» and reinstall ProVis",
        ) from error


def _read_object(line: bytes) -> dict[str, Any]:
    values = parse_json(line)
    if not isinstance(values, dict):
        raise ValueError(f"{type(values).__name__} instead of an object")
    return values


def _field_hints(cls: type[Message]) -> dict[str, Any]:
    hints = get_type_hints(cls)
    return {item.name: hints[item.name] for item in fields(cls)}


def _read_value(value: Any, hint: Any) -> Any:
    """Check a JSON value against a type: int, float, str, bool, and tuples and dicts of them."""
    arguments = get_args(hint)
    if get_origin(hint) is dict and isinstance(value, dict):
        return {name: _read_value(item, arguments[1]) for name, item in value.items()}
    if get_origin(hint) is tuple and isinstance(value, list):
        item_hints = [arguments[0]] * len(value) if arguments[-1] is Ellipsis else arguments
        if len(item_hints) == len(value):
            return tuple(
                _read_value(item, item_hint) for item, item_hint in zip(value, item_hints, strict=True)
            )
    if hint is float and type(value) is int:
        return float(value)
    if type(value) is not hint:
        raise TypeError(f"{value!r} is no {hint}")
    return value
