"""Binding sites: where they come from, and what their residues receive."""

from __future__ import annotations

from typing import Any

import numpy as np

from provis_core.errors import ProvisError
from provis_core.inspection.hints import find_obstacles
from provis_core.inspection.sites import SiteSummary
from provis_core.targets.sites import SITE_SOURCES

from .fields import add_field, make_button, make_choice
from .guarding import guarded
from .qt import QtWidgets
from .table import Column, FilteredTable

__all__ = ["SitesView"]

_SHOWN = "Show the residues of the site as sticks in their own colour («sites»)"


class SitesView(QtWidgets.QWidget):  # type: ignore[misc]
    """Source of the binding sites and the table of their residues.

    Parameters
    ----------
    inspector : Inspector
    parent : QWidget, optional
    """

    def __init__(self, inspector: Any, parent: Any = None) -> None:
        super().__init__(parent)
        self._inspector = inspector
        self._rows: Any = None  # that are in the table
        self.source = make_choice(
            "Where the binding site comes from", [(words, name) for name, words in SITE_SOURCES.items()]
        )
        self.radius = QtWidgets.QDoubleSpinBox(self)
        self.radius.setRange(2.0, 15.0)
        self.radius.setSingleStep(0.5)
        self.radius.setDecimals(1)
        self.radius.setValue(4.0)
        self.radius.setPrefix("within ")
        self.radius.setSuffix(" Å")
        self.radius.setKeyboardTracking(False)
        self.radius.setToolTip("Largest distance between an atom of a residue and an atom of what it binds")
        self.path = QtWidgets.QLineEdit(self)
        self.path.setPlaceholderText("table (CSV, TSV) or UniProt entry")
        self.path.setToolTip("A file: a table with a column of residue numbers, or an entry of UniProt")
        self.browse = make_button("Browse…", "Choose the file", self)
        self.apply_button = make_button(
            "Apply", "Use these residues for the strips, the bars and the numbers", self
        )
        self.shown = QtWidgets.QCheckBox("Sho&w on the structure", self)
        self.shown.setToolTip(inspector.session.viewer.dialect.render(_SHOWN))
        self.summary = QtWidgets.QLabel(self)
        self.summary.setWordWrap(True)
        self.summary.setToolTip(
            "How many of the strong pairs of this head end in the site, how many of the residues are of it, "
            "and how often the site, shifted along the chain, gets as much"
        )
        self.table = FilteredTable("No binding site is known here: choose another source above.", self)
        choice, line = QtWidgets.QHBoxLayout(), QtWidgets.QHBoxLayout()
        add_field(choice, "&Source", self.source, 1)
        line.addWidget(self.radius)
        line.addWidget(self.path, 3)
        line.addWidget(self.browse)
        line.addWidget(self.apply_button)
        line.addStretch(1)
        line.addWidget(self.shown)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.setSpacing(4)
        layout.addLayout(choice)
        layout.addLayout(line)
        layout.addWidget(self.summary)
        layout.addWidget(self.table, 1)
        self.source.activated.connect(self._on_source)
        self.radius.valueChanged.connect(self._on_radius)
        self.browse.clicked.connect(self._on_browse)
        self.apply_button.clicked.connect(self._on_apply)
        self.path.returnPressed.connect(self._on_apply)
        self.shown.clicked.connect(self._on_shown)
        self.table.chosen.connect(self._on_row)
        self.refresh()

    def _show_fields(self) -> None:
        source = self.source.currentData()
        self.radius.setVisible(source == "ligand")
        for field in (self.path, self.browse):
            field.setVisible(source == "file")
        self.apply_button.setVisible(source in ("file", "selection"))

    @guarded
    def refresh(self) -> None:
        """Show the source and the residues of the sites."""
        place = self.source.findData(self._inspector.state.site.source)
        if place >= 0:
            self.source.setCurrentIndex(place)
        self._show_fields()
        self.shown.setChecked(self._inspector.state.site_shown)
        obstacles = find_obstacles(self._inspector)
        self.shown.setEnabled("site_shown" not in obstacles)
        self.shown.setToolTip(
            self._inspector.session.viewer.dialect.render(obstacles.get("site_shown", _SHOWN))
        )
        for field in (self.source, self.radius, self.path, self.browse, self.apply_button):
            field.setEnabled("site" not in obstacles)
        summary = self._inspector.readings.site_summary
        self.summary.setText("" if summary is None else _summarize(summary))
        rows = self._inspector.readings.site_rows
        if rows is self._rows:
            return
        self._rows = rows
        received = np.array([row.received for row in rows], np.float64)
        columns = (
            Column(
                "Residue",
                "Chain/name and number, as in the viewer",
                np.array([row.label for row in rows], str),
            ),
            Column(
                "Received", "Attention that it receives from all residues in this head", received, _number
            ),
            Column(
                "Enrichment",
                "Attention received over the mean of all residues: 1 is as much as any",
                np.array([row.enrichment for row in rows], np.float64),
                _number,
            ),
            Column(
                "p",
                "Share of the residues of the chain that receive as much or more",
                np.array([row.p_value for row in rows], np.float64),
                _number,
            ),
            Column(
                "Site",
                "Parts of the site that it belongs to",
                np.array([", ".join(row.names) for row in rows], str),
            ),
        )
        self.table.show_columns(columns)

    def apply(self) -> None:
        """Use the source that is chosen."""
        source = self.source.currentData()
        options: dict[str, Any] = {}
        if source == "ligand":
            options["distance"] = round(self.radius.value(), 1)
        elif source == "file":
            options["path"] = self.path.text().strip()
        self._inspector.choose.site(source, **options)

    @guarded
    def _on_source(self, _place: int) -> None:
        self._show_fields()
        source = self.source.currentData()
        if source == "file" and not self.path.text().strip():
            return
        try:
            self.apply()
        except ProvisError:  # a selection or a file can be mended, and applied then
            if source not in ("selection", "file"):
                self.refresh()
            raise

    @guarded
    def _on_radius(self, _value: float) -> None:
        self.apply()

    @guarded
    def _on_browse(self, _checked: bool = False) -> None:
        path, _ = QtWidgets.QFileDialog.getOpenFileName(
            self,
            "Binding sites",
            self.path.text(),
            "Tables, entries, files (*.csv *.tsv *.txt *.json *.gff *.pdb* *.ent* *.cif*);;All files (*)",
        )
        if path:
            self.path.setText(path)
            self.apply()

    @guarded
    def _on_apply(self, _checked: bool = False) -> None:
        self.apply()

    @guarded
    def _on_shown(self, _checked: bool = False) -> None:
        try:
            self._inspector.choose.site_shown(self.shown.isChecked())
        finally:
            self.shown.setChecked(self._inspector.state.site_shown)

    @guarded
    def _on_row(self, row: int) -> None:
        self._inspector.stage.center(self._inspector.readings.site_rows[row].residue)


def _summarize(summary: SiteSummary) -> str:
    """The site as a whole, in a sentence."""
    words = f"{100 * summary.share:.3g} % of the {summary.n_arcs} strong pairs end in the site"
    if summary.n_arcs == 0:
        return "This head has no strong pair."
    words += f" ({100 * summary.background:.3g} % of the residues): enrichment {summary.enrichment:.3g}"
    if summary.is_few:
        return f"{words}. Too few pairs for a test."
    words += f", p = {summary.p_value:.2g}, p all = {summary.p_max:.2g} (corrected for all heads)."
    return f"{words} Most of them end where everybody attends to." if summary.is_sink else words


def _number(value: Any) -> str:
    return "" if np.isnan(value) else f"{value:.3g}"
