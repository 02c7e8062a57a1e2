"""A scan holds a block, a drawing holds what it draws, and what does not fit is done in a smaller way."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from provis_core.attention.head_id import HeadId
from provis_core.errors import WorkerMemoryError
from tests.tiny_checkpoints import write_tiny_bert

torch = pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("transformers", reason="transformers is not installed")

from provis_core.models import load_model  # noqa: E402
from provis_core.models.memory import choose_block, run_within_memory  # noqa: E402

pytestmark = pytest.mark.torch

ROOT = Path(__file__).resolve().parents[2]
N = 1500
MEASURE = """
import json, sys
from pathlib import Path
import torch
from provis_core.models import load_model
torch.set_num_threads(1)
def read(key):
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(key)).split()[1]) * 1024
model = load_model(Path(sys.argv[1]), device="cpu")
heads = [(layer, head) for layer in range(2) for head in range(8)]
ways = {
    "scan": lambda s: model.scan(s),
    "scan without ranked pairs": lambda s: model.scan(s, top_pairs=False),
    "arcs": lambda s: model.arcs(s, heads, 0.1, block=2**17),
    "maps": lambda s: model.attend(s, heads),
}
used = {}
for name, way in ways.items():
    way("MKTAYIAK" * 4)
    Path("/proc/self/clear_refs").write_text("5")
    before = read("VmRSS")
    way(("MKTAYIAKQR" * 1000)[:int(sys.argv[2])])
    used[name] = read("VmHWM") - before
print(json.dumps(used))
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="needs Linux's /proc")
def test_memory_of_each_way(tmp_path):
    folder = write_tiny_bert(tmp_path, n_layers=2, n_heads=8, max_positions=N + 2)
    command = [sys.executable, "-c", MEASURE, str(folder), str(N)]
    # what the allocator keeps for later differs from run to run, upwards only: the smaller of two runs
    runs = [
        json.loads(subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout)
        for _ in range(2)
    ]
    used = {way: min(run[way] for run in runs) for way in runs[0]}
    one_map = N * N * 4
    assert used["scan"] < 1.5 * 8 * one_map
    assert used["scan without ranked pairs"] < 4 * one_map
    assert used["arcs"] < one_map
    assert used["maps"] > 12 * one_map  # all 16, less what the allocator still held of what came before


def fail_until(n_failures: int):
    """An attempt that runs out of memory that often, and the sizes it was called with."""
    sizes = []

    def attempt(block: int) -> str:
        sizes.append((block, str(next(network.parameters()).device)))
        if len(sizes) <= n_failures:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")
        return "done"

    network = torch.nn.Linear(2, 2, device="cpu")
    return network, attempt, sizes


def test_smaller_blocks_then_an_error_on_the_cpu():
    cpu, notices = torch.device("cpu"), []
    network, attempt, sizes = fail_until(1)
    assert run_within_memory(attempt, "try", network, cpu, notices.append) == "done"
    assert [size for size, _ in sizes] == [choose_block(cpu), choose_block(cpu) // 16]
    assert notices == ["The memory of cpu was not enough to try: trying again in smaller blocks."]
    network, attempt, sizes = fail_until(2)
    with pytest.raises(WorkerMemoryError, match="The memory of cpu was not enough to try"):
        run_within_memory(attempt, "try", network, cpu, notices.append, block=100)
    assert [size for size, _ in sizes] == [100, 6]


def test_smaller_blocks_then_the_cpu():
    """The network starts on a device without memory, which stands for a GPU; torch has it everywhere."""
    meta, notices = torch.device("meta"), []
    network, attempt, sizes = fail_until(2)
    moves = []
    network.to = lambda device: moves.append(str(device))  # meta tensors have no values to move
    assert run_within_memory(attempt, "try", network, meta, notices.append, block=3200) == "done"
    assert [size for size, _ in sizes] == [3200, 200, 3200]
    assert moves == ["cpu", "meta"]
    assert notices[1] == "The memory of meta was not enough to try: trying again on the cpu, which is slower."


def test_other_errors_come_through():
    def attempt(block: int) -> None:
        raise RuntimeError("something else")

    with pytest.raises(RuntimeError, match="something else"):
        run_within_memory(attempt, "try", torch.nn.Linear(2, 2), torch.device("cpu"), print)


def test_a_scan_starts_anew_after_memory_ran_out(tmp_path):
    """What the failed attempt had summed up is not counted twice, and the result says what happened."""
    model = load_model(write_tiny_bert(tmp_path, n_layers=3), device="cpu")
    expected = model.scan("MKTAYIAKQR" * 3)
    calls = []

    def fail_once(done: int, total: int) -> None:
        calls.append(done)
        if calls == [1, 2]:
            raise MemoryError

    notices = []
    scan = model.scan("MKTAYIAKQR" * 3, on_layer=fail_once, on_notice=notices.append)
    assert calls == [1, 2, 1, 2, 3]
    np.testing.assert_allclose(scan.received, expected.received, rtol=0, atol=1e-5)
    assert scan.metrics["entropy"].counts.tolist() == expected.metrics["entropy"].counts.tolist()
    assert scan.arcs.n_arcs == expected.arcs.n_arcs
    assert list(scan.notes) == notices
    assert "trying again in smaller blocks" in notices[0]
    calls.clear()
    with pytest.warns(UserWarning, match="smaller blocks"):
        arcs = model.arcs("MKTAYIAKQR" * 3, [HeadId(2, 1)], on_layer=fail_once)
    assert arcs.n_arcs == len(expected.arcs.select(HeadId(2, 1), 0.05)[0])
