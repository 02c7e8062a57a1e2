"""A worker without torch: real process, real protocol, a made-up head that attends four residues ahead.

The name of the checkpoint's folder says how the model behaves: ``gate`` computes, with progress, until there
is a file ``open`` in the folder; ``hang`` computes for ever and is deaf to everything; any other is quick.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from provis_core.attention import HeadId
from provis_core.worker.server import serve


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
        while self._folder.name == "hang":
            pass
        while self._folder.name == "gate" and not (self._folder / "open").exists():
            on_layer(3, self.n_layers)
            time.sleep(0.05)
        n = len(sequence)
        weights = np.full((n, n), 0.1 / n, np.float32)
        ahead = np.arange(n - 4)
        weights[ahead, ahead + 4] = np.linspace(0.2, 0.9, n - 4)
        return dict.fromkeys(heads, weights)


if __name__ == "__main__":
    serve(lambda folder, device, dtype, name: FakeModel(folder), lambda folder: f"fingerprint of {folder}")
