"""From which attention on pairs count in the panel's grid: chosen, kept, and written as commands."""

from __future__ import annotations

import json

import numpy as np
import pytest

from provis_core.actions import find_command
from provis_core.commands.reading import run_command
from provis_core.errors import InputError
from provis_core.inspection.state import PanelState
from provis_core.scoring.head_scoring import compute_head_scores

from .inspecting import wait


def score(inspector, min_attn):
    readings, sequence_map = inspector.readings, inspector.target.sequence_map
    return compute_head_scores(readings.scan, sequence_map, readings.contacts, min_attn=min_attn)


@pytest.fixture
def opened(app):
    app.inspector.open("/toy//A")
    wait(app.session)
    return app.inspector


@pytest.mark.parametrize("counted", [0.05, 0.1, 0.5])
def test_the_grid_has_the_numbers_of_that_threshold(app, opened, viewer, counted):
    before = opened.readings.grid
    assert before.min_weight == 0.3
    opened.choose.counted(counted)
    wait(app.session)
    grid, scores = opened.readings.grid, score(opened, counted)
    assert grid.min_weight == counted
    np.testing.assert_array_equal(grid.n, scores.n_arcs)
    np.testing.assert_array_equal(grid.values, 100 * scores.share)
    assert list(grid.best) == list(scores.best(5))
    line = viewer.lines[-1]
    assert "provis_panel /toy//A, metric=contact" in line and line.endswith(f", min_attn={counted:g}")
    opened.choose.counted(0.3)
    assert opened.readings.grid is None  # it is made anew
    wait(app.session)
    np.testing.assert_array_equal(opened.readings.grid.values, before.values)


def test_a_weight_that_was_not_kept_is_refused(opened):
    with pytest.raises(InputError, match=r"0\.05 to 1"):
        opened.choose.counted(0.01)
    assert opened.state.counted == 0.3


def test_the_command_chooses_it_and_the_other_lines_tell_it(app, opened, viewer, tmp_path):
    app.open_panel = app.inspector.open
    run_command(find_command("panel"), app, selection="/toy//A", min_attn=0.2)
    wait(app.session)
    assert opened.readings.grid.min_weight == 0.2
    opened.choose.metric("separation")
    opened.choose.metric("contact")
    assert any("min_attn=0.2" in line and "provis_heads" in line for line in viewer.lines)
    assert opened.shown.counted == 0.2
    marks = np.zeros(opened.target.chain.n_residues, dtype=bool)
    replay = opened.stage.replay
    path = tmp_path / "a.pdf"
    asked = replay.ask_figure(opened.target, opened.state, opened.entry, marks, path)
    assert "min_attn=0.2" in replay.describe_figure(asked)


def test_a_session_keeps_it_and_an_older_one_has_that_of_the_paper(opened):
    opened.choose.counted(0.15)
    values = json.loads(json.dumps(opened.state.to_json()))
    assert PanelState.from_json(values, opened.state.options) == opened.state
    del values["counted"]
    assert PanelState.from_json(values, opened.state.options).counted == 0.3
    with pytest.raises(InputError):
        PanelState.from_json({**values, "counted": 2}, opened.state.options)
