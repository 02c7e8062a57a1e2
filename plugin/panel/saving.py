"""Saving what is seen: which pictures, how wide, and into which file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from provis_core.figures.figure_files import check_figure
from provis_core.figures.paper import COLUMN_WIDTHS
from provis_core.figures.pictures import PICTURES, MapLook, arrange_pictures
from provis_core.inspection.saving import describe_figure, save_figure

from .fields import add_field, make_choice
from .guarding import guarded
from .qt import QtWidgets

__all__ = ["FigureDialog", "collect_panels", "write_figure"]

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
    panel : plugin.panel.panel.Panel
    which : tuple of str
        Some of ``grid``, ``map``, ``profile``; those that show nothing are left out.

    Returns
    -------
    list
        Rows of `provis_core.figures.paper.Panel`.
    """
    inspector = panel.inspector
    rows, columns = panel.map.visible
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
    )


def write_figure(panel: Any, path: str | Path, which: tuple[str, ...], size: str) -> None:
    """Begin to write a figure with the code that draws the screen; what is drawn is what is seen now.

    The panel goes on. When the file is there, the command that writes the same is shown.

    Parameters
    ----------
    panel : plugin.panel.panel.Panel
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
    path = check_figure(path, pictures, size=size).absolute()
    inspector, look = panel.inspector, panel.map.look
    has = {"grid": inspector.readings.grid, "map": panel.map.view, "profile": panel.profile.view}
    what = "+".join(name for name in PICTURES if name in which and has[name] is not None)
    rows, columns = panel.map.visible if "map" in which else (None, None)
    standard = MapLook()
    line = describe_figure(
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
    save_figure(inspector, path, pictures, size, line)


class FigureDialog(QtWidgets.QDialog):  # type: ignore[misc]
    """What to save, how wide, and where.

    Parameters
    ----------
    parent : QWidget, optional
    """

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Save figure")
        self.what = make_choice("The pictures that go into the figure", WHAT, fits=True)
        self.size = make_choice(
            "Width of the figure in the paper",
            [(f"{name} column, {width:g} mm", name) for name, width in reversed(COLUMN_WIDTHS.items())],
            fits=True,
        )
        self.path = QtWidgets.QLineEdit(str(Path.cwd() / "attention.pdf"), self)
        self.path.setToolTip("File; its ending chooses the format: .png (600 dpi), .pdf or .svg")
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
            self, "Save figure", self.path.text(), "Figures (*.pdf *.svg *.png)"
        )
        if path:
            self.path.setText(path)
