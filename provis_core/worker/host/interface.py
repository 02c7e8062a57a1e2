"""What the session needs of a worker; `provis_core.worker.host.client.WorkerClient` meets it. Types only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from typing import Protocol, TypedDict

from ..wire.worker_messages import DoctorReport, Notice, Progress, Result, ScanResult
from .client import Stage

__all__ = ["Callbacks", "Worker"]


class Callbacks(TypedDict):
    """What a request to the worker calls back, on its reader thread."""

    on_progress: Callable[[Progress], object]
    on_notice: Callable[[Notice], object]


class Worker(Protocol):
    """One worker, which is started with the first request."""

    @property
    def stage(self) -> Stage:
        """The worker's life stage."""

    @property
    def crash_report(self) -> str:
        """What is known about the last failure; empty where there was none."""

    def submit_attention(
        self,
        sequence: str,
        checkpoint: str,
        model: str,
        heads: Iterable[tuple[int, int]],
        device: str = "auto",
        dtype: str = "auto",
        *,
        min_weight: float = 0.0,
        window: int = 0,
        on_progress: Callable[[Progress], object] | None = None,
        on_notice: Callable[[Notice], object] | None = None,
    ) -> Future[Result]:
        """Ask for the attention of some heads, 0-based."""

    def submit_scan(
        self,
        sequence: str,
        checkpoint: str,
        model: str,
        metrics: Iterable[str] = ...,
        device: str = "auto",
        dtype: str = "auto",
        *,
        window: int | None = None,
        on_progress: Callable[[Progress], object] | None = None,
        on_notice: Callable[[Notice], object] | None = None,
    ) -> Future[ScanResult]:
        """Ask for all heads, each reduced to a few numbers and its strong pairs."""

    def submit_doctor(self, checkpoints: Mapping[str, str]) -> Future[DoctorReport]:
        """Ask what is installed."""

    def cancel_all(self) -> int:
        """Stop all jobs within a second; returns how many there were."""

    def close(self) -> None:
        """End the worker."""
