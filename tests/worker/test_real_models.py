"""The worker as it is shipped, with real torch and transformers and a tiny checkpoint."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from provis_core.errors import CheckpointError, HeadRangeError, SequenceError
from provis_core.worker.cache import load_weights
from provis_core.worker.transport import ProcessTransport
from tests.tiny_checkpoints import write_tiny_bert

pytestmark = [
    pytest.mark.torch,
    pytest.mark.skipif(
        not all(importlib.util.find_spec(name) for name in ("torch", "transformers")),
        reason="torch or transformers is not installed",
    ),
]

SEQUENCE = "MKVLATGGH"


def test_attention_and_doctor(make_client: Callable, worker_python: Path, tmp_path: Path) -> None:
    folder = write_tiny_bert(tmp_path / "tiny")
    client = make_client(transport_factory=lambda: ProcessTransport(worker_python))

    def ask(sequence: str, heads: list[tuple[int, int]], checkpoint: Path = folder) -> object:
        return client.submit_attention(sequence, checkpoint, "tiny", heads, "cpu")

    result = ask(SEQUENCE, [(1, 0), (0, 1)]).result(300)
    assert (result.device, result.dtype) == ("cpu", "float32")
    for path in result.paths:
        weights = load_weights(path, len(SEQUENCE))
        assert weights.min() >= 0
        assert 0 < weights.sum(axis=1).max() <= 1.0001
    assert not np.array_equal(*(load_weights(path, len(SEQUENCE)) for path in result.paths))

    pid = client.hello.pid
    assert isinstance(ask(SEQUENCE, [(99, 0)]).exception(300), HeadRangeError)
    assert isinstance(ask("MKV1", [(0, 0)]).exception(300), SequenceError)
    assert isinstance(ask(SEQUENCE, [(0, 0)], tmp_path / "nowhere").exception(300), CheckpointError)
    again = ask(SEQUENCE, [(0, 1), (0, 0)]).result(300)
    assert again.cached == (True, False)
    assert again.paths[0] == result.paths[1]
    assert client.hello.pid == pid

    report = client.submit_doctor({"tiny": folder, "nowhere": tmp_path / "nowhere"}).result(300)
    (problem,) = report.problems
    assert problem.startswith("nowhere: ")
    assert report.devices[-1] == "cpu"
    assert report.threads >= 1
    assert report.cache_bytes > 0
    for name in ("torch", "transformers", "numpy"):
        assert report.packages[name] == importlib.metadata.version(name)
