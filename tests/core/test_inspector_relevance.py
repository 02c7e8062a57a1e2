"""Why the model says something, in the panel: asked, shown on grid, profile and structure, kept, written."""

from __future__ import annotations

import json
from concurrent.futures import Future

import numpy as np
import pytest

from provis_core.actions import find_command
from provis_core.actions.figure_options import FigureOptions
from provis_core.actions.work.figure import save_chain_figure
from provis_core.actions.work.figure_choice import name_picture
from provis_core.attention.head_id import HeadId
from provis_core.attention.relevance import Relevance
from provis_core.commands.reading import run_command
from provis_core.errors import InputError, WorkerMemoryError
from provis_core.exports.record import load_record
from provis_core.figures.pictures import arrange_pictures, make_shown_relevance
from provis_core.figures.profile_view import describe_residue
from provis_core.inspection.saving import ask_figure, begin_figure, describe_figure
from provis_core.inspection.state import PanelState
from provis_core.scoring.relevance_scores import score_relevance
from provis_core.targets.predictions import Prediction
from provis_core.worker.tasks.explain import ExplainResult
from provis_core.worker.wire.result_files import write_result

from .inspecting import wait


def make_relevance(request) -> Relevance:
    n = len(request.sequence)
    heads = np.random.default_rng(7).normal(size=(2, 2, n)).astype(np.float32)
    residues = heads.sum(axis=(0, 1))
    return Relevance(
        request.model, request.sequence, Prediction.from_json(request.prediction).text, request.method, "X",
        20, float(residues.sum()) * 1.1, 0.0, residues, np.zeros(2, dtype=np.float32), heads,
        np.zeros((2, 2, 2), dtype=np.float32), heads.sum(axis=2),
    )  # fmt: skip


@pytest.fixture
def explained(worker, tmp_path):
    """What the worker was asked why."""
    asked = []

    def answer(request, on_progress, on_notice) -> Future:
        asked.append(request)
        future: Future = Future()
        if Prediction.from_json(request.prediction).kind == "residue":
            future.set_exception(WorkerMemoryError("no memory", "more", "less"))
            return future
        path = tmp_path / f"relevance{len(asked)}.npz"
        write_result(path, make_relevance(request))
        future.set_result(ExplainResult(str(path), request.sequence, False, 0.1, "cpu", "float32"))
        return future

    worker._explain = answer
    return asked


@pytest.fixture
def opened(app, explained):
    app.inspector.open("/toy//A")
    wait(app.session)
    return app.inspector


def test_the_grid_shows_sums_with_zero_in_the_middle_and_the_line_that_shows_them(
    app, opened, viewer, explained
):
    assert explained == []  # nothing is asked before somebody wants it
    opened.choose.why("likelihood")
    assert opened.readings.grid is None
    wait(app.session)
    grid, relevance = opened.readings.grid, make_relevance(explained[0])
    np.testing.assert_allclose(grid.values, relevance.heads.sum(axis=2), rtol=1e-5)
    assert grid.low == -grid.high == -np.abs(grid.values).max() and grid.is_signed
    largest = HeadId(*np.unravel_index(np.abs(grid.values).argmax(), grid.values.shape))
    assert grid.best[0] == largest
    assert grid.layer_max[largest.layer] == grid.values[largest]
    assert "likelihood" in grid.label
    assert "provis_panel /toy//A, metric=relevance" in viewer.lines[-1]
    assert viewer.lines[-1].endswith("target=likelihood")
    words = opened.readings.reasons.words
    assert "9.1% off" in words and "More than 5% is missing" in words
    opened.choose.why("likelihood")
    wait(app.session)
    assert len(explained) == 1  # it is there


def test_the_share_and_z_of_the_site_and_the_way_back(app, opened, viewer, explained):
    marked = np.zeros(20, dtype=bool)
    marked[[3, 5, 8]] = True
    viewer.marked["toy chain A"] = marked
    opened.choose.site("selection")
    opened.choose.why("likelihood")
    opened.choose.metric("relevance_z")
    wait(app.session)
    relevance = make_relevance(explained[0])
    scores = score_relevance(relevance.heads, opened.target.sequence_map, opened.readings.sites)
    np.testing.assert_allclose(opened.readings.grid.values, scores.z)
    np.testing.assert_array_equal(opened.readings.grid.p_all, scores.p_max)
    opened.choose.metric("relevance_site")
    wait(app.session)
    on = opened.readings.sites.values
    expected = 100 * relevance.heads[:, :, on].sum(axis=2) / np.abs(relevance.heads).sum(axis=2)
    np.testing.assert_allclose(opened.readings.grid.values, expected, rtol=1e-5)
    opened.choose.metric("contact")
    wait(app.session)
    assert not opened.readings.grid.is_signed and opened.readings.reasons.values is None
    assert len(explained) == 1


def test_profile_and_structure_show_residues_and_the_part_of_the_head(app, opened, viewer, explained):
    opened.choose.profile("relevance")  # asks for what is needed
    wait(app.session)
    opened.choose.head(HeadId(1, 0))
    wait(app.session)
    relevance = make_relevance(explained[0])
    residues, part = opened.readings.reasons.values
    np.testing.assert_allclose(residues, relevance.residues, rtol=1e-6)
    np.testing.assert_allclose(part, relevance.heads[1, 0], rtol=1e-6)
    rgb = viewer.residue_colors["toy chain A"]
    most, least = int(residues.argmax()), int(residues.argmin())
    assert rgb[most, 0] > rgb[most, 2] and rgb[least, 2] > rgb[least, 0]  # vermillion for, blue against
    assert any(line.startswith("provis_explain /toy//A") for line in map(str.strip, viewer.lines))
    view = make_shown_relevance(opened.target, residues, part, "2-1")
    assert describe_residue(view, most).split(" · ")[0].endswith(f"relevance {residues[most]:+.3g}")
    opened.choose.profile("")
    assert "toy chain A" not in viewer.residue_colors


def test_what_is_asked_survives_a_session_and_an_older_state_is_read(app, opened, explained):
    opened.choose.why("likelihood")
    opened.choose.metric("relevance_site")
    opened.choose.profile("relevance")
    kept = json.loads(json.dumps(opened.state.to_json()))
    again = PanelState.from_json(kept, opened.state.options)
    assert (again.why, again.metric, again.colored_by) == ("likelihood", "relevance_site", "relevance")
    del kept["why"]
    kept["metric"] = "contact"
    assert PanelState.from_json(kept, opened.state.options).why == ""


def test_what_cannot_be_asked_changes_nothing(app, opened, viewer, explained):
    before = opened.state
    with pytest.raises(InputError, match="W1A"):
        opened.choose.why("W1A")
    assert opened.state == before and explained == []
    opened.choose.why("residue:2")  # the worker fails
    wait(app.session)
    assert "no memory" in opened.status.problem and opened.readings.grid is None
    opened.choose.why("likelihood")
    wait(app.session)
    assert opened.status.problem == "" and opened.readings.grid is not None


def test_the_command_asks_and_another_chain_asks_anew(app, opened, explained):
    app.open_panel = app.inspector.open
    run_command(find_command("panel"), app, selection="/toy//A", target="likelihood")
    wait(app.session)
    assert opened.state.metric == "relevance" and opened.readings.grid.is_signed
    opened.look_at(opened.chains, opened.target)
    wait(app.session)
    assert len(explained) == 2 and opened.readings.reasons.relevance is not None


def save_figure(app, path, panel=None, **options):
    asked = FigureOptions(filename=str(path), overwrite=True, **options)
    job = save_chain_figure(app.session, asked, panel)
    app.session.wait(job)
    return job.result()


def test_a_figure_shows_what_the_panel_shows_and_says_of_what(app, opened, viewer, explained, tmp_path):
    pytest.importorskip("matplotlib", reason="figures are drawn with matplotlib")
    opened.choose.why("C2A")
    opened.choose.metric("relevance_site")
    line = describe_figure(opened, "figure.svg", what="grid+profile")
    assert "metric=relevance_site" in line and "target=C2A" in line
    opened.choose.metric("relevance")
    opened.choose.head(HeadId(1, 0))
    wait(app.session)
    typed = save_figure(app, tmp_path / "typed.svg", selection="/toy//A", layer=2, head=1,
                        what="grid+profile", target="C2A", model=opened.entry.address)  # fmt: skip
    assert app.inspector.readings.scan is not None
    n_scans, n_asked = len(app.session.worker.scans), len(explained)
    seen = save_figure(app, tmp_path / "seen.svg", opened.shown, what="grid+profile")
    # nothing of attention is computed, and of relevance each chain once
    assert len(app.session.worker.scans) == n_scans and len(explained) == n_asked + 1
    record = load_record(typed)
    assert record.title.endswith("head 2-1, relevance for C2A")
    relevance = make_relevance(explained[0])
    assert f"f(baseline X) 0; residues add up to {relevance.total:.4g}" in record.caption
    assert f"({relevance.error:.1%} off, 20 steps)" in record.caption
    assert "Relevance for C2A in" in record.caption and "through head 2-1 (line)" in record.caption
    (command,) = record.commands
    assert "metric=relevance" in command and "target=C2A" in command
    assert load_record(seen) == record
    assert seen.read_bytes() == typed.read_bytes()
    assert "relevance for C2A" in " ".join(typed.read_text().split())
    options = ask_figure(opened, tmp_path / "saved.svg", what="grid+profile")
    readings, around = opened.readings, (opened.readings.sites, opened.readings.secondary)
    residues, part = readings.reasons.values
    profile = make_shown_relevance(
        opened.target, residues, part, "2-1", *around, readings.reasons.relevance.prediction
    )
    pictures = arrange_pictures(readings.grid, None, profile, heads=(opened.state.head,), palette="",
                                title=name_picture(opened.shown))  # fmt: skip
    begin_figure(opened, tmp_path / "saved.svg", pictures, options)
    wait(app.session)
    assert load_record(tmp_path / "saved.svg") == record


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"target": "W1A"}, "W1A"),
        ({"target": "residue:99"}, "no residue 99"),
        ({"target": "likelihood", "metric": "entropy"}, "is about attention"),
        ({"target": "likelihood", "what": "map"}, "Grid and profile show relevance"),
    ],
)
def test_a_figure_of_what_cannot_be_asked_is_refused_before_anything_runs(
    app, explained, tmp_path, options, words
):
    pytest.importorskip("matplotlib", reason="figures are drawn with matplotlib")
    with pytest.raises(InputError, match=words):
        save_figure(app, tmp_path / "figure.svg", selection="/toy//A", **options)
    assert explained == [] and app.session.worker.scans == [] and not list(tmp_path.glob("*.svg"))
