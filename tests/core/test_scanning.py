"""All heads of the chains of a selection, with a viewer and a worker in memory."""

from __future__ import annotations

import numpy as np
import pytest

from provis_core.actions.work.scans import collect_scans, read_scan_targets, submit_scans
from provis_core.errors import CacheError, JobCancelledError, SequenceError
from provis_core.session.session import Session
from provis_core.session.settings import Settings
from provis_core.system.jobs import Job
from provis_core.targets.scope import Scope

from .fakes import FakeViewer, FakeWorker, make_chain
from .toy_scans import make_scan

SIX, FOUR = "ACDEFG", "GGAC"


def _scan(sequence: str, **options):
    n = len(sequence)
    maps = np.random.default_rng(n).dirichlet(np.ones(n), (2, 2, n))
    return make_scan(maps, sequence, **options)


@pytest.fixture
def model(tiny_config_folder):
    return str(tiny_config_folder)


def _session(tmp_path, viewer, worker):
    return Session(viewer, Settings(tmp_path / "settings.json"), lambda _: worker)


def _three_chains(tmp_path, answers, **options):
    viewer = FakeViewer(make_chain(SIX, "A"), make_chain(SIX, "B"), make_chain(FOUR, "C"))
    worker = FakeWorker(tmp_path, answers, **options)
    return viewer, worker, _session(tmp_path, viewer, worker)


def _start(session, model, window=0):
    """A job whose value is what the actions that look at all heads begin with."""
    entry = session.find_model(model)
    targets = read_scan_targets(session, Scope(), entry)
    futures = submit_scans(session, targets, entry, window=window)

    def finish():
        done = collect_scans(targets, futures, session.viewer.warn)
        job.leave_out((item.target.chain.label, item.error) for item in done)
        return done

    job = Job("scans", finish)
    return session.start(job, tuple(futures.values()))


def test_identical_chains_are_scanned_once(tmp_path, model):
    answers = {SIX: _scan(SIX), FOUR: _scan(FOUR)}
    viewer, worker, session = _three_chains(tmp_path, answers)
    job = _start(session, model)
    assert not job.is_done
    assert session.wait(job)
    assert [request[0] for request in worker.scans] == [SIX, FOUR]
    assert worker.scans[0][3:] == (("entropy", "separation", "special_tokens"), "auto", None)
    done = job.result()
    assert [item.target.chain.chain_id for item in done] == ["A", "B", "C"]
    assert done[0].scan is done[1].scan
    for item in done:
        expected = answers[item.target.sequence_map.sequence]
        np.testing.assert_array_equal(item.scan.received, expected.received)
        np.testing.assert_array_equal(item.scan.arcs.weight, expected.arcs.weight)
        assert item.error is None
        assert not item.result.cached
    assert viewer.warnings == []


def test_a_chain_that_fails_does_not_hinder_the_others(tmp_path, model):
    answers = {SIX: SequenceError("too long", "shorter", "cut it"), FOUR: _scan(FOUR)}
    viewer, _, session = _three_chains(tmp_path, answers)
    job = _start(session, model)
    session.wait(job)
    failed, other, done = job.value
    assert failed.scan is None
    assert failed.error is other.error is answers[SIX]
    assert done.scan is not None
    assert [line.split(" was left out: ")[0] for line in viewer.warnings] == ["toy chain A", "toy chain B"]


def test_where_all_fail_the_job_fails(tmp_path, model):
    errors = {SIX: SequenceError("a", "b", "c"), FOUR: CacheError("a", "b", "c")}
    viewer, _, session = _three_chains(tmp_path, errors)
    job = _start(session, model)
    job.is_awaited = True
    session.wait(job)
    with pytest.raises(SequenceError):
        job.result()
    assert viewer.warnings == []


def test_a_damaged_file_is_an_error_of_its_chain(tmp_path, model):
    _, _, session = _three_chains(tmp_path, {SIX: _scan(SIX), FOUR: _scan(FOUR)})
    job = _start(session, model)
    path = tmp_path / "scan0.npz"
    path.write_bytes(path.read_bytes()[:100])
    session.wait(job)
    assert [type(item.error) for item in job.value] == [CacheError, CacheError, type(None)]


def test_how_a_scan_was_made_is_said_again_when_it_is_read(tmp_path, model):
    answers = {SIX: _scan(SIX, notes=["Windows of 4."]), FOUR: _scan(FOUR)}
    viewer, worker, session = _three_chains(tmp_path, answers)
    worker.cached = True
    session.wait(_start(session, model, window=4))
    assert worker.scans[0][5] == 4
    assert viewer.warnings == ["Windows of 4."]


def test_stopping(tmp_path, model):
    _, _, session = _three_chains(tmp_path, {SIX: _scan(SIX), FOUR: _scan(FOUR)}, held=True)
    job = _start(session, model)
    job.is_awaited = True
    assert session.cancel() == ["scans"]
    session.wait(job)
    with pytest.raises(JobCancelledError):
        job.result()


def test_a_chain_beyond_the_trained_length_is_said(tmp_path):
    long = "A" * 513
    viewer = FakeViewer(make_chain(long))
    session = _session(tmp_path, viewer, FakeWorker(tmp_path, {long: _scan(long)}))
    session.wait(_start(session, "provis_mini"))
    (line,) = viewer.warnings
    assert line.startswith("provis_mini was trained on 512 tokens")
