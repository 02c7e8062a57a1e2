"""Overlays on ChimeraX's own stack of what can be undone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from provis_core.commands.dialect import CHIMERAX
from provis_core.errors import ProvisError

__all__ = ["ChimeraxUndo"]


@dataclass(frozen=True)
class _Action:
    """What ChimeraX asks of an action."""

    name: str
    undo: Callable[[], None]
    redo: Callable[[], None]
    can_redo: ClassVar[bool] = True


class ChimeraxUndo:
    """Shows overlays such that ``undo`` takes them off again, and ``redo`` shows them.

    Parameters
    ----------
    session : chimerax.core.session.Session
    take_off : callable
        Removes overlays by their names.
    find_names : callable
        Gives the names of those that are seen.
    """

    def __init__(
        self, session: Any, take_off: Callable[[Sequence[str]], Any], find_names: Callable[[], Sequence[str]]
    ) -> None:
        self._session, self._take_off, self._find_names = session, take_off, find_names
        self._shown: dict[tuple[str, ...], Callable[[], None]] = {}

    def show(self, names: tuple[str, ...], show: Callable[[], None]) -> None:
        """Show overlays of some names, in place of what has these names.

        While the last thing that can be undone is the same overlay, as where a slider moves, it stays one
        step.
        """
        title = f"ProVis {', '.join(names)}"
        before = self._shown.get(names) if set(names) <= {*self._find_names()} else None

        def put(one: Callable[[], None]) -> None:
            one()
            self._shown[names] = one

        def undo() -> None:
            self._take_off(names) if before is None else put(before)

        put(show)
        stack, redo = self._session.undo.undo_stack, _as_user_error(lambda: put(show))
        if stack and isinstance(stack[-1], _Action) and stack[-1].name == title:
            stack[-1] = _Action(title, stack[-1].undo, redo)
            return
        self._session.undo.register(_Action(title, _as_user_error(undo), redo))


def _as_user_error(do: Callable[[], Any]) -> Callable[[], None]:
    """The same, with our errors as those that ChimeraX shows in one line."""

    def run() -> None:
        from chimerax.core.errors import UserError

        try:
            do()
        except ProvisError as error:
            raise UserError(f"ProVis: {CHIMERAX.render(str(error))}") from error

    return run
