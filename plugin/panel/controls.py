"""What of a head is drawn on the structure, and how."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from provis_core.attention.edges import DIRECTIONS
from provis_core.errors import ProvisError
from provis_core.inspection.hints import describe_legend, find_obstacles
from provis_core.scenes.coloring import COLOR_BY
from provis_core.scenes.colors import compute_colors, palette_names

from .fields import fill_choices, make_choice, quietly
from .guarding import guarded
from .qt import Qt, QtCore, QtGui, QtWidgets
from .turns import Turns

__all__ = ["Controls", "slider_place", "slider_weight"]

_STEPS = 400  # of the threshold's slider
_REST = 400  # ms without a change after which its command is written
_OF_HEADS = "head"  # what colours tell where several are shown; nobody chooses it
_LOWEST = 0.01  # weight at its left end

_DIRECTIONS = {
    "max": "larger of both",
    "mean": "mean of both",
    "directed": "both ways",
}


def slider_weight(place: int) -> float:
    """Weight at a place of the threshold's slider: even steps of its square root, fine for small ones.

    Parameters
    ----------
    place : int
        0 to 400.

    Returns
    -------
    float
        0.01 to 1, rounded to three digits behind the point.
    """
    return round(_LOWEST + (1 - _LOWEST) * (place / _STEPS) ** 2, 3)


def slider_place(weight: float) -> int:
    """The place of the threshold's slider that is nearest to a weight."""
    share: float = min(1.0, max(0.0, (weight - _LOWEST) / (1 - _LOWEST)))
    return round(_STEPS * math.sqrt(share))


class Controls(QtWidgets.QWidget):  # type: ignore[misc]
    """The options of the drawing. Whatever is changed is drawn at once, while a slider moves, too.

    Parameters
    ----------
    inspector : Inspector
    turns : Turns
    parent : QWidget, optional
    """

    def __init__(self, inspector: Any, turns: Turns, parent: Any = None) -> None:
        super().__init__(parent)
        self._inspector, self._turns = inspector, turns
        self._wanted: dict[str, Any] = {}
        self.threshold = QtWidgets.QSlider(Qt.Orientation.Horizontal, self)
        self.threshold.setRange(0, _STEPS)
        self.threshold.setPageStep(_STEPS // 20)
        self.threshold.setToolTip("Smallest attention weight that is drawn; the cylinders follow")
        self.threshold.setMinimumWidth(80)
        self.weight = _number(0.0, 1.0, 0.01, 3, "Smallest attention weight that is drawn")
        self.top = _count(0, 20000, "Draw at most this many of the strongest pairs; 0 for all", "all")
        self.top.setSingleStep(50)
        self.min_sep = _count(
            1,
            999,
            "Smallest distance of the two residues in the sequence; 6 leaves out neighbours and helix turns",
        )
        self.direction = make_choice(
            "Attention goes from one residue to another: draw the larger, the mean, or "
            "both ways, with a grey end that attends",
            [(_DIRECTIONS[name], name) for name in DIRECTIONS],
        )
        self.palette = make_choice(
            "Colours from weak to strong; the first four can be told apart by all eyes"
        )
        self.palette.setIconSize(QtCore.QSize(36, 12))
        fill_choices(self.palette, [(name, name) for name in palette_names()])
        for place, name in enumerate(palette_names()):
            self.palette.setItemIcon(place, _palette_icon(name))
        self.color_by = make_choice(
            "What the colour of a cylinder tells; the console says which colour means what",
            [(name, name) for name in COLOR_BY],
        )
        self.radius = _number(0.05, 5.0, 0.05, 2, "Radius of the strongest cylinder in Å")
        self.radius.setSuffix(" Å")
        self.transparency = QtWidgets.QSlider(Qt.Orientation.Horizontal, self)
        self.transparency.setRange(0, 95)
        self.transparency.setToolTip("How far the structure shows through the cylinders, 0 to 95 %")
        self.labels = _count(0, 200, "Write the weight at this many of the strongest cylinders", "none")
        self.window_size = _count(
            0,
            99999,
            "For a chain that is longer than the model can take: show it this many residues at a time, in "
            "windows that overlap by half; pairs that are never in one window are absent",
            "none",
        )
        self.window_size.setSingleStep(100)
        self.legend = QtWidgets.QLabel(self)
        self.legend.setWordWrap(True)
        self.legend.setToolTip("What is drawn now, and what its colours say")
        self._rest = QtCore.QTimer(self)  # so that a slider writes one command and not hundreds
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST)
        self._rest.timeout.connect(self._settle)
        self._hints = {"color_by": self.color_by.toolTip(), "palette": self.palette.toolTip()}
        self._lay_out()
        self._connect()
        self.refresh()

    def _lay_out(self) -> None:
        grid = QtWidgets.QGridLayout(self)
        grid.setContentsMargins(6, 6, 6, 6)
        line = QtWidgets.QHBoxLayout()
        line.addWidget(self.threshold, 1)
        line.addWidget(self.weight)
        rows = (
            ("T&hreshold", line, "Top &N", self.top),
            ("&Direction", self.direction, "Min. &separation", self.min_sep),
            ("&Palette", self.palette, "&Radius", self.radius),
            ("Colour b&y", self.color_by, "La&bels", self.labels),
            ("Transpar&ency", self.transparency, "&Windows", self.window_size),
        )
        for row, (left, first, right, second) in enumerate(rows):
            for column, text, field in ((0, left, first), (2, right, second)):
                label = QtWidgets.QLabel(text, self)
                grid.addWidget(label, row, column)
                if isinstance(field, QtWidgets.QWidget):
                    label.setBuddy(field)
                    label.setToolTip(field.toolTip())
                    grid.addWidget(field, row, column + 1)
                else:
                    label.setBuddy(self.weight)
                    grid.addLayout(field, row, column + 1)
        grid.setColumnStretch(1, 3)
        grid.setColumnStretch(3, 1)
        grid.addWidget(self.legend, len(rows), 0, 1, 4)
        grid.setRowStretch(len(rows) + 1, 1)

    def _connect(self) -> None:
        self.threshold.valueChanged.connect(self._on_threshold)
        self.weight.valueChanged.connect(self._on_weight)
        self.transparency.valueChanged.connect(self._on_transparency)
        for box in (self.direction, self.palette, self.color_by):
            box.activated.connect(self._on_choice)
        for field in (self.top, self.min_sep, self.radius, self.labels, self.window_size):
            field.valueChanged.connect(self._on_number)

    @guarded
    def refresh(self) -> None:
        """Show the options in force."""
        options = self._inspector.state.options
        fields = (self.threshold, self.weight, self.top, self.min_sep, self.radius, self.transparency)
        with quietly(*fields, self.labels, self.window_size):
            if "min_attn" not in self._wanted:
                if abs(slider_weight(self.threshold.value()) - options.min_attn) > 5e-4:
                    self.threshold.setValue(slider_place(options.min_attn))
                self.weight.setValue(options.min_attn)
            self.top.setValue(options.top)
            self.min_sep.setValue(options.min_sep)
            self.radius.setValue(options.radius)
            self.transparency.setValue(round(100 * options.transparency))
            self.labels.setValue(options.labels)
            self.window_size.setValue(self._inspector.state.window)
        if self.color_by.findData(options.color_by) < 0:  # a property that a command or a session named
            self.color_by.addItem(options.color_by, options.color_by)
        for box, value in (
            (self.direction, options.direction),
            (self.palette, options.palette),
            (self.color_by, options.color_by),
        ):
            box.setCurrentIndex(max(0, box.findData(value)))
        self._show_obstacles()

    @guarded
    def refresh_legend(self) -> None:
        """Say what is drawn now."""
        self.legend.setText(self._inspector.session.viewer.dialect.render(describe_legend(self._inspector)))
        self._show_obstacles()

    def _show_obstacles(self) -> None:
        """What has no effect now cannot be chosen; the hint says why."""
        obstacles = find_obstacles(self._inspector)
        place = self.color_by.findData(_OF_HEADS)
        if "color_by" in obstacles and place < 0:
            self.color_by.addItem("head", _OF_HEADS)
        elif "color_by" not in obstacles and place >= 0:
            self.color_by.removeItem(place)
        if "color_by" in obstacles:
            self.color_by.setCurrentIndex(self.color_by.findData(_OF_HEADS))
        else:
            self.color_by.setCurrentIndex(
                max(0, self.color_by.findData(self._inspector.state.options.color_by))
            )
        for name, box in (("color_by", self.color_by), ("palette", self.palette)):
            box.setEnabled(name not in obstacles)
            box.setToolTip(obstacles.get(name, self._hints[name]))

    def _want(self, **options: Any) -> None:
        """Change options in a turn of its own: of several moves that come at once the last one counts."""
        self._wanted.update(options)
        self._turns.ask(self.apply)

    @guarded
    def apply(self) -> None:
        """Give the inspector what was asked for."""
        wanted, self._wanted = self._wanted, {}
        if wanted:
            self._rest.start()
            try:
                self._inspector.choose.options(**wanted)
            except ProvisError:  # nothing has changed, and what is shown as chosen is what is drawn
                self.refresh()
                raise

    @guarded
    def _settle(self) -> None:
        self._inspector.settle()

    def release(self) -> None:
        """What was changed last is written."""
        if self._rest.isActive():
            self._rest.stop()
            self._settle()

    @guarded
    def _on_threshold(self, place: int) -> None:
        with quietly(self.weight):
            self.weight.setValue(slider_weight(place))
        self._want(min_attn=slider_weight(place))

    @guarded
    def _on_weight(self, value: float) -> None:
        with quietly(self.threshold):
            self.threshold.setValue(slider_place(value))
        self._want(min_attn=round(value, 3))

    @guarded
    def _on_transparency(self, value: int) -> None:
        self._want(transparency=value / 100)

    @guarded
    def _on_choice(self, _place: int) -> None:
        color_by = self.color_by.currentData()
        self._want(
            direction=self.direction.currentData(),
            palette=self.palette.currentData(),
            **({} if color_by == _OF_HEADS else {"color_by": color_by}),
        )

    @guarded
    def _on_number(self, _value: float) -> None:
        self._want(
            top=self.top.value(),
            min_sep=self.min_sep.value(),
            radius=round(self.radius.value(), 3),
            labels=self.labels.value(),
            window=self.window_size.value(),
        )


def _number(low: float, high: float, step: float, digits: int, hint: str) -> Any:
    field = QtWidgets.QDoubleSpinBox()
    field.setRange(low, high)
    field.setDecimals(digits)
    field.setSingleStep(step)
    field.setToolTip(hint)
    field.setKeyboardTracking(False)
    return field


def _count(low: int, high: int, hint: str, lowest: str = "") -> Any:
    field = QtWidgets.QSpinBox()
    field.setRange(low, high)
    field.setToolTip(hint)
    field.setSpecialValueText(lowest)
    field.setKeyboardTracking(False)
    return field


def _palette_icon(name: str) -> Any:
    rgb = compute_colors(np.linspace(0, 1, 48, dtype=np.float32), name, 0.0, 1.0)
    pixels = np.zeros((12, 48, 4), np.uint8)
    pixels[..., :3] = np.round(255 * rgb)[None]
    pixels[..., 3] = 255
    data = pixels.tobytes()
    image = QtGui.QImage(data, 48, 12, 4 * 48, QtGui.QImage.Format.Format_RGBA8888)
    return QtGui.QIcon(QtGui.QPixmap.fromImage(image))
