"""The panel's state with a viewer and a worker in memory: commands, and what a session keeps."""

from __future__ import annotations

import json

import numpy as np
import pytest

from provis_core.attention.head_id import HeadId
from provis_core.errors import InputError, StructureError

from .fakes import FakeViewer, make_chain
from .inspecting import TWENTY, MapWorker, make_app, make_hairpin, make_maps, wait

NAME = "provis_toy_A_2-1"


@pytest.fixture
def viewer():
    """Shows a hairpin."""
    return FakeViewer(make_hairpin())


def test_the_command_names_what_is_not_the_default(inspector, tiny_config_folder):
    start = f"provis_attn /toy//A, 2, 1, model={tiny_config_folder.resolve()}"
    assert inspector.command() == start
    inspector.choose.options(
        top=0, min_sep=6, direction="directed", palette="viridis", radius=0.25, transparency=0.5
    )
    end = ", top=0, min_sep=6, direction=directed, palette=viridis, radius=0.25, transparency=0.5"
    assert inspector.command() == start + end


def test_the_command_is_right_for_who_has_other_defaults(tmp_path, viewer, worker, tiny_config_folder):
    app = make_app(tmp_path, viewer, worker, tiny_config_folder)
    session = app.session
    session.settings.set("min_attn", "0.2")
    session.settings.set("top", "50")
    inspector = app.inspector
    inspector.open()
    wait(session)
    assert inspector.command().endswith(", min_attn=0.2, top=50")
    inspector.choose.options(min_attn=0.1)
    assert inspector.command().endswith(", min_attn=0.1, top=50")
    app.close()


def test_a_part_of_a_chain_is_drawn_and_named(tmp_path, tiny_config_folder):
    viewer = FakeViewer(make_chain(TWENTY))
    viewer.chains[0].inside[12:] = False
    app = make_app(tmp_path, viewer, MapWorker(tmp_path, {TWENTY: make_maps(20)}), tiny_config_folder)
    session = app.session
    app.inspector.open()
    wait(session)
    assert app.inspector.command().startswith("provis_attn /toy//A/1+2+3+4+5+6+7+8+9+10+11+12, 2, 1")
    assert viewer.scenes[NAME].edges.residues.max() < 12
    app.close()


def _change_everything(inspector, viewer, tmp_path, other_model):
    inspector.choose.model(other_model)
    inspector.choose.gaps("observed")
    wait(inspector.session)
    inspector.choose.head(HeadId(0, 1))
    inspector.choose.head(HeadId(1, 1), add=True)
    inspector.choose.metric("separation")
    viewer.marked["toy chain A"] = np.arange(20) > 14
    inspector.choose.site("selection")
    viewer.marked.clear()
    inspector.choose.options(min_attn=0.15, top=33, direction="directed", palette="cividis", labels=2)
    inspector.choose.site_shown(True)
    inspector.choose.profile("received")
    inspector.choose.box(slice(2, 9), slice(11, 13))
    inspector.settle()
    wait(inspector.session)


def test_the_state_goes_through_json_into_another_session(inspector, viewer, worker, tmp_path, other_model):
    _change_everything(inspector, viewer, tmp_path, other_model)
    state = json.loads(viewer.kept_state("panel"))
    assert state == inspector.state.to_json()
    fresh_viewer = FakeViewer(make_hairpin())
    fresh_viewer.kept["panel"] = json.dumps(state)
    (tmp_path / "fresh").mkdir()
    app = make_app(tmp_path / "fresh", fresh_viewer, worker, inspector.entry.folder)
    session = app.session
    fresh = app.inspector
    fresh.open()
    wait(session)
    assert fresh.state.to_json() == state
    assert fresh.command() == inspector.command()
    assert fresh.state.box == inspector.state.box
    np.testing.assert_array_equal(
        fresh_viewer.residue_colors["toy chain A"], viewer.residue_colors["toy chain A"]
    )
    np.testing.assert_array_equal(fresh.readings.sites.values, inspector.readings.sites.values)
    assert fresh_viewer.overlays.keys() == viewer.overlays.keys() != set()
    assert fresh_viewer.warnings == []
    assert sorted(fresh_viewer.scenes) == sorted(viewer.scenes)
    for name, scene in viewer.scenes.items():
        for field in ("start", "end", "radius", "start_rgb", "end_rgb"):
            np.testing.assert_array_equal(getattr(fresh_viewer.scenes[name], field), getattr(scene, field))
    app.close()


def test_a_session_that_is_loaded_meanwhile_is_taken_up(inspector, viewer):
    state = inspector.state.to_json()
    state["heads"], state["head"] = ["1-2"], "1-2"
    viewer.kept["panel"] = json.dumps(state)
    inspector.read_marks()
    wait(inspector.session)
    assert inspector.state.head == HeadId(0, 1)
    assert list(viewer.scenes) == ["provis_toy_A_1-2"]
    told = []
    inspector.listen("chain", lambda: told.append(1))
    inspector.read_marks()
    assert told == []


@pytest.mark.parametrize(
    "spoil",
    [
        {"format": 99},
        {"heads": []},
        {"heads": ["9-9"]},
        {"head": 12},
        {"model": "no_such_model"},
        {"options": {"min_attn": "much"}},
        {"options": {"min_attn": 7.0}},
        {"options": None},
        {"chain": 5},
        {"metric": "beauty"},
        {"site": {}},
        {"box": [[1, 2]]},
        {"box": [[1, float("inf")], [2, 3]]},
        {"colored_by": "beauty"},
        {"options": {"min_sep": 10**30}},
        {"options": {"max_pairs": -1}},
        {"site": {"source": "selection", "options": {}, "residues": [20], "chain": ["toy", "", "A"]}},
        {"chains": [["/toy//A"]]},
    ],
)
def test_a_state_that_cannot_be_used_is_refused_and_told(inspector, viewer, spoil):
    before = inspector.state.to_json()
    with pytest.raises(InputError, match="cannot be used"):
        inspector.watch.from_json({**before, **spoil})
    assert inspector.state.to_json() == before
    viewer.kept["panel"] = json.dumps({**before, **spoil})
    inspector.read_marks()
    assert len(viewer.warnings) == 1
    inspector.read_marks()
    assert len(viewer.warnings) == 1
    assert inspector.target is not None


@pytest.mark.parametrize("text", ["{", "[]", "null", "7", '{"format": 1}', "[" * 100_000])
def test_a_damaged_state_does_not_hinder_opening(tmp_path, viewer, worker, tiny_config_folder, text):
    viewer.kept["panel"] = text
    app = make_app(tmp_path, viewer, worker, tiny_config_folder)
    session = app.session
    app.inspector.open()
    wait(session)
    assert list(viewer.scenes) == [NAME]
    (warning,) = viewer.warnings
    assert warning.startswith("The state of the panel in this session cannot be used (")
    assert "written itself is needed. Choose chain, model and head anew" in warning
    app.close()


def test_a_state_of_a_chain_that_is_not_there(inspector, viewer):
    state = inspector.state.to_json()
    viewer.objects.clear()
    with pytest.raises(InputError, match="toy was deleted"):
        inspector.watch.from_json(state)


def test_opening_what_is_not_there_changes_nothing(tmp_path, viewer, worker, tiny_config_folder):
    app = make_app(tmp_path, viewer, worker, tiny_config_folder)
    session = app.session
    viewer.objects.clear()
    with pytest.raises(StructureError):
        app.inspector.open("toy")
    assert app.inspector.target is None
    assert app.inspector.chains == ()
    assert session.jobs == []
