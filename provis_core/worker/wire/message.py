"""What all that host and worker say to each other has in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

__all__ = ["Message"]


@dataclass(frozen=True)
class Message:
    """Base of all messages; ``kind`` is the value of the key of the same name on the wire."""

    kind: ClassVar[str] = ""
