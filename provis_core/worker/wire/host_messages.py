"""What the host says to the worker beside requests; see `provis_core.worker.protocol`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .message import Message

__all__ = ["Cancel", "Shutdown"]


@dataclass(frozen=True)
class Cancel(Message):
    """Host to worker: stop this job between two layers."""

    kind: ClassVar[str] = "cancel"
    job: int


@dataclass(frozen=True)
class Shutdown(Message):
    """Host to worker: end now."""

    kind: ClassVar[str] = "shutdown"
