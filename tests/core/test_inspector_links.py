"""The panel's state with a viewer and a worker in memory: map, profile, tables and files."""

from __future__ import annotations

import csv
import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from provis_core.actions.heads import HeadOptions
from provis_core.actions.work.heads import rank_heads
from provis_core.attention.head_id import HeadId
from provis_core.errors import InputError
from provis_core.exports.saving import known_suffixes
from provis_core.inspection.saving import export_pairs, save_view
from provis_core.scenes.colors import compute_colors

from .fakes import FakeViewer
from .inspecting import TWENTY, make_hairpin, wait

NAME = "provis_toy_A_2-1"


@pytest.fixture
def viewer():
    """Shows a hairpin."""
    return FakeViewer(make_hairpin())


def test_a_box_selects_two_ranges_and_emphasises_their_pairs(inspector, viewer):
    before = viewer.scenes[NAME]
    n_lines = len(viewer.lines)
    inspector.choose.box(slice(0, 4), slice(10, 25))
    assert viewer.selections == {
        "provis_query": {("toy chain A", index) for index in range(4)},
        "provis_key": {("toy chain A", index) for index in range(10, 20)},
    }
    assert viewer.lines[n_lines:] == [
        " select provis_query, /toy//A/1+2+3+4",
        " color 0x0072b2, provis_query",
        " select provis_key, /toy//A/11+12+13+14+15+16+17+18+19+20",
        " color 0xf0e442, provis_key",
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
    np.testing.assert_allclose(255 * rgb[:4], np.tile([0, 0x72, 0xB2], (4, 1)), atol=0.5)
    np.testing.assert_allclose(255 * rgb[10:], np.tile([0xF0, 0xE4, 0x42], (10, 1)), atol=0.5)
    assert np.isnan(rgb[4:10]).all()
    viewer.residue_colors.clear()
    inspector.choose.head(HeadId(0, 0))
    assert viewer.residue_colors == {}  # painting a thousand residues takes long: not where nothing changes
    inspector.choose.head(HeadId(1, 0))
    viewer.residue_colors["toy chain A"] = rgb
    inspector.choose.no_box()
    assert viewer.residue_colors == {}
    np.testing.assert_array_equal(viewer.scenes[NAME].radius, before.radius)
    assert viewer.selections == {}
    assert viewer.lines[-1] == " delete provis_query provis_key"
    inspector.choose.no_box()
    assert viewer.lines[-2] != viewer.lines[-1]


def test_a_box_of_directed_attention_has_queries_in_its_rows(inspector, viewer):
    inspector.choose.options(direction="directed")
    inspector.choose.box(slice(10, 20), slice(0, 4))
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
    inspector.listen("marks", lambda: told.append(np.flatnonzero(inspector.stage.pointer.marks).tolist()))
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
    inspector.stage.center(4)
    rows = inspector.readings.pair_rows
    inspector.stage.center(int(rows.query[1]), int(rows.key[1]))
    ends = "+".join(str(index + 1) for index in (rows.query[1], rows.key[1]))
    assert viewer.lines[-2:] == [" center /toy//A/5", f" zoom /toy//A/{ends}"]


def test_the_profile_is_the_sums_of_the_map(inspector, worker):
    weights = worker.answers[TWENTY][1, 0]
    profile = inspector.readings.profile
    np.testing.assert_allclose(profile.received, weights.sum(axis=0), rtol=1e-5)
    np.testing.assert_allclose(profile.given, weights.sum(axis=1), rtol=1e-5)
    assert profile.top.tolist() == np.argsort(-weights.sum(axis=0)).tolist()
    assert inspector.readings.profile is profile
    inspector.choose.head(HeadId(0, 0))
    np.testing.assert_allclose(
        inspector.readings.profile.received, worker.answers[TWENTY][0, 0].sum(axis=0), rtol=1e-5
    )


def test_without_a_map_the_profile_knows_what_the_scan_knows(held, worker):
    assert np.isnan(held.readings.profile.received).all()
    worker.release("scan", 0)
    wait(held.session, 1)
    np.testing.assert_allclose(
        held.readings.profile.received, worker.answers[TWENTY][1, 0].sum(axis=0), rtol=1e-5
    )
    assert np.isnan(held.readings.profile.given).all()


def test_residues_are_coloured_by_what_they_receive_in_the_chosen_head(inspector, viewer, worker):
    inspector.choose.profile("received")
    for head in ((1, 0), (0, 1)):
        inspector.choose.head(HeadId(*head))
        wait(inspector.session)
        received = worker.answers[TWENTY][head].sum(axis=0)
        expected = compute_colors(received, "viridis", 0, received.max())
        np.testing.assert_allclose(viewer.residue_colors["toy chain A"], expected, atol=1e-4)
    assert viewer.lines[-1].startswith(" provis_profile /toy//A, 1, 2, model=")
    inspector.choose.box(slice(0, 2), slice(1, 3))
    rgb = viewer.residue_colors["toy chain A"]
    np.testing.assert_allclose(rgb[3:], expected[3:], atol=1e-4)
    assert (rgb[1] == rgb[2]).all()
    assert (rgb[0] != rgb[1]).any()
    inspector.choose.no_box()
    np.testing.assert_allclose(viewer.residue_colors["toy chain A"], expected, atol=1e-4)
    inspector.choose.profile("given")
    given = worker.answers[TWENTY][0, 1].sum(axis=1)
    expected = compute_colors(given, "viridis", 0, given.max())
    np.testing.assert_allclose(viewer.residue_colors["toy chain A"], expected, atol=1e-4)
    assert viewer.lines[-1].endswith(", which=given")
    inspector.choose.profile("")
    assert viewer.residue_colors == {}
    assert viewer.lines[-1] == " provis_clear provis_toy_A_profile"
    with pytest.raises(InputError, match="which=beauty"):
        inspector.choose.profile("beauty")


def test_clearing_gives_the_residues_their_colours_back(inspector, viewer):
    inspector.choose.profile("received")
    inspector.clear()
    assert viewer.residue_colors == {}
    inspector.choose.head(HeadId(0, 0))
    assert viewer.residue_colors == {}


def test_a_picture_of_the_view(inspector, viewer, tmp_path):
    path = save_view(viewer, tmp_path / "view.png", 800, 600)
    assert path.read_bytes() == b"PNG"
    assert viewer.lines[-1] == f" png {path}, 800, 600, ray=1"
    with pytest.raises(InputError, match=r"view\.jpg"):
        save_view(viewer, tmp_path / "view.jpg")


def test_pair_rows_say_what_is_known_of_each_pair(inspector):
    rows = inspector.readings.pair_rows
    assert len(rows) == inspector.readings.edges.n_edges > 10
    query, key = rows.query, rows.key
    np.testing.assert_array_equal(rows.separation, key - query)
    turned = (query < 10) != (key < 10)
    x = np.where(np.arange(20) < 10, np.arange(20), 19 - np.arange(20)) * 4.0
    np.testing.assert_allclose(rows.distance, np.hypot(x[query] - x[key], np.where(turned, 5, 0)), rtol=1e-6)
    expected = np.where(rows.separation < 6, np.nan, rows.distance < 8)
    np.testing.assert_array_equal(rows.contact, expected)
    assert {0.0, 1.0} < set(rows.contact.tolist())
    assert np.isnan(rows.site).all()
    assert (rows.query[0], rows.key[0]) == (query[0], key[0])
    assert np.isnan(rows.site).all()


def test_every_file_holds_the_table(inspector, viewer, tmp_path):
    inspector.choose.options(min_attn=0.2)
    rows, chain = inspector.readings.pair_rows, inspector.target.chain
    names = {".csv": ",", ".tsv": "\t"}
    for suffix, delimiter in names.items():
        with export_pairs(inspector, tmp_path / f"pairs{suffix}").open(encoding="utf-8") as file:
            table = list(csv.DictReader(file, delimiter=delimiter))
        assert len(table) == len(rows) > 0
        for index, line in enumerate(table):
            ends = [chain.residue_label(int(one[index])) for one in (rows.query, rows.key)]
            assert [line["residue_1"], line["residue_2"]] == ends
            assert np.float32(line["weight"]) == rows.weight[index]
            assert float(line["distance"]) == pytest.approx(rows.distance[index], abs=1e-3)
            assert int(line["separation"]) == rows.separation[index]
            assert (line["chain_1"], line["resi_1"]) == ("A", str(rows.query[index] + 1))
            known = rows.contact[index]
            assert line["contact"] == ("" if np.isnan(known) else str(int(known)))
            assert line["site"] == ""
    document = json.loads(export_pairs(inspector, tmp_path / "pairs.JSON").read_text(encoding="utf-8"))
    assert [one["chain"] for one in document["chains"]] == ["toy chain A"]
    assert document["head"] == "2-1"
    assert document["model"].endswith("tiny")
    assert document["options"]["min_attn"] == 0.2
    assert [np.float32(pair["weight"]) for pair in document["rows"]] == rows.weight.tolist()
    contact = [None if np.isnan(one) else bool(one) for one in rows.contact]
    assert [pair["contact"] for pair in document["rows"]] == contact
    assert viewer.lines[-2:] == [
        f" provis_export {tmp_path / 'pairs.JSON'}",
        f" ProVis: {len(rows)} pairs written to {tmp_path / 'pairs.JSON'}",
    ]
    with np.load(export_pairs(inspector, tmp_path / "pairs.npz")) as arrays:
        np.testing.assert_array_equal(arrays["weight"].astype(np.float32), rows.weight)
        np.testing.assert_array_equal(arrays["contact"], rows.contact)
        assert arrays["residue_1"][0] == chain.residue_label(int(rows.query[0]))


def test_files_name_a_demonstration_model_as_one(inspector, tmp_path):
    facts = '{"name": "toy", "status": "placeholder", "note": "for\\ntests"}'
    trained = {suffix: export_pairs(inspector, tmp_path / f"trained{suffix}") for suffix in known_suffixes()}
    (inspector.entry.folder / "provis.json").write_text(facts)
    note = f"{inspector.entry.name}: placeholder: for\ntests"
    for suffix, plain in trained.items():
        path = export_pairs(inspector, tmp_path / f"pairs{suffix}")
        if suffix == ".json":
            assert json.loads(path.read_text(encoding="utf-8"))["model_note"] == note
            assert "model_note" not in json.loads(plain.read_text(encoding="utf-8"))
        elif suffix == ".npz":
            with np.load(path) as arrays, np.load(plain) as before:
                assert str(arrays["model_note"]) == note
                assert set(arrays) - set(before) == {"model_note"}
        else:  # rows alone, but for a comment or a caption where a format has one
            before, now = (one.read_bytes() for one in (plain, path))
            told = [" ".join(note.split()).encode() in text for text in (before, now)]
            if suffix == ".mvsx":
                with zipfile.ZipFile(path) as package:
                    told[1] = " ".join(note.split()).encode() in package.read("index.mvsj")
            assert told == ([False, False] if suffix in (".csv", ".tsv") else [False, True]), suffix


def test_a_file_that_cannot_be_written_leaves_what_was_there(inspector, tmp_path):
    path = export_pairs(inspector, tmp_path / "pairs.csv")
    before = path.read_text()
    target = tmp_path / "folder.csv"
    target.mkdir()
    for place in (tmp_path / "absent" / "pairs.csv", target):
        with pytest.raises(InputError, match="folder"):
            export_pairs(inspector, place)
    assert path.read_text() == before
    assert [entry.name for entry in tmp_path.glob(".*")] == []


def test_nothing_can_be_exported_before_anything_is_drawn(held, tmp_path):
    with pytest.raises(InputError, match="Nothing is drawn yet"):
        export_pairs(held, tmp_path / "pairs.csv")


def test_provis_heads_feeds_the_panel(inspector):
    session = inspector.session
    told = []
    inspector.listen("grid", lambda: told.append(inspector.state.metric))
    before = [one.name for one in inspector.readings.metrics]
    assert "ranked" not in before
    with pytest.raises(InputError, match="metric=ranked"):
        inspector.choose.metric("ranked")
    model = str(inspector.entry.folder)
    job = rank_heads(session, HeadOptions(model=model, by="amino_acid:aromatic", min_attn=0.1, min_arcs=1))
    session.wait(job)
    (item,) = job.result()
    assert told == ["ranked"]
    assert [one.name for one in inspector.readings.metrics] == [*before, "ranked"]
    assert (
        inspector.readings.metrics[-1].label
        == inspector.readings.grid.label
        == "score by amino_acid:aromatic (last ranking)"
    )
    np.testing.assert_allclose(inspector.readings.grid.values, 100 * item.table.share)
    assert inspector.readings.grid.reference == pytest.approx(100 * item.table.background)
    inspector.choose.metric("sink")
    wait(session)
    assert inspector.readings.grid.label == "attention to sinks"
    inspector.choose.metric("ranked")
    np.testing.assert_allclose(inspector.readings.grid.values, 100 * item.table.share)
    state = inspector.state.to_json()
    assert state["metric"] == "contact"
    inspector.watch.from_json(state)
    wait(session)
    assert inspector.state.metric == "contact"
    assert [one.name for one in inspector.readings.metrics] == before


def test_scores_of_another_chain_do_not_come_into_the_panel(inspector):
    session = inspector.session
    job = rank_heads(session, HeadOptions(model=str(inspector.entry.folder), by="contact", min_attn=0.1))
    session.wait(job)
    (item,) = job.result()
    grid, other = inspector.readings.grid, replace(item.target.selected.chain, chain_id="B")
    selected = replace(item.target.selected, chain=other)
    inspector.choose.metric("contact")
    inspector.choose.ranking(replace(item.target, selected=selected), inspector.entry, item.table)
    assert inspector.state.metric == "contact"
    assert grid is not inspector.readings.grid
