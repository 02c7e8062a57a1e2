from __future__ import annotations

import numpy as np

from plugin.panel.qt import Qt, QtGui
from plugin.panel.table import Column, FilteredTable, TableModel


def make_columns(n: int = 5) -> tuple[Column, ...]:
    weight = np.array([0.5, np.nan, 0.9, 0.1, 0.3], np.float32)[:n]
    return (
        Column("Residue", "name", np.arange(n), lambda k: f"A/ASP{20 + k}", is_name=True),
        Column("Weight", "the weight", weight, lambda v: "" if v != v else f"{v:.2f}"),
    )


def shown(model: TableModel) -> list[list[str]]:
    return [[model.index(r, c).data() for c in range(model.columnCount())] for r in range(model.rowCount())]


def test_sorting_is_numeric_both_ways_and_blanks_stay_at_the_end(qtbot):
    model = TableModel()
    model.set_columns(make_columns())
    model.sort(1, Qt.SortOrder.DescendingOrder)
    assert [row[1] for row in shown(model)] == ["0.90", "0.50", "0.30", "0.10", ""]
    assert [model.source_row(k) for k in range(5)] == [2, 0, 4, 3, 1]
    model.sort(1, Qt.SortOrder.AscendingOrder)
    assert [row[1] for row in shown(model)] == ["0.10", "0.30", "0.50", "0.90", ""]


def test_filter_keeps_rows_with_all_words_and_survives_new_values(qtbot):
    model = TableModel()
    model.set_columns(make_columns())
    model.set_filter("asp2 0.9")
    assert shown(model) == [["A/ASP22", "0.90"]]
    assert model.source_row(0) == 2
    model.set_columns(make_columns(2))
    assert shown(model) == []
    model.set_filter("")
    assert model.rowCount() == 2


def test_table_copies_chosen_rows_and_tells_which_was_clicked(qtbot):
    table = FilteredTable("nothing here")
    qtbot.addWidget(table)
    assert table.note.text() == "nothing here"
    table.show_columns(make_columns())
    assert table.note.isHidden()
    table.view.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    with qtbot.waitSignal(table.chosen) as chosen:
        table.view.clicked.emit(table.model.index(1, 0))
    assert chosen.args == [0]
    table.view.selectRow(0)
    assert table.copy() == "Residue\tWeight\nA/ASP22\t0.90\n"
    table.show()
    qtbot.waitExposed(table)
    table.view.clearSelection()
    qtbot.keyClick(table.view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    lines = QtGui.QGuiApplication.clipboard().text().splitlines()
    assert len(lines) == 6
    table.show_columns([Column("Residue", "", np.empty(0, np.int64)), Column("Weight", "", np.empty(0))])
    assert table.note.text() == "nothing here"
