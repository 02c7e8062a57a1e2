"""Slots that never let an exception out: under PyQt5 one that leaves a slot ends the whole program."""

from __future__ import annotations

import contextlib
import functools
import sys
from collections.abc import Callable
from typing import Any

from provis_core.errors import ProvisError

__all__ = ["guarded", "set_reporter"]


def set_reporter(owner: Any, show: Callable[[str], None]) -> None:
    """Say where the errors of an object's slots, and of its children's, are shown.

    Parameters
    ----------
    owner : QObject
    show : callable
        Takes one line of text.
    """
    owner.provis_show = show


def guarded(slot: Callable[..., Any]) -> Callable[..., Any]:
    """Make a method safe as a slot or as an event handler.

    An error that the user can do something about is shown in the panel; any other goes to `sys.excepthook`
    with its traceback, and the panel says that it happened.
    """

    @functools.wraps(slot)
    def safe(self: Any, *args: Any) -> Any:
        try:
            return slot(self, *args)
        except ProvisError as error:
            _show(self, str(error))
        except Exception as error:  # noqa: BLE001 - see the module
            _show(self, f"A bug in ProVis: {error!r}. Its traceback is in the console; please report it.")
            sys.excepthook(*sys.exc_info())
        return None

    return safe


def _show(owner: Any, text: str) -> None:
    with contextlib.suppress(RuntimeError):  # the panel was closed meanwhile, and Qt has deleted it
        while owner is not None:
            show = getattr(owner, "provis_show", None)
            if show is not None:
                show(text)
                return
            owner = owner.parent()
    sys.stderr.write(f"ProVis: {text}\n")
