"""Where ChimeraX comes in: the app of a session, and the window that holds the panel."""

from __future__ import annotations

import atexit
from collections.abc import Callable
from typing import Any

from .._adopt import adopt_core

adopt_core()

from chimerax.core.tools import ToolInstance  # noqa: E402

from provis_core.app import App  # noqa: E402 - after the core was adopted
from provis_core.session.settings import Settings  # noqa: E402

from ..panel import PanelOpener  # noqa: E402
from ..viewers.chimerax_commands import register_command  # noqa: E402
from ..viewers.chimerax_viewer import ChimeraxViewer  # noqa: E402

__all__ = ["find_app", "open_panel", "register_command"]

TOOL = "Protein LM Attention"


def find_app(session: Any) -> App:
    """Return what ProVis does in a session; made when it is first needed."""
    app = getattr(session, "provis_app", None)
    if app is None:
        app = session.provis_app = App(ChimeraxViewer(session), Settings())

        def make_tool(inspector: Any, fetcher: Any, _window: Any, on_close: Callable[[], None]) -> Any:
            return ProvisTool(session, inspector, fetcher, on_close)

        def find_window() -> Any:
            return session.ui.main_window if session.ui.is_gui else None

        app.open_panel = PanelOpener(app, find_window, make_tool)
        session.triggers.add_handler("app quit", lambda *_: app.close())
        atexit.register(app.close)
    return app


def open_panel(session: Any) -> Any:
    """Open the panel, or bring it to the front, and show the chains that are shown.

    Raises
    ------
    chimerax.core.errors.UserError
        If it cannot be opened.
    """
    from chimerax.core.errors import UserError

    from provis_core.errors import ProvisError

    app = find_app(session)
    assert app.open_panel is not None
    try:
        return app.open_panel("", False)
    except ProvisError as error:
        raise UserError(f"ProVis: {app.session.viewer.dialect.render(str(error))}") from error


class ProvisTool(ToolInstance):  # type: ignore[misc]
    """The window of the panel. What was chosen is kept as a text with the structures, not with the tool."""

    SESSION_ENDURING = False
    SESSION_SAVE = False
    help = "help:user/tools/provis.html"

    def __init__(self, session: Any, inspector: Any, fetcher: Any, on_close: Callable[[], None]) -> None:
        super().__init__(session, TOOL)
        from chimerax.ui import MainToolWindow

        from ..panel.panel import AttentionPanel
        from ..panel.qt import QtWidgets

        self._on_close: Callable[[], None] | None = on_close
        self.tool_window = MainToolWindow(self)
        area = self.tool_window.ui_area
        self.panel = AttentionPanel(inspector, fetcher, area)
        layout = QtWidgets.QVBoxLayout(area)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.panel)
        self.tool_window.manage("side")
        self.panel.actions_bar.place.clicked.connect(self._change_place)
        self._show_place()

    def _change_place(self) -> None:
        """Let the window float, or dock it again."""
        self.tool_window.floating = not self.tool_window.floating
        self._show_place()

    def _show_place(self) -> None:
        self.panel.actions_bar.show_place(is_floating=self.tool_window.floating, can_dock=True)

    def raise_up(self) -> None:
        """Show it in front."""
        self.display(True)

    def delete(self) -> None:
        """End the panel: it was closed, or the session was."""
        if (on_close := self._on_close) is not None:
            self._on_close = None
            self.panel.release()
            on_close()
        super().delete()
