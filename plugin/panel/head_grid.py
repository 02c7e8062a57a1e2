"""All heads of the model, one number for each: the metric, the grid, and what it says under the mouse."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from provis_core.attention.arcs import DEFAULT_MIN_WEIGHT
from provis_core.attention.head_id import HeadId
from provis_core.figures.grid_drawing import HeadGridDrawing, draw_head_grid
from provis_core.figures.grids import RANKED
from provis_core.figures.head_grid import HeadGrid, describe_best, describe_cell

from .canvas import Canvas
from .fields import fill_choices, make_choice, quietly
from .flow import Flow
from .guarding import guarded
from .heads import is_adding, palette_color, step_of
from .qt import Qt, QtCore, QtGui, QtWidgets, Signal, event_point
from .turns import Turns

__all__ = ["HeadGridView"]

_HINT = "Click: draw a head. Ctrl-click: draw it beside the others. Arrow keys: go from head to head."
_BEST_HINT = (
    "Beyond chance: p all < 0.05, the p-value by circular shifts of the property along the chain, corrected "
    "for all heads."
)
_COUNTED_HINT = (
    "Smallest attention weight of a pair that counts here («min_attn»); 0.3 as in the paper. Of smaller "
    "weights there are more pairs, so fewer heads are grey."
)
_COUNTED_STEP = 0.05
_WHY_HINT = (
    "What the model is asked why, as in explain: V82A, V82A:masked, residue:82, likelihood, contact:25-82, "
    "or a class; A-B is the difference of two"
)


class GridCanvas(Canvas):
    """The picture of the grid.

    Parameters
    ----------
    inspector : Inspector
    turns : Turns
    parent : QWidget, optional
    """

    pointed = Signal(object)
    """The head under the mouse, or None."""

    def __init__(self, inspector: Any, turns: Turns, parent: Any = None) -> None:
        super().__init__(turns, parent)
        self._inspector = inspector
        self.drawing: HeadGridDrawing | None = None
        self._grid: HeadGrid | None = None  # the last that there was; the inspector may have none by now
        self._shown: HeadGrid | None = None
        self._under: HeadId | None = None
        self.setMinimumSize(200, 180)
        self.hovered.connect(self._on_hover)

    def compose(self, theme: Any) -> None:
        """Make the grid's artists."""
        assert self._grid is not None
        self.drawing = draw_head_grid(self.figure, _for_screen(self._grid), theme=theme)
        self._shown = self._grid
        self.choose()

    @guarded
    def refresh(self) -> None:
        """Show the grid as it is now."""
        grid = self._inspector.readings.grid
        if grid is None:
            return
        self._grid = grid
        self.show_note("")
        if (
            self._is_composed
            and self.drawing is not None
            and self.drawing.grid.values.shape == grid.values.shape
        ):
            if grid is not self._shown:
                self.drawing.update(_for_screen(grid))
                self._shown = grid
            self.choose()
            self.redraw()
        else:
            self.recompose()

    def choose(self) -> None:
        """Outline the heads that are drawn, each in the colour of its cylinders."""
        heads, head = self._inspector.state.heads, self._inspector.state.head
        if self.drawing is None:
            return
        palettes = self._inspector.readings.head_palettes
        colors = [palette_color(palettes[one]) for one in heads] if len(heads) > 1 else []
        order = sorted(range(len(heads)), key=lambda k: heads[k] != head)
        self.drawing.choose([heads[k] for k in order], [colors[k] for k in order] if colors else [])

    def head_at(self, x: float, y: float) -> HeadId | None:
        """The head at a place of the widget; None where there is none."""
        if self.drawing is None or self._image is None or self._note:
            return None
        place = self.to_data(self.drawing.axes, x, y)
        return None if place is None else self.drawing.pick(*place)

    def paint_over(self, painter: Any) -> None:
        """A frame around the head under the mouse."""
        if self._under is None or self.drawing is None:
            return
        axes = self.drawing.axes
        left, top = self.to_widget(axes, self._under.head - 0.5, self._under.layer - 0.5)
        right, bottom = self.to_widget(axes, self._under.head + 0.5, self._under.layer + 0.5)
        painter.setPen(QtGui.QPen(self.palette().color(QtGui.QPalette.ColorRole.Highlight), 2))
        painter.drawRect(QtCore.QRectF(left, top, right - left, bottom - top))

    @guarded
    def _on_hover(self, place: tuple[float, float] | None) -> None:
        under = None if place is None else self.head_at(*place)
        if under != self._under:
            self._under = under
            self.pointed.emit(under)
            self.update()

    @guarded
    def mousePressEvent(self, event: Any) -> None:  # noqa: N802
        """Choose a head."""
        head = self.head_at(*event_point(event))
        if event.button() == Qt.MouseButton.LeftButton and head is not None:
            self._inspector.choose.head(head, add=is_adding(event))

    @guarded
    def keyPressEvent(self, event: Any) -> None:  # noqa: N802
        """Go from head to head."""
        step = step_of(event.key())
        if step is None:
            event.ignore()
        else:
            self._inspector.choose.step(*step)


class HeadGridView(QtWidgets.QWidget):  # type: ignore[misc]
    """The grid with the chooser of the metric above it and the numbers of one head under it.

    Parameters
    ----------
    inspector : Inspector
    turns : Turns
    parent : QWidget, optional
    """

    def __init__(self, inspector: Any, turns: Turns, parent: Any = None) -> None:
        super().__init__(parent)
        self._inspector = inspector
        self.metric = make_choice("What the colour of a head tells")
        self.canvas = GridCanvas(inspector, turns, self)
        self.words = QtWidgets.QLabel(self)
        self.words.setToolTip(_HINT)
        self.words.setWordWrap(True)
        self.words.setMinimumHeight(2 * self.fontMetrics().lineSpacing())  # two lines: nothing jumps
        self.words.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.best = QtWidgets.QLabel(self)
        self.best.setToolTip(_BEST_HINT)
        self.best.setWordWrap(True)
        self.best.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.counted = QtWidgets.QDoubleSpinBox(self)
        self.counted.setRange(DEFAULT_MIN_WEIGHT, 1.0)
        self.counted.setDecimals(2)
        self.counted.setSingleStep(_COUNTED_STEP)
        self.counted.setKeyboardTracking(False)
        self.counted.setToolTip(inspector.session.viewer.dialect.render(_COUNTED_HINT))
        row = Flow()
        row.add_field("Me&tric", self.metric, grows=True)
        row.add_field("Attention ≥", self.counted)
        self.why = QtWidgets.QLineEdit(self)
        self.why.setPlaceholderText("best class, selected residue, or likelihood")
        self.why.setToolTip(_WHY_HINT)
        self._offered: tuple[str, ...] = ()
        self._why_field = row.add_field("&Why", self.why, grows=True)
        self.adds_up = QtWidgets.QLabel(self)
        self.adds_up.setToolTip("Relevance is shared out: what all residues and special tokens add up to")
        self.adds_up.setWordWrap(True)
        self.adds_up.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.setSpacing(4)
        layout.addLayout(row)
        layout.addWidget(self.best)
        layout.addWidget(self.canvas, 1)
        layout.addWidget(self.words)
        layout.addWidget(self.adds_up)
        self.why.editingFinished.connect(self._on_why)
        self.metric.activated.connect(self._on_metric)
        self.counted.valueChanged.connect(self._on_counted)
        self.canvas.pointed.connect(self._on_pointed)
        self.refresh()

    @guarded
    def refresh(self) -> None:
        """Show the metrics that there are, and the grid."""
        inspector = self._inspector
        fill_choices(
            self.metric, [(one.label, one.name) for one in inspector.readings.metrics], inspector.state.metric
        )
        if inspector.readings.grid is None:
            self.canvas.show_note(self._why_empty())
        grid = inspector.readings.grid
        self._show_counted(grid)
        self._show_why()
        best = "" if grid is None else describe_best(grid)
        self.best.setText(best)
        self.best.setVisible(bool(best))
        self.canvas.refresh()
        self._describe(None)

    def _show_why(self) -> None:
        """What is asked why, with what can be asked of the model, and how well the answer adds up."""
        readings, is_shown = self._inspector.readings, self._inspector.readings.reasons.are_shown
        for widget in (self._why_field, self.adds_up):
            widget.setVisible(is_shown)
        if not is_shown:
            return
        if not self.why.hasFocus() or not self.why.isModified():
            self.why.setText(self._inspector.state.why)
        if readings.reasons.names != self._offered:
            self._offered = readings.reasons.names
            completer = QtWidgets.QCompleter(list(self._offered), self.why)
            completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
            completer.setFilterMode(Qt.MatchFlag.MatchContains)
            completer.setMaxVisibleItems(12)
            self.why.setCompleter(completer)
        self.adds_up.setText(readings.reasons.words)

    def _show_counted(self, grid: HeadGrid | None) -> None:
        """From which weight on pairs count: a ranking has its own, and some numbers are not made of pairs."""
        is_counting = grid is None or math.isfinite(grid.min_weight)
        is_own = self._inspector.state.metric != RANKED.name
        self.counted.setEnabled(is_counting and is_own)
        value = self._inspector.state.counted if is_own or grid is None else grid.min_weight
        with quietly(self.counted):
            self.counted.setValue(value)

    @guarded
    def refresh_note(self) -> None:
        """Say why there is no grid as it is now."""
        if self._inspector.readings.grid is None:
            self.canvas.show_note(self._why_empty())

    @guarded
    def refresh_choice(self) -> None:
        """Show which heads are drawn."""
        self.canvas.choose()
        self.canvas.redraw()
        self._describe(None)

    def release(self) -> None:
        """Give up the picture."""
        self.canvas.release()

    def _why_empty(self) -> str:
        inspector = self._inspector
        if inspector.target is None:
            return "Load a protein: its chains are offered here."
        problem: str = inspector.status.problem
        if problem:
            return problem
        if inspector.readings.reasons.are_shown and inspector.readings.reasons.relevance is None:
            return "The model is asked why: the relevance of all heads appears here when it has answered."
        if inspector.readings.scan is None:
            return "The model reads the chain: all heads appear here when it is done."
        return "The numbers of all heads are being computed."

    def _describe(self, head: HeadId | None) -> None:
        inspector = self._inspector
        if inspector.readings.grid is None:
            self.words.setText("")
            return
        self.words.setText(describe_cell(inspector.readings.grid, head or inspector.state.head))

    @guarded
    def _on_metric(self, place: int) -> None:
        self._inspector.choose.metric(self.metric.itemData(place))

    @guarded
    def _on_why(self) -> None:
        if not self.why.isModified():
            return
        self.why.setModified(False)
        self._inspector.choose.why(self.why.text())

    @guarded
    def _on_counted(self, value: float) -> None:
        try:
            self._inspector.choose.counted(round(value, 2))
        finally:
            self._show_counted(self._inspector.readings.grid)

    @guarded
    def _on_pointed(self, head: HeadId | None) -> None:
        self._describe(head)


def _for_screen(grid: HeadGrid) -> HeadGrid:
    """Without what the choosers say already, and with a legend that fits: the words under it say the rest."""
    return replace(grid, title="", muted_reason=f"too few {grid.counted}" if grid.muted_reason else "")
