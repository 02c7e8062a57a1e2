"""How much attention each residue receives and gives, the binding site under it, the top residues beside."""

from __future__ import annotations

from typing import Any

import numpy as np

from provis_core.figures.pictures import make_shown_profile, make_shown_relevance
from provis_core.figures.profile_drawing import ProfileDrawing, draw_profile
from provis_core.figures.profile_view import ProfileView, describe_residue
from provis_core.inspection.state import RELEVANCE

from .canvas import Canvas
from .fields import add_field, make_choice
from .guarding import guarded
from .qt import Qt, QtCore, QtGui, QtWidgets, Signal, event_point
from .turns import Turns

__all__ = ["ResidueProfileView"]

_N_TOP = 20  # residues in the list


class ProfileCanvas(Canvas):
    """The picture of the profile.

    Parameters
    ----------
    inspector : Inspector
    turns : Turns
    parent : QWidget, optional
    """

    pointed = Signal(object)
    """Residue index under the mouse, or None."""

    def __init__(self, inspector: Any, turns: Turns, parent: Any = None) -> None:
        super().__init__(turns, parent)
        self._inspector = inspector
        self.view: ProfileView | None = None
        self.drawing: ProfileDrawing | None = None
        self._under: int | None = None
        self.setMinimumSize(200, 130)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.hovered.connect(self._on_hover)

    def compose(self, theme: Any) -> None:
        """Make the profile's artists."""
        assert self.view is not None
        self.drawing = draw_profile(self.figure, self.view, theme=theme)
        self._mark()

    def show_view(self, view: ProfileView) -> None:
        """Show another profile."""
        self.view = view
        self.show_note("")
        if self._is_composed and self.drawing is not None:
            self.drawing.update(view)
            self._mark()
            self.redraw()
        else:
            self.recompose()

    def refresh_marks(self) -> None:
        """Light up what is selected in the viewer."""
        if self._is_composed and self.drawing is not None:
            self._mark()
            self.redraw()

    def _mark(self) -> None:
        marks = self._inspector.stage.pointer.marks
        if self.drawing is not None and len(marks) == self.drawing.view.n:
            self.drawing.mark(marks)

    def residue_at(self, x: float, y: float) -> int | None:
        """Residue index at a place of the widget; None where there is none."""
        if self.drawing is None or self._image is None or self._note:
            return None
        place = self.to_data(self.drawing.axes, x, y)
        return None if place is None else self.drawing.pick(place[0])

    @property
    def residue(self) -> int | None:
        """Index of the residue under the mouse, None where there is none in what is shown now."""
        if self._under is None or self.view is None or self._note:
            return None
        return self._under if self._under < self.view.n else None

    def paint_over(self, painter: Any) -> None:
        """A line through the residue under the mouse."""
        if self.residue is None or self.drawing is None:
            return
        rect = self.axes_rect(self.drawing.axes)
        x, _ = self.to_widget(self.drawing.axes, self.residue, 0.0)
        painter.setPen(QtGui.QPen(self.palette().color(QtGui.QPalette.ColorRole.Highlight), 1))
        painter.drawLine(QtCore.QPointF(x, rect.top()), QtCore.QPointF(x, rect.bottom()))

    @guarded
    def _on_hover(self, place: tuple[float, float] | None) -> None:
        under = None if place is None else self.residue_at(*place)
        if under != self._under:
            self._under = under
            self.pointed.emit(under)
            self.update()

    @guarded
    def mousePressEvent(self, event: Any) -> None:  # noqa: N802
        """Centre the structure on a residue."""
        index = self.residue_at(*event_point(event))
        if event.button() == Qt.MouseButton.LeftButton and index is not None:
            self._inspector.stage.center(index)


class ResidueProfileView(QtWidgets.QWidget):  # type: ignore[misc]
    """The profile, the colours that it gives to the structure, and its strongest residues.

    Parameters
    ----------
    inspector : Inspector
    turns : Turns
    parent : QWidget, optional
    """

    def __init__(self, inspector: Any, turns: Turns, parent: Any = None) -> None:
        super().__init__(parent)
        self._inspector = inspector
        self._shown: tuple[Any, ...] = ()
        self._top: list[int] = []
        self.which = make_choice(
            "Whether the list names those that receive most attention, or give most to other residues",
            [("received", "received"), ("given", "given")],
            fits=True,
        )
        self.color = make_choice(
            "Colour the residues of the structure by the attention that they receive or give, or by what "
            "they brought to a prediction",
            [("own colours", ""), ("received", "received"), ("given", "given"), ("relevance", RELEVANCE)],
            fits=True,
        )
        self.canvas = ProfileCanvas(inspector, turns, self)
        self.words = QtWidgets.QLabel(self)
        self.words.setToolTip("The residue under the mouse")
        self.words.setSizePolicy(QtWidgets.QSizePolicy.Policy.Ignored, QtWidgets.QSizePolicy.Policy.Fixed)
        self.top = QtWidgets.QListWidget(self)
        self.top.setToolTip("The residues with the most attention; a click centres the structure on one")
        self._fit_top()
        self.top.setMinimumHeight(60)
        row = QtWidgets.QHBoxLayout()
        add_field(row, "Colour str&ucture", self.color)
        row.addWidget(self.words, 1)
        add_field(row, "Top residues", self.which)
        body = QtWidgets.QHBoxLayout()
        body.addWidget(self.canvas, 1)
        body.addWidget(self.top)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.setSpacing(4)
        layout.addLayout(row)
        layout.addLayout(body, 1)
        self.which.activated.connect(self._on_which)
        self.color.activated.connect(self._on_color)
        self.canvas.pointed.connect(self._on_pointed)
        self.top.itemClicked.connect(self._on_item)
        self.top.itemActivated.connect(self._on_item)
        self.refresh()

    @guarded
    def refresh(self) -> None:
        """Show the profile as it is now; nothing is done where nothing of it has changed."""
        inspector = self._inspector
        target, profile = inspector.target, inspector.readings.profile
        self._show_color()
        if target is None or profile is None or not np.isfinite(profile.received).any():
            self._shown = ()
            self.canvas.show_note("The attention that each residue receives appears here.")
            self.top.clear()
            self.words.setText("")
            return
        found = inspector.readings.reasons.values
        shown = (found or profile, inspector.readings.sites, *inspector.readings.secondary)
        if [*map(id, shown)] == [*map(id, self._shown)]:
            return
        self._shown = shown
        around = inspector.readings.sites, inspector.readings.secondary
        relevance = inspector.readings.reasons.relevance
        self.canvas.show_view(
            make_shown_profile(target, profile, *around)
            if found is None or relevance is None
            else make_shown_relevance(
                target, found[0], found[1], inspector.state.head.label, *around, relevance.prediction
            )
        )
        self._on_pointed(self.canvas.residue)  # the mouse may rest on a residue
        self._list_top()

    @guarded
    def refresh_marks(self) -> None:
        """Light up what is selected in the viewer."""
        self.canvas.refresh_marks()

    @property
    def view(self) -> ProfileView | None:
        """What is shown; None for nothing."""
        return self.canvas.view if self._shown else None

    def release(self) -> None:
        """Give up the picture."""
        self.canvas.release()

    def _show_color(self) -> None:
        self.color.setCurrentIndex(max(0, self.color.findData(self._inspector.state.colored_by)))

    def _list_top(self) -> None:
        target, profile = self._inspector.target, self._inspector.readings.profile
        if target is None or profile is None:
            return
        values = profile.received if self.which.currentData() == "received" else profile.given
        found, form = self._inspector.readings.reasons.values, ".2f"
        self.which.setEnabled(found is None)
        if found is not None:
            values, form = found[0], "+.3g"
        known = np.flatnonzero(np.isfinite(values))
        self._top = [int(k) for k in known[np.argsort(-np.abs(values[known]), kind="stable")][:_N_TOP]]
        self.top.clear()
        self.top.addItems([f"{target.chain.residue_label(k)}  {values[k]:{form}}" for k in self._top])
        self._fit_top()

    def _fit_top(self) -> None:
        """Make the list as wide as its lines, within reason: chains may have long names."""
        usual = self.fontMetrics().horizontalAdvance("A/ASP100  0.000")
        bar, frame = self.top.verticalScrollBar().sizeHint().width(), 2 * self.top.frameWidth()
        longest = max(usual, self.top.sizeHintForColumn(0))
        self.top.setFixedWidth(min(longest, 2 * usual) + max(36, bar + frame + 4))

    @guarded
    def _on_which(self, _place: int) -> None:
        self._list_top()

    @guarded
    def _on_color(self, place: int) -> None:
        try:
            self._inspector.choose.profile(self.color.itemData(place))
        finally:
            self._show_color()

    @guarded
    def _on_pointed(self, index: int | None) -> None:
        view = self.canvas.view
        self.words.setText("" if index is None or view is None else describe_residue(view, index))

    @guarded
    def _on_item(self, item: Any) -> None:
        self._inspector.stage.center(self._top[self.top.row(item)])
