"""A worker that answers with the maps that it is given, as scans and as single heads."""

from __future__ import annotations

import time
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from provis_core.app import App
from provis_core.errors import JobCancelledError
from provis_core.session.session import Session
from provis_core.session.settings import Settings
from provis_core.structures.chain import Chain
from provis_core.worker.wire.worker_messages import Progress
from tests.patience import PATIENCE

from .fakes import FakeViewer, FakeWorker, make_chain
from .toy_scans import make_scan

__all__ = ["EIGHT", "TWENTY", "MapWorker", "make_app", "make_hairpin", "make_maps", "wait"]

TWENTY, EIGHT = "ACDEFGACDEFGACDEFGAC", "GGACDEFG"


def make_hairpin() -> Chain:
    """Residue k lies 5 Å from residue 19 - k."""
    chain = make_chain(TWENTY)
    coords = chain.ca_coords.copy()
    coords[10:, 0] = coords[9::-1, 0]
    coords[10:, 1] = 5
    return replace(chain, ca_coords=coords)


def make_maps(n: int, seed: int = 0, shape: tuple[int, int] = (2, 2)) -> np.ndarray:
    """Maps (n_layers, n_heads, n, n) with sharp rows that sum to 0.9."""
    generator = np.random.default_rng(seed)
    return (generator.dirichlet(np.full(n, 0.15), (*shape, n)) * 0.9).astype(np.float32)


class _Held(Future):
    """Can be stopped while it runs, as the worker's futures can."""

    def __init__(self, label: str, cancelled: list[str]) -> None:
        super().__init__()
        self.set_running_or_notify_cancel()
        self._label = label
        self._cancelled = cancelled

    def cancel(self) -> bool:
        if self.done():
            return False
        self._cancelled.append(self._label)
        self.set_exception(JobCancelledError(f"{self._label} was stopped", "", "Ask again"))
        return True


class MapWorker(FakeWorker):
    """Has the maps (n_layers, n_heads, n, n) of each sequence; an exception in their place fails."""

    def __init__(self, folder: Path, answers, *, held: bool = False) -> None:
        super().__init__(folder, answers, held=held)
        self.cancelled: list[str] = []
        self.means: list[tuple] = []  # of each scan, the heads whose mean it is about
        self.asked: dict[str, list[_Held]] = {"scan": [], "map": []}

    def _scan(self, request, on_progress, on_notice):
        asked = (request.checkpoint, request.model, request.metrics, request.device, request.window or None)
        self.scans.append((request.sequence, *asked))
        self.means.append(request.heads)
        return self._ask("scan", on_progress)

    def _attention(self, request, on_progress, on_notice):
        asked = (request.checkpoint, request.model, (request.head, *request.others), request.device)
        self.requests.append((request.sequence, *asked))
        self.sparse.append((request.min_weight, request.window))
        return self._ask("map", on_progress)

    def _ask(self, kind: str, on_progress) -> Future:
        number = len(self.asked[kind])
        self.asked[kind].append(_Held(f"{kind} {number}", self.cancelled))
        on_progress(Progress(number, "layer 1 of 2", 0.5))
        if not self.held:
            self.release(kind, number)
        return self.asked[kind][number]

    def release(self, kind: str, number: int) -> None:
        """Answer a scan or a map."""
        future = self.asked[kind][number]
        sequence = (self.scans if kind == "scan" else self.requests)[number][0]
        maps = self.answers[sequence]
        if isinstance(maps, Exception):
            future.set_exception(maps)
        elif kind == "scan":
            if heads := self.means[number]:
                maps = np.mean([maps[head] for head in heads], axis=0)[None, None]
            scan = make_scan(maps, sequence, notes=("made in windows",) if self.cached else ())
            future.set_result(self.scan_result(number, sequence, scan))
        else:
            weights = np.mean([maps[head] for head in self.requests[number][3]], axis=0)
            future.set_result(self.result(number, sequence, weights))

    def cancel_all(self) -> int:
        return sum(future.cancel() for futures in self.asked.values() for future in futures)


def make_app(folder: Path, viewer: FakeViewer, worker: FakeWorker, model: Path) -> App:
    """With preferences of one test alone, among them a model."""
    settings = Settings(folder / "settings.json")
    settings.set("model", str(model))
    return App(viewer, settings, lambda _: worker)


def wait(session: Session[Any], left: int = 0) -> None:
    """Until at most some requests to the worker are awaited; what follows from the others is done."""
    asked = session.worker.asked

    def count_unanswered() -> int:
        return sum(not future.done() for futures in asked.values() for future in futures)

    end = time.monotonic() + PATIENCE
    while len(session.jobs) > count_unanswered() or any(f.done() for j in session.jobs for f in j.futures):
        assert time.monotonic() < end, [job.label for job in session.jobs]
        session.wait(timeout=0.01)
    assert count_unanswered() == left
