"""The panel's state while chains, states and sessions change: what is selected and named follows."""

from __future__ import annotations

import json
from dataclasses import replace

from provis_core.attention.head_id import HeadId

from .fakes import FakeViewer, make_chain
from .inspecting import TWENTY, make_app, wait

BOX = {"provis_query", "provis_key"}


def _select(inspector, viewer) -> None:
    inspector.choose.box(slice(2, 5), slice(3, 8))
    assert set(viewer.selections) == BOX


def test_the_selections_of_a_box_go_with_it(inspector, viewer, session):
    _select(inspector, viewer)
    inspector.choose.chain(1)
    wait(session)
    assert viewer.selections == {}
    assert " delete provis_query provis_key" in viewer.lines
    _select(inspector, viewer)
    inspector.open("toy")
    wait(session)
    assert viewer.selections == {}
    _select(inspector, viewer)
    viewer.objects.clear()
    inspector.read_marks()
    assert inspector.target is None
    assert viewer.selections == {}


def test_a_closed_panel_leaves_them_and_clear_removes_them(inspector, viewer, session):
    _select(inspector, viewer)
    inspector.close()
    assert set(viewer.selections) == BOX
    inspector.open("toy")  # not what was looked at last
    wait(session)
    assert inspector.state.box is None
    inspector.clear()
    assert viewer.selections == {}


def test_a_session_keeps_its_own(inspector, viewer, session):
    _select(inspector, viewer)
    state = inspector.state.to_json()
    inspector.choose.chain(1)
    wait(session)
    _select(inspector, viewer)
    of_session = {"provis_query": {("toy chain A", 2)}, "provis_key": {("toy chain A", 3)}}
    viewer.selections.update(of_session)
    viewer.kept["panel"] = json.dumps(state)
    inspector.read_marks()
    wait(session)
    assert inspector.state.box is not None
    assert viewer.selections == of_session


def test_another_state_is_told(tmp_path, worker, tiny_config_folder):
    first = replace(make_chain(TWENTY), n_states=3)
    viewer = FakeViewer(first)
    app = make_app(tmp_path, viewer, worker, tiny_config_folder)
    session = app.session
    inspector = app.inspector
    inspector.open()
    wait(session)
    told = []
    inspector.listen("chain", lambda: told.append([one.chain.label for one in inspector.chains]))
    inspector.choose.head(HeadId(0, 0))
    assert told == []
    viewer.now[first.label] = replace(first, state=2)
    inspector.choose.head(HeadId(0, 1))
    wait(session)
    assert told == [["toy chain A state 2 of 3"]]
    app.close()
