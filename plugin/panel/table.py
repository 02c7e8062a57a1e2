"""Tables of residues and pairs, sorted and filtered with whole arrays: 20,000 rows do not stall it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .guarding import guarded
from .qt import Qt, QtCore, QtGui, QtWidgets, Signal

__all__ = ["Column", "FilteredTable", "TableModel"]


_FITTED = 30  # rows that the width of a column is made for


@dataclass(frozen=True, eq=False)
class Column:
    """One column of a table.

    Attributes
    ----------
    title, hint : str
        Its head, and what the mouse shows there.
    values : numpy.ndarray, shape (n_rows,)
        What it is sorted by; NaN goes to the end.
    show : callable
        Text of one value.
    is_name : bool
        Whether the values stand for names, such as residue indices: they are set to the left.
    """

    title: str
    hint: str
    values: npt.NDArray[Any]
    show: Callable[[Any], str] = str
    is_name: bool = False


class TableModel(QtCore.QAbstractTableModel):  # type: ignore[misc]
    """Columns in the order that the user chose, without the rows that the user filtered out."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._columns: tuple[Column, ...] = ()
        self._rows: npt.NDArray[np.int64] = np.empty(0, np.int64)
        self._words: list[str] = []  # per row, what is searched; made when it is first needed
        self._filter = ""
        self._sorted = (-1, False)

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Show other values; the order and the filter stay.

        Parameters
        ----------
        columns : sequence of Column
            All of the same length.
        """
        self.beginResetModel()
        self._columns, self._words = tuple(columns), []
        self._arrange()
        self.endResetModel()

    def set_filter(self, text: str) -> None:
        """Show only rows that have all these words in them, whatever their case."""
        self.beginResetModel()
        self._filter = text.lower()
        self._arrange()
        self.endResetModel()

    def source_row(self, row: int) -> int:
        """Place of a shown row in the values."""
        return int(self._rows[row])

    @property
    def columns(self) -> tuple[Column, ...]:
        """What is shown."""
        return self._columns

    @property
    def n_rows(self) -> int:
        """Number of rows without any filter."""
        return len(self._columns[0].values) if self._columns else 0

    def _arrange(self) -> None:
        rows = np.arange(self.n_rows)
        column, falls = self._sorted
        if 0 <= column < len(self._columns):
            values = self._columns[column].values
            order = np.argsort(values, kind="stable")
            if falls:
                order = order[::-1]
                blank = values[order] != values[order]  # NaN stays at the end
                order = np.concatenate([order[~blank], order[blank]])
            rows = order
        if self._filter:
            self._words = self._words or self._make_words()
            parts = self._filter.split()
            rows = (
                rows[[all(part in self._words[row] for part in parts) for row in rows]] if len(rows) else rows
            )
        self._rows = rows

    def _make_words(self) -> list[str]:
        texts = [[column.show(value) for value in column.values] for column in self._columns]
        return [" ".join(row).lower() for row in zip(*texts, strict=True)]

    # -- Qt's own --------------------------------------------------------------------------------------

    def rowCount(self, parent: Any = None) -> int:  # noqa: N802
        """Number of rows that are shown."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: Any = None) -> int:  # noqa: N802
        """Number of columns."""
        return 0 if parent is not None and parent.isValid() else len(self._columns)

    @guarded
    def data(self, index: Any, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text and place of a cell."""
        column = self._columns[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.show(column.values[self._rows[index.row()]])
        if role == Qt.ItemDataRole.TextAlignmentRole:
            is_name = column.is_name or column.values.dtype.kind not in "fiu"
            side = Qt.AlignmentFlag.AlignLeft if is_name else Qt.AlignmentFlag.AlignRight
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    @guarded
    def headerData(self, section: int, orientation: Any, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: N802
        """Heads of the columns, with their hints; numbers of the rows."""
        if orientation == Qt.Orientation.Vertical:
            return str(section + 1) if role == Qt.ItemDataRole.DisplayRole else None
        if section >= len(self._columns):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._columns[section].title
        return self._columns[section].hint if role == Qt.ItemDataRole.ToolTipRole else None

    @guarded
    def sort(self, column: int, order: Any = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column."""
        self.layoutAboutToBeChanged.emit()
        self._sorted = (column, order == Qt.SortOrder.DescendingOrder)
        self._arrange()
        self.layoutChanged.emit()


class FilteredTable(QtWidgets.QWidget):  # type: ignore[misc]
    """A table with a line to filter it and the keys to copy from it.

    Parameters
    ----------
    hint : str
        What the table says where it has no rows.
    parent : QWidget, optional
    """

    chosen = Signal(int)
    """A row was clicked, or Return was pressed in it: its place in the values."""

    def __init__(self, hint: str, parent: Any = None) -> None:
        super().__init__(parent)
        self.model = TableModel(self)
        self.view = QtWidgets.QTableView(self)
        self.view.setModel(self.model)
        self.view.setSortingEnabled(True)
        self.view.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.DescendingOrder)
        self.view.setSelectionBehavior(QtWidgets.QAbstractItemView.SelectionBehavior.SelectRows)
        self.view.setEditTriggers(QtWidgets.QAbstractItemView.EditTrigger.NoEditTriggers)
        self.view.setAlternatingRowColors(True)
        self.view.setWordWrap(False)
        self.view.setTabKeyNavigation(False)
        self.view.verticalHeader().hide()
        height = self.view.fontMetrics().height() + 6
        self.view.verticalHeader().setDefaultSectionSize(height)
        self.view.verticalHeader().setMinimumSectionSize(height)
        self.view.horizontalHeader().setStretchLastSection(True)
        self.filter = QtWidgets.QLineEdit(self)
        self.filter.setPlaceholderText("Filter: words that a row must have, for example ASP25")
        self.filter.setToolTip("Show only the rows that have all these words in them")
        self.filter.setClearButtonEnabled(True)
        self.note = QtWidgets.QLabel(hint, self)
        self.note.setWordWrap(True)
        self._hint = hint
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.filter)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.note)
        self.filter.textChanged.connect(self._on_filter)
        self.view.clicked.connect(self._on_index)
        self.view.activated.connect(self._on_index)
        self.view.installEventFilter(self)

    def show_columns(self, columns: Sequence[Column], note: str = "") -> None:
        """Show other values.

        Parameters
        ----------
        columns : sequence of Column
        note : str
            A line under the table; where it is empty and there are no rows, the hint.
        """
        is_new = self.model.columnCount() != len(columns)
        self.model.set_columns(columns)
        self.note.setText(note or ("" if self.model.n_rows else self._hint))
        self.note.setVisible(bool(self.note.text()))
        self._fit(is_new=is_new)

    def _fit(self, *, is_new: bool) -> None:
        """Make columns as wide as their first rows need; a column never shrinks under the user's eyes."""
        metrics = self.view.fontMetrics()
        for place, column in enumerate(self.model.columns):
            shown = [column.show(value) for value in column.values[:_FITTED]]
            longest = max([f"{column.title}   ", *shown], key=len)
            width = metrics.horizontalAdvance(longest) + 18
            if is_new or width > self.view.columnWidth(place):
                self.view.setColumnWidth(place, width)

    def copy(self) -> str:
        """Put the chosen rows, or all that are shown, onto the clipboard, with tabs; returns the text."""
        chosen = sorted({index.row() for index in self.view.selectionModel().selectedRows()})
        rows = chosen or range(self.model.rowCount())
        columns = range(self.model.columnCount())
        lines = ["\t".join(self.model.headerData(c, Qt.Orientation.Horizontal) for c in columns)]
        lines += ["\t".join(self.model.index(row, c).data() for c in columns) for row in rows]
        text = "\n".join(lines) + "\n"
        QtGui.QGuiApplication.clipboard().setText(text)
        return text

    @guarded
    def _on_filter(self, text: str) -> None:
        self.model.set_filter(text)

    @guarded
    def _on_index(self, index: Any) -> None:
        self.chosen.emit(self.model.source_row(index.row()))

    def eventFilter(self, watched: Any, event: Any) -> bool:  # noqa: N802
        """Ctrl-C copies whole rows."""
        if event.type() == event.Type.KeyPress and event.matches(QtGui.QKeySequence.StandardKey.Copy):
            self._copy()
            return True
        return False

    @guarded
    def _copy(self) -> None:
        self.copy()
