"""Words beside the pictures: those of what the mouse rests on while it changes, and whole ones."""

from __future__ import annotations

import numpy as np

from plugin.panel.qt import Qt, QtCore, QtGui, QtWidgets
from plugin.panel.saving import FigureDialog
from provis_core.attention.head_id import HeadId
from provis_core.figures.map_view import describe_pair
from provis_core.figures.profile_view import describe_residue
from provis_core.structures.chain import SelectedChain
from tests.core.fakes import make_chain
from tests.panel.panels import LETTERS


def point(canvas, across: float, down: float) -> QtCore.QPoint:
    """Move the mouse to a place of the picture that is shown, and leave it there."""
    x, y = canvas.to_widget(canvas.drawing.axes, across, down)
    return point_at(canvas, QtCore.QPoint(round(x), round(y)))


def point_at(canvas, place: QtCore.QPoint) -> QtCore.QPoint:
    """The same with a place of the widget."""
    none, where = Qt.MouseButton.NoButton, QtCore.QPointF(place)
    event = QtGui.QMouseEvent(
        QtCore.QEvent.Type.MouseMove, where, where, none, none, Qt.KeyboardModifier.NoModifier
    )
    QtWidgets.QApplication.sendEvent(canvas, event)
    return place


def test_another_head_under_the_resting_mouse(bench):
    bench.open()
    maps, profile = bench.panel.map, bench.panel.profile
    point(maps.canvas, 7, 4)
    point(profile.canvas, 7, 0.2)
    before = maps.words.text(), profile.words.text()
    assert before == (describe_pair(maps.view, 4, 7), describe_residue(profile.view, 7))
    bench.inspector.choose.head(HeadId(0, 1))
    bench.settle()
    after = maps.words.text(), profile.words.text()
    assert after == (describe_pair(maps.view, 4, 7), describe_residue(profile.view, 7))
    assert after[0] != before[0] and after[1] != before[1]


def test_a_smaller_chain_under_the_resting_mouse(bench):
    bench.open()
    point(bench.panel.map.canvas, 25, 20)
    point(bench.panel.profile.canvas, 25, 0.2)
    assert bench.panel.map.words.text() and bench.panel.profile.words.text()
    bench.inspector.choose.chain(1)  # of 8 residues
    bench.settle()
    for view in (bench.panel.map, bench.panel.profile):
        assert view.words.text() == ""
        assert not view.canvas.grab().toImage().isNull()


def test_nothing_is_under_the_mouse_where_nothing_is_shown(bench):
    bench.open()
    panel = bench.panel
    canvases = (panel.grid.canvas, panel.map.canvas, panel.profile.canvas)
    places = [
        point(canvas, *where) for canvas, where in zip(canvases, ((1, 0), (7, 4), (7, 0.2)), strict=True)
    ]
    bench.viewer.objects.clear()
    bench.inspector.read_marks()
    bench.settle()
    views = (panel.grid, panel.map, panel.profile)
    assert [view.words.text() for view in views] == ["", "", ""]
    head = bench.inspector.state.head
    for canvas, place in zip(canvases, places, strict=True):
        point_at(canvas, place + QtCore.QPoint(30, 10))
        bench.qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=place)
    bench.settle()
    assert [view.words.text() for view in views] == ["", "", ""]
    assert bench.inspector.state.head == head
    assert panel.message.text() == ""


def test_top_residues_of_chains_with_long_names_are_read_whole(bench):
    chain = make_chain(LETTERS, "AAA123")
    bench.viewer.chains[:] = [SelectedChain(chain, np.ones(chain.n_residues, dtype=bool))]
    bench.open()
    top = bench.panel.profile.top
    assert top.item(0).text().startswith("AAA123/")
    assert top.count() > 3
    assert top.sizeHintForColumn(0) <= top.viewport().width()
    assert top.horizontalScrollBar().maximum() == 0


def test_the_choices_of_the_figure_are_read_whole(qtbot):
    dialog = FigureDialog()
    qtbot.addWidget(dialog)
    dialog.show()
    for box in (dialog.what, dialog.size):
        words = max(box.fontMetrics().horizontalAdvance(box.itemText(k)) for k in range(box.count()))
        assert box.width() > words
