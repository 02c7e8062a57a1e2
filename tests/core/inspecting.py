"""A worker that answers with what it is given, scans and single heads alike, and an inspector on it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from provis_core.explorer import AttentionExplorer
from provis_core.settings import Settings

from .fakes import FakeViewer, FakeWorker
from .toy_scans import make_scan

__all__ = ["MapWorker", "make_explorer", "make_maps", "wait"]


def make_maps(n: int, seed: int = 0, shape: tuple[int, int] = (2, 2)) -> np.ndarray:
    """Maps (n_layers, n_heads, n, n) with sharp rows that sum to less than 1."""
    generator = np.random.default_rng(seed)
    maps = generator.dirichlet(np.full(n, 0.15), (*shape, n)) * 0.9
    return maps.astype(np.float32)


class MapWorker(FakeWorker):
    """Has the maps of all heads, by the sequence; an exception in their place fails."""

    def submit_scan(self, sequence, *arguments, **options):
        answer = self.answers[sequence]
        kept = dict(self.answers)
        if not isinstance(answer, Exception):
            self.answers = {sequence: make_scan(answer, sequence)}
        try:
            return super().submit_scan(sequence, *arguments, **options)
        finally:
            self.answers = kept

    def result(self, number, sequence, weights=None):
        ((layer, head),) = self.requests[number][3]
        return super().result(number, sequence, self.answers[sequence][layer, head])


def make_explorer(tmp_path: Path, viewer: FakeViewer, worker: FakeWorker) -> AttentionExplorer:
    """With preferences of one test alone."""
    return AttentionExplorer(viewer, lambda settings: worker, Settings(tmp_path / "settings.json"))


def wait(explorer: AttentionExplorer) -> None:
    """Until nothing is awaited, also of what follows from what has come."""
    while explorer.jobs:
        assert explorer.wait(timeout=20)
