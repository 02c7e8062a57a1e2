"""Work of the GUI thread in small steps: one piece per turn of the event loop, so nothing blocks it long."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..collector import hold_collection
from .guarding import guarded
from .qt import QtCore

__all__ = ["Turns"]


class Turns(QtCore.QObject):  # type: ignore[misc]
    """Runs one piece of work per turn of the event loop, in the order in which they were asked for.

    Parameters
    ----------
    parent : QObject
        The work ends with it.
    """

    def __init__(self, parent: Any) -> None:
        super().__init__(parent)
        self._pieces: dict[Callable[[], None], None] = {}
        self._timer = QtCore.QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._run_next)

    def ask(self, piece: Callable[[], None]) -> None:
        """Run a piece of work soon; one that waits already is run once."""
        self._pieces.setdefault(piece)
        self._timer.start()

    @property
    def is_busy(self) -> bool:
        """Whether anything waits."""
        return bool(self._pieces)

    def stop(self) -> None:
        """Forget what waits."""
        self._pieces.clear()
        self._timer.stop()

    @guarded
    def _run_next(self) -> None:
        if not self._pieces:
            self._timer.stop()
            return
        piece = next(iter(self._pieces))
        del self._pieces[piece]
        if not self._pieces:
            self._timer.stop()
        with hold_collection():
            piece()
