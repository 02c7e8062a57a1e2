"""Jobs that go well, from the client through a real process to a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from provis_core.worker.host.client import WorkerClient
from provis_core.worker.host.jobs import Stage, WorkerEvent
from provis_core.worker.wire.result_files import load_weights
from provis_core.worker.wire.worker_messages import Progress

SEQUENCE = "MKVLAT" * 5
HEADS = [(11, 3), (0, 0)]


def test_answer_is_a_file_per_head(make_client: Callable[..., WorkerClient]) -> None:
    client = make_client()
    result = client.submit_attention(SEQUENCE, "/models/answers", "fake", HEADS).result(30)
    assert result.cached == (False, False)
    first, second = (load_weights(path, len(SEQUENCE)) for path in result.paths)
    assert not np.array_equal(first, second)
    np.testing.assert_allclose(first.sum(axis=1), 1, rtol=1e-5)


def test_second_time_comes_from_the_cache(make_client: Callable[..., WorkerClient]) -> None:
    client = make_client()
    first = client.submit_attention(SEQUENCE, "/models/answers", "fake", HEADS).result(30)
    again = client.submit_attention(SEQUENCE, "/models/answers", "fake", HEADS).result(30)
    assert again.cached == (True, True)
    assert again.paths == first.paths
    assert again.device == ""


def test_stages_and_progress(make_client: Callable[..., WorkerClient]) -> None:
    events: list[WorkerEvent] = []
    progress: list[Progress] = []
    client = make_client(on_event=events.append)
    assert client.stage is Stage.ABSENT
    client.submit_attention(SEQUENCE, "/models/slow", "fake", HEADS, on_progress=progress.append).result(30)
    client.close()
    assert [event.stage for event in events] == [
        Stage.STARTING,
        Stage.READY,
        Stage.RUNNING,
        Stage.READY,
        Stage.ABSENT,
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
        job = client.submit_attention(
            SEQUENCE, folder, "fake", [(0, 0)], on_progress=lambda p, stages=stages: stages.append(p.stage)
        )
        outcomes.append((job.result(60).cached, "loading fake" in stages))
    assert outcomes == [((False,), True), ((True,), False), ((False,), True), ((True,), False)]


def test_heads_already_there_are_not_computed_again(make_client: Callable) -> None:
    client = make_client()

    def ask(heads: list[tuple[int, int]]) -> tuple[bool, ...]:
        return client.submit_attention(SEQUENCE, "/models/answers", "fake", heads).result(60).cached

    assert ask([(0, 0), (1, 1)]) == (False, False)
    assert ask([(2, 2), (1, 1), (2, 2)]) == (False, True, False)
    assert ask([]) == ()
