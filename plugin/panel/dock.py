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
_AREAS = {
    "left": Qt.DockWidgetArea.LeftDockWidgetArea,
    "right": Qt.DockWidgetArea.RightDockWidgetArea,
    "bottom": Qt.DockWidgetArea.BottomDockWidgetArea,
}


class PanelDock(QtWidgets.QDockWidget):  # type: ignore[misc]
    """Holds a `Panel`; closing it ends the panel, and what was drawn stays.

    Parameters
    ----------
    inspector : HeadInspector
    window : QWidget
        The viewer's main window.
    on_close : callable
        Called once when the panel has ended.
    """

    def __init__(self, inspector: Any, window: Any, on_close: Callable[[], None]) -> None:
        super().__init__("ProVis", window)
        self.setObjectName("provis_panel")
        self._on_close = on_close
        self._is_open = True
        self.panel = Panel(inspector, self)
        self.setWidget(self.panel)
        kept = load_geometry()
        self.panel.restore_layout(kept)
        areas = _AREAS["left"] | _AREAS["right"] | _AREAS["bottom"]
        if isinstance(window, QtWidgets.QMainWindow):
            self.setAllowedAreas(areas)
            window.addDockWidget(_AREAS.get(str(kept.get("area")), _AREAS["right"]), self)
            self.setFloating(bool(kept.get("floating", True)))
        else:
            self.setFloating(True)
            self.setAllowedAreas(Qt.DockWidgetArea.NoDockWidgetArea)
        self._floating_place = fit_to_screen(kept.get("place"), _DEFAULT_SIZE)
        if self.isFloating():
            self.setGeometry(self._floating_place)
        self.topLevelChanged.connect(self._on_floating)

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
        self._keep_layout()
        self.panel.release()
        self.hide()
        window = self.parent()
        if isinstance(window, QtWidgets.QMainWindow):
            window.removeDockWidget(self)
        self.deleteLater()
        self._on_close()

    def _keep_layout(self) -> None:
        kept = {**load_geometry(), **self.panel.layout_state(), "floating": self.isFloating()}
        kept["place"] = _numbers(self._floating_place)
        window = self.parent()
        if isinstance(window, QtWidgets.QMainWindow):
            area = window.dockWidgetArea(self)
            kept["area"] = next((name for name, value in _AREAS.items() if value == area), "right")
        save_geometry(kept)


def _numbers(place: Any) -> list[int]:
    return [place.x(), place.y(), place.width(), place.height()]
