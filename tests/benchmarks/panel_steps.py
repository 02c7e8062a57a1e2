"""What one step in the panel costs on PyMOL's thread, ours and PyMOL's own part of it, without a window.

    python tests/benchmarks/panel_steps.py [--residues 1000] [--layers 12] [--heads 12] [--cylinders 1000]

A chain of alanines with side chains is made in PyMOL, and a worker's scan and maps are made up: 30 pairs per
row with attention from 0.05 on. Every call of ours into PyMOL is timed; what is left of a step is our part.
Medians over 50 steps. The limits are those of the panel: a move of the slider with 1,000 cylinders 20 ms,
another head with cached data 150 ms in all. Painting the cylinders comes on top where there is a window.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from provis_core.app import App
from provis_core.attention.arcs import ArcsBuilder
from provis_core.attention.head_id import HeadId
from provis_core.attention.head_scan import HeadMetric, HeadScan
from provis_core.session.session import Session
from provis_core.session.settings import Settings
from provis_core.worker.host.interface import WorkerStage
from provis_core.worker.tasks.attention import AttentionResult
from provis_core.worker.tasks.preparation import PreparationRequest
from provis_core.worker.tasks.scan import ScanRequest, ScanResult
from provis_core.worker.wire.result_files import write_result
from provis_core.worker.wire.worker_messages import Progress

_PER_ROW = 30


class TimedCmd:
    """PyMOL's ``cmd`` that adds up the time of the calls that come through it."""

    def __init__(self, cmd: Any) -> None:
        self.cmd = cmd
        self.seconds = 0.0

    def __getattr__(self, name: str) -> Any:
        member = getattr(self.cmd, name)
        if not callable(member) or name.startswith("_"):
            return member

        def call(*arguments: Any, **options: Any) -> Any:
            start = time.perf_counter()
            try:
                return member(*arguments, **options)
            finally:
                self.seconds += time.perf_counter() - start

        return call


class MadeUpWorker:
    """Answers at once with a scan that is there; a map is written when it is first asked for."""

    stage, crash_report = WorkerStage.READY, ""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rng = np.random.default_rng(0)

    def submit(self, request: Any, *, on_progress: Any = None, **_: Any) -> Future[Any]:
        if isinstance(request, PreparationRequest):
            return _done(None)
        if isinstance(request, ScanRequest):
            on_progress(Progress(0, "layer 1", 0.5))
            return _done(ScanResult(str(self._folder / "scan.npz"), request.sequence, True, 0.0))
        layer, head = request.head
        path = self._folder / f"{layer}-{head}.npy"
        if not path.exists():
            n = len(request.sequence)
            write_result(path, self._rng.random((n, n), dtype=np.float32) * np.float32(0.05))
        return _done(AttentionResult(str(path), request.sequence, True, 0.0))

    def cancel_all(self) -> int:
        return 0

    def close(self) -> None:
        pass


def _done(value: Any) -> Future[Any]:
    future: Future[Any] = Future()
    future.set_result(value)
    return future


def _make_scan(sequence: str, shape: tuple[int, int], rng: np.random.Generator) -> HeadScan:
    n = len(sequence)
    builder = ArcsBuilder(*shape, n, 0.05)
    for layer in range(shape[0]):
        builder.add_heads(layer, range(shape[1]))
        for head in range(shape[1]):
            place = rng.choice(n * n, _PER_ROW * n, replace=False)
            weight = 0.05 + 0.9 * rng.random(len(place), dtype=np.float32) ** 2
            builder.add(layer, head, place // n, place % n, weight)
    rows = np.full(shape, float(n))
    metrics = {name: HeadMetric(rows * 0.1, rows, "share") for name in ("entropy", "special_tokens")}
    received = rng.random((*shape, n), dtype=np.float32)
    return HeadScan("made_up", sequence, metrics, received, builder.build(), None, (), np.array([[0, n]]))


def _wait(session: Session[Any]) -> None:
    while session.jobs:
        session.wait()


class Watch:
    """Times steps: ours, PyMOL's, and what was waited for between them."""

    def __init__(self, cmd: TimedCmd) -> None:
        self._cmd = cmd

    def measure(self, label: str, steps: list[Callable[[], object]], between: Callable[[], object]) -> float:
        """Median of our part in ms."""
        ours, theirs = [], []
        for step in steps:
            self._cmd.seconds = 0.0
            start = time.perf_counter()
            step()
            total = time.perf_counter() - start
            theirs.append(1e3 * self._cmd.seconds)
            ours.append(1e3 * total - theirs[-1])
            between()
        print(
            f"{label:44s} ours {np.median(ours):7.2f} ms (worst {max(ours):7.2f})"
            f"   PyMOL {np.median(theirs):7.2f} ms (worst {max(theirs):7.2f})"
        )
        return float(np.median(ours))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, default in (("residues", 1000), ("layers", 12), ("heads", 12), ("cylinders", 1000)):
        parser.add_argument(f"--{name}", type=int, default=default)
    given = parser.parse_args()
    import pymol
    import pymol2

    pymol.invocation.options.show_splash = 0
    pymol2.SingletonPyMOL().start()
    from plugin.viewers.pymol_viewer import PymolViewer

    cmd = TimedCmd(pymol.cmd)
    pymol.cmd.fab("A" * given.residues, "made", ss=1)
    pymol.cmd.alter("made", "chain='A'")
    pymol.cmd.pseudoatom("made", resn="LIG", resi="5000", chain="A", hetatm=1, pos=[0, 0, 0], elem="C")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PROVIS_HOME"] = folder
        worker = MadeUpWorker(Path(folder))
        settings = Settings(Path(folder) / "settings.json")
        viewer = PymolViewer(cmd)
        viewer.write = lambda text: None  # type: ignore[method-assign]
        app = App(viewer, settings, lambda _: worker)  # type: ignore[arg-type]
        session, inspector = app.session, app.inspector
        sizes = (given.layers, given.heads)
        model = inspector.entry, _with_sizes(inspector.config, *sizes)
        inspector.sight = replace(inspector.sight, model=model)
        watch = Watch(cmd)
        _make_scan("A" * given.residues, sizes, np.random.default_rng(0)).save(Path(folder) / "scan.npz")
        begin = time.perf_counter()
        watch.measure(
            "open (chain, atoms, requests)", [lambda: inspector.open("made")], lambda: _wait(session)
        )
        print(f"{'until nothing is awaited':44s} {1e3 * (time.perf_counter() - begin):7.0f} ms in all")
        inspector.choose.head(HeadId(0, 0))
        inspector.choose.options(top=given.cylinders, min_attn=0.06)
        _wait(session)
        assert inspector.readings.edges is not None
        print(f"{inspector.readings.edges.n_edges} cylinders, {inspector.readings.edges.n_passed} pairs pass")

        def nothing() -> None:
            pass

        moves = [lambda k=k: inspector.choose.options(min_attn=0.06 + 0.002 * k) for k in range(50)]
        slider = watch.measure("a move of the slider", moves, nothing)
        watch.measure("the slider comes to rest", [inspector.settle] * 20, nothing)
        inspector.choose.options(min_attn=0.06)
        heads = [HeadId(*divmod(k, given.heads)) for k in range(min(40, given.layers * given.heads))]
        for head in heads:  # so that all is cached
            inspector.choose.head(head)
            _wait(session)
        switch = watch.measure(
            "another head (drawn from the scan)",
            [lambda head=head: inspector.choose.head(head) for head in heads],
            lambda: _wait(session),
        )
        inspector.choose.head(heads[0])
        _wait(session)
        made = inspector.readings._made
        for name, what in (
            ("pair rows", "pair_rows"),
            ("profile, map read anew", "profile"),
            ("site rows", "site_rows"),
        ):
            watch.measure(name, [lambda what=what: getattr(inspector.readings, what)] * 10, made.clear)
        watch.measure("pair rows, again", [lambda: inspector.readings.pair_rows] * 10, nothing)
        pymol.cmd.select("sele", f"made and resi 1-{given.residues // 2}")
        inspector.read_marks()
        watch.measure("look at the selection, unchanged", [inspector.read_marks] * 20, nothing)
        marks = [f"made and resi {k}-{k + given.residues // 2}" for k in range(20)]
        selections = iter(marks[1:])
        watch.measure(
            "look at the selection, changed",
            [inspector.read_marks] * 18,
            lambda: pymol.cmd.select("sele", next(selections)),
        )
        boxes = [lambda k=k: inspector.choose.box(slice(k, k + 200), slice(300, 600)) for k in range(10)]
        watch.measure("a box of 200 x 300 residues", boxes, nothing)
        watch.measure("the state as text", [inspector.watch.keep] * 20, nothing)
        inspector.close()
        _wait(session)
        app.close()
    for label, value, limit in (("slider", slider, 20), ("head", switch, 150)):
        print(f"{label}: our part {value:.1f} ms, limit {limit} ms: {'met' if value < limit else 'NOT MET'}")


def _with_sizes(config: Any, n_layers: int, n_heads: int) -> Any:

    return replace(config, n_layers=n_layers, n_heads=n_heads)


if __name__ == "__main__":
    main()
