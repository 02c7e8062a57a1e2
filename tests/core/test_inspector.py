"""The panel's state with a viewer and a worker in memory: what is asked for, drawn and written."""

from __future__ import annotations

import numpy as np
import pytest

from provis_core.attention.edges import select_edges
from provis_core.attention.head_id import HeadId
from provis_core.errors import CheckpointError, HeadRangeError, InputError, SequenceError, UnknownModelError
from provis_core.inspection.saving import export_pairs
from provis_core.scenes.draw_options import DrawOptions
from provis_core.scenes.scene import style_edges
from provis_core.structures.sequence import compute_sequence_map

from .fakes import make_chain
from .inspecting import EIGHT, TWENTY, wait

NAME = "provis_toy_A_2-1"


def _expected(viewer, worker, head, options=None, **style):
    """What ``provis_attn`` draws of the first chain."""
    options = options or DrawOptions()
    chain = viewer.chains[0].chain
    edges = select_edges(
        worker.answers[TWENTY][head],
        chain,
        compute_sequence_map(chain),
        min_attn=options.min_attn,
        top=options.top,
        min_sep=options.min_sep,
        direction=options.direction,
    )
    return style_edges("x", chain, edges, low=options.min_attn, high=float(edges.weight[0]), **style)


def _assert_same(scene, expected):
    assert scene.edges.n_edges > 0
    for name in ("query", "key", "weight"):
        np.testing.assert_array_equal(getattr(scene.edges, name), getattr(expected.edges, name))
    for name in ("start", "end", "radius", "start_rgb", "end_rgb"):
        np.testing.assert_array_equal(getattr(scene, name), getattr(expected, name))


def test_opening_draws_the_models_head_as_the_command_does(inspector, viewer, worker):
    assert inspector.state.head == HeadId(1, 0)
    _assert_same(viewer.scenes[NAME], _expected(viewer, worker, (1, 0)))
    np.testing.assert_array_equal(inspector.readings.weights, worker.answers[TWENTY][1, 0])
    assert [part.chain.chain_id for part in inspector.chains] == ["A", "B"]
    assert not inspector.status.is_busy
    assert inspector.status.problem == ""
    assert viewer.lines == [f" {inspector.command()}"]


def test_a_slider_draws_at_once_and_writes_its_command_once(inspector, viewer):
    told = []
    inspector.listen("drawing", lambda: told.append(inspector.readings.edges.n_edges))
    for min_attn in np.linspace(0.11, 0.4, 60):
        inspector.choose.options(min_attn=float(min_attn))
    assert len(told) == 60
    assert told[0] > told[-1] > 0
    assert viewer.scenes[NAME].edges.weight.min() >= np.float32(0.4)
    assert len(viewer.lines) == 1
    inspector.settle()
    inspector.settle()
    assert viewer.lines[1:] == [f" {inspector.command()}"]
    assert inspector.command().endswith(", min_attn=0.4")


def test_below_the_weights_of_the_scan_and_for_means_the_map_is_used(inspector, viewer, worker):
    for options in (DrawOptions(min_attn=0.01, top=0), DrawOptions(direction="mean", min_attn=0.02)):
        inspector.choose.options(min_attn=options.min_attn, top=options.top, direction=options.direction)
        _assert_same(viewer.scenes[NAME], _expected(viewer, worker, (1, 0), options))


def test_what_is_not_there_yet_is_drawn_when_it_comes(held, viewer, worker):
    inspector = held
    assert viewer.scenes == {}
    assert inspector.status.is_busy
    assert inspector.status.stage == "all heads of tiny on toy chain A: layer 1 of 2"
    assert inspector.status.fraction == 0.5
    inspector.choose.options(direction="mean", min_attn=0.05)
    worker.release("scan", 0)
    wait(inspector.session, 1)
    assert inspector.readings.scan is not None
    assert viewer.scenes == {}  # a mean needs the whole map
    worker.release("map", 0)
    wait(inspector.session)
    options = DrawOptions(direction="mean", min_attn=0.05)
    _assert_same(viewer.scenes[NAME], _expected(viewer, worker, (1, 0), options))
    assert viewer.lines == [f" {inspector.command()}"]
    assert ", min_attn=0.05, direction=mean" in inspector.command()


def test_arcs_are_drawn_while_the_map_is_awaited(held, viewer, worker):
    inspector = held
    worker.release("scan", 0)
    wait(inspector.session, 1)
    assert inspector.readings.weights is None
    _assert_same(viewer.scenes[NAME], _expected(viewer, worker, (1, 0)))
    told = []
    inspector.listen("map", lambda: told.append(inspector.readings.weights is not None))
    worker.release("map", 0)
    wait(inspector.session)
    assert told == [True]


def test_who_steps_through_heads_waits_for_two_maps_only(held, worker):
    inspector = held
    for head in ((0, 0), (0, 1), (1, 1)):
        inspector.choose.head(HeadId(*head))
    assert [request[3] for request in worker.requests] == [((1, 0),)]
    worker.release("scan", 0)
    worker.release("map", 0)
    wait(inspector.session, 1)
    assert [request[3] for request in worker.requests] == [((1, 0),), ((1, 1),)]
    assert inspector.readings.weights is None
    worker.release("map", 1)
    wait(inspector.session)
    np.testing.assert_array_equal(inspector.readings.weights, worker.answers[TWENTY][1, 1])


def test_a_head_that_was_seen_is_not_asked_for_again(inspector, worker):
    for head in ((0, 0), (1, 0), (0, 0)):
        inspector.choose.head(HeadId(*head))
        wait(inspector.session)
    assert len(worker.requests) == 2


@pytest.mark.parametrize("change", ["chain", "model", "gaps"])
def test_what_arrives_too_late_is_dropped(held, viewer, worker, change, other_model):
    inspector = held
    if change == "chain":
        inspector.choose.chain(1)
    elif change == "model":
        inspector.choose.model(other_model)
    else:
        inspector.choose.gaps("observed")
    assert worker.cancelled == ["scan 0", "map 0"]
    worker.release("scan", 1)
    worker.release("map", 1)
    wait(inspector.session)
    assert inspector.readings.scan.sequence == (EIGHT if change == "chain" else TWENTY)
    name = {"chain": "provis_toy_B_2-1"}.get(change, NAME)
    assert list(viewer.scenes) == [name]
    assert viewer.warnings == []
    assert inspector.status.problem == ""


def test_another_model_with_other_heads(inspector, viewer, worker, other_model):
    inspector.choose.head(HeadId(0, 1))
    inspector.choose.model(other_model)
    assert viewer.scenes == {}  # what is drawn is never of another model than the one that is shown
    wait(inspector.session)
    assert inspector.entry.name == "other"
    assert inspector.state.head == HeadId(1, 0)
    assert worker.scans[-1][1] == other_model
    with pytest.raises(CheckpointError):
        inspector.choose.model(str(worker.folder))
    with pytest.raises(UnknownModelError):
        inspector.choose.model("protbert_bdf")
    assert inspector.entry.name == "other"


def test_a_worker_that_fails_leaves_a_panel_that_works(tmp_path, viewer, worker, app, session):
    error = SequenceError("20 residues", "6 at most", "Select less")
    good, worker.answers[TWENTY] = worker.answers[TWENTY], error
    inspector = app.inspector
    inspector.open()
    wait(session)
    assert inspector.status.problem == str(error)
    assert not inspector.status.is_busy
    assert viewer.warnings == [str(error)] * 2  # the scan and the map
    assert len(worker.requests) == 1
    for step in range(10):
        inspector.choose.options(min_attn=0.1 + 0.01 * step)
        wait(session)
    assert len(worker.requests) == 1
    inspector.settle()
    wait(session)
    assert len(worker.requests) == 2  # the user did something: it is tried again, once
    inspector.choose.options(min_attn=0.2)
    worker.answers[TWENTY] = good
    inspector.restart()
    wait(session)
    assert inspector.status.problem == ""
    _assert_same(viewer.scenes[NAME], _expected(viewer, worker, (1, 0), DrawOptions(min_attn=0.2)))


def test_stopping(held, viewer, worker):
    inspector = held
    inspector.stop()
    wait(inspector.session)
    assert worker.cancelled == ["scan 0", "map 0"]
    assert "was stopped" in inspector.status.problem
    assert not inspector.status.is_busy
    worker.held = False
    inspector.restart()
    wait(inspector.session)
    assert list(viewer.scenes) == [NAME]
    assert inspector.status.problem == ""


def test_several_heads_have_colours_of_their_own(inspector, viewer, worker):
    inspector.choose.options(min_attn=0.2)
    inspector.choose.head(HeadId(0, 1), add=True)
    inspector.choose.head(HeadId(0, 0), add=True)
    wait(inspector.session)
    assert inspector.state.heads == ((1, 0), (0, 1), (0, 0))
    assert inspector.state.head == HeadId(0, 0)
    options = DrawOptions(min_attn=0.2)
    for head, palette in inspector.readings.head_palettes.items():
        scene = viewer.scenes[f"provis_toy_A_{head.label}"]
        _assert_same(scene, _expected(viewer, worker, head, options, palette=palette))
        assert len(np.unique(scene.end_rgb, axis=0)) == 1
    assert len({scene.end_rgb[0].tobytes() for scene in viewer.scenes.values()}) == 3
    assert viewer.lines[-3:] == [f" {line}" for line in inspector.command().splitlines()]
    inspector.choose.head(HeadId(0, 0), add=True)
    assert inspector.state.heads == ((1, 0), (0, 1))
    assert inspector.state.head == HeadId(0, 1)
    assert sorted(viewer.scenes) == ["provis_toy_A_1-2", NAME]
    inspector.choose.head(HeadId(1, 0))
    assert list(viewer.scenes) == [NAME]
    _assert_same(viewer.scenes[NAME], _expected(viewer, worker, (1, 0), options))
    inspector.choose.head(HeadId(1, 0), add=True)  # one stays
    assert inspector.state.heads == ((1, 0),)


def test_stepping_stays_in_the_grid(inspector):
    for step, expected in (((0, 1), (1, 1)), ((1, 0), (1, 1)), ((-5, 0), (0, 1)), ((0, -1), (0, 0))):
        inspector.choose.step(*step)
        assert inspector.state.head == expected


def test_what_cannot_be_is_refused_and_changes_nothing(inspector, viewer):
    before = inspector.state.to_json(), dict(viewer.scenes), list(viewer.lines)
    for call, kind in (
        (lambda: inspector.choose.head(HeadId(2, 0)), HeadRangeError),
        (lambda: inspector.choose.options(min_attn=2.0), InputError),
        (lambda: inspector.choose.options(palette="rainbow"), InputError),
        (lambda: inspector.choose.metric("beauty"), InputError),
        (lambda: inspector.choose.gaps("none"), InputError),
        (lambda: inspector.choose.site("horoscope"), InputError),
        (lambda: inspector.choose.box(slice(3, 3), slice(0, 2)), InputError),
        (lambda: export_pairs(inspector, "pairs.xls"), InputError),
    ):
        with pytest.raises(kind):
            call()
    assert (inspector.state.to_json(), viewer.scenes, viewer.lines) == before


def test_where_nothing_passes_the_drawing_goes_and_comes_back(inspector, viewer):
    inspector.choose.options(min_attn=1.0)
    assert viewer.scenes == {}
    assert inspector.readings.edges.n_edges == 0
    assert len(inspector.readings.pair_rows) == 0
    inspector.choose.options(min_attn=0.1)
    assert list(viewer.scenes) == [NAME]


def test_clear_removes_what_was_drawn(inspector, viewer):
    inspector.choose.box(slice(0, 3), slice(4, 9))
    inspector.clear()
    assert viewer.scenes == {}
    assert viewer.selections == {}
    assert inspector.readings.edges is None
    assert inspector.state.box is None
    assert f" provis_clear {NAME}" in viewer.lines
    inspector.choose.head(HeadId(1, 0))
    assert list(viewer.scenes) == [NAME]


def test_a_chain_that_has_moved_is_drawn_where_it_is(inspector, viewer, worker):
    moved = make_chain(TWENTY)
    object.__setattr__(moved, "ca_coords", moved.ca_coords + np.float32(10))
    viewer.now[moved.label] = moved
    inspector.settle()
    np.testing.assert_array_equal(viewer.scenes[NAME].start[:, 1], 10)
    assert inspector.target.chain is moved
    assert inspector.chains[0] is inspector.target


def test_a_chain_that_is_gone_empties_the_panel(inspector, viewer):
    told = []
    inspector.listen("chain", lambda: told.append(inspector.target))
    viewer.objects.clear()
    inspector.read_marks()
    assert told == [None]
    assert inspector.chains == ()
    assert inspector.readings.edges is None
    assert inspector.readings.pair_rows is None
    assert inspector.readings.profile is None
    assert inspector.readings.site_rows == ()
    assert inspector.command() == ""
    assert viewer.scenes == {}
    assert "toy chain A was deleted or renamed" in inspector.status.problem
    assert viewer.kept_state("panel") == ""
    with pytest.raises(InputError, match="no chain in the panel"):
        inspector.choose.box(slice(0, 1), slice(0, 1))
    inspector.choose.head(HeadId(0, 0))  # of no chain
    assert viewer.scenes == {}
    viewer.objects.add("toy")
    inspector.open()
    wait(inspector.session)
    assert list(viewer.scenes) == ["provis_toy_A_1-1"]
    assert inspector.status.problem == ""


def test_a_chain_that_goes_while_it_is_computed(held, viewer, worker):
    inspector = held
    viewer.objects.clear()
    inspector.choose.head(HeadId(0, 0))
    assert inspector.target is None
    wait(inspector.session)
    assert worker.cancelled == ["scan 0", "map 0"]
    assert viewer.scenes == {}


def test_closing_leaves_the_drawing_and_nothing_behind(inspector, viewer, session):
    inspector.choose.head(HeadId(0, 1))
    wait(session)
    inspector.close()
    wait(session)
    assert list(viewer.scenes) == ["provis_toy_A_1-2"]
    assert inspector.target is None
    inspector.open()
    wait(session)
    assert inspector.state.head == HeadId(0, 1)
    assert list(viewer.scenes) == ["provis_toy_A_1-2"]


def test_closing_while_something_is_computed(held, worker):
    inspector = held
    inspector.close()
    wait(inspector.session)
    assert worker.cancelled == ["scan 0", "map 0"]
    assert inspector.session.viewer.warnings == []
    assert inspector.status.problem == ""


def test_in_windows_there_is_no_map_and_weak_pairs_are_asked_for(inspector, viewer, worker):
    before = len(worker.requests)
    inspector.choose.options(window=10)
    wait(inspector.session)
    assert worker.scans[-1][5] == 10
    assert len(worker.requests) == before
    assert inspector.readings.weights is None
    _assert_same(viewer.scenes[NAME], _expected(viewer, worker, (1, 0)))
    inspector.choose.options(min_attn=0.02)
    wait(inspector.session)
    assert worker.sparse[before:] == [(0.02, 10)]
    assert inspector.readings.weights is None
    _assert_same(viewer.scenes[NAME], _expected(viewer, worker, (1, 0), DrawOptions(min_attn=0.02)))
    assert inspector.command().endswith(", min_attn=0.02, window=10")
    inspector.choose.metric("entropy")
    assert viewer.lines[-1].startswith(" provis_panel ")
    assert viewer.lines[-1].endswith(", window=10")


def test_how_a_scan_was_made_is_said_also_if_it_was_there(tmp_path, viewer, worker, app, session):
    worker.cached = True
    app.inspector.open()
    wait(session)
    assert viewer.warnings == ["made in windows"]


def test_when_the_viewer_ends_nobody_is_told(held, worker, app, session):
    held.listen("status", lambda: pytest.fail("told"))
    held.listen("chain", lambda: pytest.fail("told"))
    app.close()
    assert worker.cancelled == ["scan 0", "map 0"]
    assert worker.is_closed
    assert session.viewer.warnings == []


def test_the_console_can_wait_for_the_panel_and_stop_it(held, worker):
    session = held.session
    assert any("all heads of tiny" in line for line in session.describe_status())
    session.cancel()
    wait(session)
    assert "was stopped" in held.status.problem


def test_a_failing_listener_reaches_the_user(inspector, viewer):
    inspector.listen("head", lambda: 1 / 0)
    inspector.choose.head(HeadId(0, 0))
    assert "ZeroDivisionError" in viewer.warnings[0]
    assert list(viewer.scenes) == ["provis_toy_A_1-1"]
