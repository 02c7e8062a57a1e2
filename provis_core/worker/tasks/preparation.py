"""What a model needs, imported before anyone waits for it."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from ...errors import InstallError
from ..wire.message import Answer
from ._running import Bench, BenchRequest, Report

__all__ = ["REQUEST", "PreparationReport", "PreparationRequest"]


@dataclass(frozen=True)
class PreparationReport(Answer):
    """Worker to host: the libraries are on their way."""

    kind: ClassVar[str] = "prepared"


@dataclass(frozen=True)
class PreparationRequest(BenchRequest[PreparationReport]):
    """Host to worker: somebody will ask for a model soon.

    Attributes
    ----------
    checkpoint : str
        Folder of the model that is most likely asked for; none of its weights are read.
    """

    kind: ClassVar[str] = "prepare"
    answer: ClassVar[type[PreparationReport]] = PreparationReport
    checkpoint: str

    def run(self, bench: Bench, report: Report) -> PreparationReport:
        """Begin to import torch and the model's class, on a thread: what is in the cache need not wait."""
        from ...checkpoints.config import read_config, read_family
        from ...models.libraries import import_network

        name = read_family(read_config(Path(self.checkpoint))).model_class

        def work() -> None:
            with contextlib.suppress(InstallError):  # told when it is needed
                import_network(name)

        threading.Thread(target=work, name="importing", daemon=True).start()
        return PreparationReport(job=self.job)


REQUEST = PreparationRequest
