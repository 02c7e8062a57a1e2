"""What of the panel can be listened to."""

from __future__ import annotations

from typing import Final, Literal

__all__ = ["TOPICS", "Topic"]

Topic = Literal["chain", "scan", "grid", "head", "map", "drawing", "sites", "marks", "status", "options"]

TOPICS: Final[tuple[Topic, ...]] = (
    "chain", "scan", "grid", "head", "map", "drawing", "sites", "marks", "status", "options",
)  # fmt: skip
"""What can be listened to."""
