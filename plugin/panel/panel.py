"""The panel: all its parts, laid out, and told of what changed."""

from __future__ import annotations

import gc
from collections.abc import Callable
from functools import partial
from typing import Any

from ..collector import set_aside
from .actions import Actions
from .attention_map import AttentionMapView
from .controls import Controls
from .fields import order_tabs, quietly
from .guarding import guarded, set_reporter
from .head_grid import HeadGridView
from .pairs import PairsView
from .profile import ResidueProfileView
from .qt import Qt, QtCore, QtWidgets, Signal
from .sites import SitesView
from .thumbnails import ThumbnailsView
from .top_bar import TopBar
from .turns import Turns

__all__ = ["AttentionPanel"]

_LOOK = 300  # ms between two looks at what is selected in the viewer
_SMALLEST = (420, 360)  # logical pixels; where it is narrow, everything goes into one column
_COLUMN = 42  # lines of text: height of each half where it is narrow
_MAP_AND_PROFILE = (5, 3)  # of the height
_NARROW = 760  # logical pixels: in a panel that is narrower everything stands in one column


def _collect_garbage() -> None:
    gc.collect()


class AttentionPanel(QtWidgets.QWidget):  # type: ignore[misc]
    """Shows a `Inspector` and gives it what the user does.

    Parameters
    ----------
    inspector : Inspector
    fetcher : ModelFetcher
    parent : QWidget, optional
    """

    laid_out = Signal()
    """The user moved a divider, chose a tab, or shows the map alone."""

    def __init__(self, inspector: Any, fetcher: Any, parent: Any = None) -> None:
        super().__init__(parent)
        self.inspector = inspector
        self.turns = Turns(self)
        self._has_garbage = False
        self.message = QtWidgets.QLabel(self)
        self.message.setWordWrap(True)
        self.message.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.message.setVisible(False)
        self.setMinimumSize(*_SMALLEST)
        set_reporter(self, self.show_message, inspector.session.viewer.report_bug)
        self.top_bar = TopBar(inspector, fetcher, self)
        self.grid = HeadGridView(inspector, self.turns, self)
        self.thumbnails = ThumbnailsView(inspector, self.turns, self)
        self.map = AttentionMapView(inspector, self.turns, self)
        self.profile = ResidueProfileView(inspector, self.turns, self)
        self.controls = Controls(inspector, self.turns, self)
        self.sites = SitesView(inspector, self)
        self.pairs = PairsView(inspector, self)
        self.actions_bar = Actions(inspector, self.show_message, self)
        self._lay_out()
        order_tabs(self._fields())
        self._stops = self._listen()
        self._take_back = set_aside()
        self._watch = QtCore.QTimer(self)
        self._watch.setInterval(_LOOK)
        self._watch.timeout.connect(self._look)

    def _lay_out(self) -> None:
        self.heads = QtWidgets.QTabWidget(self)
        self.heads.addTab(self.grid, "All heads")
        self.heads.addTab(self.thumbnails, "Their maps")
        self.heads.setTabToolTip(0, "One number for each head of the model")
        self.heads.setTabToolTip(1, "The attention map of each head, small")
        self.details = QtWidgets.QTabWidget(self)
        for tabs in (self.heads, self.details):
            tabs.setDocumentMode(True)  # its pages have the colour of the window
            tabs.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # which also holds for its bar
            tabs.tabBar().setFocusPolicy(Qt.FocusPolicy.TabFocus)
        for title, hint, widget in (
            ("Cylinders", "What is drawn on the structure, and how", self.controls),
            ("Binding sites", "Where sites come from, and what their residues receive", self.sites),
            ("Pairs", "The pairs that are drawn, as a table", self.pairs),
        ):
            place = self.details.addTab(widget, title)
            self.details.setTabToolTip(place, hint)
        self.left = QtWidgets.QSplitter(Qt.Orientation.Vertical, self)
        self.left.addWidget(self.heads)
        self.left.addWidget(self.details)
        self.right = QtWidgets.QSplitter(Qt.Orientation.Vertical, self)
        self.right.addWidget(self.map)
        self.right.addWidget(self.profile)
        self.halves = QtWidgets.QSplitter(Qt.Orientation.Horizontal, self)
        self.halves.addWidget(self.left)
        self.halves.addWidget(self.right)
        for tabs in (self.heads, self.details):
            tabs.currentChanged.connect(self._tell_layout)
        self.map.alone.toggled.connect(self.show_map_alone)
        for splitter, sizes in ((self.left, (3, 2)), (self.right, _MAP_AND_PROFILE), (self.halves, (8, 9))):
            splitter.setChildrenCollapsible(False)
            splitter.splitterMoved.connect(self._tell_layout)
            splitter.setSizes([100 * size for size in sizes])
            for place, size in enumerate(sizes):
                splitter.setStretchFactor(place, size)
        self.right.setCollapsible(1, True)  # the profile
        self.page = QtWidgets.QScrollArea(self)  # of use where everything stands in one column
        self.page.setWidgetResizable(True)
        self.page.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # it follows what has the keyboard
        self.page.setFrameShape(QtWidgets.QFrame.Shape.NoFrame)
        self.page.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.page.setWidget(self.halves)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.setSpacing(6)
        layout.addWidget(self.top_bar)
        layout.addWidget(self.message)
        layout.addWidget(self.page, 1)
        layout.addWidget(self.actions_bar)

    @guarded
    def _tell_layout(self, *_: object) -> None:
        self.laid_out.emit()

    @guarded
    def show_map_alone(self, alone: bool) -> None:
        """Show the map and the profile alone, for a small screen; heads are chosen above the map."""
        with quietly(self.map.alone):
            self.map.alone.setChecked(alone)
        self.left.setVisible(not alone)
        if not alone and not all(self.right.sizes()):
            self.right.setSizes([100 * size for size in _MAP_AND_PROFILE])
        self.map.refresh_alone()
        self._fit_column()
        self.laid_out.emit()

    def fold_profile(self) -> None:
        """Give the map the height of the profile, which can be pulled up again by the line of dots."""
        self.right.setSizes([sum(self.right.sizes()), 0])

    @property
    def narrow_width(self) -> int:
        """Width from which on both halves stand beside each other; large letters need more room."""
        return int(_NARROW * max(1.0, self.fontMetrics().height() / 16))

    def is_short(self, width: int, height: int) -> bool:
        """Whether a panel of this size (in pixels) has no room for both of its halves."""
        return width < self.narrow_width and height < 2 * _COLUMN * self.fontMetrics().height()

    def _fields(self) -> list[Any]:
        """What takes the keyboard, from the top left to the bottom right."""
        bar, controls, sites, maps, profile = self.top_bar, self.controls, self.sites, self.map, self.profile
        buttons = self.actions_bar
        return [
            *(bar.chain, bar.linked, bar.model, bar.sequence, bar.stop),
            *(self.heads.tabBar(), self.grid.metric, self.grid.counted, self.grid.canvas, self.thumbnails),
            *(self.details.tabBar(), controls.threshold, controls.weight, controls.top, controls.direction),
            *(controls.min_sep, controls.palette, controls.radius, controls.color_by, controls.labels),
            *(controls.transparency, controls.window_size, sites.source, sites.radius, sites.path),
            *(sites.browse, sites.apply_button, sites.shown, sites.table.filter, sites.table.view),
            *(self.pairs.table.filter, self.pairs.table.view),
            *(maps.head, maps.scale, maps.direction, maps.contacts, maps.reset, maps.alone, maps.canvas),
            *(profile.color, profile.which, profile.canvas, profile.top),
            *(
                buttons.save,
                buttons.view,
                buttons.export,
                buttons.copy,
                buttons.clear,
                buttons.place,
                buttons.help,
            ),
        ]

    def _listen(self) -> list[Callable[[], None]]:
        grid, maps, profile = self.grid.refresh, self.map.refresh, self.profile.refresh
        sites = self.sites.refresh
        wanted = {
            "chain": (self.top_bar.refresh_choices, self.controls.refresh, grid, maps, profile),
            "scan": (grid, maps, sites, self.thumbnails.refresh),
            "grid": (grid, self.map.refresh_heads),
            "head": (
                self.controls.refresh_legend,
                self.grid.refresh_choice,
                self.thumbnails.refresh_choice,
                maps,
                profile,
                sites,
            ),
            "map": (maps, profile, sites),
            "drawing": (self.pairs.refresh, self.controls.refresh_legend, profile, self.map.refresh_box),
            "sites": (sites, maps, profile),
            "marks": (self.map.refresh_marks, self.profile.refresh_marks),
            "options": (self.controls.refresh, maps, profile, self.thumbnails.refresh_colors),
        }
        stops = [self.inspector.listen(topic, partial(self._ask, pieces)) for topic, pieces in wanted.items()]
        for topic in ("scan", "map", "drawing", "sites", "options"):  # what can be done may have changed
            stops.append(self.inspector.listen(topic, partial(self._ask, (self.actions_bar.refresh,))))
        for topic in ("chain", "head", "drawing", "sites"):  # something was done since the last problem
            stops.append(self.inspector.listen(topic, partial(self.show_message, "")))
        notes = (self.grid.refresh_note, self.map.refresh_note)
        for refresh in (self.top_bar.refresh_status, self.actions_bar.refresh, *notes, self._collect):
            stops.append(self.inspector.listen("status", refresh))
        stops.append(self.inspector.listen("chain", self._expect_garbage))
        return stops

    def _ask(self, pieces: tuple[Callable[[], None], ...]) -> None:
        for piece in pieces:
            self.turns.ask(piece)

    def _expect_garbage(self) -> None:
        self._has_garbage = True

    def _collect(self) -> None:
        """Collect what is left of the last chain when all of the new one has come."""
        if self._has_garbage and not self.inspector.status.is_busy:
            self._has_garbage = False
            self.turns.ask(_collect_garbage)

    # -- what the user reads ---------------------------------------------------------------------------

    def show_message(self, text: str) -> None:
        """Show a line above the pictures until the next action succeeds; empty for none."""
        self.message.setText(self.inspector.session.viewer.dialect.render(text))
        self.message.setVisible(bool(text))

    # -- life ------------------------------------------------------------------------------------------

    @guarded
    def showEvent(self, event: Any) -> None:  # noqa: N802
        """Look at the viewer's selection from now on."""
        super().showEvent(event)
        self._watch.start()

    @guarded
    def hideEvent(self, event: Any) -> None:  # noqa: N802
        """Nobody sees it: look no more."""
        super().hideEvent(event)
        self._watch.stop()

    def event(self, event: Any) -> bool:
        """Our keys come before those of the host's menus, while the panel has the keyboard."""
        if event.type() == QtCore.QEvent.Type.ShortcutOverride and self._find_action(event) is not None:
            event.accept()
            return True
        return bool(super().event(event))

    @guarded
    def keyPressEvent(self, event: Any) -> None:  # noqa: N802
        """Help, save, export, copy."""
        action = self._find_action(event)
        if action is None:
            event.ignore()
        else:
            action()

    def _find_action(self, event: Any) -> Callable[[], None] | None:
        keys, held = Qt.Key, Qt.KeyboardModifier
        actions, modifiers = self.actions_bar, event.modifiers() & ~held.KeypadModifier
        if event.key() == keys.Key_F1:
            return actions.show_help
        if modifiers == held.ControlModifier | held.ShiftModifier:
            return actions.copy_command if event.key() == keys.Key_C else None
        if modifiers == held.ControlModifier:
            return {keys.Key_S: actions.save_figure, keys.Key_E: actions.export_pairs}.get(event.key())
        return None

    @guarded
    def _look(self) -> None:
        self.inspector.read_marks()

    @guarded
    def resizeEvent(self, event: Any) -> None:  # noqa: N802
        """Side by side, or in one column where it is narrow."""
        super().resizeEvent(event)
        self._fit_column()

    def _fit_column(self) -> None:
        is_narrow = self.width() < self.narrow_width
        self.halves.setOrientation(Qt.Orientation.Vertical if is_narrow else Qt.Orientation.Horizontal)
        height = self.fontMetrics().height()
        is_stacked = is_narrow and not self.map.alone.isChecked()
        self.left.setMinimumHeight(_COLUMN * height if is_stacked else 0)
        self.right.setMinimumHeight(_COLUMN * height if is_stacked else 0)
        bar = self.page.verticalScrollBar().sizeHint().width()
        column = self.halves.minimumSizeHint().width() + bar if is_narrow else 0
        self.page.setMinimumWidth(column)
        margins = self.layout().contentsMargins()
        self.setMinimumWidth(max(_SMALLEST[0], column + margins.left() + margins.right()))  # nothing is cut

    def release(self) -> None:
        """Stop all timers and listen no more; the widgets are deleted by whoever owns the panel."""
        self._watch.stop()
        self.turns.stop()
        self._take_back()
        for stop in self._stops:
            stop()
        self._stops = []
        for part in (self.controls, self.grid, self.thumbnails, self.map, self.profile, self.top_bar):
            part.release()

    # -- what is remembered ----------------------------------------------------------------------------

    def layout_state(self) -> dict[str, Any]:
        """Sizes of the parts, for the next time."""
        splitters = {"left": self.left, "right": self.right, "halves": self.halves}
        return {
            "splitters": {name: splitter.sizes() for name, splitter in splitters.items()},
            "tabs": [self.heads.currentIndex(), self.details.currentIndex()],
            "map": self.map.choices(),
            "map_alone": self.map.alone.isChecked(),
        }

    def restore_layout(self, kept: dict[str, Any]) -> None:
        """Sizes of the parts as they were; what is not usable is passed over."""
        splitters = {"left": self.left, "right": self.right, "halves": self.halves}
        sizes = kept.get("splitters")
        for name, splitter in splitters.items():
            numbers = sizes.get(name) if isinstance(sizes, dict) else None
            if isinstance(numbers, list) and len(numbers) == 2 and all(isinstance(n, int) for n in numbers):
                splitter.setSizes(numbers)
        self.map.restore_choices(kept.get("map"))
        self.show_map_alone(kept.get("map_alone") is True)
        tabs = kept.get("tabs")
        if isinstance(tabs, list) and len(tabs) == 2 and all(isinstance(n, int) for n in tabs):
            self.heads.setCurrentIndex(tabs[0])
            self.details.setCurrentIndex(tabs[1])
