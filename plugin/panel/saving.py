"""Saving what is seen: which pictures, how wide, and into which file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from provis_core.actions.work.figure_choice import name_picture
from provis_core.errors import InputError
from provis_core.figures.figure_files import check_figure_file
from provis_core.figures.paper import COLUMN_WIDTHS
from provis_core.figures.pictures import PICTURES, MapLook, arrange_pictures
from provis_core.inspection import saving
from provis_core.system.given_files import find_path, has_file

from .fields import add_field, make_choice
from .guarding import guarded
from .qt import QtWidgets

__all__ = ["FigureDialog", "choose_figure", "collect_panels", "write_figure"]

WHAT = (
    ("all heads, map and profile", ("grid", "map", "profile")),
    ("attention map", ("map",)),
    ("all heads", ("grid",)),
    ("profile", ("profile",)),
)


def collect_panels(panel: Any, which: tuple[str, ...]) -> list[Any]:
    """The pictures of a panel as they are seen: zoom, chosen heads, what lights up.

    Parameters
    ----------
    panel : plugin.panel.panel.AttentionPanel
    which : tuple of str
        Some of ``grid``, ``map``, ``profile``; those that show nothing are left out.

    Returns
    -------
    list
        Of `provis_core.figures.paper.Panel`.
    """
    inspector = panel.inspector
    rows, columns = panel.map.visible
    shown = inspector.shown
    heads = (inspector.state.head, *(head for head in inspector.state.heads if head != inspector.state.head))
    return arrange_pictures(
        inspector.readings.grid if "grid" in which else None,
        panel.map.view if "map" in which else None,
        panel.profile.view if "profile" in which else None,
        heads=heads,
        palette=inspector.state.options.palette,
        marks=inspector.stage.pointer.marks,
        rows=rows,
        columns=columns,
        title="" if shown is None else name_picture(shown),
    )


def write_figure(panel: Any, path: str | Path, which: tuple[str, ...], size: str) -> None:
    """Begin to write a figure with the code that draws the screen; what is drawn is what is seen now.

    The panel goes on. When the file is there, the command that writes the same is shown.

    Parameters
    ----------
    panel : plugin.panel.panel.AttentionPanel
    path : path-like
        Ends in .png, .pdf or .svg.
    which : tuple of str
        See `collect_panels`.
    size : str
        ``single`` or ``double`` column.

    Raises
    ------
    ProvisError
        If it is known at once that there is nothing to draw or that the file cannot be written. What fails
        later is told by the inspector's status and in the viewer.
    """
    pictures = collect_panels(panel, which)
    path = check_figure_file(path, pictures, size=size).absolute()
    inspector, look = panel.inspector, panel.map.look
    has = {"grid": inspector.readings.grid, "map": panel.map.view, "profile": panel.profile.view}
    what = "+".join(name for name in PICTURES if name in which and has[name] is not None)
    rows, columns = panel.map.visible if "map" in which else (None, None)
    standard = MapLook()
    options = saving.ask_figure(
        inspector,
        path,
        what=what if what != "+".join(PICTURES) else "",
        width=size if size != "double" else "",
        scale=look.scale if look.scale != standard.scale else "",
        direction=look.direction if look.direction != standard.direction else "",
        contacts=look.contacts if look.contacts != standard.contacts else "",
        rows=rows,
        columns=columns,
    )
    saving.begin_figure(inspector, path, pictures, options)


def choose_figure(parent: Any, inspector: Any = None) -> tuple[str, tuple[str, ...], str] | None:
    """Ask what to save and where.

    Parameters
    ----------
    parent : QWidget
    inspector : Inspector, optional
        Its chain and head are in the name that is proposed.

    Returns
    -------
    (str, tuple of str, str) or None
        The file, the pictures and the width; None where the user decided not to.
    """
    dialog = FigureDialog(parent, propose_name(inspector))
    try:
        run = getattr(dialog, "exec", None) or dialog.exec_  # the name in PySide2
        return (dialog.path.text(), dialog.what.currentData(), dialog.size.currentData()) if run() else None
    finally:
        dialog.deleteLater()


def propose_name(inspector: Any = None) -> str:
    """A name for the file of a figure: ``1hpv_A_8-5.pdf``; ``attention.pdf`` where no chain is looked at."""
    if inspector is None or inspector.target is None:
        return "attention.pdf"
    chain = inspector.target.chain.singles[0]
    words = (chain.object_name, chain.chain_id or chain.segment_id, inspector.state.head.label)
    return re.sub(r"[^\w-]", "_", "_".join(word for word in words if word)) + ".pdf"


class FigureDialog(QtWidgets.QDialog):  # type: ignore[misc]
    """What to save, how wide, and where.

    Parameters
    ----------
    parent : QWidget, optional
    name : str
        Of the file that is proposed.
    """

    def __init__(self, parent: Any = None, name: str = "attention.pdf") -> None:
        super().__init__(parent)
        self._agreed = ""  # a file that is there and may be overwritten
        self.setWindowTitle("Save figure")
        self.what = make_choice("The pictures that go into the figure", WHAT, fits=True)
        self.size = make_choice(
            "Width of the figure in the paper",
            [(f"{name} column, {width:g} mm", name) for name, width in reversed(COLUMN_WIDTHS.items())],
            fits=True,
        )
        self.path = QtWidgets.QLineEdit(str(Path.cwd() / name), self)
        self.path.setToolTip("File; its ending chooses the format: .pdf, .svg, .eps, .png or .tiff (600 dpi)")
        self.path.setMinimumWidth(self.fontMetrics().averageCharWidth() * 48)
        self.browse = QtWidgets.QPushButton("Browse…", self)
        self.browse.setToolTip("Choose the file")
        self.browse.setAutoDefault(False)
        kinds = QtWidgets.QDialogButtonBox.StandardButton
        buttons = QtWidgets.QDialogButtonBox(kinds.Save | kinds.Cancel, parent=self)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        first, second = QtWidgets.QHBoxLayout(), QtWidgets.QHBoxLayout()
        for box in (self.what, self.size):  # a dialog is no wider than two thirds of the screen by itself
            box.setMinimumWidth(box.sizeHint().width())
        add_field(first, "&Pictures", self.what, 2)
        add_field(first, "&Width", self.size, 1)
        add_field(second, "&File", self.path, 1)
        second.addWidget(self.browse)
        layout = QtWidgets.QVBoxLayout(self)
        layout.addLayout(first)
        layout.addLayout(second)
        layout.addWidget(buttons)
        self.browse.clicked.connect(self._on_browse)

    @guarded
    def _on_browse(self, _checked: bool = False) -> None:
        path, _ = QtWidgets.QFileDialog.getSaveFileName(
            self, "Save figure", self.path.text(), "Figures (*.pdf *.svg *.eps *.png *.tiff)"
        )
        if path:
            self._agreed = path  # Qt has asked
            self.path.setText(path)

    @guarded
    def accept(self) -> None:
        """Close the dialog, but ask before a file is overwritten."""
        path = self.path.text()
        if path != self._agreed and _is_there(path):
            buttons = QtWidgets.QMessageBox.StandardButton
            words = f"{path} is there already. Overwrite it?"
            answer = QtWidgets.QMessageBox.question(
                self, "Save figure", words, buttons.Yes | buttons.No, buttons.No
            )
            if answer != buttons.Yes:
                return
        super().accept()


def _is_there(path: str) -> bool:
    try:
        return has_file(find_path(path))
    except InputError:  # a path that no file can have: who writes it says so
        return False
