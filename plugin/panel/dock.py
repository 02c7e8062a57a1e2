"""The panel's window: it docks into the host's main window, floats beside it, and remembers where it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .geometry import fit_to_screen, load_geometry, save_geometry
from .guarding import guarded
from .panel import Panel
from .qt import Qt, QtCore, QtWidgets

__all__ = ["PanelDock"]

_DEFAULT_SIZE = (1120, 860)
_KEEP_AFTER = 400  # ms without a move until sizes and places are written
_LEAST_DOCKED = 460  # logical pixels of a panel beside the structure
_LEAST_WINDOW = 600  # logical pixels that the structure keeps
_AREAS = {
    "left": Qt.DockWidgetArea.LeftDockWidgetArea,
    "right": Qt.DockWidgetArea.RightDockWidgetArea,
    "bottom": Qt.DockWidgetArea.BottomDockWidgetArea,
}


class PanelDock(QtWidgets.QDockWidget):  # type: ignore[misc]
    """Holds a `Panel`; closing it ends the panel, and what was drawn stays.

    Parameters
    ----------
    inspector : Inspector
    fetcher : ModelFetcher
    window : QWidget
        The viewer's main window.
    on_close : callable
        Called once when the panel has ended.
    """

    def __init__(self, inspector: Any, fetcher: Any, window: Any, on_close: Callable[[], None]) -> None:
        super().__init__("ProVis", window)
        self.setObjectName("provis_panel")
        self._on_close = on_close
        self._is_open = True
        self.panel = Panel(inspector, fetcher, self)
        self.setWidget(self.panel)
        self._keeping = QtCore.QTimer(self)  # the host may end without a word
        self._keeping.setSingleShot(True)
        self._keeping.setInterval(_KEEP_AFTER)
        self._keeping.timeout.connect(self._keep_layout)
        kept = load_geometry()
        self.panel.restore_layout(kept)
        areas = _AREAS["left"] | _AREAS["right"] | _AREAS["bottom"]
        if isinstance(window, QtWidgets.QMainWindow):
            self.setAllowedAreas(areas)
            window.addDockWidget(_AREAS.get(str(kept.get("area")), _AREAS["right"]), self)
            room = _room_beside(window)
            self.setFloating(bool(kept.get("floating", not room)))
            if room and "floating" not in kept:
                self._open_beside(window, room)
        else:
            self.setFloating(True)
            self.setAllowedAreas(Qt.DockWidgetArea.NoDockWidgetArea)
        self._floating_place = fit_to_screen(kept.get("place"), _DEFAULT_SIZE)
        if self.isFloating():
            self.setGeometry(self._floating_place)
        self.topLevelChanged.connect(self._on_floating)
        self.panel.laid_out.connect(self._keeping.start)

    def _open_beside(self, window: Any, width: int) -> None:
        """Stand at the right of the structure, which keeps its place; the window grows as far as it can."""
        screen = window.screen().availableGeometry()
        if not window.isMaximized() and not window.isFullScreen():
            frame = window.frameGeometry()
            grown = min(screen.width(), frame.width() + width)
            window.resize(window.width() + grown - frame.width(), window.height())
            if frame.left() + grown > screen.right():
                window.move(max(screen.left(), screen.right() + 1 - grown), frame.top())
        window.resizeDocks([self], [width], Qt.Orientation.Horizontal)
        self.panel.show_map_alone(self.panel.is_short(window.height()))

    @guarded
    def _on_floating(self, is_floating: bool) -> None:
        """A panel that leaves its dock takes the size that it last had by itself."""
        if is_floating:
            self.setGeometry(fit_to_screen(_numbers(self._floating_place), _DEFAULT_SIZE))

    def raise_up(self) -> None:
        """Show it in front, with the keyboard."""
        self.show()
        self.raise_()
        self.activateWindow()

    @guarded
    def moveEvent(self, event: Any) -> None:  # noqa: N802
        """Remember where it floats."""
        super().moveEvent(event)
        self._remember()

    @guarded
    def resizeEvent(self, event: Any) -> None:  # noqa: N802
        """Remember how large it floats."""
        super().resizeEvent(event)
        self._remember()

    def _remember(self) -> None:
        if self.isFloating() and self.isVisible():
            self._floating_place = QtCore.QRect(self.geometry())
        if self.isVisible():
            self._keeping.start()

    @guarded
    def closeEvent(self, event: Any) -> None:  # noqa: N802
        """Keep sizes and places, end the panel."""
        event.accept()
        self.end()

    def end(self) -> None:
        """End the panel: its timers stop, it listens no more, its widgets are deleted."""
        if not self._is_open:
            return
        self._is_open = False
        self._keeping.stop()
        self._keep_layout()
        self.panel.release()
        self.hide()
        window = self.parent()
        if isinstance(window, QtWidgets.QMainWindow):
            window.removeDockWidget(self)
        self.deleteLater()
        self._on_close()

    @guarded
    def _keep_layout(self) -> None:
        kept = {**load_geometry(), **self.panel.layout_state(), "floating": self.isFloating()}
        kept["place"] = _numbers(self._floating_place)
        window = self.parent()
        if isinstance(window, QtWidgets.QMainWindow):
            area = window.dockWidgetArea(self)
            kept["area"] = next((name for name, value in _AREAS.items() if value == area), "right")
        save_geometry(kept)


def _room_beside(window: Any) -> int:
    """Width of a panel that stands beside the structure on this screen; 0 where both do not fit."""
    width = window.screen().availableGeometry().width() - max(_LEAST_WINDOW, window.width())
    if width < _LEAST_DOCKED:
        width = window.screen().availableGeometry().width() - _LEAST_WINDOW
    return min(width, _DEFAULT_SIZE[0]) if width >= _LEAST_DOCKED else 0


def _numbers(place: Any) -> list[int]:
    return [place.x(), place.y(), place.width(), place.height()]
