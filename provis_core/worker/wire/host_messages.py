"""What the host says to the worker; see `provis_core.worker.wire.protocol`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from ...attention.arcs import DEFAULT_MIN_WEIGHT
from .message import Message

__all__ = ["AttentionRequest", "Cancel", "DoctorRequest", "ScanRequest", "Shutdown"]


@dataclass(frozen=True)
class AttentionRequest(Message):
    """Host to worker: the attention of some heads over one sequence.

    Attributes
    ----------
    job : int
    sequence : str
        Upper-case one-letter codes, ``X`` for unknown.
    checkpoint : str
        Folder with config, tokenizer and weights.
    model : str
        Name for messages.
    heads : tuple of (int, int)
        0-based layer and head; all are computed in one pass.
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ``"mps"``.
    dtype : str
        ``"auto"``, ``"float32"``, ``"bfloat16"`` or ``"float16"``.
    min_weight : float
        0 for whole maps; else only the pairs with at least this weight are kept, as `Arcs` of all heads in
        one file, in memory for these pairs rather than for all.
    window : int
        Residues of each window, for chains beyond the model's hard limit; 0 for one piece. Only with a
        `min_weight`.
    """

    kind: ClassVar[str] = "attention"
    job: int
    sequence: str
    checkpoint: str
    model: str
    heads: tuple[tuple[int, int], ...]
    device: str = "auto"
    dtype: str = "auto"
    min_weight: float = 0.0
    window: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "heads", tuple((int(layer), int(head)) for layer, head in self.heads))


@dataclass(frozen=True)
class ScanRequest(Message):
    """Host to worker: all heads over one sequence, each reduced to a few numbers and its strong pairs.

    Attributes
    ----------
    job : int
    sequence : str
        Upper-case one-letter codes, ``X`` for unknown.
    checkpoint : str
        Folder with config, tokenizer and weights.
    model : str
        Name for messages and for the scan.
    metrics : tuple of str
        Names of `provis_core.scoring.metrics` that need no property; their order does not matter.
    min_weight : float
        Smallest weight of the pairs that are kept.
    top_pairs : bool
        Whether to rank pairs after average product correction.
    window : int
        Residues of each window, for chains beyond the model's hard limit; 0 for one piece.
    overlap : int
        Residues that neighbouring windows share; -1 for half of a window.
    device, dtype : str
        As in `AttentionRequest`.
    """

    kind: ClassVar[str] = "scan"
    job: int
    sequence: str
    checkpoint: str
    model: str
    metrics: tuple[str, ...] = ("entropy", "special_tokens")
    min_weight: float = DEFAULT_MIN_WEIGHT
    top_pairs: bool = True
    window: int = 0
    overlap: int = -1
    device: str = "auto"
    dtype: str = "auto"

    def __post_init__(self) -> None:
        object.__setattr__(self, "metrics", tuple(self.metrics))


@dataclass(frozen=True)
class DoctorRequest(Message):
    """Host to worker: what is installed, and what is wrong with it.

    Attributes
    ----------
    job : int
    checkpoints : dict of str to str
        Name to folder of the checkpoints to check.
    """

    kind: ClassVar[str] = "doctor"
    job: int
    checkpoints: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Cancel(Message):
    """Host to worker: stop this job between two layers."""

    kind: ClassVar[str] = "cancel"
    job: int


@dataclass(frozen=True)
class Shutdown(Message):
    """Host to worker: end now."""

    kind: ClassVar[str] = "shutdown"
