"""What the worker says to the host; see `provis_core.worker.wire.protocol`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ...errors import ProvisError, error_from_name
from .message import Message

__all__ = ["DoctorReport", "Failure", "Hello", "Notice", "Progress", "Result", "ScanResult"]


@dataclass(frozen=True)
class Hello(Message):
    """The first line of a worker.

    Attributes
    ----------
    protocol : int
        `PROTOCOL_VERSION` of the worker's code.
    version : str
        ProVis version of the worker's code.
    python : str
        Python version, like ``"3.11.7"``.
    pid : int
    """

    kind: ClassVar[str] = "hello"
    protocol: int
    version: str
    python: str
    pid: int


@dataclass(frozen=True)
class Progress(Message):
    """Worker to host: how far a job is.

    Attributes
    ----------
    job : int
    stage : str
        In words: ``"loading provis_mini"``, ``"layer 3 of 12"``.
    fraction : float
        Done so far, 0 to 1.
    """

    kind: ClassVar[str] = "progress"
    job: int
    stage: str
    fraction: float


@dataclass(frozen=True)
class Notice(Message):
    """Worker to host: something the user must be told although the job goes on.

    Attributes
    ----------
    job : int
    text : str
        One or more whole sentences.
    """

    kind: ClassVar[str] = "notice"
    job: int
    text: str


@dataclass(frozen=True)
class Result(Message):
    """Worker to host: the attention is there.

    Attributes
    ----------
    job : int
    paths : tuple of str
        One ``.npy`` per head asked for, in that order: float32, (n_positions, n_positions). One ``.npz`` with
        the arcs of all heads where the request has a `min_weight`.
    cached : tuple of bool
        Whether it had been computed before.
    seconds : float
        Time in the worker, loading included.
    device, dtype : str
        What the model ran on; empty where nothing had to run.
    """

    kind: ClassVar[str] = "result"
    job: int
    paths: tuple[str, ...]
    cached: tuple[bool, ...]
    seconds: float
    device: str = ""
    dtype: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "paths", tuple(self.paths))
        object.__setattr__(self, "cached", tuple(self.cached))


@dataclass(frozen=True)
class ScanResult(Message):
    """Worker to host: the scan is there.

    Attributes
    ----------
    job : int
    path : str
        One ``.npz``, which `provis_core.worker.wire.result_files.load_scan` reads.
    cached : bool
        Whether it had been computed before.
    seconds : float
        Time in the worker, loading included.
    device, dtype : str
        What the model ran on; empty where nothing had to run.
    """

    kind: ClassVar[str] = "scan_result"
    job: int
    path: str
    cached: bool
    seconds: float
    device: str = ""
    dtype: str = ""


@dataclass(frozen=True)
class DoctorReport(Message):
    """Worker to host: the answer to a `DoctorRequest`.

    Attributes
    ----------
    job : int
    python : str
        Version and path.
    packages : dict of str to str
        Name to version of torch, transformers and the other libraries; empty where missing.
    devices : tuple of str
        What torch can use, best first.
    threads : int
    cache_dir : str
    cache_bytes : int
    problems : tuple of str
        Each with what to do.
    remarks : tuple of str
        What is good to know and hinders nothing.
    """

    kind: ClassVar[str] = "doctor_report"
    job: int
    python: str
    packages: dict[str, str]
    devices: tuple[str, ...]
    threads: int
    cache_dir: str
    cache_bytes: int
    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("devices", "problems", "remarks"):
            object.__setattr__(self, name, tuple(getattr(self, name)))


@dataclass(frozen=True)
class Failure(Message):
    """Worker to host: the job ended with an error.

    Attributes
    ----------
    job : int
    error : str
        Class name in `provis_core.errors`.
    got, need, do : str
        The three parts of the message.
    details : str
        Traceback where the error is a bug rather than a condition; empty else.
    """

    kind: ClassVar[str] = "failure"
    job: int
    error: str
    got: str
    need: str
    do: str
    details: str = ""

    @classmethod
    def from_error(cls, job: int, error: ProvisError, details: str = "") -> Failure:
        """Put an error on the wire."""
        return cls(job, type(error).__name__, error.got, error.need, error.do, details)

    def to_error(self) -> ProvisError:
        """Take the error off the wire."""
        return error_from_name(self.error, self.got, self.need, self.do)
