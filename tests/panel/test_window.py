"""Where the panel opens, what of that is kept, and the map alone for small screens."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from plugin.panel.dock import _room_beside
from plugin.panel.geometry import geometry_path
from plugin.panel.qt import Qt, QtCore
from provis_core.attention.head_id import HeadId


@pytest.mark.parametrize(
    ("screen", "window", "room"),
    [
        (1920, 860, 1060),  # what is left of the screen
        (2560, 860, 1120),  # no wider than it needs
        (1366, 860, 506),
        (1366, 1366, 766),  # a window that fills the screen gives room from its own
        (1024, 860, 0),  # both do not fit: it floats
    ],
)
def test_the_panel_stands_beside_the_structure_where_both_fit(screen, window, room):
    geometry = QtCore.QRect(0, 0, screen, 768)
    fake = SimpleNamespace(
        width=lambda: window, screen=lambda: SimpleNamespace(availableGeometry=lambda: geometry)
    )
    assert _room_beside(fake) == room


def test_sizes_are_kept_although_nobody_closes_the_panel(bench):
    dock = bench.open()
    dock.setFloating(True)
    dock.setGeometry(30, 40, 710, 520)
    bench.panel.details.setCurrentIndex(1)

    def kept() -> bool:
        if not geometry_path().is_file():
            return False
        values = json.loads(geometry_path().read_text())
        return values["place"][2:] == [710, 520] and values["tabs"][1] == 1

    bench.qtbot.waitUntil(kept, timeout=60_000)


def test_the_map_alone_has_its_heads_above_it(bench):
    bench.open()
    panel = bench.panel
    bench.qtbot.mouseClick(panel.map.alone, Qt.MouseButton.LeftButton)
    assert not panel.left.isVisible() and panel.map.isVisible()
    panel.map.head.setEditText("1-2")
    panel.map.head.lineEdit().editingFinished.emit()
    bench.settle()
    assert bench.inspector.state.head == HeadId(0, 1)
    assert list(bench.viewer.scenes) == ["provis_toy_A_1-2"]
    bench.opener.dock.close()
    bench.open()
    assert not bench.panel.left.isVisible()
    bench.panel.show_map_alone(False)
    assert bench.panel.left.isVisible()


@pytest.mark.parametrize(("typed", "message"), [("9-9", "layers"), ("x", "x")])
def test_a_head_that_there_is_not_is_told_and_the_old_one_stays(bench, typed, message):
    bench.open()
    head = bench.inspector.state.head
    bench.panel.map.head.setEditText(typed)
    bench.panel.map.head.lineEdit().editingFinished.emit()
    bench.settle()
    assert message in bench.panel.message.text()
    assert bench.inspector.state.head == head
    assert bench.panel.map.head.currentText() == head.label


def test_a_demonstration_model_is_named_as_one(bench):
    facts = '{"name": "toy", "status": "placeholder", "note": "for tests"}'
    bench.open()
    assert not bench.panel.top_bar.note.isVisible()
    (bench.inspector.entry.folder / "provis.json").write_text(facts)
    bench.panel.top_bar.refresh_choices()
    assert bench.panel.top_bar.note.isVisible()
    assert "placeholder: for tests" in bench.panel.top_bar.note.text()
