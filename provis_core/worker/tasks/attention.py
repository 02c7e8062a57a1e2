"""The attention of one head, or the mean of some, over one sequence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ...attention.arcs import Arcs
from ...attention.head_id import HeadId, HeadSet, check_head
from ..wire.result_files import Result, Weights, load_arcs, load_weights
from ._running import LoadedModel, ModelRequest, Report, ResultAnswer, make_digest

__all__ = ["REQUEST", "AttentionRequest", "AttentionResult"]

_ARCS = ".npz"


@dataclass(frozen=True)
class AttentionResult(ResultAnswer["Weights | Arcs"]):
    """Worker to host: the attention is there, as a map or as its strong pairs."""

    kind: ClassVar[str] = "attention_result"

    def read(self) -> Weights | Arcs:
        """The map, memory-mapped, or the pairs where the request has a `min_weight`."""
        load = load_arcs if self.path.endswith(_ARCS) else load_weights
        return load(self.path, len(self.sequence))


@dataclass(frozen=True)
class AttentionRequest(ModelRequest[AttentionResult]):
    """Host to worker: the attention of one head, or the mean of some, over one sequence.

    Attributes
    ----------
    head : (int, int)
        0-based layer and head.
    min_weight : float
        0 for the whole map; else only the pairs with at least this weight are kept, as `Arcs`, in memory for
        these pairs rather than for all.
    window : int
        Residues of each window, for chains beyond the model's hard limit; 0 for one piece. Only with a
        `min_weight`.
    others : tuple of (int, int)
        Further heads: the mean of all of them is meant.
    weights : tuple of float
        Of that mean; see `provis_core.attention.head_id.HeadSet`.
    """

    kind: ClassVar[str] = "attention"
    answer: ClassVar[type[AttentionResult]] = AttentionResult
    head: tuple[int, int]
    min_weight: float = 0.0
    window: int = 0
    others: tuple[tuple[int, int], ...] = ()
    weights: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        layer, head = self.head
        object.__setattr__(self, "head", (int(layer), int(head)))
        object.__setattr__(self, "others", tuple((int(layer), int(head)) for layer, head in self.others))
        object.__setattr__(self, "weights", tuple(float(one) for one in self.weights))

    @property
    def suffix(self) -> str:
        """``.npy`` for a map, ``.npz`` for pairs."""
        return _ARCS if self.min_weight else ".npy"

    def key(self, fingerprint: str) -> str:
        """Digest of the checkpoint, the head, the device, the sequence, and of what is kept."""
        if not (self.min_weight or self.others):
            return make_digest([fingerprint, *self.head, self.device_kind, self.dtype, self.sequence])
        values = {
            "sequence": self.sequence,
            "heads": [self.head, *self.others],
            "device": self.device_kind,
            "dtype": self.dtype,
            "min_weight": self.min_weight,
            "window": self.window,
        }
        return make_digest(
            ["mean", fingerprint, values, self.weights] if self.others else ["arcs", fingerprint, values]
        )

    def run(self, model: LoadedModel, report: Report) -> Result:
        """Compute the map, or its strong pairs."""
        head = HeadId(*self.head)
        check_head(head, model.n_layers, model.n_heads, self.model)
        several = (
            HeadSet((head, *(HeadId(*one) for one in self.others)), self.weights) if self.others else None
        )
        if not self.min_weight and several is not None:
            return model.mean(self.sequence, several, on_layer=report.layer, on_notice=report.notice)
        if not self.min_weight:
            return model.attend(self.sequence, [head], on_layer=report.layer, on_notice=report.notice)[head]
        return model.arcs(
            self.sequence,
            several or [head],
            self.min_weight,
            window=self.window or None,
            on_layer=report.layer,
            on_notice=report.notice,
        )

    def recall(self, report: Report) -> None:
        """Say how the windows lie, as the model does where it runs."""
        from ...models.windows import describe_windows, split_windows

        if 0 < self.window < len(self.sequence):
            report.notice(describe_windows(split_windows(len(self.sequence), self.window)))


REQUEST = AttentionRequest
