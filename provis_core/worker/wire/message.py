"""What all that host and worker say to each other has in common."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Generic, TypeVar

__all__ = ["Answer", "AnswerT", "Message", "Request"]


@dataclass(frozen=True)
class Message:
    """Base of all messages; ``kind`` is the value of the key of the same name on the wire."""

    kind: ClassVar[str] = ""


@dataclass(frozen=True)
class Answer(Message):
    """Base of what ends a job well.

    Attributes
    ----------
    job : int
        Number of the job.
    """

    job: int = field(default=0, kw_only=True)


AnswerT = TypeVar("AnswerT", bound=Answer)


@dataclass(frozen=True)
class Request(Message, Generic[AnswerT]):
    """Base of what becomes a job; each kind is one file of `provis_core.worker.tasks`.

    Attributes
    ----------
    answer : type of Answer
        What answers it.
    job : int
        Number of the job; given when it is submitted.
    """

    answer: ClassVar[type[Answer]]
    job: int = field(default=0, kw_only=True)
