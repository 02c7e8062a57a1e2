"""What the worker says to the host beside answers; see `provis_core.worker.protocol`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ...errors import ProvisError, error_from_name
from .message import Message

__all__ = ["Failure", "Hello", "Notice", "Progress"]


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
    seconds : float
        0 when a stage begins; then said again and again, as a sign of life.
    """

    kind: ClassVar[str] = "progress"
    job: int
    stage: str
    fraction: float
    seconds: float = 0.0

    @property
    def words(self) -> str:
        """The stage and its time, for the user."""
        return f"{self.stage}, {self.seconds:.0f} s" if self.seconds else self.stage


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
    is_sick : bool
        Whether the worker cannot be trusted any more, like one with a half imported library.
    """

    kind: ClassVar[str] = "failure"
    job: int
    error: str
    got: str
    need: str
    do: str
    details: str = ""
    is_sick: bool = False

    @classmethod
    def from_error(cls, job: int, error: ProvisError, details: str = "", *, is_sick: bool = False) -> Failure:
        """Put an error on the wire."""
        return cls(job, type(error).__name__, error.got, error.need, error.do, details, is_sick)

    def to_error(self) -> ProvisError:
        """Take the error off the wire."""
        return error_from_name(self.error, self.got, self.need, self.do)
