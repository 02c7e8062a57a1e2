"""The panel's state with two chains as one sequence."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from provis_core.attention.head_id import HeadId
from provis_core.errors import InputError
from provis_core.figures.grids import compute_grid, find_choice
from provis_core.figures.pictures import MapLook, make_shown_map
from provis_core.structures.linking import LINKER
from provis_core.structures.subject import SecondaryStructure, Subject

from .fakes import FakeViewer, make_chain
from .inspecting import EIGHT, TWENTY, MapWorker, make_app, make_maps, wait

BOTH = TWENTY + LINKER + EIGHT
N = len(BOTH)
NAME = "provis_toy_A+B_2-1"


@pytest.fixture
def viewer():
    """Chain B lies 5 Å beside the first residues of chain A."""
    other = make_chain(EIGHT, "B")
    other = replace(other, ca_coords=other.ca_coords + np.float32([0, 5, 0]))
    return FakeViewer(make_chain(TWENTY), other)


@pytest.fixture
def worker(tmp_path):
    """Knows the two chains, and both as one."""
    answers = {TWENTY: make_maps(20), EIGHT: make_maps(8, 1), BOTH: make_maps(N, 2)}
    return MapWorker(tmp_path, answers)


@pytest.fixture
def linked(inspector):
    """Looking at both."""
    inspector.choose.link(True)
    wait(inspector.session)
    return inspector


def test_both_chains_are_asked_for_as_one_and_offered_beside_each(linked, viewer, worker):
    assert worker.scans[-1][0] == BOTH
    assert [part.chain.chain_id for part in linked.chains] == ["A+B", "A", "B"]
    assert linked.target is linked.chains[0]
    assert list(viewer.scenes) == [NAME]
    edges = linked.readings.edges
    both = np.maximum(make_maps(N, 2)[1, 0], make_maps(N, 2)[1, 0].T)
    at = linked.target.sequence_map.positions_of(28)
    expected = {(i, j) for i in range(28) for j in range(i + 1, 28) if both[at[i], at[j]] >= 0.1}
    pairs = list(zip(edges.query.tolist(), edges.key.tolist(), strict=True))
    assert set(pairs) == expected
    assert any(i < 20 <= j for i, j in pairs)
    coords = np.concatenate([one.chain.ca_coords for one in viewer.chains])
    np.testing.assert_array_equal(viewer.scenes[NAME].start, coords[edges.query])
    model = linked.entry.folder
    assert linked.command() == f"provis_attn /toy//A or /toy//B, 2, 1, model={model}, link=1"


def test_each_by_itself_again(linked, viewer):
    linked.choose.link(False)
    wait(linked.session)
    assert [part.chain.chain_id for part in linked.chains] == ["A", "B"]
    assert linked.target.chain.chain_id == "A"
    assert linked.command() == f"provis_attn /toy//A, 2, 1, model={linked.entry.folder}"
    assert list(viewer.scenes) == ["provis_toy_A_2-1"]


def test_opened_as_one_and_then_split(app, session):
    inspector = app.inspector
    inspector.open("toy", link=True)
    wait(session)
    assert [part.chain.chain_id for part in inspector.chains] == ["A+B"]
    inspector.choose.link(False)
    wait(session)
    assert [part.chain.chain_id for part in inspector.chains] == ["A", "B"]
    assert inspector.target is inspector.chains[0]
    inspector.open("", link=True)
    assert inspector.target.chain.chain_id == "A+B"


def test_one_chain_cannot_be_linked(tmp_path, worker, tiny_config_folder):
    viewer = FakeViewer(make_chain(TWENTY))
    app = make_app(tmp_path, viewer, worker, tiny_config_folder)
    session = app.session
    app.inspector.open()
    wait(session)
    with pytest.raises(InputError, match="one chain to link, toy chain A"):
        app.inspector.choose.link(True)
    assert app.inspector.target.chain.label == "toy chain A"
    app.close()


def test_contacts_between_the_chains_are_known(linked):
    contacts = linked.readings.contacts
    assert {(i, j) for i, j in np.argwhere(contacts.values).tolist() if i < 20 <= j} == {
        (i, 20 + j) for i in range(20) for j in range(8) if np.hypot(4 * (i - j), 5) < 8
    }
    rows = linked.readings.pair_rows
    between = (rows.query < 20) & (rows.key >= 20)
    assert between.any()
    np.testing.assert_array_equal(
        rows.contact[between].astype(bool), contacts.values[rows.query[between], rows.key[between]]
    )
    assert np.isnan(rows.separation[between]).all()
    grid = compute_grid(
        find_choice("contact"), linked.readings.scan, linked.target.sequence_map, {"contact": contacts}
    )
    np.testing.assert_allclose(linked.readings.grid.values, grid.values)


def test_the_map_has_a_line_between_the_chains(linked):
    target = linked.target
    view = make_shown_map(
        target, linked.state.head, linked.readings.weights, MapLook(), linked.readings.contacts
    )
    assert view.n == 28
    assert view.axis.dividers == (20,)
    at = target.sequence_map.positions_of(28)
    np.testing.assert_allclose(view.image, make_maps(N, 2)[1, 0][np.ix_(at, at)], atol=1e-6)
    assert (view.axis.labels[0], view.axis.labels[20]) == ("A/ALA1", "B/GLY1")


def test_secondary_structure_of_one_chain_only(tmp_path, viewer, worker, tiny_config_folder):
    codes = SecondaryStructure(("H",) * 5 + ("",) * 15, "helix_strand", "a test")
    viewer.subjects["toy chain A"] = Subject(viewer.chains[0].chain, secondary_structure=codes)
    app = make_app(tmp_path, viewer, worker, tiny_config_folder)
    session = app.session
    app.inspector.open("toy", link=True)
    wait(session)
    helix = app.inspector.readings.secondary[0]
    assert helix.residues.tolist() == [0, 1, 2, 3, 4]
    assert helix.valid.tolist() == [True] * 20 + [False] * 8
    assert any("toy chain B" in note for note in helix.notes)
    app.close()


def test_a_box_and_marks_over_both(linked, viewer):
    linked.choose.box(slice(18, 22), slice(26, 28))
    assert viewer.selections["provis_query"] == {
        ("toy chain A", 18), ("toy chain A", 19), ("toy chain B", 0), ("toy chain B", 1),
    }  # fmt: skip
    assert viewer.selections["provis_key"] == {("toy chain B", 6), ("toy chain B", 7)}
    assert " select provis_query, /toy//A/19+20 or /toy//B/1+2" in viewer.lines
    assert (
        np.isfinite(viewer.residue_colors["toy chain B"][:, 0]).tolist()
        == [True] * 2 + [False] * 4 + [True] * 2
    )
    viewer.marked["toy chain B"] = np.arange(8) < 3
    linked.read_marks()
    assert np.flatnonzero(linked.stage.pointer.marks).tolist() == [20, 21, 22]
    linked.choose.site("selection")
    assert linked.readings.sites.residues.tolist() == [20, 21, 22]
    linked.choose.no_box()
    assert viewer.residue_colors == {}


def test_the_profile_colours_both_and_both_get_their_colours_back(linked, viewer):
    linked.choose.profile("received")
    profile = linked.readings.profile
    assert np.isfinite(profile.received).all()
    assert viewer.residue_colors.keys() == {"toy chain A", "toy chain B"}
    linked.clear()
    assert viewer.residue_colors == {}
    assert {" provis_clear provis_toy_A_profile", " provis_clear provis_toy_B_profile"} <= {*viewer.lines}


def test_the_site_is_shown_on_both(linked, viewer):
    viewer.marked["toy chain A"], viewer.marked["toy chain B"] = np.arange(20) == 3, np.arange(8) == 5
    linked.choose.site("selection")
    linked.choose.site_shown(True)
    assert len(viewer.overlays) == 2
    linked.choose.site_shown(False)
    assert viewer.overlays == {}


def test_another_sequence_keeps_the_chains_and_what_is_boxed(linked):
    chain = linked.target.chain
    linked.choose.box(slice(0, 2), slice(20, 24))
    linked.choose.gaps("observed")
    wait(linked.session)
    assert linked.target.chain is chain
    assert linked.state.box is not None
    assert linked.target.sequence_map.gaps == "observed"
    assert linked.command().endswith("gaps=observed, link=1")


def test_the_chains_have_moved(linked, viewer):
    other = viewer.chains[1].chain
    viewer.now["toy chain B"] = replace(other, ca_coords=other.ca_coords + np.float32([0, 50, 0]))
    linked.settle()
    wait(linked.session)
    coords = linked.target.chain.ca_coords
    np.testing.assert_array_equal(coords[20:], viewer.now["toy chain B"].ca_coords)
    assert not linked.readings.contacts.values[:20, 20:].any()
    np.testing.assert_array_equal(viewer.scenes[NAME].end, coords[linked.readings.edges.key])


def test_the_state_brings_both_back(linked, viewer, worker, tmp_path):
    linked.choose.head(HeadId(0, 1))
    linked.choose.box(slice(0, 2), slice(20, 24))
    wait(linked.session)
    state = json.loads(viewer.kept_state("panel"))
    assert state["chains"] == [["/toy//A", "/toy//B"], "/toy//A", "/toy//B"]
    fresh_viewer = FakeViewer(*(one.chain for one in viewer.chains))
    fresh_viewer.kept["panel"] = json.dumps(state)
    (tmp_path / "fresh").mkdir()
    app = make_app(tmp_path / "fresh", fresh_viewer, worker, linked.entry.folder)
    session = app.session
    app.inspector.open()
    wait(session)
    assert app.inspector.state.to_json() == state
    assert app.inspector.target.chain.chain_id == "A+B"
    assert app.inspector.command() == linked.command()
    assert fresh_viewer.warnings == []
    app.close()
