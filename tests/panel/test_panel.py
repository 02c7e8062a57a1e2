"""The panel as a whole, with mouse and keys of QTest, over a viewer and a worker in memory."""

from __future__ import annotations

import functools
import gc
import json
import shutil
import threading

import numpy as np
import pytest

from plugin.panel.geometry import geometry_path
from plugin.panel.panel import AttentionPanel
from plugin.panel.qt import Qt, QtCore, QtGui, QtWidgets
from provis_core.attention.head_id import HeadId
from provis_core.errors import InputError, InstallError
from provis_core.structures.chain import SelectedChain
from tests.core.fakes import make_chain


def at(canvas, axes, across: float, up: float) -> QtCore.QPoint:
    """Place of the widget where something is drawn."""
    x, y = canvas.to_widget(axes, across, up)
    return QtCore.QPoint(round(x), round(y))


def point(bench, canvas, place: QtCore.QPoint) -> None:
    """Move the mouse to a place of a widget."""
    none = Qt.MouseButton.NoButton
    where = QtCore.QPointF(place)
    event = QtGui.QMouseEvent(
        QtCore.QEvent.Type.MouseMove, where, where, none, none, Qt.KeyboardModifier.NoModifier
    )
    QtWidgets.QApplication.sendEvent(canvas, event)


def click_head(bench, layer: int, head: int, modifier=Qt.KeyboardModifier.NoModifier) -> None:
    canvas = bench.panel.grid.canvas
    place = at(canvas, canvas.drawing.axes, head, layer)
    bench.qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, modifier, place)
    bench.settle()


def test_a_click_draws_a_head_and_ctrl_click_another_beside_it(bench):
    bench.open()
    assert bench.inspector.state.head == HeadId(1, 0)
    click_head(bench, 0, 1)
    assert bench.inspector.state.head == HeadId(0, 1)
    assert list(bench.viewer.scenes) == ["provis_toy_A_1-2"]
    click_head(bench, 1, 1, Qt.KeyboardModifier.ControlModifier)
    assert set(bench.viewer.scenes) == {"provis_toy_A_1-2", "provis_toy_A_2-2"}
    colors = [scene.end_rgb[0].tolist() for scene in bench.viewer.scenes.values()]
    assert colors[0] != colors[1]


def test_arrow_keys_go_from_head_to_head_and_stop_at_the_edge(bench):
    bench.open()
    canvas = bench.panel.grid.canvas
    for key, head in (
        (Qt.Key.Key_Right, HeadId(1, 1)),
        (Qt.Key.Key_Right, HeadId(1, 1)),
        (Qt.Key.Key_Up, HeadId(0, 1)),
        (Qt.Key.Key_Left, HeadId(0, 0)),
        (Qt.Key.Key_Down, HeadId(1, 0)),
    ):
        bench.qtbot.keyClick(canvas, key)
        bench.settle()
        assert bench.inspector.state.head == head
        assert bench.panel.map.head.currentText() == head.label


def test_pointing_at_a_head_tells_its_numbers(bench):
    bench.open()
    canvas = bench.panel.grid.canvas
    point(bench, canvas, at(canvas, canvas.drawing.axes, 1, 0))
    value, n = bench.inspector.readings.grid.values[0, 1], bench.inspector.readings.grid.n[0, 1]
    words = bench.panel.grid.words.text()
    assert words.startswith("1-2 arcs that are contacts")
    assert f"n = {n}" in words
    assert f"{value:.3g}" in words or np.isnan(value)


def test_the_slider_draws_while_it_moves_and_writes_one_command(bench):
    bench.open()
    controls = bench.panel.controls
    n_lines = len(bench.viewer.lines)
    n_before = bench.inspector.readings.edges.n_edges
    controls._rest.setInterval(3_600_000)  # however slow the machine is, the slider does not rest between
    for place in range(controls.threshold.value(), controls.threshold.value() + 60, 5):
        controls.threshold.setValue(place)
        bench.settle()
        assert bench.inspector.state.options.min_attn == pytest.approx(controls.weight.value(), abs=1e-3)
    scene = bench.viewer.scenes["provis_toy_A_2-1"]
    assert 0 < scene.edges.n_edges < n_before
    assert scene.edges.weight.min() >= np.float32(controls.weight.value())
    assert bench.viewer.lines[n_lines:] == []
    assert controls._rest.isActive()
    controls._rest.setInterval(10)  # which begins anew
    bench.qtbot.waitUntil(lambda: not controls._rest.isActive())
    bench.settle()
    assert bench.viewer.lines[n_lines:] == [f" {bench.inspector.command()}"]


def test_every_control_reaches_the_drawing(bench):
    bench.open()
    controls = bench.panel.controls
    controls.weight.setValue(0.02)
    controls.top.setValue(7)
    controls.min_sep.setValue(6)
    controls.radius.setValue(0.8)
    for box, value in ((controls.direction, "directed"), (controls.palette, "viridis")):
        box.setCurrentIndex(box.findData(value))
        box.activated.emit(box.currentIndex())
    bench.settle()
    scene = bench.viewer.scenes["provis_toy_A_2-1"]
    assert scene.edges.n_edges == 7
    assert scene.edges.direction == "directed"
    assert np.abs(scene.edges.query - scene.edges.key).min() >= 6
    assert scene.radius.max() == pytest.approx(0.8)
    assert bench.inspector.command().endswith(
        "min_attn=0.02, top=7, min_sep=6, direction=directed, palette=viridis, radius=0.8"
    )
    controls.window_size.setValue(20)
    bench.settle()
    assert bench.worker.scans[-1][5] == 20
    assert bench.inspector.command().endswith(", window=20")


def test_a_dragged_box_selects_rows_and_columns_and_a_click_drops_it(bench):
    bench.open()
    canvas = bench.panel.map.canvas
    axes = canvas.drawing.axes
    bench.qtbot.mousePress(canvas, Qt.MouseButton.LeftButton, pos=at(canvas, axes, 2, 10))
    bench.qtbot.mouseMove(canvas, at(canvas, axes, 4, 12))
    bench.qtbot.mouseMove(canvas, at(canvas, axes, 6, 15))
    bench.qtbot.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=at(canvas, axes, 6, 15))
    bench.settle()
    assert {index for _, index in bench.viewer.selections["provis_query"]} == set(range(10, 16))
    assert {index for _, index in bench.viewer.selections["provis_key"]} == set(range(2, 7))
    assert (bench.inspector.state.box.rows, bench.inspector.state.box.columns) == (slice(10, 16), slice(2, 7))
    bench.qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=at(canvas, axes, 20, 20))
    bench.settle()
    assert bench.inspector.state.box is None
    assert bench.viewer.selections == {}


def test_the_map_says_what_is_under_the_mouse(bench):
    bench.open()
    canvas = bench.panel.map.canvas
    point(bench, canvas, at(canvas, canvas.drawing.axes, 3, 12))
    weight = bench.worker.answers["ACDEFG" * 5][1, 0, 12, 3]
    words = bench.panel.map.words.text()
    assert words.startswith("A/ALA13 -> A/GLU4 ")
    shown = float(words.split(" ")[3])
    assert shown == pytest.approx(weight, abs=0.005)
    assert "36.0 Å" in words


def test_zoom_keeps_the_place_under_the_mouse_and_goes_back(bench):
    bench.open()
    canvas = bench.panel.map.canvas
    axes = canvas.drawing.axes
    place = canvas.to_data(axes, *canvas.to_widget(axes, 10, 20))
    canvas.zoom(2.0, place)
    bench.settle()
    assert axes.get_xlim()[1] - axes.get_xlim()[0] == pytest.approx(15)
    assert axes.get_xlim()[0] == pytest.approx(10 - (10 + 0.5) / 2)
    assert axes.get_ylim()[0] > axes.get_ylim()[1]
    click_head(bench, 0, 0)
    assert axes.get_xlim()[1] - axes.get_xlim()[0] == pytest.approx(15)  # another head, the same place
    bench.qtbot.keyClick(canvas, Qt.Key.Key_0)
    assert axes.get_xlim() == pytest.approx((-0.5, 29.5))


def test_what_is_selected_in_the_viewer_lights_up(bench):
    bench.open()
    marks = np.zeros(30, bool)
    marks[4:7] = True
    label = bench.inspector.target.chain.label
    bench.viewer.marked[label] = marks
    bench.qtbot.waitUntil(lambda: bool(bench.inspector.stage.pointer.marks.any()))
    bench.settle()
    image = bench.panel.map.canvas.grab().toImage()
    bench.viewer.marked[label] = np.zeros(30, bool)
    bench.qtbot.waitUntil(lambda: not bench.inspector.stage.pointer.marks.any())
    bench.settle()
    assert bench.panel.map.canvas.grab().toImage() != image


def test_the_viewer_is_looked_at_only_while_the_panel_is_seen(bench):
    dock = bench.open()
    asked = []
    read = bench.viewer.read_marked
    bench.viewer.read_marked = lambda chain: (asked.append(chain), read(chain))[1]
    bench.qtbot.waitUntil(lambda: len(asked) > 0)
    dock.hide()
    asked.clear()
    bench.qtbot.wait(700)
    assert asked == []


def test_another_chain_and_pairs_of_it(bench):
    bench.open()
    box = bench.panel.top_bar.chain
    assert [box.itemText(k) for k in range(box.count())] == ["toy chain A (30)", "toy chain B (8)"]
    box.setCurrentIndex(1)
    box.activated.emit(1)
    bench.settle()
    assert bench.inspector.target.chain.chain_id == "B"
    table = bench.panel.pairs.table
    bench.panel.details.setCurrentWidget(bench.panel.pairs)
    assert table.model.rowCount() == bench.inspector.readings.edges.n_edges > 0
    place = table.view.visualRect(table.model.index(0, 0)).center()
    bench.qtbot.mouseClick(table.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert bench.viewer.lines[-1].startswith(" zoom /toy//B/")


def test_a_click_on_a_pair_marks_it_in_the_map_and_on_the_structure(bench):
    bench.open()
    panel, table = bench.panel, bench.panel.pairs.table
    panel.details.setCurrentWidget(panel.pairs)
    for row in (3, 1):
        place = table.view.visualRect(table.model.index(row, 0)).center()
        bench.qtbot.mouseClick(table.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
        bench.settle()
        rows = bench.inspector.readings.pair_rows
        query, key = int(rows.query[row]), int(rows.key[row])
        assert bench.viewer.selections == {
            "provis_query": {("toy chain A", query)},
            "provis_key": {("toy chain A", key)},
        }
        box = bench.inspector.state.box
        assert (box.rows, box.columns) == (slice(query, query + 1), slice(key, key + 1))
        assert panel.map.canvas._box == box
        assert [index.row() for index in table.view.selectionModel().selectedRows()] == [row]


def test_a_model_is_chosen_as_a_folder(bench, tmp_path, monkeypatch):
    bench.open()
    box, answers = bench.panel.top_bar.model, []
    monkeypatch.setattr(
        QtWidgets.QFileDialog, "getExistingDirectory", staticmethod(lambda *_: answers.pop(0))
    )

    def choose(text, folder=None):
        answers.extend([] if folder is None else [str(folder)])
        box.setCurrentIndex(box.findText(text))
        box.activated.emit(box.currentIndex())
        bench.settle()
        assert answers == []

    first = bench.inspector.entry
    assert [box.itemText(box.count() - k) for k in (2, 1)] == ["Choose a folder…", "Fetch a model…"]
    assert box.currentText() == first.name
    other = tmp_path / "other"
    shutil.copytree(first.folder, other)
    choose("Choose a folder…", "")  # the dialog was closed
    assert (box.currentText(), bench.inspector.entry.folder) == (first.name, first.folder)
    choose("Choose a folder…", other)
    assert bench.inspector.entry.folder.samefile(other)
    assert box.currentText() == "other"
    assert bench.inspector.readings.grid is not None
    assert bench.worker.scans[-1][1] == str(bench.inspector.entry.folder)
    choose("other")
    assert bench.inspector.entry.folder.samefile(other)
    empty = tmp_path / "empty"
    empty.mkdir()
    choose("Choose a folder…", empty)
    assert str(empty) in bench.panel.message.text()
    assert box.currentText() == "other" and bench.inspector.entry.folder.samefile(other)


def test_both_chains_as_one_sequence_and_each_by_itself_again(bench):
    bench.open()
    bar, linked = bench.panel.top_bar, bench.panel.top_bar.linked
    assert linked.isEnabled() and not linked.isChecked()
    bench.qtbot.mouseClick(linked, Qt.MouseButton.LeftButton, pos=linked.rect().center())
    bench.settle()
    assert linked.isChecked()
    assert bar.chain.currentText() == "toy chains A + B (38)"
    assert "toy chains A + B (38)" in bar.chain.toolTip()
    assert [bar.chain.itemText(k) for k in (1, 2)] == ["toy chain A (30)", "toy chain B (8)"]
    drawing = bench.panel.map.canvas.drawing
    assert drawing.view.axis.dividers == (30,)
    assert len(drawing._dividers.get_segments()) == 2
    names = [text for text in drawing.axes.texts if text.get_visible() and text.get_text() in ("A", "B")]
    assert len(names) == 4
    assert bench.inspector.command().endswith(", link=1")
    bar.chain.setCurrentIndex(1)
    bar.chain.activated.emit(1)
    bench.settle()
    assert not linked.isChecked() and linked.isEnabled()
    assert bench.panel.map.canvas.drawing.view.axis.dividers == ()


def test_a_deleted_object_empties_the_panel(bench):
    bench.open()
    bench.viewer.objects.clear()
    bench.qtbot.waitUntil(lambda: bench.inspector.target is None)
    bench.settle()
    panel = bench.panel
    assert panel.pairs.table.model.rowCount() == 0
    assert not panel.top_bar.chain.isEnabled()
    for canvas in (panel.grid.canvas, panel.map.canvas):
        assert canvas._note.startswith("Load a protein")
        assert not canvas.grab().toImage().isNull()


def test_an_error_is_shown_in_the_panel_and_goes_with_the_next_success(bench):
    bench.open()
    bench.panel.details.setCurrentWidget(bench.panel.sites)
    sites = bench.panel.sites
    sites.source.setCurrentIndex(sites.source.findData("selection"))
    sites.source.activated.emit(sites.source.currentIndex())
    bench.settle()
    assert "is selected" in bench.panel.message.text()
    assert bench.panel.message.isVisible()
    click_head(bench, 0, 1)
    assert bench.panel.message.text() == ""
    assert not bench.panel.message.isVisible()


def test_closing_leaves_the_drawing_and_nothing_else(bench):
    dock = bench.open()
    click_head(bench, 0, 1)
    n_before = sum(map(len, bench.app.inspector._events._listeners.values()))
    assert n_before > 0
    threads = {thread for thread in threading.enumerate() if thread.name.startswith("provis-panel")}
    left = {}
    for number, child in enumerate([dock, *dock.findChildren(QtCore.QObject)]):
        left[number] = f"{type(child).__name__} of {type(child.parent()).__name__}"
        child.destroyed.connect(functools.partial(lambda number, *_: left.pop(number), number))
    QtCore.QTimer.singleShot(0, dock.close)  # in the event loop, as a click does
    bench.qtbot.waitUntil(lambda: bench.opener.dock is None)
    assert not any(bench.app.inspector._events._listeners.values())
    bench.qtbot.waitUntil(lambda: left == {})
    del dock, child
    gc.collect()
    assert not [
        one for one in gc.get_objects() if type(one) is AttentionPanel
    ]  # isinstance wakes up lazy objects
    assert not bench.window.findChildren(QtWidgets.QDockWidget)
    assert list(bench.viewer.scenes) == ["provis_toy_A_1-2"]
    bench.qtbot.waitUntil(lambda: not any(thread.is_alive() for thread in threads))


def test_reopening_brings_the_state_back(bench):
    bench.open()
    click_head(bench, 0, 1)
    bench.panel.controls.top.setValue(9)
    bench.settle()
    bench.opener.dock.close()
    bench.open()
    assert bench.inspector.state.head == HeadId(0, 1)
    assert bench.panel.controls.top.value() == 9
    assert bench.viewer.scenes["provis_toy_A_1-2"].edges.n_edges == 9
    assert bench.panel.grid.canvas.drawing is not None


def test_places_and_sizes_are_remembered_in_our_own_folder(bench):
    dock = bench.open()
    dock.setGeometry(40, 50, 700, 500)
    bench.panel.details.setCurrentIndex(2)
    scale = bench.panel.map.scale
    scale.setCurrentIndex(scale.findData("log"))
    bench.qtbot.waitUntil(lambda: dock._floating_place.width() == 700)
    dock.close()
    kept = json.loads(geometry_path().read_text())
    assert kept["place"][2:] == [700, 500]
    assert kept["floating"] is True
    dock = bench.open()
    assert (dock.width(), dock.height()) == (700, 500)
    assert bench.panel.details.currentIndex() == 2
    assert bench.panel.map.scale.currentData() == "log"
    assert bench.panel.map.view.scale.kind == "log"
    dock.setFloating(False)
    dock.close()
    assert not bench.open().isFloating()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"place": [1], "tabs": "x", "splitters": 3, "area": 7, "map": 5}']
)
def test_a_damaged_file_of_places_does_no_harm(bench, text):
    geometry_path().parent.mkdir(parents=True, exist_ok=True)
    geometry_path().write_text(text)
    assert bench.open().isVisible()


def test_without_a_window_the_error_says_what_to_do(bench):
    bench.opener = type(bench.opener)(bench.app, lambda: None)
    with pytest.raises(InstallError, match=r"runs without a window.*use the commands"):
        bench.opener()


def test_another_thread_is_told_what_to_do(bench):
    problems = []

    def open_it() -> None:
        try:
            bench.opener()
        except InputError as error:
            problems.append(str(error))

    thread = threading.Thread(target=open_it)
    thread.start()
    thread.join()
    assert len(problems) == 1
    assert "Open it before the script begins its threads: «panel»" in problems[0]
    assert bench.opener.dock is None
    assert bench.inspector.target is None
    assert bench.open().isVisible()


def test_every_field_has_a_hint(bench):
    dock = bench.open()
    kinds = (
        QtWidgets.QComboBox, QtWidgets.QPushButton, QtWidgets.QAbstractSpinBox, QtWidgets.QSlider,
        QtWidgets.QLineEdit, QtWidgets.QProgressBar,
    )  # fmt: skip
    bare = [
        f"{type(one).__name__} {one.objectName()} in {type(one.parent()).__name__}"
        for kind in kinds
        for one in bench.panel.findChildren(kind)
        if not one.toolTip()
        and not isinstance(one.parent(), (QtWidgets.QComboBox, QtWidgets.QAbstractSpinBox))
    ]
    assert bare == []
    assert dock.isVisible()


def test_narrow_panels_stand_in_one_column(bench):
    dock = bench.open()
    dock.resize(1000, 800)
    bench.settle()
    assert bench.panel.halves.orientation() == Qt.Orientation.Horizontal
    dock.resize(560, 800)
    bench.settle()
    assert bench.panel.halves.orientation() == Qt.Orientation.Vertical


def test_keys_of_the_panel(bench, tmp_path, monkeypatch):
    bench.open()
    ctrl, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    canvas = bench.panel.map.canvas
    QtWidgets.QApplication.clipboard().clear()
    bench.qtbot.keyClick(canvas, Qt.Key.Key_C, ctrl | shift)
    assert QtWidgets.QApplication.clipboard().text() == bench.inspector.command()
    bench.qtbot.keyClick(canvas, Qt.Key.Key_F1)
    assert bench.panel.actions_bar._help.isVisible()
    path = str(tmp_path / "pairs.json")
    monkeypatch.setattr(QtWidgets.QFileDialog, "getSaveFileName", lambda *_: (path, ""))
    bench.qtbot.keyClick(bench.panel.controls.top, Qt.Key.Key_E, ctrl)
    assert (
        len(json.loads((tmp_path / "pairs.json").read_text())["rows"])
        == bench.inspector.readings.edges.n_edges
    )
    saved = []
    monkeypatch.setattr(bench.panel.actions_bar, "save_figure", lambda: saved.append(1))
    bench.qtbot.keyClick(canvas, Qt.Key.Key_S, ctrl)
    bench.qtbot.keyClick(canvas, Qt.Key.Key_S)
    assert saved == [1]


def test_new_objects_are_offered_and_the_chain_stays(bench):
    bench.open()
    click_head(bench, 0, 1)
    part = bench.inspector.target
    chain = make_chain("GGACDEFG", "C", "more")
    bench.viewer.chains.append(SelectedChain(chain, np.ones(8, dtype=bool)))
    bench.viewer.objects.add("more")
    bench.qtbot.waitUntil(lambda: len(bench.inspector.chains) == 3)
    bench.settle()
    assert bench.inspector.target is part
    assert bench.inspector.state.head == HeadId(0, 1)
    box = bench.panel.top_bar.chain
    assert [box.itemText(k) for k in range(box.count())][2] == "more chain C (8)"
    assert box.currentIndex() == 0
    bench.viewer.objects.clear()
    bench.qtbot.waitUntil(lambda: bench.inspector.target is None)
    bench.viewer.objects.add("toy")
    bench.qtbot.waitUntil(lambda: bench.inspector.target is not None)
    bench.settle()
    assert bench.inspector.readings.edges.n_edges > 0


def test_stop_and_compute(bench):
    bench.worker.held = True
    bench.opener()
    bench.qtbot.waitUntil(bench.panel.top_bar.stop.isEnabled)
    assert bench.inspector.status.is_busy
    assert bench.panel.top_bar.stop.text() == "Stop"
    bench.panel.top_bar.stop.click()
    bench.settle()
    assert bench.worker.cancelled
    assert bench.panel.top_bar.stop.text() == "Compute"
    assert "stopped" in bench.panel.top_bar.state.text()
    bench.worker.held = False
    bench.panel.top_bar.stop.click()
    bench.settle()
    assert bench.inspector.readings.scan is not None
    assert not bench.panel.top_bar.stop.isEnabled()


def test_closing_while_the_model_computes_stops_it_and_reopening_begins_again(bench):
    bench.worker.held = True
    bench.opener()
    assert bench.inspector.status.is_busy
    bench.opener.dock.close()
    bench.settle()
    assert bench.worker.cancelled
    assert bench.app.session.jobs == []
    bench.worker.held = False
    bench.open()
    assert bench.inspector.readings.scan is not None
    assert bench.panel.grid.canvas._image is not None
    assert bench.panel.message.text() == ""
