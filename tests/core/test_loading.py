"""What the panel waits for, and that nothing is awaited for ever."""

from __future__ import annotations

import threading
from concurrent.futures import Future

import pytest

from provis_core.errors import InputError
from provis_core.inspection.loading import Loader
from tests.patience import PATIENCE

from .inspecting import wait


@pytest.fixture
def loader(session):
    loader = Loader(session, lambda: None)
    yield loader
    loader.close()


def _block(loader, gate):
    """Give both threads of the loader something that waits."""
    for _ in range(2):
        loader.compute("block", "waiting", gate.wait, lambda value: None)


def test_closing_ends_what_no_thread_has_begun(session, loader):
    gate, source, loaded = threading.Event(), Future(), []
    _block(loader, gate)
    loader.ask("map", "a map", lambda callbacks: source, loaded.append, lambda value: None)
    loader.compute("grid", "a grid", lambda: loaded.append("grid"), lambda value: None)
    source.set_result("map")  # its file would be read by the next free thread
    loader.close()
    gate.set()
    assert session.wait(timeout=PATIENCE)
    assert session.jobs == []
    assert loaded == []
    assert not loader.status.is_busy


def test_an_answer_after_closing_ends_the_job(session, loader):
    source = Future()
    loader.ask("map", "a map", lambda callbacks: source, pytest.fail, pytest.fail)
    loader.close()
    assert source.cancelled()
    assert session.wait(timeout=PATIENCE)
    assert session.jobs == []


def test_after_closing_it_can_be_used_again(session, loader):
    loader.close()
    values = []
    loader.compute("grid", "a grid", lambda: 7, values.append)
    wait(session)
    assert values == [7]


def test_a_problem_lasts_until_the_same_kind_succeeds(session, loader):
    def fail():
        raise InputError("it is so", "otherwise", "Do that")

    loader.compute("grid", "a grid", fail, pytest.fail)
    wait(session)
    assert loader.status.problem == "it is so. otherwise. Do that."
    loader.compute("site", "a site", lambda: 1, lambda value: None)
    wait(session)
    assert loader.status.problem != ""
    loader.compute("grid", "a grid", lambda: 1, lambda value: None)
    wait(session)
    assert loader.status.problem == ""


def test_a_bug_is_told_with_its_traceback(session, loader, viewer):
    loader.compute("grid", "a grid", lambda: 1 / 0, pytest.fail)
    wait(session)
    assert "division by zero" in loader.status.problem
    assert "ZeroDivisionError" in viewer.warnings[0]


def test_its_threads_end(session, loader):
    loader.compute("grid", "a grid", lambda: 1, lambda value: None)
    wait(session)
    ours = [thread for thread in threading.enumerate() if thread.name.startswith("provis-panel")]
    assert ours
    loader.close()
    for thread in ours:
        thread.join(timeout=PATIENCE)
        assert not thread.is_alive()


def test_time_and_stage(session):
    times = iter(range(100))
    loader = Loader(session, lambda: None, lambda: float(next(times)))
    gate = threading.Event()
    loader.compute("grid", "the grid", gate.wait, lambda value: None)
    status = loader.status
    assert (status.stage, status.elapsed, status.is_busy) == ("the grid: computing", 1.0, True)
    gate.set()
    wait(session)
    assert loader.status.stage == ""
    loader.close()
