"""What is done in a window is done by its command, which is written where the user reads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from provis_core.actions import find_command
from provis_core.commands.line import line
from provis_core.commands.reading import run_command

__all__ = ["Actor"]


class Actor:
    """Gives commands for a window.

    Parameters
    ----------
    app : App
    on_done : callable
        Called after a command that has not failed.
    """

    def __init__(self, app: Any, on_done: Callable[[], object] = lambda: None) -> None:
        self.app = app
        self._on_done = on_done

    def do(self, name: str, /, *, wait: bool | None = None, **asked: Any) -> Any:
        """Write a command and run it.

        Parameters
        ----------
        name : str
            As `provis_core.actions.find_command` takes it.
        wait : bool, optional
            False for a command that goes on while the window stays usable; it is not written.
        **asked
            Its options.

        Raises
        ------
        ProvisError
            If it cannot be done.
        """
        command, viewer = find_command(name), self.app.session.viewer
        viewer.echo(line(command, command.options(**asked), viewer.dialect))
        done = run_command(command, self.app, **asked, **({} if wait is None else {"wait": wait}))
        self._on_done()
        return done
