"""The buttons at the foot of the panel: save, export, copy the command, clear, help."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from provis_core.inspection.hints import find_obstacles
from provis_core.inspection.saving import export_pairs, save_view

from .fields import make_button
from .flow import Flow
from .guarding import guarded
from .help import HelpPage
from .qt import QtGui, QtWidgets
from .saving import choose_figure, write_figure

__all__ = ["Actions"]

_EXPORTS = (
    "Table (*.csv *.tsv);;JSON (*.json);;NumPy arrays (*.npz);;Graph (*.graphml);;Web page (*.html);;"
    "Script (*.pml);;Script (*.cxc);;Scene of Mol* (*.mvsj *.mvsx);;"
    "Pseudobonds (*.pb);;Attribute of residues (*.defattr)"
)
_FLOAT = "Let the panel float in a window of its own"
_DOCK = "Put the panel beside the structure, into the same window"
_NO_ROOM = "The screen has no room for the structure and the panel beside each other"
_SAVE = "Save what is seen here as PDF, SVG, EPS, PNG or TIFF (Ctrl-S)"


class Actions(QtWidgets.QWidget):  # type: ignore[misc]
    """Buttons.

    Parameters
    ----------
    inspector : Inspector
    show : callable
        Shows a line of text in the panel.
    parent : QWidget, optional
    """

    def __init__(self, inspector: Any, show: Callable[[str], None], parent: Any = None) -> None:
        super().__init__(parent)
        self._inspector, self._show = inspector, show
        self._told = ""  # why no figure was saved
        self._help: HelpPage | None = None
        self.save = make_button("Save figure…", _SAVE)
        self.view = make_button("Save view…", "Save the structure with its cylinders as a PNG file")
        self.export = make_button(
            "Export pairs…", "Save the pairs that are drawn, as a table or as pseudobonds"
        )
        self.copy = make_button(
            "Copy command", "Copy the command that makes this drawing: it works in any session"
        )
        self.clear = make_button(
            "Clear", "Remove what the panel drew, selected and coloured; the structure stays"
        )
        self.place = make_button("Float", _FLOAT)
        self.help = make_button("Help", "What everything here means (F1)")
        layout = Flow()
        self.setLayout(layout)
        for button in (self.save, self.view, self.export, self.copy, self.clear, self.place, self.help):
            layout.addWidget(button)
        self.save.clicked.connect(self._on_save)
        self.view.clicked.connect(self._on_view)
        self.export.clicked.connect(self._on_export)
        self.copy.clicked.connect(self._on_copy)
        self.clear.clicked.connect(self._on_clear)
        self.help.clicked.connect(self._on_help)
        self._hints = {name: getattr(self, name).toolTip() for name in ("save", "export", "copy", "clear")}
        self.refresh()

    @guarded
    def refresh(self) -> None:
        """What cannot be done cannot be pressed; the hint says why."""
        obstacles = find_obstacles(self._inspector)
        for name, hint in self._hints.items():
            button = getattr(self, name)
            button.setEnabled(name not in obstacles)
            button.setToolTip(obstacles.get(name, hint))
        problem, told = self._inspector.loader.problems.get("figure", ""), self._told
        self._told = problem
        if problem and problem != told:
            self._show(problem)

    def show_place(self, *, is_floating: bool, can_dock: bool) -> None:
        """Say where the panel goes by its button: a floating one cannot be dragged back on all desktops."""
        self.place.setText("Dock" if is_floating else "Float")
        self.place.setEnabled(can_dock or not is_floating)
        self.place.setToolTip(_FLOAT if not is_floating else _DOCK if can_dock else _NO_ROOM)

    @guarded
    def _on_save(self, _checked: bool = False) -> None:
        self.save_figure()

    def save_figure(self) -> None:
        """Ask what to save and where, and begin to save it."""
        if not self.save.isEnabled():  # by the key: the button cannot be pressed
            return
        chosen = choose_figure(self, self._inspector)
        if chosen is not None:
            write_figure(self.parent(), *chosen)

    @guarded
    def _on_view(self, _checked: bool = False) -> None:
        path, _ = QtWidgets.QFileDialog.getSaveFileName(self, "Save view", "view.png", "Picture (*.png)")
        if path:
            save_view(self._inspector.session.viewer, path)

    @guarded
    def _on_export(self, _checked: bool = False) -> None:
        self.export_pairs()

    def export_pairs(self) -> None:
        """Ask where to, and save the pairs."""
        if not self.export.isEnabled():  # by the key: the button cannot be pressed
            return
        path, _ = QtWidgets.QFileDialog.getSaveFileName(self, "Export pairs", "pairs.csv", _EXPORTS)
        if path:
            export_pairs(self._inspector, path)

    @guarded
    def _on_copy(self, _checked: bool = False) -> None:
        self.copy_command()

    def copy_command(self) -> None:
        """Put the command onto the clipboard."""
        QtGui.QGuiApplication.clipboard().setText(self._inspector.command())

    @guarded
    def _on_clear(self, _checked: bool = False) -> None:
        self._inspector.clear()

    @guarded
    def _on_help(self, _checked: bool = False) -> None:
        self.show_help()

    def show_help(self) -> None:
        """Show the help page beside the panel."""
        if self._help is None:
            self._help = HelpPage(self)
        self._help.show()
        self._help.raise_()
