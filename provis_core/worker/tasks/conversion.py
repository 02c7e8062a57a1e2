"""A finetuned checkpoint of another layout, converted once into a folder of the store."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from ..wire.message import Answer
from ._running import Bench, BenchRequest, Report

__all__ = ["REQUEST", "ConversionReport", "ConversionRequest"]


@dataclass(frozen=True)
class ConversionReport(Answer):
    """Worker to host: where the converted model is.

    Attributes
    ----------
    folder : str
    """

    kind: ClassVar[str] = "converted"
    folder: str


@dataclass(frozen=True)
class ConversionRequest(BenchRequest[ConversionReport]):
    """Host to worker: convert a Lightning checkpoint (`provis_core.models.conversion`).

    Attributes
    ----------
    path : str
        The ``.ckpt``.
    encoder : str
        Folder of the checkpoint that it was finetuned from.
    name : str
        Of the new model.
    labels : tuple of str
        Files that name the classes.
    """

    kind: ClassVar[str] = "convert"
    answer: ClassVar[type[ConversionReport]] = ConversionReport
    path: str
    encoder: str
    name: str
    labels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", tuple(self.labels))

    def run(self, bench: Bench, report: Report) -> ConversionReport:
        """Convert it."""
        from ...models.conversion import convert_checkpoint

        labels = [Path(one) for one in self.labels]
        folder = convert_checkpoint(Path(self.path), Path(self.encoder), self.name, labels, report.stage)
        return ConversionReport(str(folder), job=self.job)


REQUEST = ConversionRequest
