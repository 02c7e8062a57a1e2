"""The keyboard alone: each letter leads to one field, and Tab goes through them as they stand."""

from __future__ import annotations

import itertools

from plugin.panel.qt import Qt, QtGui, QtWidgets


def letters(panel) -> list[str]:
    """The underlined letters that are seen."""
    widgets = [one for one in panel.findChildren(QtWidgets.QAbstractButton) if one.isVisible()]
    widgets += [one for one in panel.findChildren(QtWidgets.QLabel) if one.isVisible() and one.buddy()]
    found = [QtGui.QKeySequence.mnemonic(one.text()).toString() for one in widgets]
    return [one for one in found if one]


def test_each_letter_leads_to_one_field(bench):
    bench.open()
    panel = bench.panel
    for details, heads in itertools.product(range(3), range(2)):
        panel.details.setCurrentIndex(details)
        panel.heads.setCurrentIndex(heads)
        bench.settle()
        seen = letters(panel)
        assert len(seen) > 5
        assert sorted(seen) == sorted(set(seen)), (details, heads)


def test_tab_goes_from_left_to_right_and_down(bench):
    bench.open()
    panel, app = bench.panel, QtWidgets.QApplication
    wanted = [one for one in panel._fields() if one.isVisible() and one.isEnabled()]
    bench.opener.dock.activateWindow()
    wanted[0].setFocus()
    bench.qtbot.waitUntil(lambda: app.focusWidget() is wanted[0])
    reached = []
    for one in wanted[1:]:
        bench.qtbot.keyClick(app.focusWidget(), Qt.Key.Key_Tab)
        reached.append((app.focusWidget() is one, type(one).__name__))
    assert all(is_next for is_next, _ in reached), reached
    bench.qtbot.keyClick(app.focusWidget(), Qt.Key.Key_Backtab)
    assert app.focusWidget() is wanted[-2]


def test_nothing_is_cut_off_at_the_side_of_a_narrow_panel(bench):
    dock = bench.open()
    dock.setGeometry(0, 0, 300, 300)
    bench.settle()
    panel = bench.panel
    for one in (panel.page, panel.top_bar, panel.actions_bar):
        assert one.geometry().right() < panel.width()
    seen = panel.page.viewport()
    for one in (panel.grid.metric, panel.controls.radius, panel.map.canvas, panel.profile.top):
        right = one.mapTo(panel, one.rect().topRight()).x()
        assert right <= seen.mapTo(panel, seen.rect().topRight()).x()
