"""The panel: Qt widgets and matplotlib pictures over a `Inspector`. No viewer is imported here.

Importing this package loads neither Qt nor matplotlib; `PanelOpener` does when the panel is opened.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from provis_core.app import App
from provis_core.errors import InputError, InstallError, ProvisError, StructureError

__all__ = ["PanelOpener", "WindowOpener"]


class PanelOpener:
    """Opens the one panel of a viewer.

    Parameters
    ----------
    app : App
    find_window : callable
        Gives the viewer's main window, a QWidget, or None where there is none.
    make_dock : callable, optional
        Makes what holds the panel, with the arguments and the methods of `PanelDock`, which it is by default.
    """

    def __init__(
        self, app: App, find_window: Callable[[], Any], make_dock: Callable[..., Any] | None = None
    ) -> None:
        self._app = app
        self._find_window = find_window
        self._make_dock = make_dock
        self.dock: Any = None

    def __call__(self, selection: str = "", link: bool = False) -> Any:
        """Open the panel, or bring it to the front, and show the chains of a selection.

        Parameters
        ----------
        selection : str
            In the viewer's language; empty for all enabled objects.
        link : bool
            Show them as one sequence, with linkers between them.

        Returns
        -------
        QWidget
            The panel's window.

        Raises
        ------
        InstallError
            If there is no window, no Qt or no matplotlib.
        InputError
            If it is called in another thread than the window's: Qt would hang or end the viewer.
        ProvisError
            If the selection cannot be shown.
        """
        window = _need_window(self._app, self._find_window, "«panel»")
        inspector, problem = self._app.inspector, ""
        try:
            inspector.open(selection, link)
        except StructureError as error:
            if selection:
                raise
            problem = str(error)  # an empty panel tells what to do as well as the console
        if self.dock is None:
            make_dock = self._make_dock or _panel_dock()
            self.dock = make_dock(inspector, self._app.fetcher, window, self._forget)
        self.dock.panel.show_message(problem)
        self.dock.raise_up()
        return self.dock

    def _forget(self) -> None:
        """The panel has ended; what was drawn stays, and so does what was looked at."""
        self.dock = None
        self._app.inspector.close()


class WindowOpener:
    """Opens what a menu offers beside the panel; each method is an entry, and tells its problems itself.

    Parameters
    ----------
    app : App
    find_window : callable
        As in `PanelOpener`.
    """

    def __init__(self, app: App, find_window: Callable[[], Any]) -> None:
        self._app = app
        self._find_window = find_window
        self.preferences: Any = None
        """The window of models and preferences; None while it is closed."""

    def show_models(self) -> None:
        """Show which models there are, get one, choose one."""
        self._tell(self._show_page, "models")

    def show_preferences(self) -> None:
        """Show the preferences and change them."""
        self._tell(self._show_page, "preferences")

    def save_figure(self) -> None:
        """Ask what a figure shows and where it goes, and save it as ``provis_figure`` does."""
        self._tell(self._save_figure)

    def _show_page(self, name: str) -> None:
        window = _need_window(self._app, self._find_window, "«models»", draws=False)
        from .preferences import PreferencesWindow

        if self.preferences is None:
            self.preferences = PreferencesWindow(self._app, window, self._forget)
        self.preferences.show_page(name)

    def _forget(self) -> None:
        self.preferences = None

    def _save_figure(self) -> None:
        window = _need_window(self._app, self._find_window, "«figure»")
        from .acting import Actor
        from .saving import choose_figure

        chosen = choose_figure(window, self._app.inspector if self._app.has_inspector else None)
        if chosen is not None:
            path, which, size = chosen
            Actor(self._app).do("figure", wait=False, filename=path, what="+".join(which), width=size)

    def _tell(self, do: Callable[..., None], *arguments: str) -> None:
        try:
            do(*arguments)
        except ProvisError as error:
            self._app.session.viewer.warn(str(error))


def _need_window(app: App, find_window: Callable[[], Any], command: str, *, draws: bool = True) -> Any:
    """Return the viewer's main window, for a window of ours that draws pictures or does not.

    Raises
    ------
    InstallError
        If there is none, no Qt, or nothing to draw with.
    InputError
        If this is another thread than the window's: Qt would hang or end the viewer.
    """
    window = find_window()
    if window is None:
        name = app.session.viewer.name
        raise InstallError(
            f"{name} runs without a window",
            "The panel is a window",
            f"Start {name} with its window, or use the commands: help «attn»",
        )
    from .qt import QtCore

    if draws:
        from provis_core.figures.fonts import find_matplotlib  # with its pictures: the viewer starts sooner

        find_matplotlib()
    if QtCore.QThread.currentThread() != window.thread():
        raise InputError(
            "The panel was asked for outside of the thread that draws the window",
            "Qt makes windows in that thread alone",
            f"Open it before the script begins its threads: {command}",
        )
    return window


def _panel_dock() -> Any:
    from .dock import PanelDock

    return PanelDock
