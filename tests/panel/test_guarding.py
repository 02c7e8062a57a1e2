from __future__ import annotations

import sys

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
    set_reporter(owner, said.append)
    Widget(owner, InputError("top=-1", "A number from 0 on is needed", "Try top=200")).click()
    assert said == ["top=-1. A number from 0 on is needed. Try top=200."]


def test_a_bug_goes_to_the_hook_and_not_out_of_the_slot(qtbot, monkeypatch):
    owner = QtWidgets.QWidget()
    qtbot.addWidget(owner)
    said, hooked = [], []
    set_reporter(owner, said.append)
    monkeypatch.setattr(sys, "excepthook", lambda *args: hooked.append(args[1]))
    error = ZeroDivisionError("oops")
    Widget(owner, error).click()
    assert hooked == [error]
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
    class Part(QtCore.QObject):
        @guarded
        def act(self) -> None:
            self.deleteLater()
            qtbot.waitUntil(lambda: gone != [])
            raise InputError("It was closed meanwhile", "", "")

    gone = []
    part = Part()
    part.destroyed.connect(lambda *_: gone.append(1))
    part.act()
    assert "It was closed meanwhile" in capsys.readouterr().err
