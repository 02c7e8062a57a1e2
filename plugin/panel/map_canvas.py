"""The picture of an attention map: zoom, move, drag a box, and a cross under the mouse."""

from __future__ import annotations

from typing import Any

from provis_core.figures.map_drawing import MapDrawing, draw_attention_map
from provis_core.figures.map_view import MapView

from .canvas import Canvas
from .guarding import guarded
from .qt import Qt, QtCore, QtGui, Signal, event_point
from .turns import Turns

__all__ = ["MapCanvas"]

_FEWEST = 5  # residues that are seen at least
_WHEEL = 1.25  # by how much one step of the wheel zooms
_CLICK = 4  # logical pixels: a shorter drag is a click


class MapCanvas(Canvas):
    """An attention map under the mouse.

    Parameters
    ----------
    inspector : Inspector
    turns : Turns
    parent : QWidget, optional
    """

    pointed = Signal(object)
    """Query and key (residue indices) under the mouse, or None."""

    def __init__(self, inspector: Any, turns: Turns, parent: Any = None) -> None:
        super().__init__(turns, parent)
        self._inspector = inspector
        self.view: MapView | None = None
        self.drawing: MapDrawing | None = None
        self._palette = ""
        self._box: Any = None  # the one that is framed
        self._pair: tuple[int, int] | None = None
        self._from: tuple[float, float] | None = None  # where the left button went down, in the widget
        self._to: tuple[float, float] | None = None
        self._moved_from: tuple[float, float] | None = None  # the same for moving the map
        self.setMinimumSize(220, 200)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.hovered.connect(self._on_hover)

    # -- what is shown ---------------------------------------------------------------------------------

    def compose(self, theme: Any) -> None:
        """Make the map's artists; what was visible stays so."""
        assert self.view is not None
        limits = None
        if self.drawing is not None and self.drawing.view.axis.labels == self.view.axis.labels:
            limits = self.drawing.axes.get_xlim(), self.drawing.axes.get_ylim()
        self.drawing = draw_attention_map(self.figure, self.view, theme=theme, palette=self._palette)
        if limits is not None:
            self.drawing.axes.set_xlim(limits[0])
            self.drawing.axes.set_ylim(limits[1])
        self._show_marks_and_box()

    def draw_figure(self) -> None:
        """Draw only the map, its title and its colour bar where another head or other marks are shown."""
        if self.drawing is None:
            super().draw_figure()
        else:
            self.drawing.redraw()

    def show_view(self, view: MapView, palette: str) -> None:
        """Show another map, at the same zoom if its residues are the same."""
        self.view, self._palette = view, palette
        self.show_note("")
        if self._is_composed and self.drawing is not None:
            self.drawing.update(view, palette)
            self._show_marks_and_box()
            self.redraw()
        else:
            self.recompose()

    def refresh_marks(self) -> None:
        """Light up what is selected in the viewer, and frame the box."""
        if self._is_composed and self.drawing is not None:
            self._show_marks_and_box()
            self.redraw()

    def refresh_box(self) -> None:
        """Frame the part of the map that is emphasised."""
        if self._is_composed and self.drawing is not None and self._inspector.state.box != self._box:
            self._show_marks_and_box()
            self.redraw()

    def _show_marks_and_box(self) -> None:
        assert self.drawing is not None
        marks, box = self._inspector.stage.pointer.marks, self._inspector.state.box
        self._box = box
        if len(marks) == self.drawing.view.n:
            self.drawing.mark(marks)
        self.drawing.show_box(box.rows if box else None, box.columns if box else None)

    # -- zoom ------------------------------------------------------------------------------------------

    def reset_zoom(self) -> None:
        """See the whole map."""
        if self.drawing is not None:
            self.drawing.reset_zoom()
            self.redraw()

    def zoom(self, factor: float, at: tuple[float, float] | None = None) -> None:
        """See less of the map (a factor above 1) or more, around a place of it or its middle."""
        if self.drawing is None:
            return
        axes = self.drawing.axes
        low, high = axes.get_xlim()
        bottom, top = axes.get_ylim()
        x, y = at or ((low + high) / 2, (bottom + top) / 2)
        span = min(max((high - low) / factor, _FEWEST), self.drawing.view.n)
        share = span / (high - low)
        self._look_at(x - (x - low) * share, y - (y - top) * share, span)

    def _look_at(self, left: float, top: float, span: float) -> None:
        """See a square of residues; it is moved into the map."""
        assert self.drawing is not None
        n = self.drawing.view.n
        left = min(max(left, -0.5), n - 0.5 - span)
        top = min(max(top, -0.5), n - 0.5 - span)
        self.drawing.axes.set_xlim(left, left + span)
        self.drawing.axes.set_ylim(top + span, top)
        self.redraw()

    def _move(self, across: float, down: float) -> None:
        """Move the map by logical pixels."""
        assert self.drawing is not None
        axes = self.drawing.axes
        left, right = axes.get_xlim()
        top = axes.get_ylim()[1]
        per_pixel = (right - left) / max(1.0, self.axes_rect(axes).width())
        self._look_at(left - across * per_pixel, top - down * per_pixel, right - left)

    # -- mouse and keyboard ----------------------------------------------------------------------------

    def pair_at(self, x: float, y: float) -> tuple[int, int] | None:
        """Query and key at a place of the widget."""
        if self.drawing is None or self._image is None or self._note:
            return None
        place = self.to_data(self.drawing.axes, x, y)
        return None if place is None else self.drawing.pick(*place)

    @property
    def pair(self) -> tuple[int, int] | None:
        """Query and key under the mouse, None where there is none in the map that is shown now."""
        if self._pair is None or self.view is None or self._note or max(self._pair) >= self.view.n:
            return None
        return self._pair

    def paint_over(self, painter: Any) -> None:
        """The cross under the mouse, or the box that is being dragged."""
        if self.drawing is None:
            return
        rect = self.axes_rect(self.drawing.axes)
        color = self.palette().color(QtGui.QPalette.ColorRole.Highlight)
        if self._from is not None and self._to is not None:
            fill = QtGui.QColor(color)
            fill.setAlphaF(0.25)
            painter.setPen(QtGui.QPen(color, 1.5))
            painter.setBrush(fill)
            corners = QtCore.QPointF(*self._from), QtCore.QPointF(*self._to)
            painter.drawRect(QtCore.QRectF(*corners).normalized().intersected(rect))
        elif self.pair is not None:
            x, y = self.to_widget(self.drawing.axes, self.pair[1], self.pair[0])
            painter.setPen(QtGui.QPen(color, 1))
            painter.drawLine(QtCore.QPointF(rect.left(), y), QtCore.QPointF(rect.right(), y))
            painter.drawLine(QtCore.QPointF(x, rect.top()), QtCore.QPointF(x, rect.bottom()))

    @guarded
    def _on_hover(self, place: tuple[float, float] | None) -> None:
        pair = None if place is None else self.pair_at(*place)
        if self._from is not None:
            self._to = place or self._to
            self.update()
        elif self._moved_from is not None and place is not None:
            self._move(place[0] - self._moved_from[0], place[1] - self._moved_from[1])
            self._moved_from = place
        if pair != self._pair:
            self._pair = pair
            self.pointed.emit(pair)
            self.update()

    @guarded
    def mousePressEvent(self, event: Any) -> None:  # noqa: N802
        """Begin a box, or to move the map."""
        if self.drawing is None or self._image is None or self._note:
            return
        place = event_point(event)
        if event.button() == Qt.MouseButton.LeftButton:
            if self.to_data(self.drawing.axes, *place) is not None:
                self._from = self._to = place
        elif event.button() in (Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton):
            self._moved_from = place
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    @guarded
    def mouseReleaseEvent(self, event: Any) -> None:  # noqa: N802
        """End the box: select it. A click drops the box that was there."""
        self._moved_from = None
        self.setCursor(Qt.CursorShape.CrossCursor)
        start, self._from, self._to = self._from, None, None
        self.update()
        if start is None or self.drawing is None:
            return
        end = event_point(event)
        if max(abs(end[0] - start[0]), abs(end[1] - start[1])) < _CLICK:
            self._inspector.choose.no_box()
            return
        first = self.to_data(self.drawing.axes, *start, clip=True)
        last = self.to_data(self.drawing.axes, *end, clip=True)
        assert first is not None and last is not None
        box = self.drawing.pick_box(*first, *last)
        if box is not None:
            self._inspector.choose.box(*box)

    @guarded
    def mouseDoubleClickEvent(self, event: Any) -> None:  # noqa: N802
        """See the whole map."""
        self.reset_zoom()

    @guarded
    def wheelEvent(self, event: Any) -> None:  # noqa: N802
        """Zoom around the mouse."""
        if self.drawing is None:
            return
        place = event.position() if hasattr(event, "position") else event.posF()
        at = self.to_data(self.drawing.axes, float(place.x()), float(place.y()))
        if at is not None:
            self.zoom(_WHEEL ** (event.angleDelta().y() / 120), at)
        event.accept()

    @guarded
    def contextMenuEvent(self, event: Any) -> None:  # noqa: N802
        """The right button moves the map."""
        event.accept()

    @guarded
    def keyPressEvent(self, event: Any) -> None:  # noqa: N802
        """Zoom and move."""
        key, keys = event.key(), Qt.Key
        steps = {
            keys.Key_Left: (40, 0),
            keys.Key_Right: (-40, 0),
            keys.Key_Up: (0, 40),
            keys.Key_Down: (0, -40),
        }
        if key in (keys.Key_Plus, keys.Key_Equal):
            self.zoom(_WHEEL)
        elif key == keys.Key_Minus:
            self.zoom(1 / _WHEEL)
        elif key in (keys.Key_0, keys.Key_Home):
            self.reset_zoom()
        elif key == keys.Key_Escape:
            self._from = self._to = None
            self._inspector.choose.no_box()
            self.update()
        elif key in steps and self.drawing is not None:
            self._move(*steps[key])
        else:
            event.ignore()
