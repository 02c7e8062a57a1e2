"""What the classifiers of a checkpoint say of a sequence, beside a baseline."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from ...attention.class_logits import ClassLogits
from ...errors import CacheError
from ._running import LoadedModel, ModelRequest, Report, ResultAnswer, make_digest

__all__ = ["REQUEST", "ClassesRequest", "ClassesResult"]


@dataclass(frozen=True)
class ClassesResult(ResultAnswer[ClassLogits]):
    """Worker to host: the logits are there."""

    kind: ClassVar[str] = "classes_result"

    def read(self) -> ClassLogits:
        """The logits."""
        found = ClassLogits.load(self.path)
        if found.sequence != self.sequence:
            raise CacheError(
                f"The result {self.path} is about another sequence",
                "One about this chain is needed",
                "Run the command again, which computes it anew",
            )
        return found


@dataclass(frozen=True)
class ClassesRequest(ModelRequest[ClassesResult]):
    """Host to worker: which classes does the model give?

    Attributes
    ----------
    baseline : str
        Of `provis_core.attribution.baselines`; empty for the model's.
    """

    kind: ClassVar[str] = "classes"
    answer: ClassVar[type[ClassesResult]] = ClassesResult
    baseline: str = ""

    def key(self, fingerprint: str) -> str:
        """Digest of the checkpoint with its readouts, and of the question."""
        from ...checkpoints.readouts import fingerprint_readouts

        readouts = fingerprint_readouts(Path(self.checkpoint))
        identity = [fingerprint, readouts, self.device_kind, self.dtype]
        return make_digest([self.kind, *identity, self.sequence, self.baseline])

    def run(self, model: LoadedModel, report: Report) -> ClassLogits:
        """Compute the logits."""
        from ...attribution.classes import compute_classes

        loaded: Any = model
        report.stage("classes")
        return compute_classes(loaded, self.sequence, self.baseline)


REQUEST = ClassesRequest
