"""The panel's window: it docks into the host's main window, floats beside it, and remembers where it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .geometry import fit_to_screen, load_geometry, save_geometry
from .guarding import guarded
from .panel import AttentionPanel
from .qt import Qt, QtCore, QtWidgets

__all__ = ["PanelDock"]

_DEFAULT_SIZE = (1120, 860)
_DOCKED_HEIGHT = 1000  # of the window in which the panel stands beside the structure, where it fits
_KEEP_AFTER = 400  # ms without a move until sizes and places are written
_LEAST_DOCKED = 460  # logical pixels of a panel beside the structure
_LEAST_WINDOW = 600  # logical pixels that the structure keeps
_GOOD_WINDOW = 780  # to which it shrinks where both halves of the panel have room then
_AREAS = {
    "left": Qt.DockWidgetArea.LeftDockWidgetArea,
    "right": Qt.DockWidgetArea.RightDockWidgetArea,
    "bottom": Qt.DockWidgetArea.BottomDockWidgetArea,
}
_CORNERS = (
    (Qt.Corner.TopLeftCorner, _AREAS["left"]),
    (Qt.Corner.TopRightCorner, _AREAS["right"]),
)


class PanelDock(QtWidgets.QDockWidget):  # type: ignore[misc]
    """Holds a `AttentionPanel`; closing it ends the panel, and what was drawn stays.

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
        self._width = 0  # that it last had beside the structure
        self._is_open = True
        self._grown: tuple[Any, Any] | None = None  # sizes of the host's window: its own, and what it became
        self._is_placed = False
        self.panel = AttentionPanel(inspector, fetcher, self)
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
            for corner, area in _CORNERS:  # it gets the whole height; the console stays over the structure
                window.setCorner(corner, area)
            window.addDockWidget(_AREAS.get(str(kept.get("area")), _AREAS["right"]), self)
            self._width = kept["width"] if isinstance(kept.get("width"), int) else 0
            self.setFloating(bool(kept.get("floating", not self._room())))
        else:
            self.setFloating(True)
            self.setAllowedAreas(Qt.DockWidgetArea.NoDockWidgetArea)
        self._floating_place = fit_to_screen(kept.get("place"), _DEFAULT_SIZE)
        if self.isFloating():
            self.setGeometry(self._floating_place)
        self.topLevelChanged.connect(self._on_floating)
        self.panel.laid_out.connect(self._keeping.start)
        self.panel.actions_bar.place.clicked.connect(self._change_place)
        self._show_place()
        self._is_first = "floating" not in kept
        self._suits_itself = False  # whether it shows the map alone where it is short, until the user chooses
        self.panel.map.alone.clicked.connect(self._on_choice)

    def _room(self) -> int:
        """Width of the panel beside the structure, that of the last time where it fits; 0 for no room."""
        room = _room_beside(self.parent(), self.panel.narrow_width)
        return min(self._width, room) if self._width >= _LEAST_DOCKED else room

    def _stand_beside(self, own: Any, width: int) -> None:
        """Stand beside the structure, which keeps its place; the window grows as far as the screen allows.

        Parameters
        ----------
        own : QSize
            Of the host's window without the panel.
        width : int
            Of the panel.
        """
        window = self.parent()
        if not width or window.dockWidgetArea(self) == _AREAS["bottom"]:
            return
        screen, frame = window.screen().availableGeometry(), window.frameGeometry()
        if not window.isMaximized() and not window.isFullScreen():
            around, grown = frame.size() - window.size(), QtCore.QRect(frame)
            grown.setWidth(min(screen.width(), own.width() + around.width() + width))
            grown.setHeight(min(screen.height(), max(frame.height(), _DOCKED_HEIGHT)))
            window.resize(grown.size() - around)
            self._grown = own, window.size()
            grown.moveRight(min(grown.right(), screen.right()))
            grown.moveBottom(min(grown.bottom(), screen.bottom()))
            window.move(max(grown.left(), screen.left()), max(grown.top(), screen.top()))
        window.resizeDocks([self], [width], Qt.Orientation.Horizontal)

    def _give_back(self) -> None:
        """Give the host's window the size that it had, unless the user has changed it since."""
        grown, self._grown = self._grown, None
        if grown is not None and self.parent().size() == grown[1]:
            self.parent().resize(grown[0])

    @guarded
    def _on_floating(self, is_floating: bool) -> None:
        """Take the size that it last had by itself, or its place beside the structure."""
        self._show_place()
        if is_floating:
            self._give_back()
            self.setGeometry(fit_to_screen(_numbers(self._floating_place), _DEFAULT_SIZE))
        else:
            self._stand_beside(self.parent().size(), self._room())
        if self._suits_itself:
            is_short = self.panel.is_short(self.width(), self.height())
            self.panel.show_map_alone(is_short)
            if is_short:
                self.panel.fold_profile()

    @guarded
    def _on_choice(self, _alone: bool = False) -> None:
        self._suits_itself = False

    def _show_place(self) -> None:
        """Say where the panel goes when it is asked to change its place."""
        can_dock = isinstance(self.parent(), QtWidgets.QMainWindow) and bool(self._room())
        self.panel.actions_bar.show_place(is_floating=self.isFloating(), can_dock=can_dock)

    @guarded
    def _change_place(self, _checked: bool = False) -> None:
        self.setFloating(not self.isFloating())

    def raise_up(self) -> None:
        """Show it in front, with the keyboard."""
        if self._is_placed or self.isFloating():
            self.show()
        else:
            window, own, width = self.parent(), self.parent().size(), self._room()
            self.show()  # Qt gives a dock its width once it is seen
            self._stand_beside(own, width)
            if self._is_first and self.panel.is_short(width, window.height()):
                self._suits_itself = True
                self.panel.show_map_alone(True)
                self.panel.fold_profile()
        self._is_placed = True
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
        elif self.isVisible() and self._is_placed:
            self._width = self.width()
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
            window.layout().activate()
            self._give_back()
        self.deleteLater()
        self._on_close()

    @guarded
    def _keep_layout(self) -> None:
        kept = {**load_geometry(), **self.panel.layout_state(), "floating": self.isFloating()}
        kept |= {"place": _numbers(self._floating_place), "width": self._width}
        window = self.parent()
        if isinstance(window, QtWidgets.QMainWindow):
            area = window.dockWidgetArea(self)
            kept["area"] = next((name for name, value in _AREAS.items() if value == area), "right")
        save_geometry(kept)


def _room_beside(window: Any, narrow: int) -> int:
    """Width of a panel that stands beside the structure on this screen; 0 where both do not fit.

    Where a structure of less width lets both halves of the panel stand beside each other, it gets less.
    """
    screen, own = window.screen().availableGeometry().width(), max(_LEAST_WINDOW, window.width())
    for kept, least in (
        (own, narrow),
        (_GOOD_WINDOW, narrow),
        (own, _LEAST_DOCKED),
        (_LEAST_WINDOW, _LEAST_DOCKED),
    ):
        if screen - kept >= least:
            return int(min(screen - kept, _DEFAULT_SIZE[0]))
    return 0


def _numbers(place: Any) -> list[int]:
    return [place.x(), place.y(), place.width(), place.height()]
