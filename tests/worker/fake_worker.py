"""A worker without torch: real process, real protocol, made-up models.

The name of the checkpoint's folder says how its model behaves. Started by the tests in place of
``provis_core.worker``; the variable ``FAKE_WORKER`` spoils the start itself.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from provis_core.attention import HeadId
from provis_core.worker.server import serve


class FakeModel:
    n_layers = 12
    n_heads = 4
    device = "cpu"
    dtype = "torch.float32"

    def __init__(self, behaviour: str) -> None:
        self.behaviour = behaviour
        self.n_bytes = 1_000_000 if behaviour.startswith("small") else 1000

    def attend(
        self, sequence: str, heads: Sequence[HeadId], *, on_layer: Callable[[int, int], None]
    ) -> dict[HeadId, np.ndarray]:
        act = _BEHAVIOURS.get(self.behaviour)
        for layer in range(self.n_layers):
            if act is not None:
                act(layer)
            on_layer(layer + 1, self.n_layers)
        return {head: compute_fake_weights(sequence, head) for head in heads}


def compute_fake_weights(sequence: str, head: HeadId) -> np.ndarray:
    codes = np.frombuffer(sequence.encode(), np.uint8).astype(np.float32)
    weights = np.outer(codes, codes[::-1]) + head.layer * 100 + head.head
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


def _spin(layer: int) -> None:
    while True:
        pass


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


def _bug(layer: int) -> None:
    raise ZeroDivisionError("division by zero")


def _missing(layer: int) -> None:
    raise ModuleNotFoundError("No module named 'torch'", name="torch")


def _exit(layer: int) -> None:
    print("last words", file=sys.stderr, flush=True)
    os._exit(7)


def _huge(layer: int) -> None:
    np.empty((1 << 24, 1 << 24), np.float64)


_BEHAVIOURS: dict[str, Callable[[int], None]] = {
    "slow": lambda layer: time.sleep(0.1),
    "hang": _spin,
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
}


def load_fake_model(folder: Path, device: str, dtype: str, name: str) -> FakeModel:
    return FakeModel(folder.name)


if __name__ == "__main__":
    serve(load_fake_model, lambda folder: f"fingerprint of {folder.name}")
