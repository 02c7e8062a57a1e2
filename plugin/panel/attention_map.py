"""The attention map of the chosen head: what of it is shown, and the words under the mouse."""

from __future__ import annotations

from typing import Any

from provis_core.actions.work.head_request import choose_head
from provis_core.attention.head_id import Head, HeadSet
from provis_core.figures.head_grid import describe_best, describe_cell
from provis_core.figures.map_view import MapView, describe_pair
from provis_core.figures.pictures import MapLook, make_shown_map

from .fields import fill_choices, make_button, make_choice, quietly
from .flow import Flow
from .guarding import guarded
from .map_canvas import MapCanvas
from .qt import Qt, QtWidgets
from .turns import Turns

__all__ = ["AttentionMapView"]

_HINT = (
    "Drag a box: its rows and columns are selected on the structure. Wheel: zoom. Right or middle button: "
    "move. Double click: all of it."
)
_ALONE = (
    "Show the map and the profile alone: for a small screen. The line of dots under the map divides the "
    "height between them"
)


class AttentionMapView(QtWidgets.QWidget):  # type: ignore[misc]
    """The map with its choosers above it and the pair under the mouse below.

    Parameters
    ----------
    inspector : Inspector
    turns : Turns
    parent : QWidget, optional
    """

    def __init__(self, inspector: Any, turns: Turns, parent: Any = None) -> None:
        super().__init__(parent)
        self._inspector = inspector
        self._made_of: tuple[tuple[Any, ...], tuple[Any, ...]] = ((), ())
        self.head = make_choice("The head that is shown, as layer-head; those that score best are listed")
        self.head.setEditable(True)
        self.head.setInsertPolicy(QtWidgets.QComboBox.InsertPolicy.NoInsert)
        self.head.lineEdit().setPlaceholderText("12-4")
        self.scale = make_choice(
            "How weights become colours: linear, by powers of ten, or by their rank among all",
            [("linear", "linear"), ("log", "log"), ("rank", "percentile")],
            fits=True,
        )
        self.direction = make_choice(
            "Rows attend and columns are attended to; or the larger, or the mean, of both directions",
            [("directed", "directed"), ("larger", "max"), ("mean", "mean")],
            fits=True,
        )
        self.contacts = make_choice(
            "Contacts of the structure: outlined, in the lower half of a symmetric map, or not at all",
            [("outlined", "outline"), ("lower half", "triangle"), ("hidden", "none")],
            fits=True,
        )
        self.reset = make_button("Whole map", "Show the whole map (double click, or 0)", self)
        self.reset.setMaximumWidth(self.fontMetrics().horizontalAdvance("Whole map") + 24)
        self.alone = make_button("Map only", _ALONE, self)
        self.alone.setMaximumWidth(self.fontMetrics().horizontalAdvance("Map only") + 24)
        self.alone.setCheckable(True)
        self.canvas = MapCanvas(inspector, turns, self)
        self.words = QtWidgets.QLabel(self)
        self.words.setToolTip(_HINT)
        self.words.setWordWrap(True)
        self._keep_lines()
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.words.setSizePolicy(QtWidgets.QSizePolicy.Policy.Ignored, QtWidgets.QSizePolicy.Policy.Fixed)
        row = Flow()
        row.add_field("Head", self.head, grows=True)
        row.add_field("Sc&ale", self.scale)
        row.add_field("D&irection", self.direction)
        row.add_field("C&ontacts", self.contacts)
        row.addWidget(self.reset)
        row.addWidget(self.alone)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.setSpacing(4)
        layout.addLayout(row)
        layout.addWidget(self.canvas, 1)
        layout.addWidget(self.words)
        for box in (self.scale, self.direction, self.contacts):
            box.activated.connect(self._on_choice)
        self.head.activated.connect(self._on_head)
        self.head.lineEdit().editingFinished.connect(self._on_typed)
        self.reset.clicked.connect(self._on_reset)
        self.canvas.pointed.connect(self._on_pointed)
        self.refresh()

    @guarded
    def refresh(self) -> None:
        """Show the map as it is now; nothing is done where nothing of it has changed."""
        inspector = self._inspector
        target = inspector.target
        self.refresh_heads()
        values = inspector.readings.weights
        scan = inspector.readings.own_scan
        if values is None and scan is not None:
            values = scan.arcs
        if target is None or values is None:
            self._made_of = ((), ())
            self.canvas.show_note(self._why_empty())
            self._on_pointed(None)
            return
        sites, secondary, look = inspector.readings.sites, inspector.readings.secondary, self.look
        words = (inspector.state.head, look, inspector.state.options.palette)
        things = (values, target, inspector.readings.contacts, sites, *secondary)
        made_of = (words, things)
        if words == self._made_of[0] and [*map(id, things)] == [*map(id, self._made_of[1])]:
            return
        self._made_of = made_of
        view = make_shown_map(
            target, inspector.state.head, values, look, inspector.readings.contacts, sites, secondary
        )
        self.canvas.show_view(view, inspector.state.options.palette)
        self._on_pointed(self.canvas.pair)  # the mouse may rest on a pair

    @guarded
    def refresh_heads(self) -> None:
        """Offer the heads that score best, and show which one is looked at."""
        inspector = self._inspector
        grid = inspector.readings.grid
        best = list(grid.best) if grid is not None else []
        known = [one.alone for one in inspector.entry.head_sets.values()] if inspector.target else []
        offered = [*best, *(one for one in known if isinstance(one, HeadSet))]
        heads = offered if inspector.state.head in offered else [inspector.state.head, *offered]
        fill_choices(self.head, [(head.label, head) for head in heads], inspector.state.head)
        if not self.head.lineEdit().hasFocus():
            with quietly(self.head, self.head.lineEdit()):
                self.head.setEditText(inspector.state.head.label if inspector.target is not None else "")
        self.head.setEnabled(inspector.target is not None)
        self._on_pointed(self.canvas.pair)

    @guarded
    def _on_head(self, place: int) -> None:
        self._choose_head(self.head.itemData(place))

    @guarded
    def _on_typed(self) -> None:
        text = self.head.currentText().strip()
        if self._inspector.target is None or text in ("", self._inspector.state.head.label):
            return
        try:
            self._choose_head(choose_head(self._inspector.entry, None, None, text))
        finally:
            with quietly(self.head, self.head.lineEdit()):
                self.head.setEditText(self._inspector.state.head.label)

    def _choose_head(self, head: Head) -> None:
        if head != self._inspector.state.head:
            self._inspector.choose.head(head)

    @guarded
    def refresh_note(self) -> None:
        """Say why there is no map as it is now."""
        if not any(self._made_of):
            self.canvas.show_note(self._why_empty())

    @property
    def look(self) -> MapLook:
        """What is chosen above the map."""
        return MapLook(self.scale.currentData(), self.direction.currentData(), self.contacts.currentData())

    @property
    def visible(self) -> tuple[tuple[int, int] | None, tuple[int, int] | None]:
        """First and last residue of the rows and of the columns that are seen; None where all are."""
        view, drawing = self.canvas.view, self.canvas.drawing
        if view is None or drawing is None:
            return None, None
        last = view.n - 1
        ends = []
        for limits in (drawing.axes.get_ylim(), drawing.axes.get_xlim()):
            start, stop = max(0, round(min(limits) + 0.5)), min(last, round(max(limits) - 0.5))
            ends.append(None if (start, stop) == (0, last) else (start, max(start, stop)))
        return ends[0], ends[1]

    @property
    def view(self) -> MapView | None:
        """What is shown; None for nothing."""
        return self.canvas.view

    @guarded
    def refresh_box(self) -> None:
        """Frame the part of the map that is emphasised on the structure."""
        self.canvas.refresh_box()

    @guarded
    def refresh_marks(self) -> None:
        """Light up what is selected in the viewer."""
        self.canvas.refresh_marks()

    def release(self) -> None:
        """Give up the picture."""
        self.canvas.release()

    def _why_empty(self) -> str:
        if self._inspector.target is None:
            return "Load a protein: its chains are offered here."
        return (
            self._inspector.status.problem
            or "The attention map appears here when the model has read the chain."
        )

    @guarded
    def _on_choice(self, _place: int) -> None:
        self.refresh()

    @guarded
    def _on_reset(self, _checked: bool = False) -> None:
        self.canvas.reset_zoom()

    def _keep_lines(self) -> None:
        """Room for words although there are none: nothing jumps. By itself the map tells of its head, too."""
        self.words.setFixedHeight((2 if self.alone.isChecked() else 1) * self.fontMetrics().lineSpacing() + 4)

    @guarded
    def refresh_alone(self) -> None:
        """Whether the map stands by itself has changed."""
        self._keep_lines()
        self._on_pointed(self.canvas.pair)

    @guarded
    def _on_pointed(self, pair: tuple[int, int] | None) -> None:
        view, grid = self.canvas.view, self._inspector.readings.grid
        words = "" if pair is None or view is None else describe_pair(view, *pair)
        if not words and grid is not None and self.alone.isChecked():  # nothing else tells it then
            head = self._inspector.state.head
            words = describe_best(grid) if grid.best[:1] == (head,) else describe_cell(grid, head)
        self.words.setText(words)

    def choices(self) -> dict[str, str]:
        """What was chosen above the map, for the next time."""
        return {name: box.currentData() for name, box in self._boxes()}

    def restore_choices(self, kept: Any) -> None:
        """Choose what was chosen; what there is not is passed over."""
        for name, box in self._boxes():
            place = box.findData(kept.get(name)) if isinstance(kept, dict) else -1
            if place >= 0:
                box.setCurrentIndex(place)
        self.refresh()

    def _boxes(self) -> tuple[tuple[str, Any], ...]:
        return ("scale", self.scale), ("direction", self.direction), ("contacts", self.contacts)
