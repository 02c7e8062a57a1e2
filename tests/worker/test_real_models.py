"""The worker as it is shipped, with real torch and transformers and a tiny checkpoint."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from provis_core.attention.arcs import Arcs
from provis_core.attention.head_id import HeadId
from provis_core.attention.head_scan import HeadScan
from provis_core.errors import (
    CheckpointError,
    HeadRangeError,
    InputError,
    InstallError,
    JobCancelledError,
    SequenceError,
)
from provis_core.models import load_model
from provis_core.worker.host.jobs import JobFuture
from provis_core.worker.host.transport import ProcessTransport
from provis_core.worker.tasks.attention import AttentionRequest, AttentionResult
from provis_core.worker.tasks.doctor import DoctorRequest
from provis_core.worker.tasks.scan import ScanRequest, ScanResult
from provis_core.worker.wire.worker_messages import Progress
from tests.patience import PATIENCE
from tests.tiny_checkpoints import HIV_PROTEASE, write_tiny_bert

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

    def ask(sequence: str, head: tuple[int, int], checkpoint: Path = folder) -> JobFuture[AttentionResult]:
        return client.submit(AttentionRequest(sequence, str(checkpoint), "tiny", head, device="cpu"))

    results = [ask(SEQUENCE, head).result(PATIENCE) for head in ((1, 0), (0, 1))]
    for result in results:
        assert (result.device, result.dtype) == ("cpu", "float32")
        weights = result.load()
        assert weights.min() >= 0
        assert 0 < weights.sum(axis=1).max() <= 1.0001
    assert not np.array_equal(*(result.load() for result in results))

    pid = client.hello.pid
    assert isinstance(ask(SEQUENCE, (99, 0)).exception(PATIENCE), HeadRangeError)
    assert isinstance(ask("MKV1", (0, 0)).exception(PATIENCE), SequenceError)
    assert isinstance(ask(SEQUENCE, (0, 0), tmp_path / "nowhere").exception(PATIENCE), CheckpointError)
    again = ask(SEQUENCE, (0, 1)).result(PATIENCE)
    assert (again.cached, again.path) == (True, results[1].path)
    assert client.hello.pid == pid

    report = client.submit(DoctorRequest({"tiny": str(folder), "nowhere": str(tmp_path / "nowhere")})).result(
        300
    )
    (problem,) = report.problems
    assert problem.startswith("nowhere: ")
    assert report.devices[-1] == "cpu"
    assert report.threads >= 1
    assert report.cache_bytes > 0
    for name in ("torch", "transformers", "numpy"):
        assert report.packages[name] == importlib.metadata.version(name)


def test_stop_keeps_the_loaded_model(make_client: Callable, worker_python: Path, tmp_path: Path) -> None:
    """Whatever is stopped in its layers, one head or all of them, the model is loaded once."""
    folder, loads = write_tiny_bert(tmp_path / "tiny", n_layers=12), tmp_path / "loads"
    entry = tmp_path / "counting.py"
    entry.write_text(
        "from provis_core.models import load_model\n"
        "from provis_core.worker.serving.server import serve\n"
        "def load(folder, device, dtype, name, on_stage):\n"
        f"    with open({str(loads)!r}, 'a') as stream:\n"
        "        stream.write(name)\n"
        "    return load_model(folder, device=device, dtype=dtype, name=name, on_stage=on_stage)\n"
        "serve(load)\n"
    )
    client = make_client(
        transport_factory=lambda: ProcessTransport(worker_python, entry=entry), stop_grace=PATIENCE
    )

    def stop(progress: Progress) -> None:
        if progress.stage.startswith("layer"):
            client.cancel(progress.job)

    pids = set()
    for request in (
        AttentionRequest(HIV_PROTEASE, str(folder), "tiny", (11, 0), device="cpu"),
        ScanRequest(HIV_PROTEASE, str(folder), "tiny", device="cpu"),
    ):
        job = client.submit(request, on_progress=stop)
        assert isinstance(job.exception(PATIENCE), JobCancelledError)
        assert client.submit(request).result(PATIENCE).load() is not None
        pids.add(client.hello.pid)
    assert loads.read_text() == "tiny"
    assert len(pids) == 1


def test_scan_equals_the_one_without_a_worker(
    make_client: Callable, worker_python: Path, tmp_path: Path
) -> None:
    folder = write_tiny_bert(tmp_path / "tiny", n_layers=3)
    client = make_client(transport_factory=lambda: ProcessTransport(worker_python))
    stages: list[str] = []

    def ask(sequence: str, on_progress: Callable | None = None, **options: Any) -> JobFuture[ScanResult]:
        request = ScanRequest(sequence, str(folder), "tiny", device="cpu", **options)
        return client.submit(request, on_progress=on_progress)

    result = ask(HIV_PROTEASE, on_progress=lambda progress: stages.append(progress.stage)).result(PATIENCE)
    assert (result.cached, result.device, result.dtype) == (False, "cpu", "float32")
    assert stages[-1] == "layer 3 of 3"
    scan = result.load()
    model = load_model(folder, device="cpu", name="tiny")
    expected = model.scan(HIV_PROTEASE)
    assert expected.arcs.n_arcs > 0
    check_close(scan, expected)

    windowed = ask(HIV_PROTEASE, window=60, overlap=20, top_pairs=False, min_weight=0.1).result(PATIENCE)
    check_close(
        windowed.load(),
        model.scan(HIV_PROTEASE, window=60, overlap=20, top_pairs=False, min_weight=0.1),
    )
    assert isinstance(ask("MKV1").exception(PATIENCE), SequenceError)
    assert isinstance(ask(HIV_PROTEASE, window=10, overlap=20).exception(PATIENCE), InputError)

    # a worker in which torch cannot be imported still finds what is there
    entry = tmp_path / "no_torch.py"
    entry.write_text(
        "import sys\nsys.modules['torch'] = sys.modules['transformers'] = None\n"
        "from provis_core.worker.serving.server import serve\nserve()\n"
    )
    client = make_client(transport_factory=lambda: ProcessTransport(worker_python, entry=entry))
    again = ask(HIV_PROTEASE).result(PATIENCE)
    assert (again.cached, again.path, again.device) == (True, result.path, "")
    assert isinstance(ask(HIV_PROTEASE[:50]).exception(PATIENCE), InstallError)


def check_close(scan: HeadScan, expected: HeadScan) -> None:
    """The worker may use another number of threads, which changes the last digits."""
    assert (scan.model, scan.sequence, scan.notes) == (expected.model, expected.sequence, expected.notes)
    assert set(scan.metrics) == set(expected.metrics)
    for name, metric in scan.metrics.items():
        np.testing.assert_allclose(metric.values, expected.metrics[name].values, rtol=1e-4)
    np.testing.assert_allclose(scan.received, expected.received, atol=1e-4)
    np.testing.assert_array_equal(scan.windows, expected.windows)
    one, other = unfold(scan.arcs), unfold(expected.arcs)
    both = (one > 0) & (other > 0)
    np.testing.assert_allclose(one[both], other[both], atol=1e-5)
    assert (np.maximum(one, other)[~both] < expected.arcs.min_weight + 1e-5).all()
    assert (scan.top_pairs is None) == (expected.top_pairs is None)
    if scan.top_pairs is not None and expected.top_pairs is not None:
        np.testing.assert_allclose(scan.top_pairs.score, expected.top_pairs.score, atol=1e-4)


def unfold(arcs: Arcs) -> np.ndarray:
    """As whole maps, shape (n_layers, n_heads, n_positions, n_positions); 0 where nothing was kept."""
    maps = np.zeros((arcs.n_layers, arcs.n_heads, arcs.n_positions, arcs.n_positions), np.float32)
    maps[arcs.layer, arcs.head, arcs.query, arcs.key] = arcs.weight
    return maps


def test_strong_pairs_whole_and_in_windows(
    make_client: Callable, worker_python: Path, tmp_path: Path
) -> None:
    folder = write_tiny_bert(tmp_path / "tiny", n_layers=2, max_positions=64)
    client = make_client(transport_factory=lambda: ProcessTransport(worker_python))
    heads = [HeadId(1, 0)]
    notices: list[str] = []

    def ask(sequence: str, window: int = 0, min_weight: float = 0.05) -> JobFuture[AttentionResult]:
        return client.submit(
            AttentionRequest(sequence, str(folder), "tiny", heads[0], min_weight, window, device="cpu"),
            on_notice=lambda notice: notices.append(notice.text),
        )

    short = HIV_PROTEASE[:60]
    arcs = ask(short).result(PATIENCE).load()
    model = load_model(folder, device="cpu", name="tiny")
    for head, weights in model.attend(short, heads).items():
        strong = np.flatnonzero(weights >= np.float32(0.05))
        query, key, weight = arcs.select(head, 0.05)
        np.testing.assert_array_equal(query * len(short) + key, strong)
        np.testing.assert_allclose(weight, weights.ravel()[strong], atol=1e-6)
    assert notices == []

    assert isinstance(ask(HIV_PROTEASE).exception(PATIENCE), SequenceError)
    result = ask(HIV_PROTEASE, 50).result(PATIENCE)
    stitched = result.load()
    with pytest.warns(UserWarning, match="windows of 50"):
        expected = model.arcs(HIV_PROTEASE, heads, 0.05, window=50)
    for head in heads:
        for mine, other in zip(stitched.select(head, 0.05), expected.select(head, 0.05), strict=True):
            np.testing.assert_allclose(mine, other, atol=1e-6)
    (notice,) = notices
    assert "windows of 50" in notice and "pairs that are never in one window are absent" in notice

    again = ask(HIV_PROTEASE, 50).result(PATIENCE)
    assert again.path == result.path and again.cached
    assert notices == [notice, notice]  # said again where nothing had to run
    Path(again.path).write_bytes(b"damaged")
    assert ask(HIV_PROTEASE, 50).result(PATIENCE).cached is False
    again.load()
