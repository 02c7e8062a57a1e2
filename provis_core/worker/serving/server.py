"""The worker's main loop: takes requests, runs models, answers."""

from __future__ import annotations

import os
import platform
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, Self

from ... import __version__
from ...system.paths import cache_dir
from ..host.endings import make_cancelled_error
from ..protocol import PROTOCOL_VERSION
from ..tasks import BenchRequest, ModelRequest, ResultAnswer
from ..wire.message import Answer, Request
from ..wire.worker_messages import Failure, Hello, Notice, Progress
from .cache import ResultCache
from .channel import Channel
from .failures import explain_failure, free_memory, is_out_of_memory
from .priority import LowPriority
from .warm_models import LoadModel, WarmModels, read_memory_limit

__all__ = ["Server", "serve"]

_PROGRESS_SECONDS = 0.1


def serve(
    load_model: LoadModel | None = None,
    fingerprint: Callable[[Path], str] | None = None,
    beat: float = 1.0,
) -> NoReturn:
    """Run a worker on this process's standard input and output until the host is gone.

    Parameters
    ----------
    load_model, fingerprint : callable, optional
        In place of those of `provis_core.models`, which are imported with the first job.
    beat : float
        Seconds between two signs of life while a job runs.
    """
    Server(load_model or _load_model, fingerprint or _read_fingerprint, beat).run()


class Server:
    """Answers one request after the other; the bench of requests that need no model.

    Parameters
    ----------
    load_model : LoadModel
    fingerprint : callable
        Of the checkpoint in a folder.
    beat : float
        Seconds between two signs of life while a job runs.
    """

    def __init__(self, load_model: LoadModel, fingerprint: Callable[[Path], str], beat: float = 1.0) -> None:
        self._beat = beat
        self.fingerprint = fingerprint
        self._identities: dict[Path, tuple[list[tuple[str, int, int]], str]] = {}
        self._models = WarmModels(load_model, read_memory_limit())
        self._low_priority = LowPriority()
        self._cache = ResultCache(cache_dir() / "attention")
        self._channel = Channel(on_exit=self._cache.close)

    @property
    def cache_dir(self) -> Path:
        """Folder of the results."""
        return self._cache.folder

    def measure_cache(self) -> int:
        """Bytes in the folder of the results."""
        return self._cache.measure()

    def run(self) -> NoReturn:
        """Say hello, then work until the process ends."""
        self._channel.send(Hello(PROTOCOL_VERSION, __version__, platform.python_version(), os.getpid()))
        self._channel.listen()
        while True:
            request = self._channel.receive()
            if isinstance(request, Request):
                self._channel.send(self._answer(request))
                self._cache.trim()

    def _answer(self, request: Request[Any]) -> Answer | Failure:
        with _Report(self._channel, request.job, self._beat) as report:
            return self._try(request, report)

    def _try(self, request: Request[Any], report: _Report) -> Answer | Failure:
        try:
            report.stage("started")
            if isinstance(request, BenchRequest):
                answer: Answer = request.run(self, report)
                return answer
            assert isinstance(request, ModelRequest)
            return self._find_or_run(request.check(), report)
        except Exception as error:  # noqa: BLE001 - whatever happens in a job, the worker answers
            failure = explain_failure(request, error)
            out_of_memory = is_out_of_memory(error)
        if not out_of_memory:
            return failure
        # Here the frames that held the tensors are gone.
        if isinstance(request, ModelRequest) and self._models.drop(but=Path(request.checkpoint)):
            free_memory()
            report.notice(
                "Memory ran out while other models were kept ready. They were dropped and "
                f"{request.model} is tried again. Set PROVIS_MODEL_MEMORY_GB to keep less."
            )
            return self._try(request, report)
        self._models.drop()
        free_memory()
        return failure

    def _find_or_run(self, request: ModelRequest[Any], report: _Report) -> Answer:
        """What all requests to a model have in common: identify, find, get the model, run, store."""
        started = time.monotonic()
        fingerprint = self._identify(Path(request.checkpoint))
        name = request.key(fingerprint) + request.suffix

        def make_answer(path: Path, device: str = "", dtype: str = "") -> ResultAnswer[Any]:
            values = (str(path), request.sequence, not device, time.monotonic() - started, device, dtype)
            return request.answer(*values, job=request.job)

        def load(path: Path) -> object:
            return make_answer(path).load()

        path = self._cache.find(name, load)
        if path is not None:
            request.recall(report)
            return make_answer(path)
        model = self._models.get(
            Path(request.checkpoint),
            fingerprint,
            request.device,
            request.dtype,
            request.model,
            on_stage=report.stage,
            on_notice=report.notice,
        )
        result = self._low_priority.run(lambda: request.run(model, report))
        path = self._cache.store(name, result, load, report.notice)
        return make_answer(path, str(model.device), str(model.dtype).removeprefix("torch."))

    def _identify(self, folder: Path) -> str:
        """Fingerprint of a checkpoint, read again only when one of its files has changed."""
        try:
            with os.scandir(folder) as entries:
                stats = [(entry.name, entry.stat()) for entry in entries]
            state = sorted((name, stat.st_size, stat.st_mtime_ns) for name, stat in stats)
        except OSError:
            return self.fingerprint(folder)  # which says what is wrong
        if self._identities.get(folder, (None, ""))[0] != state:
            self._identities[folder] = (state, self.fingerprint(folder))
        return self._identities[folder][1]


class _Report:
    """How a job speaks to the host; each call but a notice ends a job that was cancelled.

    While it is used as a context, it repeats each second what is being done, with the seconds that it takes:
    whoever waits sees that the worker lives.

    Parameters
    ----------
    channel : Channel
    job : int
    beat : float
        Seconds between two such signs of life.
    """

    def __init__(self, channel: Channel, job: int, beat: float) -> None:
        self._channel = channel
        self._job = job
        self._last_layer = 0.0
        self._beat = beat
        self._doing = ("", 0.0, time.monotonic())
        self._is_over = threading.Event()

    def __enter__(self) -> Self:
        threading.Thread(target=self._live, name="signs of life", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()

    def _live(self) -> None:
        while not self._is_over.wait(self._beat):
            text, fraction, since = self._doing
            self._channel.send(Progress(self._job, text, fraction, time.monotonic() - since))

    def stage(self, text: str, fraction: float = 0.0) -> None:
        """Say what is being done."""
        self._check_wanted()
        self._doing = (text, fraction, time.monotonic())
        self._channel.send(Progress(self._job, text, fraction))

    def layer(self, n_done: int, n_layers: int) -> None:
        """Say how many layers are done; not more often than anyone can read it."""
        self._check_wanted()
        now = time.monotonic()
        if now - self._last_layer >= _PROGRESS_SECONDS or n_done == n_layers:
            self._last_layer = now
            self.stage(f"layer {n_done} of {n_layers}", n_done / n_layers)

    def notice(self, text: str) -> None:
        """Say whole sentences."""
        self._channel.send(Notice(self._job, text))

    def _check_wanted(self) -> None:
        if self._channel.is_cancelled(self._job):
            raise make_cancelled_error()


def _load_model(folder: Path, device: str, dtype: str, name: str, on_stage: Callable[[str], None]) -> Any:
    from ...models import load_model

    return load_model(folder, device=device, dtype=dtype, name=name, on_stage=on_stage)


def _read_fingerprint(folder: Path) -> str:
    from ...checkpoints.files import fingerprint

    return fingerprint(folder)
