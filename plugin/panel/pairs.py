"""The table of the pairs that are drawn."""

from __future__ import annotations

from typing import Any

import numpy as np

from provis_core.exports.pairs import PairRows

from .guarding import guarded
from .qt import QtWidgets
from .table import Column, FilteredTable

__all__ = ["PairsView"]

_COLUMNS = ("query", "key", "weight", "distance", "separation", "contact", "site")
_CONTACT = {0.0: "no", 1.0: "contact"}
_SITE = {0.0: "", 1.0: "one", 2.0: "both"}


class PairsView(QtWidgets.QWidget):  # type: ignore[misc]
    """A row per drawn pair; a click marks it in the map and on the structure, and zooms to it.

    Parameters
    ----------
    inspector : Inspector
    parent : QWidget, optional
    """

    def __init__(self, inspector: Any, parent: Any = None) -> None:
        super().__init__(parent)
        self._inspector = inspector
        self._shown: Any = None
        self.table = FilteredTable("No pair is drawn: lower the threshold, or choose another head.", self)
        self.table.view.setToolTip(
            "A click selects the pair in the map and on the structure, and zooms to it; Ctrl-C copies the "
            "chosen rows, or all"
        )
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addWidget(self.table)
        self.table.chosen.connect(self._on_row)

    @guarded
    def refresh(self) -> None:
        """Show the pairs that are drawn now."""
        rows = self._inspector.readings.pair_rows
        if rows is self._shown or _are_same(rows, self._shown):  # then the chosen row stays chosen
            return
        self._shown = rows
        if rows is None:
            self.table.show_columns(())
            return
        label = rows.chain.residue_label
        ends = ("Query", "Key") if rows.is_directed else ("Residue", "Residue")
        hints = (
            ("The residue that attends", "The residue that is attended to")
            if rows.is_directed
            else ("One residue of the pair", "The other one")
        )
        columns = (
            Column(ends[0], hints[0], rows.query, label, is_name=True),
            Column(ends[1], hints[1], rows.key, label, is_name=True),
            Column("Weight", "Attention weight", rows.weight, _weight),
            Column("Å", "Distance of the two CA atoms in Å", rows.distance, _distance),
            Column(
                "Apart",
                "Residues apart in the sequence that the model reads; empty between chains",
                rows.separation,
                _apart,
            ),
            Column(
                "Contact",
                "Whether the two are in contact; empty where that is not defined",
                rows.contact,
                _contact,
                is_name=True,
            ),
            Column("Site", "Whether one or both are in the binding site", rows.site, _site, is_name=True),
        )
        self.table.show_columns(columns)

    @guarded
    def _on_row(self, row: int) -> None:
        rows = self._inspector.readings.pair_rows
        if rows is None:
            return
        query, key = int(rows.query[row]), int(rows.key[row])
        self._inspector.choose.box(slice(query, query + 1), slice(key, key + 1))
        self._inspector.stage.center(query, key)


def _are_same(rows: PairRows | None, others: PairRows | None) -> bool:
    """Whether two tables say the same."""
    if rows is None or others is None or rows.chain is not others.chain:
        return False
    return rows.is_directed == others.is_directed and all(
        np.array_equal(getattr(rows, name), getattr(others, name), equal_nan=True) for name in _COLUMNS
    )


def _weight(value: Any) -> str:
    return f"{value:.3f}"


def _distance(value: Any) -> str:
    return "" if np.isnan(value) else f"{value:.1f}"


def _apart(value: Any) -> str:
    return "" if np.isnan(value) else f"{value:.0f}"


def _contact(value: Any) -> str:
    return _CONTACT.get(float(value), "")


def _site(value: Any) -> str:
    return _SITE.get(float(value), "")
