"""Cancel: within a second, whatever the worker does, and the other jobs go on."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from provis_core.errors import JobCancelledError
from provis_core.worker.host.client import JobFuture, WorkerClient
from provis_core.worker.host.interface import WorkerStage
from provis_core.worker.tasks.attention import AttentionRequest, AttentionResult
from tests.patience import PATIENCE, wait_until


def submit(
    client: WorkerClient, behaviour: str, layer: int = 0, **options: object
) -> JobFuture[AttentionResult]:
    return client.submit(AttentionRequest("MKVLAT", f"/models/{behaviour}", behaviour, (layer, 0)), **options)


def start(client: WorkerClient, behaviour: str, stage: str = "") -> JobFuture[AttentionResult]:
    """A job that has begun, or has come to a stage."""
    begun = threading.Event()
    job = submit(
        client, behaviour, on_progress=lambda progress: begun.set() if stage in progress.stage else None
    )
    assert begun.wait(PATIENCE)
    return job


@pytest.mark.parametrize("behaviour", ["slow", "spin", "sleep", "load_sleep"])
def test_what_would_go_on_for_long_is_stopped(behaviour: str, make_client: Callable, ask: Callable) -> None:
    client = make_client()
    job = start(client, behaviour)
    assert job.cancel()
    with pytest.raises(JobCancelledError):
        job.result(PATIENCE)
    assert ask(client).cached is False


def test_worker_that_listens_stays_warm(make_client: Callable, ask: Callable) -> None:
    client = make_client(cancel_grace=30.0)
    job = start(client, "slow")
    pid = client.hello.pid
    client.cancel(job)
    assert isinstance(job.exception(PATIENCE), JobCancelledError)
    ask(client)
    assert client.hello.pid == pid
    assert client.crash_report == ""


def test_stop_keeps_the_loaded_model(make_client: Callable) -> None:
    """The user is free at once; the worker ends its layer, and is not ended with all that it has loaded."""
    client = make_client(cancel_grace=0.1, stop_grace=PATIENCE)
    job = start(client, "long_layers", "layer")  # it has loaded by then
    pid = client.hello.pid
    job.cancel()
    assert isinstance(job.exception(PATIENCE), JobCancelledError)
    stages: list[str] = []
    again = submit(client, "long_layers", 1, on_progress=lambda progress: stages.append(progress.stage))
    wait_until(lambda: any(stage.startswith("layer") for stage in stages), "a layer")
    assert "loading long_layers" not in stages
    assert client.hello.pid == pid
    again.cancel()


def test_other_jobs_go_on_in_a_new_worker(make_client: Callable) -> None:
    client = make_client()
    stuck = start(client, "spin")
    others = [submit(client, "answers", layer) for layer in range(3)]
    stuck.cancel()
    assert [job.result(PATIENCE).cached for job in others] == [False] * 3
    assert isinstance(stuck.exception(0), JobCancelledError)


def test_job_that_waits_is_dropped(make_client: Callable) -> None:
    client = make_client()
    running = start(client, "slow")
    waiting = submit(client, "answers", 0)
    last = submit(client, "answers", 1)
    assert client.cancel(waiting.job)
    assert isinstance(waiting.exception(0), JobCancelledError)
    assert running.result(PATIENCE).cached is False
    assert last.result(PATIENCE).cached is False


def test_before_the_worker_is_ready(make_client: Callable, ask: Callable) -> None:
    client = make_client()
    job = submit(client, "answers")
    assert client.stage is WorkerStage.STARTING
    assert job.cancel()
    assert isinstance(job.exception(0), JobCancelledError)
    assert ask(client).cached is False


def test_cancel_all(make_client: Callable, ask: Callable) -> None:
    client = make_client()
    assert client.cancel_all() == 0
    jobs = [start(client, "spin"), *(submit(client, "spin", layer) for layer in range(4))]
    assert client.cancel_all() == 5
    assert all(isinstance(job.exception(PATIENCE), JobCancelledError) for job in jobs)
    assert ask(client).cached is False


def test_twice_and_too_late(make_client: Callable, ask: Callable) -> None:
    client = make_client()
    job = start(client, "spin")
    assert job.cancel()
    assert job.cancel() or job.done()  # the machine may have been that slow
    assert isinstance(job.exception(PATIENCE), JobCancelledError)
    assert not job.cancel()
    done = submit(client, "answers")
    assert done.result(PATIENCE)
    assert not done.cancel()
    assert not client.cancel(12345)
    assert not done.cancelled()  # the error says it, so that one except clause is enough


def test_answer_after_the_cancel_does_not_count(make_client: Callable) -> None:
    """A cancelled job never draws, even if the worker would not stop and the result is there."""
    client = make_client(cancel_grace=30.0)
    job = start(client, "deaf", "layer")
    assert job.cancel()
    assert isinstance(job.exception(PATIENCE), JobCancelledError)
    assert submit(client, "deaf").result(PATIENCE).cached is True
