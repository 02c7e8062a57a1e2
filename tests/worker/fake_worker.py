"""A worker without torch: real process, real protocol, made-up models.

The name of the checkpoint's folder says how its model behaves. Started by the tests in place of
``provis_core.worker``; the variable ``FAKE_WORKER`` spoils the start itself.
"""

from __future__ import annotations

import os
import sys
import time
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from provis_core.attention.arcs import ArcsBuilder
from provis_core.attention.head_id import HeadId
from provis_core.attention.head_scan import HeadMetric, HeadScan, TopPairs
from provis_core.worker.serving.server import serve

_alive: weakref.WeakSet[FakeModel] = weakref.WeakSet()


class FakeModel:
    n_layers = 12
    n_heads = 4
    device = "cpu"
    dtype = "torch.float32"

    def __init__(self, behaviour: str) -> None:
        self.behaviour = behaviour
        self.n_bytes = 1_000_000 if behaviour.startswith("mega") else 1000
        _alive.add(self)

    def attend(
        self,
        sequence: str,
        heads: Sequence[HeadId],
        *,
        on_layer: Callable[[int, int], None],
        on_notice: Callable[[str], None],
    ) -> dict[HeadId, np.ndarray]:
        if self.behaviour == "notices":
            on_notice(MEMORY_NOTICE)
        self._run(on_layer)
        return {head: compute_fake_weights(sequence, head) for head in heads}

    def scan(
        self,
        sequence: str,
        metrics: Sequence[str],
        *,
        on_layer: Callable[[int, int], None],
        on_notice: Callable[[str], None],
        **options: float | None,
    ) -> HeadScan:
        if self.behaviour == "notices":
            on_notice(MEMORY_NOTICE)
        self._run(on_layer)
        return compute_fake_scan(sequence, metrics, self.n_layers, self.n_heads, **options)

    def _run(self, on_layer: Callable[[int, int], None]) -> None:
        act = _BEHAVIOURS.get(self.behaviour)
        for layer in range(self.n_layers):
            if act is not None:
                act(layer)
            if self.behaviour != "deaf" or layer == 0:  # it says that it has begun, and hears no more
                on_layer(layer + 1, self.n_layers)


MEMORY_NOTICE = "Memory ran out. Smaller blocks are used. Close other programs."


def compute_fake_weights(sequence: str, head: HeadId) -> np.ndarray:
    codes = np.frombuffer(sequence.encode(), np.uint8).astype(np.float32)
    weights = np.outer(codes, codes[::-1]) + head.layer * 100 + head.head
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


def compute_fake_scan(
    sequence: str,
    metrics: Sequence[str],
    n_layers: int = FakeModel.n_layers,
    n_heads: int = FakeModel.n_heads,
    *,
    min_weight: float = 0.05,
    top_pairs: float | None = True,
    window: float | None = None,
    overlap: float | None = None,
    heads: object = None,
) -> HeadScan:
    """Each residue attends to four others: 1/2, 1/4, 1/8, 1/16."""
    assert heads is None, "the mean of some heads has no fake"
    n_positions = len(sequence)
    builder = ArcsBuilder(n_layers, n_heads, n_positions, min_weight)
    query, step = (grid.ravel() for grid in np.mgrid[:n_positions, :4])
    weight = 0.5 ** (step + 1)
    keep = weight >= min_weight
    received = np.zeros((n_layers, n_heads, n_positions), np.float32)
    for layer, head in np.ndindex(n_layers, n_heads):
        key = (query + (step + 1) * (1 + layer + head)) % n_positions
        builder.add_heads(layer, [head])
        builder.add(layer, head, query[keep], key[keep], weight[keep])
        received[layer, head] = np.bincount(key, weight, n_positions)
    numbers = np.arange(n_layers * n_heads, dtype=float).reshape(n_layers, n_heads)
    i = np.tile(np.arange(2 * n_positions, dtype=np.int32) % n_positions, (n_layers, n_heads, 1))
    return HeadScan(
        model="fake",
        sequence=sequence,
        metrics={name: HeadMetric(numbers * len(name), numbers + 1, "bananas") for name in metrics},
        received=received,
        arcs=builder.build(),
        top_pairs=TopPairs(i, i, i.astype(np.float32)) if top_pairs else None,
        notes=() if window is None else (f"windows of {window}, overlap {overlap}",),
        windows=np.array([[0, n_positions]]),
    )


def _spin(layer: int) -> None:
    while True:
        pass


def _chatter(layer: int) -> None:
    while True:
        print("x" * 100)


def _crash(layer: int) -> None:
    if layer == 3:
        os.kill(os.getpid(), 9)


def _segfault(layer: int) -> None:
    import ctypes

    ctypes.string_at(0)


def _print(layer: int) -> None:
    print("a library says hello")
    os.write(1, b'{"kind": "result"}\n')
    os.system("echo a child says hello")


def _memory(layer: int) -> None:
    raise MemoryError


def _torch_memory(layer: int) -> None:
    raise RuntimeError("[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory: 9 TB")


def _needs_all(layer: int) -> None:
    if len(_alive) > 1:
        raise MemoryError


def _small_files(layer: int) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))


def _bug(layer: int) -> None:
    raise ZeroDivisionError("division by zero")


def _missing(layer: int) -> None:
    raise ModuleNotFoundError("No module named 'torch'", name="torch")


def _exit(layer: int) -> None:
    print("last words", file=sys.stderr, flush=True)
    os._exit(7)


def _huge(layer: int) -> None:
    np.empty((1 << 24, 1 << 24), np.float64)


def _broken_library(layer: int) -> None:
    raise ImportError("libcudart.so.12: cannot open shared object file")


def _own_import(layer: int) -> None:
    from provis_core.worker.serving.server import no_such_name  # noqa: F401


def _write_line(line: bytes) -> None:
    """Write past the protocol onto the real channel, as only a broken worker would."""
    os.write(_find_channel(), line + b"\n")


def _find_channel() -> int:
    """The worker's own copy of the stdout it was given: the other pipe that can be written."""
    import fcntl
    import stat

    kept = (0, 1, 2)
    for number in range(3, 64):
        try:
            is_pipe = stat.S_ISFIFO(os.fstat(number).st_mode)
            writable = fcntl.fcntl(number, fcntl.F_GETFL) & os.O_WRONLY
        except OSError:
            continue
        if is_pipe and writable and number not in kept:
            return number
    raise AssertionError("no channel")


def _some_garbage(layer: int) -> None:
    for number in range(8):
        _write_line(f"<garbage {number}>".encode() + b"\xff")


def _flood(layer: int) -> None:
    while True:
        _write_line(b"spam")


def _bad_message(layer: int) -> None:
    _write_line(b'{"kind": "surprise", "job": 1}')
    time.sleep(3600)


def _closed_stdout(layer: int) -> None:
    os.close(_find_channel())
    time.sleep(3600)


_BEHAVIOURS: dict[str, Callable[[int], None]] = {
    "slow": lambda layer: time.sleep(0.1),
    "deaf": lambda layer: time.sleep(0.05),
    "long_layers": lambda layer: time.sleep(1.0),
    "spin": _spin,
    "chatter": _chatter,
    "sleep": lambda layer: time.sleep(3600),
    "crash": _crash,
    "segfault": _segfault,
    "print": _print,
    "memory": _memory,
    "torch_memory": _torch_memory,
    "huge": _huge,
    "bug": _bug,
    "missing": _missing,
    "exit": _exit,
    "needs_all": _needs_all,
    "small_files": _small_files,
    "broken_library": _broken_library,
    "own_import": _own_import,
    "some_garbage": lambda layer: _some_garbage(layer) if layer == 0 else None,
    "flood": _flood,
    "bad_message": _bad_message,
    "closed_stdout": _closed_stdout,
}


def load_fake_model(
    folder: Path, device: str, dtype: str, name: str, on_stage: Callable[[str], None]
) -> FakeModel:
    on_stage(f"loading {name}")
    if folder.name == "load_crash":
        _crash(3)
    if folder.name == "load_sleep":
        time.sleep(3600)
    return FakeModel(folder.name)


def read_fake_fingerprint(folder: Path) -> str:
    weights = folder / "weights"
    return f"{folder.name} {weights.read_text() if weights.exists() else ''}"


if __name__ == "__main__":
    serve(load_fake_model, read_fake_fingerprint, float(os.environ.get("FAKE_BEAT", "3600")))
