"""Sets of heads: named, kept in files, found by a command, drawn, scored, kept in a session."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from provis_core.actions.attention import COMMAND
from provis_core.actions.heads import HeadOptions
from provis_core.actions.work.attention import draw_head
from provis_core.actions.work.head_request import choose_head, explain_head
from provis_core.actions.work.heads import rank_heads
from provis_core.attention.edges import select_edges
from provis_core.attention.head_files import HeadFile, read_head_file, write_head_file
from provis_core.attention.head_id import HeadId, HeadSet
from provis_core.checkpoints.registry import ModelEntry, find_entry, list_registry
from provis_core.commands.reading import read_options
from provis_core.errors import HeadRangeError, InputError
from provis_core.inspection.state import PanelState
from provis_core.scenes.draw_options import DrawOptions
from provis_core.scoring.head_scoring import compute_head_scores
from provis_core.structures.sequence import compute_sequence_map
from provis_core.targets.scope import Scope

from .inspecting import TWENTY, make_hairpin, make_maps, wait
from .toy_scans import make_scan

PAIR = HeadSet((HeadId(0, 1), HeadId(1, 0)), asked="1-2+2-1")


@pytest.fixture
def entry(tiny_config_folder):
    known = {
        "contact": HeadSet(PAIR.heads, name="contact", asked="contact", note="of a toy", source="a test")
    }
    return ModelEntry("tiny", tiny_config_folder, head_sets=known)


def test_heads_are_joined_by_plus():
    assert HeadSet.parse(" 1-2 + 2-1") == PAIR and HeadSet.parse("12-4") == HeadId(11, 3)
    assert (PAIR.label, PAIR.shares, PAIR.place) == ("1-2+2-1", (0.5, 0.5), (0, 0))
    weighted = HeadSet(PAIR.heads, (3, 1))
    assert weighted.shares == (0.75, 0.25) and weighted != PAIR
    assert HeadSet(PAIR.heads, (2, 2)) == PAIR
    with pytest.raises(InputError, match="The set has 1-2 twice"):
        HeadSet.parse("1-2+1-2")
    for weights in ((1,), (1, -1), (1, float("nan")), (0, 1)):
        with pytest.raises(InputError, match="2 heads have the weights"):
            HeadSet(PAIR.heads, weights)


def test_a_file_and_back(tmp_path):
    sets = {
        "contact": HeadSet(
            PAIR.heads, (0.25, 0.75), note="P@L 0.4", numbers={"precision": 0.4}, source="here"
        ),
        "uniprot:active_site": HeadSet((HeadId(1, 1),)),
    }
    path = write_head_file(
        tmp_path / "heads.json", HeadFile("tiny", 2, 2, sets, {"command": "provis survey"})
    )
    read = read_head_file(path)
    assert (read.model, read.n_layers, read.n_heads, read.about) == (
        "tiny",
        2,
        2,
        {"command": "provis survey"},
    )
    assert {name: (one.heads, one.weights) for name, one in read.sets.items()} == {
        name: (one.heads, one.weights) for name, one in sets.items()
    }
    one = read.sets["contact"]
    assert (one.note, one.numbers, one.source) == ("P@L 0.4", {"precision": 0.4}, "here")
    assert one.asked == f"{path}:contact"


@pytest.mark.parametrize(
    "text", ["", "[]", '{"format": 2}', '{"format": 1, "sets": {"a": {"heads": ["0-1"]}}}', '{"format": 1}']
)
def test_a_bad_file_is_told(tmp_path, text, entry):
    path = tmp_path / "heads.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"heads\.json cannot be read as sets of heads"):
        choose_head(entry, None, None, str(path))
    path.unlink()
    with pytest.raises(InputError, match="cannot be read as sets of heads"):
        choose_head(entry, None, None, str(path))


def test_what_is_asked_for_is_found(entry, tmp_path, other_model):
    assert choose_head(entry, None, None, "1-2+2-1") == PAIR
    assert choose_head(entry, None, None, "2-2") == HeadId(1, 1)
    found = choose_head(entry, None, None, "contact")
    assert found.heads == PAIR.heads and found.label == "contact heads"
    assert explain_head(entry, found) == "contact: 1-2+2-1, of a toy [a test]"
    assert explain_head(entry, HeadId(0, 0)) == ""
    sets = {"ptm": HeadSet(PAIR.heads, (1, 3)), "contact": HeadSet((HeadId(1, 1),))}
    path = write_head_file(tmp_path / "my heads.json", HeadFile("Tiny", 2, 2, sets))
    assert choose_head(entry, None, None, str(path)) == HeadId(1, 1)
    weighted = choose_head(entry, None, None, f"{path}:ptm")
    assert weighted.shares == (0.25, 0.75) and weighted.asked == f"{path}:ptm"
    for text, said in (
        ("contacts", "Did you mean contact"),
        (f"{path}:ss_H", "It has ptm, contact"),
        ("1-2+3-1", "layer=3"),
    ):
        with pytest.raises((InputError, HeadRangeError), match=said):
            choose_head(entry, None, None, text)
    with pytest.raises(InputError, match="heads=contact» together with «layer=2»"):
        choose_head(entry, 2, None, "contact")
    with pytest.raises(InputError, match="is about heads of Tiny, and the model is other"):
        choose_head(replace(entry, name="other", folder=Path(other_model)), None, None, str(path))


def test_a_registered_head_that_the_folder_does_not_have_is_passed_over(entry):
    assert choose_head(replace(entry, default_head=HeadId(5, 4)), None, None) == HeadId(1, 0)
    assert choose_head(replace(entry, default_head=HeadId(0, 1)), None, None) == HeadId(0, 1)


def test_published_heads_are_the_default_and_say_where_they_come_from():
    first = {
        "esm2_8m": "6-5", "esm2_35m": "12-14", "esm2_150m": "29-6", "esm2_650m": "33-14", "esm2_3b": "33-40",
        "esm1b": "30-8", "prot_t5_xl": "23-12",
    }  # fmt: skip
    for name, label in first.items():
        entry = find_entry(name)
        assert entry.default_head.label == label and entry.head_sets["contact"].alone == entry.default_head
        said = explain_head(entry, entry.default_head)
        assert label in said and "of 200 proteins" in said and "arXiv 2606.21876" in said
    numbers = find_entry("esm2_650m").head_sets["contact"].numbers
    assert (numbers["precision_at_L/2"], numbers["precision_at_L/2_mean_of_ten"]) == (0.6783, 0.7621)
    assert find_entry("prot_bert").head_sets["ptm"].alone.label == "26-2"
    antiberty = find_entry("antiberty")  # measured by ourselves, which it says
    assert antiberty.default_head.label == "2-7" and len(antiberty.head_sets["contact"].heads) == 10
    assert "docs/survey.md" in explain_head(antiberty, antiberty.default_head)
    for entry in list_registry():
        for one in entry.head_sets.values():
            assert one.source and one.note and one.name


def test_the_mean_is_drawn_as_one_head(session, viewer, worker, tmp_path, tiny_config_folder):
    options = DrawOptions(direction="mean", min_attn=0.05)
    job = draw_head(session, Scope(), options=options, heads="1-2+2-1", quiet=False)
    session.wait(job)
    assert worker.requests[0][3] == PAIR.heads
    chain = viewer.chains[0].chain
    mean = np.mean([worker.answers[TWENTY][head] for head in PAIR.heads], axis=0)
    edges = select_edges(mean, chain, compute_sequence_map(chain), direction="mean", min_attn=0.05)
    scene = viewer.scenes["provis_toy_A_1-2+2-1"]
    np.testing.assert_array_equal(scene.edges.query, edges.query)
    np.testing.assert_array_equal(scene.edges.weight, edges.weight)
    assert any("1-2+2-1" in line for line in viewer.lines)


def test_heads_scores_the_mean_beside_the_heads(session, viewer, worker, tmp_path):
    viewer.chains[0] = replace(viewer.chains[0], chain=make_hairpin())
    out = str(tmp_path / "heads.csv")
    asked = HeadOptions(heads="1-2+2-1", min_attn=0.1, min_arcs=1, out=out, quiet=False)
    job = rank_heads(session, asked)
    session.wait(job)
    ranked = job.result()[0]
    mean = np.mean([worker.answers[TWENTY][head] for head in PAIR.heads], axis=0)[None, None]
    expected = compute_head_scores(
        make_scan(mean, TWENTY), ranked.target.sequence_map, ranked.annotation, min_attn=0.1, min_arcs=1
    )
    assert ranked.own.head == PAIR and ranked.own.scores.n_arcs.shape == (1, 1)
    assert ranked.own.scores.n_arcs[0, 0] == expected.n_arcs[0, 0] > 0
    assert ranked.own.scores.hits[0, 0] == expected.hits[0, 0]
    assert any(line.split()[:1] == ["1-2+2-1"] for line in viewer.lines)
    rows = (tmp_path / "heads.csv").read_text().splitlines()
    own = [row for row in rows if ",1-2+2-1," in row]
    assert own[0].split(",")[4:7] == ["", "", ""] and len(rows) == 1 + 2 * 5


def test_a_panel_takes_a_set_like_a_head(inspector, viewer, worker):
    inspector.choose.head(PAIR)
    wait(inspector.session)
    mean = np.mean([worker.answers[TWENTY][head] for head in PAIR.heads], axis=0)
    np.testing.assert_array_equal(inspector.readings.weights, mean)
    np.testing.assert_allclose(inspector.readings.profile.received, mean.sum(axis=0), rtol=1e-6)
    assert list(viewer.scenes) == ["provis_toy_A_1-2+2-1"]
    assert "heads=1-2+2-1" in inspector.command() and "layer=" not in inspector.command()
    inspector.choose.head(HeadId(0, 0), add=True)
    wait(inspector.session)
    assert inspector.state.heads == (PAIR, HeadId(0, 0)) and len(viewer.scenes) == 2
    inspector.choose.head(PAIR)
    inspector.choose.step(1, 0)
    assert inspector.state.head == HeadId(1, 1)


def test_a_session_keeps_a_set(inspector):
    weighted = HeadSet(PAIR.heads, (1, 3), name="contact", asked="/a/heads.json:contact", note="of a toy")
    inspector.choose.head(weighted)
    kept = json.loads(json.dumps(inspector.state.to_json()))
    back = PanelState.from_json(kept, DrawOptions())
    assert back.head == weighted and (back.head.asked, back.head.note) == (weighted.asked, weighted.note)
    assert back.heads == inspector.state.heads


def test_the_option_is_typed():
    options = read_options(COMMAND, {"selection": "chain A", "heads": "12-4+11-6"})
    assert (options.heads, options.layer, options.head) == ("12-4+11-6", None, None)


def test_a_mean_is_not_told_by_the_pairs_of_single_heads():
    scan = make_scan(make_maps(20))
    with pytest.raises(InputError, match="do not tell the mean of 1-2\\+2-1"):
        scan.arcs.select(PAIR, 0.1)
