"""Where the panel opens, what of that is kept, and the map alone for small screens."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from plugin.panel import dock
from plugin.panel.dock import _room_beside
from plugin.panel.geometry import geometry_path
from plugin.panel.qt import Qt, QtCore, QtWidgets
from provis_core.attention.head_id import HeadId

NARROW = 760


@pytest.mark.parametrize(
    ("screen", "window", "room"),
    [
        (1920, 860, 1060),  # what is left of the screen
        (2560, 860, 1120),  # no wider than it needs
        (
            1600,
            860,
            820,
        ),  # the structure gives some of its width, so that both halves stand beside each other
        (1366, 860, 506),
        (1366, 1366, 766),  # a window that fills the screen gives room from its own
        (1920, 1920, 1120),
        (1024, 860, 0),  # both do not fit: it floats
    ],
)
def test_the_panel_stands_beside_the_structure_where_both_fit(screen, window, room):
    geometry = QtCore.QRect(0, 0, screen, 768)
    fake = SimpleNamespace(
        width=lambda: window, screen=lambda: SimpleNamespace(availableGeometry=lambda: geometry)
    )
    assert _room_beside(fake, NARROW) == room


@pytest.mark.parametrize(
    ("width", "lines", "short"),
    [(1.4, 40, False), (0.7, 40, True), (0.7, 100, False)],  # beside each other, the map alone, a long column
)
def test_the_map_stands_alone_only_where_both_halves_have_no_room(bench, width, lines, short):
    bench.open()
    panel = bench.panel
    assert panel.is_short(round(width * panel.narrow_width), lines * panel.fontMetrics().height()) is short


@pytest.fixture
def roomy(monkeypatch):
    """A screen that has room for both, whatever the tests run on."""
    monkeypatch.setattr(dock, "_room_beside", lambda _window, _narrow: 700)


def test_a_docked_panel_has_the_height_of_the_window_and_gives_the_width_back(bench, roomy):
    bench.window.resize(500, 400)
    own = bench.window.size()
    bench.open()
    assert bench.window.corner(Qt.Corner.TopRightCorner) == Qt.DockWidgetArea.RightDockWidgetArea
    assert bench.window.corner(Qt.Corner.TopLeftCorner) == Qt.DockWidgetArea.LeftDockWidgetArea
    grown = bench.window.size()
    assert grown.width() > own.width() and grown.height() > own.height()
    bench.opener.dock.close()
    assert bench.window.size() == own


def test_a_window_that_the_user_has_changed_stays_so(bench, roomy):
    bench.window.resize(500, 400)
    bench.open()
    bench.window.resize(640, 610)
    bench.opener.dock.close()
    assert (bench.window.width(), bench.window.height()) == (640, 610)


def test_a_button_floats_and_docks_the_panel(bench, roomy):
    place = bench.open().panel.actions_bar.place
    for _ in range(2):
        assert place.text() == "Float" and not bench.opener.dock.isFloating()
        bench.qtbot.mouseClick(place, Qt.MouseButton.LeftButton)
        assert place.text() == "Dock" and place.isEnabled() and bench.opener.dock.isFloating()
        bench.qtbot.mouseClick(place, Qt.MouseButton.LeftButton)
    where = bench.window.dockWidgetArea(bench.opener.dock)
    assert where == Qt.DockWidgetArea.RightDockWidgetArea


def test_where_both_do_not_fit_the_button_is_off_and_says_why(bench, monkeypatch):
    monkeypatch.setattr(dock, "_room_beside", lambda _window, _narrow: 0)
    place = bench.open().panel.actions_bar.place
    assert bench.opener.dock.isFloating() and not place.isEnabled()
    assert "no room" in place.toolTip()


def test_a_docked_panel_has_its_last_width(bench, roomy):
    geometry_path().parent.mkdir(parents=True, exist_ok=True)
    geometry_path().write_text(json.dumps({"floating": False, "width": 612}))
    bench.window.setCentralWidget(QtWidgets.QWidget())
    bench.window.resize(500, 400)
    assert bench.open().width() == 612


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


def test_on_a_short_screen_the_map_has_the_height_until_there_is_room_or_the_user_chooses(
    bench, roomy, monkeypatch
):
    """Docked it is short, floating both halves stand beside each other."""
    from plugin.panel.panel import AttentionPanel

    monkeypatch.setattr(
        AttentionPanel, "is_short", lambda panel, *_size: not panel.parent().isFloating(), raising=True
    )
    bench.window.resize(500, 400)
    panel = bench.open().panel
    place, alone = panel.actions_bar.place, panel.map.alone
    assert alone.isChecked() and panel.right.sizes()[1] == 0
    for _ in range(2):
        bench.qtbot.mouseClick(place, Qt.MouseButton.LeftButton)
        assert not alone.isChecked() and all(panel.right.sizes())
        bench.qtbot.mouseClick(place, Qt.MouseButton.LeftButton)
        assert alone.isChecked() and panel.right.sizes()[1] == 0
    bench.qtbot.mouseClick(alone, Qt.MouseButton.LeftButton)
    assert panel.left.isVisible() and all(panel.right.sizes())
    bench.qtbot.mouseClick(place, Qt.MouseButton.LeftButton)
    bench.qtbot.mouseClick(place, Qt.MouseButton.LeftButton)
    assert not alone.isChecked()  # as the user chose it


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
