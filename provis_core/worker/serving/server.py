"""The worker's main loop: takes requests, runs models, answers."""

from __future__ import annotations

import contextlib
import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NoReturn

import numpy as np
import numpy.typing as npt

from ... import __version__
from ...attention.head_id import HeadId, check_head
from ...system.paths import cache_dir
from ..host.endings import make_cancelled_error
from ..host.jobs import Answer, Request
from ..wire.host_messages import AttentionRequest, DoctorRequest, ScanRequest
from ..wire.protocol import PROTOCOL_VERSION
from ..wire.worker_messages import Hello, Notice, Progress, Result, ScanResult
from .cache import ResultCache
from .channel import Channel
from .failures import explain_failure, free_memory, is_out_of_memory
from .result_keys import make_arcs_key, make_key, make_scan_key
from .warm_models import LoadModel, Model, WarmModels, read_memory_limit

__all__ = ["Server", "serve"]

_PROGRESS_SECONDS = 0.1


def serve(load_model: LoadModel | None = None, fingerprint: Callable[[Path], str] | None = None) -> NoReturn:
    """Run a worker on this process's standard input and output until the host is gone.

    Parameters
    ----------
    load_model, fingerprint : callable, optional
        In place of those of `provis_core.models`, which are imported with the first job.
    """
    _lower_priority()
    Server(load_model or _load_model, fingerprint or _read_fingerprint).run()


def _lower_priority() -> None:
    """Let the viewer go first. On Windows the host has done it already."""
    with contextlib.suppress(OSError, AttributeError):
        os.nice(10)
    # Where Linux schedules sessions as one (autogroup), the worker's session counts, not its process
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text("10")


class Server:
    """Answers one request after the other.

    Parameters
    ----------
    load_model : LoadModel
    fingerprint : callable
        Of the checkpoint in a folder.
    """

    def __init__(self, load_model: LoadModel, fingerprint: Callable[[Path], str]) -> None:
        self._fingerprint = fingerprint
        self._identities: dict[Path, tuple[list[tuple[str, int, int]], str]] = {}
        self._models = WarmModels(load_model, read_memory_limit())
        self._cache = ResultCache(cache_dir() / "attention")
        self._channel = Channel(on_exit=self._cache.close)

    def run(self) -> NoReturn:
        """Say hello, then work until the process ends."""
        self._channel.send(Hello(PROTOCOL_VERSION, __version__, platform.python_version(), os.getpid()))
        self._channel.listen()
        while True:
            request = self._channel.receive()
            if isinstance(request, Request):
                self._channel.send(self._answer(request))
                self._cache.trim()

    def _answer(self, request: Request) -> Answer:
        try:
            self._report(request.job, "started", 0.0)
            if isinstance(request, DoctorRequest):
                from .doctor import diagnose

                return diagnose(request, self._cache, self._fingerprint)
            if isinstance(request, ScanRequest):
                return self._scan(request)
            return self._keep_arcs(request) if request.min_weight else self._attend(request)
        except Exception as error:  # noqa: BLE001 - whatever happens in a job, the worker answers
            failure = explain_failure(request, error)
            out_of_memory = is_out_of_memory(error)
        if not out_of_memory:
            return failure
        # Here the frames that held the tensors are gone.
        if not isinstance(request, DoctorRequest) and self._models.drop(but=Path(request.checkpoint)):
            free_memory()
            self._notify(
                request.job,
                "Memory ran out while other models were kept ready. They were dropped and "
                f"{request.model} is tried again. Set PROVIS_MODEL_MEMORY_GB to keep less.",
            )
            return self._answer(request)
        self._models.drop()
        free_memory()
        return failure

    def _attend(self, request: AttentionRequest) -> Result:
        started = time.monotonic()
        n_positions = len(request.sequence)
        fingerprint = self._identify(Path(request.checkpoint))
        heads = [HeadId(*head) for head in request.heads]
        keys = {
            head: make_key(request.sequence, fingerprint, head, device=request.device, dtype=request.dtype)
            for head in heads
        }
        paths = {head: self._cache.find(key, n_positions) for head, key in keys.items()}
        missing = [head for head, path in paths.items() if path is None]
        cached = tuple(paths[head] is not None for head in heads)
        device = dtype = ""
        if missing:
            model = self._get_model(request, fingerprint)
            device, dtype = _where(model)
            computed = self._compute(request, model, missing)
            for head in missing:
                paths[head] = self._cache.store(
                    keys[head], computed[head], partial(self._notify, request.job)
                )
        return Result(
            request.job,
            tuple(str(paths[head]) for head in heads),
            cached,
            time.monotonic() - started,
            device,
            dtype,
        )

    def _keep_arcs(self, request: AttentionRequest) -> Result:
        from ...models.windows import describe_windows, split_windows

        started = time.monotonic()
        n_positions = len(request.sequence)
        fingerprint = self._identify(Path(request.checkpoint))
        key = make_arcs_key(request, fingerprint)
        path = self._cache.find_arcs(key, n_positions)
        cached = path is not None
        device = dtype = ""
        if path is None:
            model = self._get_model(request, fingerprint)
            device, dtype = _where(model)
            arcs = model.arcs(
                request.sequence,
                [HeadId(*head) for head in request.heads],
                request.min_weight,
                window=request.window or None,
                on_layer=self._make_layer_report(request.job),
                on_notice=partial(self._notify, request.job),
            )
            path = self._cache.store_arcs(key, arcs, partial(self._notify, request.job))
        elif request.window and n_positions > request.window:  # said by the model where it ran
            self._notify(request.job, describe_windows(split_windows(n_positions, request.window)))
        return Result(request.job, (str(path),), (cached,), time.monotonic() - started, device, dtype)

    def _scan(self, request: ScanRequest) -> ScanResult:
        from ...models.scan import ScanPlan

        started = time.monotonic()
        plan = ScanPlan(request.metrics, None, request.min_weight, request.top_pairs)
        plan.check(len(request.sequence))
        request = replace(request, metrics=tuple(sorted(metric.name for metric in plan.find_metrics())))
        fingerprint = self._identify(Path(request.checkpoint))
        key = make_scan_key(request, fingerprint)
        path = self._cache.find_scan(key, request.sequence)
        cached = path is not None
        device = dtype = ""
        if path is None:
            model = self._get_model(request, fingerprint)
            device, dtype = _where(model)
            scan = model.scan(
                request.sequence,
                request.metrics,
                min_weight=request.min_weight,
                top_pairs=request.top_pairs,
                window=request.window or None,
                overlap=None if request.overlap == -1 else request.overlap,
                on_layer=self._make_layer_report(request.job),
                on_notice=partial(self._notify, request.job),
            )
            # a warm model keeps the name under which it was loaded
            scan = replace(scan, model=request.model)
            path = self._cache.store_scan(key, scan, partial(self._notify, request.job))
        return ScanResult(request.job, str(path), cached, time.monotonic() - started, device, dtype)

    def _get_model(self, request: AttentionRequest | ScanRequest, fingerprint: str) -> Model:
        return self._models.get(
            Path(request.checkpoint),
            fingerprint,
            request.device,
            request.dtype,
            request.model,
            on_load=lambda: self._report(request.job, f"loading {request.model}", 0.0),
            on_notice=partial(self._notify, request.job),
        )

    def _compute(
        self, request: AttentionRequest, model: Model, heads: Sequence[HeadId]
    ) -> dict[HeadId, npt.NDArray[np.float32]]:
        for head in heads:
            check_head(head, model.n_layers, model.n_heads, request.model)
        weights = model.attend(
            request.sequence,
            heads,
            on_layer=self._make_layer_report(request.job),
            on_notice=partial(self._notify, request.job),
        )
        return dict(weights)

    def _make_layer_report(self, job: int) -> Callable[[int, int], None]:
        """What a model calls after each layer; it ends a job that was cancelled."""
        last_report = 0.0

        def report_layer(n_done: int, n_layers: int) -> None:
            nonlocal last_report
            now = time.monotonic()
            if self._channel.is_cancelled(job):
                raise make_cancelled_error()
            if now - last_report >= _PROGRESS_SECONDS or n_done == n_layers:
                last_report = now
                self._report(job, f"layer {n_done} of {n_layers}", n_done / n_layers)

        return report_layer

    def _identify(self, folder: Path) -> str:
        """Fingerprint of a checkpoint, read again only when one of its files has changed."""
        try:
            with os.scandir(folder) as entries:
                stats = [(entry.name, entry.stat()) for entry in entries]
            state = sorted((name, stat.st_size, stat.st_mtime_ns) for name, stat in stats)
        except OSError:
            return self._fingerprint(folder)  # which says what is wrong
        if self._identities.get(folder, (None, ""))[0] != state:
            self._identities[folder] = (state, self._fingerprint(folder))
        return self._identities[folder][1]

    def _notify(self, job: int, text: str) -> None:
        self._channel.send(Notice(job, text))

    def _report(self, job: int, stage: str, fraction: float) -> None:
        if self._channel.is_cancelled(job):
            raise make_cancelled_error()
        self._channel.send(Progress(job, stage, fraction))


def _where(model: Model) -> tuple[str, str]:
    """Device and number format, as a result names them."""
    return str(model.device), str(model.dtype).removeprefix("torch.")


def _load_model(folder: Path, device: str, dtype: str, name: str) -> Model:
    from ...models import load_model

    return load_model(folder, device=device, dtype=dtype, name=name)


def _read_fingerprint(folder: Path) -> str:
    from ...checkpoints.files import fingerprint

    return fingerprint(folder)
