"""Jobs that go well, from the client through a real process to a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from provis_core.worker.host.client import WorkerClient
from provis_core.worker.host.interface import WorkerStage
from provis_core.worker.host.jobs import WorkerEvent
from provis_core.worker.tasks.attention import AttentionRequest
from provis_core.worker.wire.worker_messages import Progress
from tests.patience import PATIENCE

SEQUENCE = "MKVLAT" * 5


def request(head: tuple[int, int] = (11, 3), behaviour: str = "answers") -> AttentionRequest:
    return AttentionRequest(SEQUENCE, f"/models/{behaviour}", "fake", head)


def test_answer_is_a_file(make_client: Callable[..., WorkerClient]) -> None:
    client = make_client()
    results = [client.submit(request(head)).result(PATIENCE) for head in ((11, 3), (0, 0))]
    assert [(result.cached, result.sequence) for result in results] == [(False, SEQUENCE)] * 2
    first, second = (result.load() for result in results)
    assert not np.array_equal(first, second)
    np.testing.assert_allclose(first.sum(axis=1), 1, rtol=1e-5)


def test_second_time_comes_from_the_cache(make_client: Callable[..., WorkerClient]) -> None:
    client = make_client()
    first, again = (client.submit(request()).result(PATIENCE) for _ in range(2))
    assert (again.cached, again.path, again.device) == (True, first.path, "")


def test_stages_and_progress(make_client: Callable[..., WorkerClient]) -> None:
    events: list[WorkerEvent] = []
    progress: list[Progress] = []
    client = make_client(on_event=events.append)
    assert client.stage is WorkerStage.ABSENT
    client.submit(request(behaviour="slow"), on_progress=progress.append).result(PATIENCE)
    client.close()
    assert [event.stage for event in events] == [
        WorkerStage.STARTING,
        WorkerStage.READY,
        WorkerStage.RUNNING,
        WorkerStage.READY,
        WorkerStage.ABSENT,
    ]
    stages = [item.stage for item in progress]
    assert stages[:2] == ["started", "loading fake"]
    assert stages[-1] == "layer 12 of 12"
    assert progress[-1].fraction == 1.0


def test_other_weights_in_the_folder_are_another_model(make_client: Callable, tmp_path: Path) -> None:
    client = make_client()
    folder = tmp_path / "answers"
    folder.mkdir()
    outcomes = []
    for text in ("one", "one", "other", "one"):
        (folder / "weights").write_text(text)
        stages: list[str] = []
        job = client.submit(
            AttentionRequest(SEQUENCE, str(folder), "fake", (0, 0)),
            on_progress=lambda p, stages=stages: stages.append(p.stage),
        )
        outcomes.append((job.result(PATIENCE).cached, "loading fake" in stages))
    assert outcomes == [(False, True), (True, False), (False, True), (True, False)]
