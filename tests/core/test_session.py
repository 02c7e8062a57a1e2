"""The use cases with a viewer and a worker in memory."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from provis_core.actions.work.attention import draw_head
from provis_core.actions.work.models import choose_model, examine
from provis_core.errors import (
    CacheError,
    CheckpointError,
    HeadRangeError,
    InputError,
    JobCancelledError,
    PartError,
    SequenceError,
    StructureError,
    UnexpectedError,
    WorkerDiedError,
)
from provis_core.scenes.draw_options import DrawOptions
from provis_core.session.session import Session
from provis_core.session.settings import Settings
from provis_core.targets.scope import Scope
from provis_core.worker.host.environment import tell_install

from .fakes import FakeViewer, FakeWorker, make_chain


@pytest.fixture
def model(tmp_path, tiny_config_folder):
    return str(tiny_config_folder)


def _session(tmp_path, viewer, worker):
    return Session(viewer, Settings(tmp_path / "settings.json"), lambda _: worker)


def _sharp(n, *pairs):
    weights = np.full((n, n), 0.01, dtype=np.float32)
    for i, j, weight in pairs:
        weights[i, j] = weight
    return weights


def test_identical_chains_run_once_and_are_drawn_on_each(tmp_path, model):
    viewer = FakeViewer(make_chain("ACDEFG", "A"), make_chain("ACDEFG", "B"), make_chain("GGAC", "C"))
    worker = FakeWorker(tmp_path, {"ACDEFG": _sharp(6, (0, 4, 0.7)), "GGAC": _sharp(4, (3, 0, 0.3))})
    session = _session(tmp_path, viewer, worker)
    job = draw_head(session, Scope(model=model), 2, 1, quiet=False)
    assert not job.is_done
    assert session.wait(job)
    assert [request[0] for request in worker.requests] == ["ACDEFG", "GGAC"]
    assert worker.requests[0][3] == ((1, 0),)
    assert sorted(viewer.scenes) == ["provis_toy_A_2-1", "provis_toy_B_2-1", "provis_toy_C_2-1"]
    assert [item.name for item in job.result()] == sorted(viewer.scenes)
    text = "\n".join(viewer.lines)
    assert "1 of 15 pairs have attention >= 0.1" in text
    assert "A/ALA1 - A/PHE5 0.70" in text
    assert "attention 0.1 to 0.70" in text  # one scale for all chains of a command
    radii = [scene.radius[0] for scene in viewer.scenes.values()]
    assert radii[0] == radii[1] > radii[2]
    assert viewer.warnings == ["noticed 6", "noticed 4"]


def test_in_windows_only_strong_pairs_are_kept_and_the_same_ones_are_drawn(tmp_path, model):
    weights = _sharp(6, (0, 4, 0.7), (4, 0, 0.6), (1, 3, 0.08))
    viewer = FakeViewer(make_chain("ACDEFG"))
    worker = FakeWorker(tmp_path, {"ACDEFG": weights})
    session = _session(tmp_path, viewer, worker)
    whole = draw_head(session, Scope(model=model), 1, 1, quiet=False)
    sparse = draw_head(session, Scope(model=model, window=4), 1, 1, quiet=False)
    session.wait()
    assert worker.sparse == [(0.0, 0), (0.05, 4)]
    for name in ("query", "key", "weight", "n_passed", "n_candidates"):
        mine, other = (getattr(job.result()[0].edges, name) for job in (whole, sparse))
        np.testing.assert_array_equal(mine, other)
    assert any(" in windows of 4, tiny 1-1: 1 of 15 pairs" in line for line in viewer.lines)
    session.wait(draw_head(session, Scope(model=model, window=4), 1, 1, DrawOptions(min_attn=0.9)))
    assert "the largest weight is 0.7 (try" in viewer.lines[-1]
    worker.answers["ACDEFG"] = _sharp(6)
    session.wait(draw_head(session, Scope(model=model, window=4), 1, 1))
    assert "weaker ones were not kept" in viewer.lines[-1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"window": -1}, "window=-1"),
        ({"window": 4, "direction": "mean"}, "«window=4» with «direction=mean»"),
        ({"window": 4, "min_attn": 0.0}, "min_attn=0"),
    ],
)
def test_windows_that_cannot_be_used_are_refused_before_anything_runs(tmp_path, model, options, message):
    worker = FakeWorker(tmp_path)
    session = _session(tmp_path, FakeViewer(make_chain("ACDEFG")), worker)
    with pytest.raises(InputError, match=message):
        draw_head(session, Scope(model=model, window=options.pop("window", 0)), 1, 1, DrawOptions(**options))
    assert worker.requests == []


@pytest.mark.parametrize(
    ("n_positions", "options", "kept"),
    [(3000, {}, 0), (3001, {}, 0.05), (3001, {"min_attn": 0.02}, 0.02), (3001, {"direction": "mean"}, 0)],
)
def test_of_a_long_chain_the_worker_keeps_the_strong_pairs(n_positions, options, kept):
    assert DrawOptions(**options).kept_weight(n_positions) == kept


def test_a_chain_beyond_the_trained_length_is_said(tmp_path):
    viewer = FakeViewer(make_chain("A" * 513, "A"), make_chain("C" * 512, "B"))
    session = _session(tmp_path, viewer, FakeWorker(tmp_path))
    draw_head(session, Scope(model="provis_mini"), 1, 1)
    (line,) = viewer.warnings
    assert line.startswith("provis_mini was trained on 512 tokens")
    assert line.endswith("toy chain A (513 residues)")


def test_nothing_is_cut_without_a_word(tmp_path, model):
    viewer = FakeViewer(make_chain("ACDEFG"))
    worker = FakeWorker(tmp_path, {"ACDEFG": _sharp(6, (0, 4, 0.7), (1, 5, 0.6), (2, 0, 0.5))})
    session = _session(tmp_path, viewer, worker)
    session.wait(draw_head(session, Scope(model=model), 1, 1, DrawOptions(top=2), quiet=True))
    assert "the strongest 2 drawn" in viewer.lines[-1]
    assert "top=0 draws all" in viewer.lines[-1]
    session.wait(draw_head(session, Scope(model=model), 1, 1, DrawOptions(top=0, max_pairs=1), quiet=True))
    assert "provis_set max_pairs, 3" in viewer.lines[-1]


def test_if_nothing_passes_the_largest_weight_is_said(tmp_path, model):
    viewer = FakeViewer(make_chain("ACDEFG"))
    session = _session(tmp_path, viewer, FakeWorker(tmp_path, {"ACDEFG": _sharp(6, (0, 4, 0.05))}))
    session.wait(draw_head(session, Scope(model=model), 1, 1))
    assert viewer.scenes == {}
    assert "the largest weight is 0.05 (try min_attn=0.04)" in viewer.lines[-1]


def test_one_chain_that_fails_does_not_hinder_the_others(tmp_path, model):
    viewer = FakeViewer(make_chain("ACDEFG", "A"), make_chain("GGAC", "B"))
    too_long = SequenceError("6 residues", "5 at most", "Select less")
    worker = FakeWorker(tmp_path, {"ACDEFG": too_long, "GGAC": _sharp(4, (0, 3, 0.9))})
    session = _session(tmp_path, viewer, worker)
    job = draw_head(session, Scope(model=model), 1, 1)
    session.wait(job)
    assert list(viewer.scenes) == ["provis_toy_B_1-1"]
    assert any("toy chain A was left out: 6 residues" in line for line in viewer.warnings)
    assert job.value[0].error is too_long


def test_a_script_that_loses_a_chain_gets_an_error_after_the_others_are_drawn(tmp_path, model):
    viewer = FakeViewer(make_chain("ACDEFG", "A"), make_chain("GGAC", "B"), make_chain("GGAA", "C"))
    died = WorkerDiedError("The worker was killed", "It must live", "Try again")
    answers = {"ACDEFG": died, "GGAC": _sharp(4, (0, 3, 0.9)), "GGAA": died}
    session = _session(tmp_path, viewer, FakeWorker(tmp_path, answers))
    job = draw_head(session, Scope(model=model), 1, 1)
    job.is_awaited = True
    session.wait(job)
    assert list(viewer.scenes) == ["provis_toy_B_1-1"]
    with pytest.raises(PartError) as caught:
        job.result()
    assert str(caught.value).startswith("toy chain A was left out: The worker was killed. It must live.")
    assert "toy chain C was left out" in str(caught.value)
    assert not any("left out" in line for line in viewer.warnings)  # once is enough


def test_if_all_fail_the_command_fails_and_nothing_is_drawn(tmp_path, model):
    viewer = FakeViewer(make_chain("ACDEFG"))
    error = SequenceError("6 residues", "5 at most", "Select less")
    session = _session(tmp_path, viewer, FakeWorker(tmp_path, {"ACDEFG": error}))
    job = draw_head(session, Scope(model=model), 1, 1)
    session.wait(job)
    assert viewer.warnings == [str(error)]
    with pytest.raises(SequenceError):
        job.result()
    assert viewer.scenes == {}
    assert session.jobs == []


def test_an_object_that_is_gone_when_the_job_ends(tmp_path, model):
    viewer = FakeViewer(make_chain("ACDEFG"))
    session = _session(tmp_path, viewer, FakeWorker(tmp_path))
    job = draw_head(session, Scope(model=model), 1, 1)
    viewer.objects.clear()
    job.is_awaited = True
    session.wait(job)
    with pytest.raises(StructureError, match="toy was deleted"):
        job.result()
    assert viewer.warnings == ["noticed 6"]  # who waits is told by the exception, once


def test_a_result_that_cannot_be_read_is_said(tmp_path, model):
    viewer = FakeViewer(make_chain("ACDEFG"))
    worker = FakeWorker(tmp_path)
    session = _session(tmp_path, viewer, worker)
    job = draw_head(session, Scope(model=model), 1, 1)
    (tmp_path / "0.npy").write_bytes(b"damaged")
    session.wait(job)
    with pytest.raises(CacheError, match=r"0\.npy cannot be used"):
        job.result()


def test_a_bug_at_the_end_of_a_job_is_kept_with_its_traceback(tmp_path, model):
    viewer = FakeViewer(make_chain("ACDEFG"))
    worker = FakeWorker(tmp_path, {"ACDEFG": ZeroDivisionError("a bug")})
    session = _session(tmp_path, viewer, worker)
    job = draw_head(session, Scope(model=model), 1, 1)
    session.wait(job)
    assert isinstance(job.error, UnexpectedError)
    assert "Traceback" in viewer.warnings[-1]
    assert "a bug" in viewer.warnings[-1]


def test_cancel_stops_all_jobs_and_draws_nothing(tmp_path, model):
    viewer = FakeViewer(make_chain("ACDEFG"))
    worker = FakeWorker(tmp_path, held=True)
    session = _session(tmp_path, viewer, worker)
    job = draw_head(session, Scope(model=model), 1, 1)
    assert not session.wait(job, timeout=0.05)
    assert any("running: attention of toy chain A" in line for line in session.describe_status())
    assert session.cancel() == [job.label]
    assert session.wait()
    with pytest.raises(JobCancelledError):
        job.result()
    assert viewer.scenes == {}
    assert session.describe_status()[-1] == "nothing is running"
    assert session.cancel() == []


def test_the_status_shows_the_last_failure_of_the_worker(tmp_path, model):
    worker = FakeWorker(tmp_path)
    session = _session(tmp_path, FakeViewer(make_chain("ACDEFG")), worker)
    session.wait(draw_head(session, Scope(model=model), 1, 1))
    worker.crash_report = "Traceback\nKilled"
    assert session.describe_status()[-1] == "  Killed"


def test_bad_requests_reach_no_worker(tmp_path, model):
    viewer = FakeViewer(make_chain("ACDEFG"))
    worker = FakeWorker(tmp_path)
    session = _session(tmp_path, viewer, worker)
    with pytest.raises(HeadRangeError, match="layer=3» "):
        draw_head(session, Scope(model=model), 3, 1)
    with pytest.raises(CheckpointError):
        draw_head(session, Scope(model=str(tmp_path)), 1, 1)
    viewer.chains = FakeViewer(make_chain("XX")).chains
    with pytest.raises(StructureError, match="no amino acid"):
        draw_head(session, Scope(model=model), 1, 1)
    assert worker.requests == []


def test_a_selection_of_the_ends(tmp_path, model):
    viewer = FakeViewer(make_chain("ACDEFG"))
    worker = FakeWorker(tmp_path, {"ACDEFG": _sharp(6, (0, 4, 0.7), (4, 2, 0.6))})
    session = _session(tmp_path, viewer, worker)
    session.wait(draw_head(session, Scope(model=model), 1, 1, DrawOptions(sele="ends")))
    assert viewer.selections == {"ends": {("toy chain A", index) for index in (0, 2, 4)}}


def test_settings_that_the_worker_depends_on_restart_it(tmp_path, model):
    viewer = FakeViewer(make_chain("ACDEFG"))
    worker = FakeWorker(tmp_path)
    session = _session(tmp_path, viewer, worker)
    session.wait(draw_head(session, Scope(model=model), 1, 1))
    session.change_setting("top", "5")
    assert not worker.is_closed
    session.change_setting("threads", "1")
    assert worker.is_closed


def test_the_chosen_model_is_kept_and_a_bad_one_is_not(tmp_path, model):
    session = _session(tmp_path, FakeViewer(), FakeWorker(tmp_path))
    choose_model(session, model)
    assert session.settings.text("model") == model
    with pytest.raises(CheckpointError):
        choose_model(session, str(tmp_path))
    with pytest.raises(CheckpointError):
        session.change_setting("model", str(tmp_path))
    assert Settings(tmp_path / "settings.json").text("model") == model


def test_the_doctor_looks_at_the_viewers_python_too(tmp_path, monkeypatch):
    viewer = FakeViewer()
    monkeypatch.setitem(sys.modules, "matplotlib.backends.backend_agg", None)  # as where there is none
    session = _session(tmp_path, viewer, FakeWorker(tmp_path))
    session.wait(examine(session))
    (line,) = [line for line in viewer.lines if "matplotlib" in line]
    assert "PROBLEM: Figures cannot be drawn, nor the panel" in line
    assert tell_install("matplotlib") in line


def test_the_doctor_tells_of_an_old_matplotlib_and_of_what_the_viewer_lacks(tmp_path, monkeypatch):
    viewer = FakeViewer()
    viewer.find_problems = lambda: ["The panel needs Qt"]
    monkeypatch.setitem(sys.modules, "matplotlib", SimpleNamespace(__version__="3.4.3"))
    monkeypatch.setitem(sys.modules, "matplotlib.backends.backend_agg", SimpleNamespace())
    session = _session(tmp_path, viewer, FakeWorker(tmp_path))
    session.wait(examine(session))
    problems = [line for line in viewer.lines if "PROBLEM" in line]
    assert any("The panel needs Qt" in line for line in problems)
    assert any("matplotlib: 3.4.3" in line and "3.5 or newer" in line for line in problems)


def test_the_doctor_says_what_is_missing(tmp_path):
    viewer = FakeViewer()
    session = _session(tmp_path, viewer, FakeWorker(tmp_path))
    session.wait(examine(session))
    text = "\n".join(viewer.lines)
    assert "transformers MISSING" in text
    assert "PROBLEM: no model" in text
