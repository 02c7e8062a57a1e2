"""Slots that never let an exception out: under PyQt5 one that leaves a slot ends the whole program."""

from __future__ import annotations

import contextlib
import functools
import sys
from collections.abc import Callable
from typing import Any

from provis_core.errors import ProvisError

__all__ = ["guarded", "set_reporter"]


def set_reporter(owner: Any, show: Callable[[str], None], report_bug: Callable[[], None]) -> None:
    """Say where the errors of an object's slots, and of its children's, are shown.

    Parameters
    ----------
    owner : QObject
    show : callable
        Takes one line of text.
    report_bug : callable
        Reports the exception that is being handled: `provis_core.viewers.viewer.Console.report_bug`.
    """
    owner.provis_show = show
    owner.provis_report = report_bug


def guarded(slot: Callable[..., Any]) -> Callable[..., Any]:
    """Make a method safe as a slot or as an event handler.

    An error that the user can do something about is shown in the panel; any other goes to the viewer
    with its traceback, and the panel says that it happened.
    """

    @functools.wraps(slot)
    def safe(self: Any, *args: Any) -> Any:
        try:
            return slot(self, *args)
        except ProvisError as error:
            _show(self, str(error))
        except Exception as error:  # noqa: BLE001 - see the module
            _show(self, f"A bug in ProVis: {error!r}. Its traceback is shown; please report it.")
            _find(self, "provis_report", lambda: sys.excepthook(*sys.exc_info()))()
        return None

    return safe


def _show(owner: Any, text: str) -> None:
    show = _find(owner, "provis_show", _write)
    try:
        show(text)
    except RuntimeError:  # the panel was closed meanwhile, and Qt has deleted it
        _write(text)


def _write(text: str) -> None:
    sys.stderr.write(f"ProVis: {text}\n")


def _find(owner: Any, name: str, otherwise: Callable[..., Any]) -> Callable[..., Any]:
    """Return what an object, or one that it belongs to, was given under a name."""
    with contextlib.suppress(RuntimeError):  # as above
        while owner is not None:
            if (found := getattr(owner, name, None)) is not None:
                return found  # type: ignore[no-any-return]
            owner = owner.parent()
    return otherwise
