"""What requests have in common, and what they are given when they run in the worker."""

from __future__ import annotations

import hashlib
import json
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final, Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from ...attention.arcs import Arcs
from ...attention.head_id import HeadId, HeadSet
from ...attention.head_scan import HeadScan
from ..wire.message import Answer, AnswerT, Request
from ..wire.result_files import Result, check_seal

__all__ = ["Bench", "BenchRequest", "LoadedModel", "ModelRequest", "Report", "ResultAnswer", "make_digest"]

CACHE_FORMAT: Final = 1
"""Part of every key: raise it when the same question gets other numbers."""

ResultT_co = TypeVar("ResultT_co", covariant=True)


class LoadedModel(Protocol):
    """What the worker asks of a loaded model; `provis_core.models` has the real ones."""

    @property
    def n_layers(self) -> int: ...
    @property
    def n_heads(self) -> int: ...
    @property
    def n_bytes(self) -> int: ...
    @property
    def device(self) -> object: ...
    @property
    def dtype(self) -> object: ...

    def attend(
        self,
        sequence: str,
        heads: Sequence[HeadId],
        *,
        on_layer: Callable[[int, int], None],
        on_notice: Callable[[str], None],
    ) -> Mapping[HeadId, npt.NDArray[np.float32]]:
        """Weights (n_positions, n_positions) of each head.

        `on_layer` hears layers done and to do, `on_notice` sentences for the user.
        """

    def mean(
        self,
        sequence: str,
        heads: HeadSet,
        *,
        on_layer: Callable[[int, int], None],
        on_notice: Callable[[str], None],
    ) -> npt.NDArray[np.float32]:
        """Weights (n_positions, n_positions) of the mean of some heads."""

    def arcs(
        self,
        sequence: str,
        heads: Sequence[HeadId] | HeadSet,
        min_weight: float,
        *,
        window: int | None,
        on_layer: Callable[[int, int], None],
        on_notice: Callable[[str], None],
    ) -> Arcs:
        """The strong pairs of some heads; `on_notice` hears sentences."""

    def scan(
        self,
        sequence: str,
        metrics: Sequence[str],
        *,
        heads: HeadSet | None,
        min_weight: float,
        top_pairs: bool,
        window: int | None,
        overlap: int | None,
        on_layer: Callable[[int, int], None],
        on_notice: Callable[[str], None],
    ) -> HeadScan:
        """All heads, or the mean of some, as numbers and strong pairs; `on_notice` hears sentences."""


class Report(Protocol):
    """How a job that runs speaks to the host; each call ends a job that was cancelled."""

    def stage(self, text: str, fraction: float = 0.0) -> None:
        """Say what is being done, and how much of it is done, 0 to 1."""

    def layer(self, n_done: int, n_layers: int) -> None:
        """Say how many layers are done."""

    def notice(self, text: str) -> None:
        """Say whole sentences that the user must read."""


class Bench(Protocol):
    """What the worker has beside a model."""

    @property
    def cache_dir(self) -> Path:
        """Folder of the results."""

    def measure_cache(self) -> int:
        """Bytes in the folder of the results."""

    def fingerprint(self, folder: Path) -> str:
        """What identifies the checkpoint in a folder; a `ProvisError` tells what is wrong with it."""


@dataclass(frozen=True)
class BenchRequest(Request[AnswerT]):
    """Base of requests that need no model; nothing of them is kept."""

    @abstractmethod
    def run(self, bench: Bench, report: Report) -> AnswerT:
        """Do it, in the worker.

        Parameters
        ----------
        bench : Bench
        report : Report

        Returns
        -------
        Answer
        """


@dataclass(frozen=True)
class ResultAnswer(Answer, Generic[ResultT_co]):
    """Base of answers that are a file in the cache.

    Attributes
    ----------
    path : str
        The file.
    sequence : str
        What it is about.
    cached : bool
        Whether it had been computed before.
    seconds : float
        Time in the worker, loading included.
    device, dtype : str
        What the model ran on; empty where nothing had to run.
    """

    path: str
    sequence: str
    cached: bool
    seconds: float
    device: str = ""
    dtype: str = ""

    def load(self) -> ResultT_co:
        """Read the file.

        Raises
        ------
        CacheError
            If it is missing, damaged or of something else.
        """
        check_seal(self.path)
        return self.read()

    @abstractmethod
    def read(self) -> ResultT_co:
        """Read the file, which is as it was written; a `CacheError` tells that it is of something else."""


ResultAnswerT = TypeVar("ResultAnswerT", bound=ResultAnswer[Any])


@dataclass(frozen=True)
class ModelRequest(Request[ResultAnswerT], Generic[ResultAnswerT]):
    """Base of requests to a model about one sequence; each gives one result, which is kept in a file.

    Attributes
    ----------
    sequence : str
        Upper-case one-letter codes, ``X`` for unknown.
    checkpoint : str
        Folder with config, tokenizer and weights.
    model : str
        Name for messages.
    device : str
        ``"auto"``, ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ``"mps"``.
    dtype : str
        ``"auto"``, ``"float32"``, ``"bfloat16"`` or ``"float16"``.
    """

    answer: ClassVar[type[ResultAnswer[Any]]]
    sequence: str
    checkpoint: str
    model: str
    device: str = field(default="auto", kw_only=True)
    dtype: str = field(default="auto", kw_only=True)

    @property
    def device_kind(self) -> str:
        """The device without its number, which does not change the result."""
        return self.device.partition(":")[0]

    @property
    def suffix(self) -> str:
        """Ending of the name of the file: ``.npy`` for one array, ``.npz`` for several."""
        return ".npz"

    def check(self) -> ModelRequest[ResultAnswerT]:
        """The request as it counts; raises a `ProvisError` before the model is loaded if it cannot be met."""
        return self

    @abstractmethod
    def key(self, fingerprint: str) -> str:
        """Name of the result: a digest of all that the numbers depend on.

        Parameters
        ----------
        fingerprint : str
            Of the checkpoint: other weights have another one.

        Returns
        -------
        str
            SHA-256 in hexadecimal.
        """

    @abstractmethod
    def run(self, model: LoadedModel, report: Report) -> Result:
        """Compute the result, in the worker.

        Parameters
        ----------
        model : LoadedModel
        report : Report

        Returns
        -------
        Result
        """

    def recall(self, report: Report) -> None:
        """Say what the user must read though the result was there before."""


def make_digest(targets: list[Any]) -> str:
    """Digest of plain values, for a key."""
    return hashlib.sha256(json.dumps([CACHE_FORMAT, *targets]).encode("ascii")).hexdigest()
