"""A worker without torch: real process, real protocol, a made-up head that attends four residues ahead.

The name of the checkpoint's folder says how the model behaves: ``gate`` computes, with progress, until there
is a file ``open`` in the folder; ``hang`` computes for ever and is deaf to everything; ``sharp`` attends from
each residue to eight others, in each head to different ones; any other is quick.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from provis_core.attention.arcs import ArcsBuilder
from provis_core.attention.head_id import HeadId
from provis_core.attention.head_scan import HeadMetric, HeadScan
from provis_core.worker.serving.server import serve


class FakeModel:
    n_layers = 12
    n_heads = 4
    n_bytes = 1000
    device = "cpu"
    dtype = "torch.float32"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def attend(
        self,
        sequence: str,
        heads: Sequence[HeadId],
        *,
        on_layer: Callable[[int, int], None],
        on_notice: Callable[[str], None],
    ) -> dict[HeadId, np.ndarray]:
        self._wait(on_layer)
        return {head: self._weights(len(sequence), *head) for head in heads}

    def scan(
        self,
        sequence: str,
        metrics: Sequence[str],
        *,
        on_layer: Callable[[int, int], None],
        on_notice: Callable[[str], None],
        min_weight: float = 0.05,
        **_: object,
    ) -> HeadScan:
        self._wait(on_layer)
        builder = ArcsBuilder(self.n_layers, self.n_heads, len(sequence), min_weight)
        received = np.zeros((self.n_layers, self.n_heads, len(sequence)), np.float32)
        for layer in range(self.n_layers):
            builder.add_heads(layer, range(self.n_heads))
            for head in range(self.n_heads):
                weights = self._weights(len(sequence), layer, head)
                query, key = np.nonzero(weights >= min_weight)
                builder.add(layer, np.full(len(query), head), query, key, weights[query, key])
                received[layer, head] = weights.sum(axis=0)
        rows = np.full((self.n_layers, self.n_heads), float(len(sequence)))
        return HeadScan(
            model="",
            sequence=sequence,
            metrics={name: HeadMetric(0.5 * rows, rows, "share") for name in metrics},
            received=received,
            arcs=builder.build(),
            top_pairs=None,
            notes=(),
            windows=np.array([[0, len(sequence)]]),
        )

    def _weights(self, n: int, layer: int, head: int) -> np.ndarray:
        if self._folder.name != "sharp":
            return compute_weights(n)
        generator = np.random.default_rng(1000 * layer + head)
        weights = np.full((n, n), 0.1 / n, np.float32)
        keys = generator.integers(0, n, (n, 8))
        weights[np.arange(n)[:, None], keys] = generator.dirichlet(np.ones(8), n) * 0.9
        return weights

    def _wait(self, on_layer: Callable[[int, int], None]) -> None:
        while self._folder.name == "hang":
            pass
        while self._folder.name == "gate" and not (self._folder / "open").exists():
            on_layer(3, self.n_layers)
            time.sleep(0.05)


def compute_weights(n: int) -> np.ndarray:
    weights = np.full((n, n), 0.1 / n, np.float32)
    ahead = np.arange(n - 4)
    weights[ahead, ahead + 4] = np.linspace(0.2, 0.9, n - 4)
    return weights


if __name__ == "__main__":
    serve(lambda folder, *_: FakeModel(folder), lambda folder: f"fingerprint of {folder}")
