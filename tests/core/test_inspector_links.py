"""The panel's state with a viewer and a worker in memory: map, tables and structure, files, the session."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import numpy as np
import pytest

from provis_core.annotations.contacts import compute_contacts
from provis_core.attention import HeadId
from provis_core.colors import compute_colors
from provis_core.errors import CacheError, InputError, StructureError
from provis_core.head_table import compute_head_table
from provis_core.settings import Settings

from .fakes import FakeViewer, make_chain
from .inspecting import TWENTY, MapWorker, make_explorer, make_maps, wait

NAME = "provis_toy_A_2-1"


def _make_hairpin():
    """Residue k lies 5 Å from residue 19 - k."""
    chain = make_chain(TWENTY)
    coords = chain.ca_coords.copy()
    coords[10:, 0] = coords[9::-1, 0]
    coords[10:, 1] = 5
    return replace(chain, ca_coords=coords)


@pytest.fixture
def viewer():
    """Shows a hairpin."""
    return FakeViewer(_make_hairpin())


# -- the map -----------------------------------------------------------------------------------------------


def test_a_box_selects_two_ranges_and_emphasises_their_pairs(inspector, viewer):
    before = viewer.scenes[NAME]
    n_lines = len(viewer.lines)
    inspector.select_box(slice(0, 4), slice(10, 25))
    assert viewer.selections == {
        "provis_query": {("toy chain A", index) for index in range(4)},
        "provis_key": {("toy chain A", index) for index in range(10, 20)},
    }
    assert viewer.lines[n_lines:] == [
        " select provis_query, /toy//A/1+2+3+4",
        " color 0x56b4e9, provis_query",
        " select provis_key, /toy//A/11+12+13+14+15+16+17+18+19+20",
        " color 0xe69f00, provis_key",
    ]
    scene = viewer.scenes[NAME]
    query, key = scene.edges.query, scene.edges.key
    inside = (query < 4) & (key >= 10)  # of an undirected pair query < key
    assert 0 < inside.sum() < len(inside)
    for name in ("radius", "start_rgb", "end_rgb"):
        np.testing.assert_array_equal(getattr(scene, name)[inside], getattr(before, name)[inside])
    assert (scene.radius[~inside] < before.radius[~inside] / 2).all()
    assert len(np.unique(scene.end_rgb[~inside], axis=0)) == 1
    rgb = viewer.residue_colors["toy chain A"]
    np.testing.assert_allclose(255 * rgb[:4], np.tile([0x56, 0xB4, 0xE9], (4, 1)), atol=0.5)
    np.testing.assert_allclose(255 * rgb[10:], np.tile([0xE6, 0x9F, 0], (10, 1)), atol=0.5)
    assert np.isnan(rgb[4:10]).all()
    viewer.residue_colors.clear()
    inspector.choose_head(HeadId(0, 0))
    assert viewer.residue_colors == {}  # painting a thousand residues takes long: not where nothing changes
    inspector.choose_head(HeadId(1, 0))
    viewer.residue_colors["toy chain A"] = rgb
    inspector.clear_box()
    assert viewer.residue_colors == {}
    np.testing.assert_array_equal(viewer.scenes[NAME].radius, before.radius)
    assert viewer.selections == {}
    assert viewer.lines[-1] == " delete provis_query provis_key"
    inspector.clear_box()
    assert viewer.lines[-2] != viewer.lines[-1]


def test_a_box_of_directed_attention_has_queries_in_its_rows(inspector, viewer):
    inspector.change(direction="directed")
    inspector.select_box(slice(10, 20), slice(0, 4))
    scene = viewer.scenes[NAME]
    inside = (scene.edges.query >= 10) & (scene.edges.key < 4)
    turned = (scene.edges.key >= 10) & (scene.edges.query < 4)
    assert inside.any()
    assert turned.any()
    pale = scene.end_rgb[~inside][0]
    assert (scene.end_rgb[turned] == pale).all()
    assert not (scene.end_rgb[inside] == pale).all(axis=1).any()


def test_marks_are_told_when_they_change(inspector, viewer):
    told = []
    inspector.listen("marks", lambda: told.append(np.flatnonzero(inspector.marks).tolist()))
    inspector.read_marks()
    marked = np.zeros(20, dtype=bool)
    marked[[3, 5]] = True
    viewer.marked["toy chain A"] = marked
    inspector.read_marks()
    inspector.read_marks()
    viewer.marked.clear()
    inspector.read_marks()
    assert told == [[3, 5], []]


def test_centring_writes_the_viewers_command(inspector, viewer):
    inspector.center(4)
    rows = inspector.pair_rows
    inspector.center_pair(1)
    ends = "+".join(str(index + 1) for index in (rows.query[1], rows.key[1]))
    assert viewer.lines[-2:] == [" center /toy//A/5", f" zoom /toy//A/{ends}"]


def test_the_profile_is_the_sums_of_the_map(inspector, worker):
    weights = worker.answers[TWENTY][1, 0]
    profile = inspector.profile
    np.testing.assert_allclose(profile.received, weights.sum(axis=0), rtol=1e-5)
    np.testing.assert_allclose(profile.given, weights.sum(axis=1), rtol=1e-5)
    assert profile.top.tolist() == np.argsort(-weights.sum(axis=0)).tolist()
    assert inspector.profile is profile
    inspector.choose_head(HeadId(0, 0))
    np.testing.assert_allclose(
        inspector.profile.received, worker.answers[TWENTY][0, 0].sum(axis=0), rtol=1e-5
    )


def test_without_a_map_the_profile_knows_what_the_scan_knows(held, worker):
    assert np.isnan(held.profile.received).all()
    worker.release("scan", 0)
    wait(held.explorer, 1)
    np.testing.assert_allclose(held.profile.received, worker.answers[TWENTY][1, 0].sum(axis=0), rtol=1e-5)
    assert np.isnan(held.profile.given).all()


def test_residues_are_coloured_by_what_they_receive_in_the_chosen_head(inspector, viewer, worker):
    inspector.color_by_profile("received")
    for head in ((1, 0), (0, 1)):
        inspector.choose_head(HeadId(*head))
        wait(inspector.explorer)
        received = worker.answers[TWENTY][head].sum(axis=0)
        expected = compute_colors(received, "viridis", 0, received.max())
        np.testing.assert_allclose(viewer.residue_colors["toy chain A"], expected, atol=1e-4)
    assert viewer.lines[-1].startswith(" provis_profile /toy//A, 1, 2, model=")
    inspector.select_box(slice(0, 2), slice(1, 3))
    rgb = viewer.residue_colors["toy chain A"]
    np.testing.assert_allclose(rgb[3:], expected[3:], atol=1e-4)
    assert (rgb[1] == rgb[2]).all()
    assert (rgb[0] != rgb[1]).any()
    inspector.clear_box()
    np.testing.assert_allclose(viewer.residue_colors["toy chain A"], expected, atol=1e-4)
    inspector.color_by_profile("given")
    given = worker.answers[TWENTY][0, 1].sum(axis=1)
    expected = compute_colors(given, "viridis", 0, given.max())
    np.testing.assert_allclose(viewer.residue_colors["toy chain A"], expected, atol=1e-4)
    assert viewer.lines[-1].endswith(", which=given")
    inspector.color_by_profile("")
    assert viewer.residue_colors == {}
    assert viewer.lines[-1] == " provis_clear provis_toy_A_profile"
    with pytest.raises(InputError, match="which=beauty"):
        inspector.color_by_profile("beauty")


def test_clearing_gives_the_residues_their_colours_back(inspector, viewer):
    inspector.color_by_profile("received")
    inspector.clear()
    assert viewer.residue_colors == {}
    inspector.choose_head(HeadId(0, 0))
    assert viewer.residue_colors == {}


def test_a_picture_of_the_view(inspector, viewer, tmp_path):
    path = inspector.save_view(tmp_path / "view.png", 800, 600)
    assert path.read_bytes() == b"PNG"
    assert viewer.lines[-1] == f" png {path}, 800, 600, ray=1"
    with pytest.raises(InputError, match=r"view\.jpg"):
        inspector.save_view(tmp_path / "view.jpg")


# -- tables and files --------------------------------------------------------------------------------------


def test_pair_rows_say_what_is_known_of_each_pair(inspector):
    rows = inspector.pair_rows
    assert len(rows) == inspector.edges.n_edges > 10
    query, key = rows.query, rows.key
    np.testing.assert_array_equal(rows.separation, key - query)
    turned = (query < 10) != (key < 10)
    x = np.where(np.arange(20) < 10, np.arange(20), 19 - np.arange(20)) * 4.0
    np.testing.assert_allclose(rows.distance, np.hypot(x[query] - x[key], np.where(turned, 5, 0)), rtol=1e-6)
    expected = np.where(rows.separation < 6, np.nan, rows.distance < 8)
    np.testing.assert_array_equal(rows.contact, expected)
    assert {0.0, 1.0} < set(rows.contact.tolist())
    assert np.isnan(rows.site).all()
    strongest = rows.row(0)
    chain = inspector.part.chain
    assert strongest[:3] == (chain.residue_label(query[0]), chain.residue_label(key[0]), rows.weight[0])
    assert strongest[6] is None


def test_csv_and_json_hold_the_table(inspector, viewer, tmp_path):
    inspector.change(min_attn=0.2)
    rows = inspector.pair_rows
    path = inspector.export_pairs(tmp_path / "pairs.csv")
    lines = path.read_text(encoding="utf-8").splitlines()
    about = [line for line in lines if line.startswith("#")]
    assert "# chain: toy chain A" in about
    assert "# head: 2-1" in about
    table = list(csv.DictReader(lines[len(about) :]))
    assert len(table) == len(rows)
    for index, line in enumerate(table):
        row = rows.row(index)
        assert (line["query"], line["key"]) == row[:2]
        assert float(line["weight"]) == pytest.approx(row[2], abs=1e-5)
        assert float(line["distance"]) == pytest.approx(row[3], abs=1e-3)
        assert int(line["separation"]) == row[4]
        assert line["contact"] == {None: "", True: "1", False: "0"}[row[5]]
        assert line["site"] == ""
    document = json.loads(inspector.export_pairs(tmp_path / "pairs.JSON").read_text(encoding="utf-8"))
    assert document["model"].endswith("tiny")
    assert document["options"]["min_attn"] == 0.2
    assert [np.float32(pair["weight"]) for pair in document["pairs"]] == rows.weight.tolist()
    assert [pair["contact"] for pair in document["pairs"]] == [rows.row(k)[5] for k in range(len(rows))]
    assert viewer.lines[-1] == f" ProVis: {len(rows)} pairs written to {tmp_path / 'pairs.JSON'}"


def test_a_file_that_cannot_be_written_leaves_what_was_there(inspector, tmp_path):
    path = inspector.export_pairs(tmp_path / "pairs.csv")
    before = path.read_text()
    target = tmp_path / "folder.csv"
    target.mkdir()
    for place in (tmp_path / "absent" / "pairs.csv", target):
        with pytest.raises(CacheError, match="cannot be written"):
            inspector.export_pairs(place)
    assert path.read_text() == before
    assert [entry.name for entry in tmp_path.glob(".*")] == []


def test_nothing_can_be_exported_before_anything_is_drawn(held, tmp_path):
    with pytest.raises(InputError, match="Nothing is drawn yet"):
        held.export_pairs(tmp_path / "pairs.csv")


# -- sites -------------------------------------------------------------------------------------------------


def test_a_selection_as_a_site(inspector, viewer, worker):
    assert inspector.sites is None
    assert "site" in inspector.missing
    assert "site" not in [choice.name for choice in inspector.metrics]
    with pytest.raises(InputError, match="No residue of toy chain A is selected"):
        inspector.choose_sites("selection")
    marked = np.zeros(20, dtype=bool)
    marked[[3, 5, 8]] = True
    viewer.marked["toy chain A"] = marked
    told = []
    inspector.listen("sites", lambda: told.append(inspector.site_source))
    inspector.choose_sites("selection")
    assert told[0] == "selection"
    viewer.marked.clear()
    wait(inspector.explorer)
    np.testing.assert_array_equal(inspector.sites.values, marked)
    received = worker.answers[TWENTY][1, 0].sum(axis=0)
    rows = inspector.site_rows
    assert [row.residue for row in rows] == sorted([3, 5, 8], key=lambda index: -received[index])
    for row in rows:
        assert row.label == inspector.part.chain.residue_label(row.residue)
        assert row.received == pytest.approx(received[row.residue], rel=1e-5)
        assert row.enrichment == pytest.approx(received[row.residue] / received.mean(), rel=1e-5)
        assert row.p_value == (received >= received[row.residue]).mean()
    table = compute_head_table(inspector.scan, inspector.part.sequence_map, inspector.sites)
    summary = inspector.site_summary
    assert summary.share == pytest.approx(table.share[1, 0])
    assert summary.p_value == pytest.approx(table.p[1, 0], nan_ok=True)
    assert summary.background == pytest.approx(3 / 20)
    np.testing.assert_array_equal(
        inspector.pair_rows.site,
        marked[inspector.pair_rows.query].astype(int) + marked[inspector.pair_rows.key],
    )
    inspector.choose_metric("site")
    wait(inspector.explorer)
    np.testing.assert_allclose(inspector.grid.values, 100 * table.share)


def test_a_table_as_a_site_and_one_that_is_bad(inspector, tmp_path):
    path = tmp_path / "site.csv"
    path.write_text("resi\n4\n6\n")
    inspector.choose_sites("file", path=str(path))
    assert inspector.sites.residues.tolist() == [3, 5]
    path.write_text("resi\nfour\n")
    with pytest.raises(InputError):
        inspector.choose_sites("file", path=str(path))
    assert inspector.sites.residues.tolist() == [3, 5]
    inspector.choose_model(str(inspector.entry.folder))
    wait(inspector.explorer)
    assert inspector.site_source == "file"  # chosen, though it can be read no more
    assert "site" in inspector.missing


def test_colours_by_the_site_follow_it(inspector, viewer):
    with pytest.raises(InputError):
        inspector.change(color_by="site")  # nobody knows the ligands
    assert inspector.options.color_by == "weight"
    marked = np.zeros(20, dtype=bool)
    marked[:10] = True
    viewer.marked["toy chain A"] = marked
    inspector.choose_sites("selection")
    inspector.change(color_by="site")
    first = viewer.scenes[NAME].end_rgb
    assert "orange an end is in site" in inspector.legend
    viewer.marked["toy chain A"] = ~marked
    inspector.choose_sites("selection")
    second = viewer.scenes[NAME].end_rgb
    edges = inspector.edges
    expected = (edges.query < 10) & (edges.key < 10), (edges.query >= 10) & (edges.key >= 10)
    changed = (first != second).any(axis=1)
    np.testing.assert_array_equal(changed, expected[0] | expected[1])


def test_colours_by_contact_are_those_of_the_command(inspector, viewer):
    inspector.change(color_by="contact", cutoff=6.0)
    contact = compute_contacts(inspector.part.chain, cutoff=6.0)
    edges = inspector.edges
    hits = contact.values[edges.query, edges.key]
    assert f"orange contact ({hits.sum()})" in inspector.legend
    assert inspector.command().endswith("color_by=contact, cutoff=6")


def _mark(viewer, *residues):
    viewer.marked["toy chain A"] = np.isin(np.arange(20), residues)


def test_the_site_is_shown_as_long_as_it_is_wanted(inspector, viewer, tmp_path):
    with pytest.raises(InputError):
        inspector.show_site(True)  # nobody knows the ligands
    assert not inspector.is_site_shown
    path, other = tmp_path / "site, mine.csv", tmp_path / "other.csv"
    path.write_text("resi\n4\n6\n")
    other.write_text("resi\n9\n")
    inspector.choose_sites("file", path=str(path))
    assert viewer.overlays == {}
    told = []
    inspector.listen("sites", lambda: told.append(inspector.is_site_shown))
    inspector.show_site(True)
    assert told == [True]
    (overlay,) = viewer.overlays.values()
    assert np.flatnonzero(overlay.sticks).tolist() == [3, 5]
    assert viewer.lines[-1] == f' provis_sites /toy//A, by=table, file="{path}"'
    inspector.choose_sites("file", path=str(other))
    (overlay,) = viewer.overlays.values()
    assert np.flatnonzero(overlay.sticks).tolist() == [8]
    assert viewer.lines[-1] == f" provis_sites /toy//A, by=table, file={other}"
    _mark(viewer, 3)
    inspector.choose_sites("selection")
    assert len(viewer.overlays) == 1  # of another name, in place of the earlier one
    assert overlay.name not in viewer.overlays
    assert viewer.lines[-1] == " provis_sites /toy//A, site=/toy//A/4"
    (name,) = viewer.overlays
    inspector.choose_head(HeadId(0, 0))
    assert list(viewer.overlays) == [name]
    inspector.show_site(False)
    assert viewer.overlays == {}
    assert viewer.lines[-1] == f" provis_clear {name}"
    inspector.show_site(True)
    inspector.clear()
    assert viewer.overlays == {}
    assert not inspector.is_site_shown


def test_metrics_and_sites_write_the_command_that_ranks_all_heads(inspector, viewer, tiny_config_folder):
    model = f"model={tiny_config_folder.resolve()}"
    inspector.choose_metric("contact")
    assert viewer.lines[-1] == f" provis_heads /toy//A, by=contact, {model}"
    n_lines = len(viewer.lines)
    inspector.choose_metric("separation")  # there is no such command
    assert len(viewer.lines) == n_lines
    _mark(viewer, 3, 5)
    inspector.choose_sites("selection")
    assert viewer.lines[-1] == f" provis_heads /toy//A, site=/toy//A/4+6, {model}"
    inspector.choose_metric("site")
    assert viewer.lines[-1] == f" provis_heads /toy//A, site=/toy//A/4+6, {model}"


# -- the grid ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["contact", "precision", "separation", "special_tokens", "sink"])
def test_metrics_are_those_of_the_head_table(inspector, name):
    inspector.choose_metric(name)
    wait(inspector.explorer)
    scan, part, grid = inspector.scan, inspector.part, inspector.grid
    table = compute_head_table(scan, part.sequence_map, compute_contacts(part.chain), shifts=False)
    expected = {
        "contact": 100 * table.share,
        "precision": 100 * table.precision["L"],
        "separation": scan.metrics["separation"].values,
        "special_tokens": 100 * scan.metrics["special_tokens"].values,
        "sink": 100 * table.sink_share,
    }[name]
    np.testing.assert_allclose(grid.values, expected)
    assert grid.values.shape == (2, 2)
    assert "toy chain A" in grid.title


def test_a_metric_that_the_scan_does_not_have_is_told(inspector):
    inspector.choose_metric("entropy")  # the toy scan has none
    wait(inspector.explorer)
    assert inspector.grid is None
    assert "has no entropy" in inspector.status.problem
    inspector.choose_metric("contact")
    wait(inspector.explorer)
    assert inspector.grid is not None


# -- commands and the session ------------------------------------------------------------------------------


def test_the_command_names_what_is_not_the_default(inspector, tiny_config_folder):
    start = f"provis_attn /toy//A, 2, 1, model={tiny_config_folder.resolve()}"
    assert inspector.command() == start
    inspector.change(top=0, min_sep=6, direction="directed", palette="viridis", radius=0.25, transparency=0.5)
    end = ", top=0, min_sep=6, direction=directed, palette=viridis, radius=0.25, transparency=0.5"
    assert inspector.command() == start + end


def test_the_command_is_right_for_who_has_other_defaults(tmp_path, viewer, worker, tiny_config_folder):
    explorer = make_explorer(tmp_path, viewer, worker, tiny_config_folder)
    explorer.settings.set("min_attn", "0.2")
    explorer.settings.set("top", "50")
    inspector = explorer.inspector
    inspector.open()
    wait(explorer)
    assert inspector.command().endswith(", min_attn=0.2, top=50")
    inspector.change(min_attn=0.1)
    assert inspector.command().endswith(", min_attn=0.1, top=50")
    explorer.close()


def test_a_part_of_a_chain_is_drawn_and_named(tmp_path, tiny_config_folder):
    viewer = FakeViewer(make_chain(TWENTY))
    viewer.chains[0].inside[12:] = False
    explorer = make_explorer(
        tmp_path, viewer, MapWorker(tmp_path, {TWENTY: make_maps(20)}), tiny_config_folder
    )
    explorer.inspector.open()
    wait(explorer)
    assert explorer.inspector.command().startswith("provis_attn /toy//A/1+2+3+4+5+6+7+8+9+10+11+12, 2, 1")
    assert viewer.scenes[NAME].edges.residues.max() < 12
    explorer.close()


def _change_everything(inspector, viewer, tmp_path, other_model):
    inspector.choose_model(other_model)
    inspector.choose_gaps("observed")
    wait(inspector.explorer)
    inspector.choose_head(HeadId(0, 1))
    inspector.choose_head(HeadId(1, 1), add=True)
    inspector.choose_metric("separation")
    viewer.marked["toy chain A"] = np.arange(20) > 14
    inspector.choose_sites("selection")
    viewer.marked.clear()
    inspector.change(min_attn=0.15, top=33, direction="directed", palette="cividis", labels=2)
    inspector.show_site(True)
    inspector.color_by_profile("received")
    inspector.select_box(slice(2, 9), slice(11, 13))
    inspector.settle()
    wait(inspector.explorer)


def test_the_state_goes_through_json_into_another_session(inspector, viewer, worker, tmp_path, other_model):
    _change_everything(inspector, viewer, tmp_path, other_model)
    state = json.loads(viewer.kept_state("panel"))
    assert state == inspector.to_state()
    fresh_viewer = FakeViewer(_make_hairpin())
    fresh_viewer.kept["panel"] = json.dumps(state)
    (tmp_path / "fresh").mkdir()
    explorer = make_explorer(tmp_path / "fresh", fresh_viewer, worker, inspector.entry.folder)
    fresh = explorer.inspector
    fresh.open()
    wait(explorer)
    assert fresh.to_state() == state
    assert fresh.command() == inspector.command()
    assert fresh.box == inspector.box
    np.testing.assert_array_equal(
        fresh_viewer.residue_colors["toy chain A"], viewer.residue_colors["toy chain A"]
    )
    np.testing.assert_array_equal(fresh.sites.values, inspector.sites.values)
    assert fresh_viewer.overlays.keys() == viewer.overlays.keys() != set()
    assert fresh_viewer.warnings == []
    assert sorted(fresh_viewer.scenes) == sorted(viewer.scenes)
    for name, scene in viewer.scenes.items():
        for field in ("start", "end", "radius", "start_rgb", "end_rgb"):
            np.testing.assert_array_equal(getattr(fresh_viewer.scenes[name], field), getattr(scene, field))
    explorer.close()


def test_a_session_that_is_loaded_meanwhile_is_taken_up(inspector, viewer):
    state = inspector.to_state()
    state["heads"], state["head"] = ["1-2"], "1-2"
    viewer.kept["panel"] = json.dumps(state)
    inspector.read_marks()
    wait(inspector.explorer)
    assert inspector.head == HeadId(0, 1)
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
        {"sites": {}},
        {"box": [[1, 2]]},
    ],
)
def test_a_state_that_cannot_be_used_is_refused_and_told(inspector, viewer, spoil):
    before = inspector.to_state()
    with pytest.raises(InputError, match="cannot be used"):
        inspector.from_state({**before, **spoil})
    assert inspector.to_state() == before
    viewer.kept["panel"] = json.dumps({**before, **spoil})
    inspector.read_marks()
    assert len(viewer.warnings) == 1
    inspector.read_marks()
    assert len(viewer.warnings) == 1
    assert inspector.part is not None


@pytest.mark.parametrize("text", ["{", "[]", "null", "7"])
def test_a_damaged_state_does_not_hinder_opening(tmp_path, viewer, worker, tiny_config_folder, text):
    viewer.kept["panel"] = text
    explorer = make_explorer(tmp_path, viewer, worker, tiny_config_folder)
    explorer.inspector.open()
    wait(explorer)
    assert list(viewer.scenes) == [NAME]
    assert len(viewer.warnings) == 1
    explorer.close()


def test_a_state_of_a_chain_that_is_not_there(inspector, viewer):
    state = inspector.to_state()
    viewer.objects.clear()
    with pytest.raises(InputError, match="toy was deleted"):
        inspector.from_state(state)


def test_opening_what_is_not_there_changes_nothing(tmp_path, viewer, worker, tiny_config_folder):
    explorer = make_explorer(tmp_path, viewer, worker, tiny_config_folder)
    viewer.objects.clear()
    with pytest.raises(StructureError):
        explorer.inspector.open("toy")
    assert explorer.inspector.part is None
    assert explorer.inspector.chains == ()
    assert explorer.jobs == []
    assert isinstance(explorer.settings, Settings)
