"""All heads over one sequence, or the mean of some, reduced to a few numbers and strong pairs."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import ClassVar

from ...attention.arcs import DEFAULT_MIN_WEIGHT
from ...attention.head_id import HeadId, HeadSet
from ...attention.head_scan import SCAN_FORMAT, HeadScan
from ..wire.result_files import load_scan
from ._running import LoadedModel, ModelRequest, Report, ResultAnswer, make_digest

__all__ = ["REQUEST", "ScanRequest", "ScanResult"]


@dataclass(frozen=True)
class ScanResult(ResultAnswer[HeadScan]):
    """Worker to host: the scan is there."""

    kind: ClassVar[str] = "scan_result"

    def read(self) -> HeadScan:
        """The scan."""
        return load_scan(self.path, self.sequence)


@dataclass(frozen=True)
class ScanRequest(ModelRequest[ScanResult]):
    """Host to worker: all heads over one sequence, each reduced to a few numbers and its strong pairs.

    Attributes
    ----------
    metrics : tuple of str
        Names of `provis_core.scoring.metrics`; their order does not matter.
    min_weight : float
        Smallest weight of the pairs that are kept.
    top_pairs : bool
        Whether to rank pairs after average product correction.
    window : int
        Residues of each window, for chains beyond the model's hard limit; 0 for one piece.
    overlap : int
        Residues that neighbouring windows share; -1 for half of a window.
    heads : tuple of (int, int)
        Heads (0-based) whose mean is scanned as if it were the only head; none for all heads by themselves.
    weights : tuple of float
        Of that mean; see `provis_core.attention.head_id.HeadSet`.
    """

    kind: ClassVar[str] = "scan"
    answer: ClassVar[type[ScanResult]] = ScanResult
    metrics: tuple[str, ...] = ("entropy", "special_tokens")
    min_weight: float = DEFAULT_MIN_WEIGHT
    top_pairs: bool = True
    window: int = 0
    overlap: int = -1
    heads: tuple[tuple[int, int], ...] = ()
    weights: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "metrics", tuple(self.metrics))
        object.__setattr__(self, "heads", tuple((int(layer), int(head)) for layer, head in self.heads))
        object.__setattr__(self, "weights", tuple(float(one) for one in self.weights))

    def check(self) -> ScanRequest:
        """With the metrics by their names, each once, sorted."""
        from ...models.scan import ScanPlan

        plan = ScanPlan(self.metrics, self.min_weight, self.top_pairs)
        plan.check()
        return replace(self, metrics=tuple(sorted(metric.name for metric in plan.find_metrics())))

    def key(self, fingerprint: str) -> str:
        """Digest of all but the job, the folder and the number of a device."""
        values = asdict(self)
        del values["job"], values["checkpoint"], values["device"], values["dtype"]
        if not self.heads:
            del values["heads"], values["weights"]
        values |= {"device": self.device_kind, "dtype": self.dtype}
        return make_digest([self.kind, SCAN_FORMAT, fingerprint, values])

    def run(self, model: LoadedModel, report: Report) -> HeadScan:
        """Scan; a warm model keeps the name under which it was loaded, the scan has the one asked for."""
        scan = model.scan(
            self.sequence,
            self.metrics,
            heads=HeadSet(tuple(HeadId(*one) for one in self.heads), self.weights) if self.heads else None,
            min_weight=self.min_weight,
            top_pairs=self.top_pairs,
            window=self.window or None,
            overlap=None if self.overlap == -1 else self.overlap,
            on_layer=report.layer,
            on_notice=report.notice,
        )
        return replace(scan, model=self.model)


REQUEST = ScanRequest
