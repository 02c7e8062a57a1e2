"""Listeners: who is called, and what happens to one that fails."""

from __future__ import annotations

import pytest

from provis_core.system.events import Events


def test_listeners_of_a_topic_are_called_in_order_until_they_stop():
    events, heard = Events(("head", "map"), pytest.fail), []
    stop = events.listen("head", lambda: heard.append("first"))
    events.listen("head", lambda: heard.append("second"))
    events.listen("map", lambda: heard.append("map"))
    events.tell("head")
    assert heard == ["first", "second"]
    stop()
    stop()
    events.tell("map", "head")
    assert heard[2:] == ["map", "second"]


def test_a_failing_listener_is_reported_and_the_next_is_called():
    reports, heard = [], []
    events = Events(("head",), reports.append)

    def fail():
        raise ZeroDivisionError("in the panel")

    events.listen("head", fail)
    events.listen("head", lambda: heard.append(1))
    events.tell("head")
    assert heard == [1]
    (report,) = reports
    assert "'head'" in report
    assert "ZeroDivisionError: in the panel" in report
    assert "in fail" in report


def test_who_is_stopped_by_one_before_it_is_not_called_any_more():
    events, heard = Events(("head",), pytest.fail), []
    stops = {}

    def stop_the_next():
        stops["late"]()

    events.listen("head", stop_the_next)
    stops["late"] = events.listen("head", lambda: heard.append("late"))
    events.tell("head")
    assert heard == []


def test_one_function_can_listen_twice():
    events, heard = Events(("head",), pytest.fail), []

    def listener():
        heard.append(1)

    stop = events.listen("head", listener)
    events.listen("head", listener)
    stop()
    events.tell("head")
    assert heard == [1]


def test_a_topic_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="'haed' is none of head"):
        Events(("head",), pytest.fail).listen("haed", lambda: None)
