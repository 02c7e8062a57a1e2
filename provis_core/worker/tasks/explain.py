"""Why a model says something about a sequence: the relevance of residues and heads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from ...attention.head_id import HeadId
from ...attention.relevance import RELEVANCE_FORMAT, Relevance
from ...errors import CacheError
from ...targets.predictions import Prediction
from ._running import LoadedModel, ModelRequest, Report, ResultAnswer, make_digest

__all__ = ["REQUEST", "ExplainRequest", "ExplainResult"]


@dataclass(frozen=True)
class ExplainResult(ResultAnswer[Relevance]):
    """Worker to host: the relevance is there."""

    kind: ClassVar[str] = "explain_result"

    def read(self) -> Relevance:
        """The relevance."""
        relevance = Relevance.load(self.path)
        if relevance.sequence != self.sequence:
            raise CacheError(
                f"The result {self.path} is about another sequence",
                "One about this chain is needed",
                "Run the command again, which computes it anew",
            )
        return relevance


@dataclass(frozen=True)
class ExplainRequest(ModelRequest[ExplainResult]):
    """Host to worker: why does the model say that?

    Attributes
    ----------
    prediction : str
        What is explained: `Prediction.to_json`.
    method : str
        Of `provis_core.attribution.methods`.
    baseline : str
        Of `provis_core.attribution.baselines`; empty for what suits method and model.
    steps : int
        Along the path; 0 for as many as it takes.
    head : tuple of int
        0-based layer and head of which the relevance is split by key; empty for none.
    """

    kind: ClassVar[str] = "explain"
    answer: ClassVar[type[ExplainResult]] = ExplainResult
    prediction: str
    method: str = "ig"
    baseline: str = ""
    steps: int = 0
    head: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "head", tuple(int(number) for number in self.head))

    def key(self, fingerprint: str) -> str:
        """Digest of the checkpoint with its readouts, and of the whole question."""
        from ...checkpoints.readouts import fingerprint_readouts

        question = [self.sequence, self.prediction, self.method, self.baseline, self.steps, self.head]
        readouts = fingerprint_readouts(Path(self.checkpoint))
        identity = [fingerprint, readouts, self.device_kind, self.dtype]
        return make_digest([self.kind, RELEVANCE_FORMAT, *identity, *question])

    def run(self, model: LoadedModel, report: Report) -> Relevance:
        """Explain; a warm model keeps its name, the result has the one that was asked for."""
        from dataclasses import replace

        from ...attribution.explain import explain

        loaded: Any = model

        def tell(done: int, total: int) -> None:
            report.stage(f"step {done} of {total}", done / total)

        relevance = explain(
            loaded,
            self.sequence,
            Prediction.from_json(self.prediction),
            method=self.method,
            baseline=self.baseline,
            steps=self.steps,
            head=HeadId(*self.head) if self.head else None,
            on_step=tell,
            on_notice=report.notice,
        )
        return replace(relevance, model=self.model)


REQUEST = ExplainRequest
