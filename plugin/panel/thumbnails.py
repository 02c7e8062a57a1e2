"""The maps of all heads, small, in a grid that scrolls: made layer by layer, painted where they are seen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from provis_core.attention.head_id import HeadId
from provis_core.figures.head_grid import describe_cell
from provis_core.figures.theme import make_color_table
from provis_core.figures.thumbnails import iterate_thumbnails

from .guarding import guarded
from .heads import is_adding, step_of
from .qt import Qt, QtCore, QtGui, QtWidgets, event_point
from .theme import read_window_theme
from .turns import Turns

__all__ = ["ThumbnailsView"]

_DOTS = 48  # along a side of a map
_GAP = 4  # logical pixels between two maps
_SMALLEST, _LARGEST = 32, 192  # logical pixels along a side


class ThumbnailsView(QtWidgets.QAbstractScrollArea):  # type: ignore[misc]
    """One small map per head; layer 1 on top.

    Parameters
    ----------
    inspector : Inspector
    turns : Turns
    parent : QWidget, optional
    """

    def __init__(self, inspector: Any, turns: Turns, parent: Any = None) -> None:
        super().__init__(parent)
        self._inspector, self._turns = inspector, turns
        self._scan: Any = None
        self._layers: Iterator[npt.NDArray[np.uint8]] | None = None
        self._images: list[npt.NDArray[np.uint8]] = []  # of each layer, (n_heads, size, size)
        self._tiles: dict[HeadId, Any] = {}  # those that were seen
        self._table: list[int] = []
        self._colors = ("", "")  # palette and background that the table was made of
        self._side = _SMALLEST
        self._is_sized = False  # by the user
        self._under: HeadId | None = None
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        self.viewport().setToolTip(
            "Click: draw a head. Ctrl-click: draw it beside the others. Ctrl and wheel: larger or smaller."
        )
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFrameShape(QtWidgets.QFrame.Shape.NoFrame)
        self.setMinimumSize(160, 120)
        self.horizontalScrollBar().setSingleStep(self._side // 2)
        self.verticalScrollBar().setSingleStep(self._side // 2)

    # -- what is shown ---------------------------------------------------------------------------------

    @guarded
    def refresh(self) -> None:
        """Begin to make the maps of another scan, or show that there is none."""
        scan, target = self._inspector.readings.scan, self._inspector.target
        if scan is self._scan:
            return
        self._scan, self._layers = scan, None
        self._images, self._tiles = [], {}
        if scan is not None and target is not None:
            self._layers = iterate_thumbnails(
                scan.arcs, size=_DOTS, chain=target.chain, sequence_map=target.sequence_map
            )
            self._turns.ask(self._make_next)
        self._lay_out()
        self.viewport().update()

    @guarded
    def refresh_choice(self) -> None:
        """Outline the heads that are drawn; the chosen one is brought into view."""
        if self._scan is not None and self.isVisible():
            self._bring_into_view(self._inspector.state.head.heads[0])
        self.viewport().update()

    @guarded
    def _make_next(self) -> None:
        """Make the maps of one more layer."""
        if self._layers is None:
            return
        images = next(self._layers, None)
        if images is None:
            self._layers = None
            return
        self._images.append(images)
        self.viewport().update()
        self._turns.ask(self._make_next)

    def release(self) -> None:
        """Give up the maps."""
        self._scan, self._layers = None, None
        self._images, self._tiles = [], {}

    # -- places ----------------------------------------------------------------------------------------

    @property
    def _margin(self) -> tuple[int, int]:
        """Room at the left and on top for the numbers, in logical pixels."""
        metrics = self.fontMetrics()
        return metrics.horizontalAdvance("100") + 8, metrics.height() + 6

    def tile_rect(self, head: HeadId) -> Any:
        """Where a map is in the viewport, as a QRect."""
        left, top = self._margin
        step = self._side + _GAP
        x = left + head.head * step - self.horizontalScrollBar().value()
        y = top + head.layer * step - self.verticalScrollBar().value()
        return QtCore.QRect(x, y, self._side, self._side)

    def head_at(self, x: float, y: float) -> HeadId | None:
        """The head at a place of the viewport; None where there is none."""
        left, top = self._margin
        if self._scan is None or x < left or y < top:
            return None
        step = self._side + _GAP
        head = int(x - left + self.horizontalScrollBar().value()) // step
        layer = int(y - top + self.verticalScrollBar().value()) // step
        inside = 0 <= layer < self._scan.n_layers and 0 <= head < self._scan.n_heads
        return HeadId(layer, head) if inside else None

    def _lay_out(self) -> None:
        left, top = self._margin
        n_layers, n_heads = (0, 0) if self._scan is None else (self._scan.n_layers, self._scan.n_heads)
        if n_heads and not self._is_sized:  # all heads of a layer side by side, where they can be read so
            room = (self.viewport().width() - left) // n_heads - _GAP
            self._side = min(_LARGEST // 2, max(_DOTS, room))
        step = self._side + _GAP
        for bar, size, room in (
            (self.horizontalScrollBar(), left + n_heads * step, self.viewport().width()),
            (self.verticalScrollBar(), top + n_layers * step, self.viewport().height()),
        ):
            bar.setPageStep(room)
            bar.setRange(0, max(0, size - room))

    def _bring_into_view(self, head: HeadId) -> None:
        left, top = self._margin
        rect, view = self.tile_rect(head), self.viewport().rect().adjusted(left, top, 0, 0)
        for bar, low, high, first, last in (
            (self.horizontalScrollBar(), rect.left(), rect.right(), view.left(), view.right()),
            (self.verticalScrollBar(), rect.top(), rect.bottom(), view.top(), view.bottom()),
        ):
            if low < first:
                bar.setValue(bar.value() + low - first - _GAP)
            elif high > last:
                bar.setValue(bar.value() + high - last + _GAP)

    # -- painting --------------------------------------------------------------------------------------

    @guarded
    def paintEvent(self, event: Any) -> None:  # noqa: N802
        """Paint the maps that are seen."""
        painter = QtGui.QPainter(self.viewport())
        try:
            painter.fillRect(self.viewport().rect(), self.palette().base())
            if self._scan is None:
                flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
                painter.drawText(self.viewport().rect(), flags, "The maps of all heads appear here.")
            else:
                self._paint_tiles(painter)
        finally:
            painter.end()

    def _paint_tiles(self, painter: Any) -> None:
        left, top = self._margin
        step = self._side + _GAP
        first_head = max(0, self.horizontalScrollBar().value() // step)
        first_layer = max(0, self.verticalScrollBar().value() // step)
        n_across = self.viewport().width() // step + 2
        n_down = self.viewport().height() // step + 2
        heads = range(first_head, min(self._scan.n_heads, first_head + n_across))
        layers = range(first_layer, min(self._scan.n_layers, first_layer + n_down))
        chosen = self._inspector.state.head.heads
        drawn = {one for head in self._inspector.state.heads for one in head.heads}
        role = QtGui.QPalette.ColorRole
        painter.setClipRect(left, top, self.viewport().width() - left, self.viewport().height() - top)
        for layer in layers:
            for number in heads:
                head = HeadId(layer, number)
                rect = self.tile_rect(head)
                tile = self._tile(head)
                if tile is None:
                    painter.fillRect(rect, self.palette().alternateBase())
                else:
                    painter.drawImage(rect, tile)
                color = self.palette().color(role.Highlight if head in drawn else role.Mid)
                painter.setPen(QtGui.QPen(color, 3 if head in chosen else 2 if head in drawn else 1))
                painter.drawRect(rect)
        painter.setClipping(False)
        painter.setPen(self.palette().color(role.Text))
        for number in heads:
            x = self.tile_rect(HeadId(0, number)).left()
            if x >= left - self._side // 2:
                painter.drawText(
                    QtCore.QRect(x, 0, self._side, top), Qt.AlignmentFlag.AlignCenter, str(number + 1)
                )
        for layer in layers:
            y = self.tile_rect(HeadId(layer, 0)).top()
            if y >= top - self._side // 2:
                painter.drawText(
                    QtCore.QRect(0, y, left - 4, self._side),
                    Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                    str(layer + 1),
                )

    def _tile(self, head: HeadId) -> Any:
        """The image of a map, made when it is first seen; None while its layer is not there."""
        if head not in self._tiles and head.layer < len(self._images):
            if not self._table:
                self._colors = (self._inspector.state.options.palette, read_window_theme(self).background)
                colors = make_color_table(*self._colors)
                self._table = [QtGui.qRgb(*map(int, color)) for color in colors]
            dots = np.ascontiguousarray(self._images[head.layer][head.head])
            size = dots.shape[0]
            kind = QtGui.QImage.Format.Format_Indexed8
            image = QtGui.QImage(dots.tobytes(), size, size, size, kind).copy()
            image.setColorTable(self._table)
            self._tiles[head] = image
        return self._tiles.get(head)

    @guarded
    def refresh_colors(self) -> None:
        """The palette, or the colours of the host, may have changed."""
        colors = (self._inspector.state.options.palette, read_window_theme(self).background)
        if colors != self._colors:
            self._colors = colors
            self._table, self._tiles = [], {}
            self.viewport().update()

    # -- mouse, keys and Qt's own ----------------------------------------------------------------------

    @guarded
    def resizeEvent(self, event: Any) -> None:  # noqa: N802
        """The scroll bars fit the room."""
        self._lay_out()

    def scrollContentsBy(self, dx: int, dy: int) -> None:  # noqa: N802
        """The numbers stay where they are, so everything is painted anew."""
        self.viewport().update()

    @guarded
    def changeEvent(self, event: Any) -> None:  # noqa: N802
        """The host changed its colours."""
        if event.type() == QtCore.QEvent.Type.PaletteChange:
            self.refresh_colors()

    @guarded
    def mousePressEvent(self, event: Any) -> None:  # noqa: N802
        """Choose a head."""
        head = self.head_at(*event_point(event))
        if event.button() == Qt.MouseButton.LeftButton and head is not None:
            self._inspector.choose.head(head, add=is_adding(event))

    @guarded
    def mouseMoveEvent(self, event: Any) -> None:  # noqa: N802
        """Say which head is under the mouse."""
        head = self.head_at(*event_point(event))
        if head != self._under:
            self._under = head
            grid = self._inspector.readings.grid
            if head is None:
                words = ""
            else:
                words = head.label if grid is None else describe_cell(grid, head)
            self.viewport().setToolTip(words)

    @guarded
    def wheelEvent(self, event: Any) -> None:  # noqa: N802
        """Scroll; with Ctrl make the maps larger or smaller."""
        if is_adding(event):
            factor = 1.2 ** (event.angleDelta().y() / 120)
            self._is_sized = True
            self._side = round(min(_LARGEST, max(_SMALLEST, self._side * factor)))
            self._lay_out()
            self.viewport().update()
            event.accept()
        else:
            super().wheelEvent(event)

    @guarded
    def keyPressEvent(self, event: Any) -> None:  # noqa: N802
        """Go from head to head."""
        step = step_of(event.key())
        if step is None:
            event.ignore()
        else:
            self._inspector.choose.step(*step)
