from __future__ import annotations

import gc
import sys
import weakref

from plugin.collector import hold_collection
from plugin.panel.guarding import guarded, set_reporter
from plugin.panel.qt import QtCore, QtWidgets
from plugin.panel.turns import Turns
from provis_core.errors import InputError


class Widget(QtWidgets.QPushButton):
    def __init__(self, parent, error):
        super().__init__("x", parent)
        self.error = error
        self.clicked.connect(self.on_click)

    @guarded
    def on_click(self, _checked=False):
        raise self.error


def test_an_error_of_the_user_is_shown_by_the_nearest_owner(qtbot):
    owner = QtWidgets.QWidget()
    qtbot.addWidget(owner)
    said = []
    set_reporter(owner, said.append, lambda: said.append("a bug"))
    Widget(owner, InputError("top=-1", "A number from 0 on is needed", "Try top=200")).click()
    assert said == ["top=-1. A number from 0 on is needed. Try top=200."]


def test_a_bug_is_reported_and_does_not_leave_the_slot(qtbot):
    owner = QtWidgets.QWidget()
    qtbot.addWidget(owner)
    said, reported = [], []
    set_reporter(owner, said.append, lambda: reported.append(sys.exc_info()[1]))
    error = ZeroDivisionError("oops")
    Widget(owner, error).click()
    assert reported == [error]
    assert "A bug in ProVis: ZeroDivisionError('oops')" in said[0]


def test_turns_run_each_piece_once_and_one_at_a_time(qtbot):
    owner = QtCore.QObject()
    turns = Turns(owner)
    done = []

    def first():
        done.append("first")
        turns.ask(second)

    def second():
        done.append("second")

    turns.ask(first)
    turns.ask(second)
    turns.ask(first)
    qtbot.waitUntil(lambda: not turns.is_busy)
    assert done == ["first", "second"]
    turns.ask(first)
    turns.stop()
    qtbot.wait(20)
    assert done == ["first", "second"]


def test_an_error_in_a_slot_of_a_deleted_widget_stays_in_it(qtbot, capsys):
    class Target(QtCore.QObject):
        @guarded
        def act(self) -> None:
            self.deleteLater()
            qtbot.waitUntil(lambda: gone != [])
            raise InputError("It was closed meanwhile", "", "")

    gone = []
    target = Target()
    target.destroyed.connect(lambda *_: gone.append(1))
    target.act()
    assert "It was closed meanwhile" in capsys.readouterr().err


def test_the_collector_waits_for_the_end_of_a_piece(qtbot, monkeypatch):
    owner = QtCore.QObject()
    turns, seen = Turns(owner), []

    def fail() -> None:
        seen.append(gc.isenabled())
        raise InputError("A piece failed", "", "")

    turns.ask(lambda: seen.append(gc.isenabled()))
    turns.ask(fail)
    qtbot.waitUntil(lambda: not turns.is_busy)
    assert seen == [False, False]
    assert gc.isenabled()
    gc.disable()  # by somebody else, who wants it so
    try:
        with hold_collection():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_the_collector_waits_while_the_chain_is_switched(bench):
    bench.open()
    seen, choose = [], bench.inspector.choose.chain
    bench.inspector.choose.chain = lambda index: (seen.append(gc.isenabled()), choose(index))
    box = bench.panel.top_bar.chain
    box.setCurrentIndex(1)
    box.activated.emit(1)
    assert seen == [False]
    assert gc.isenabled()
    assert bench.inspector.target.chain.chain_id == "B"


def test_what_was_there_of_the_last_chain_is_collected(bench):
    class Ring:
        def __init__(self) -> None:
            self.itself = self

    bench.open()
    left = weakref.ref(Ring())
    gc.disable()
    try:
        assert left() is not None
        bench.inspector.choose.chain(1)
        bench.settle()
        assert left() is None
    finally:
        gc.enable()


def test_the_collector_passes_over_the_viewer_while_the_panel_is_open(bench):
    assert gc.get_freeze_count() == 0
    dock = bench.open()
    assert gc.get_freeze_count() > 10_000
    dock.close()
    assert gc.get_freeze_count() == 0
    gc.freeze()  # by somebody else
    try:
        bench.open().close()
        assert gc.get_freeze_count() > 10_000
    finally:
        gc.unfreeze()
