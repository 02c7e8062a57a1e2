"""Choosing heads with mouse and keyboard: the same in the grid and among the small maps."""

from __future__ import annotations

from typing import Any

import numpy as np

from provis_core.scenes.colors import compute_colors

from .qt import Qt

__all__ = ["is_adding", "palette_color", "step_of"]


def step_of(key: Any) -> tuple[int, int] | None:
    """Layers and heads to go for an arrow key; layer 1 is on top. None for another key."""
    keys = Qt.Key
    steps = {
        keys.Key_Up: (-1, 0),
        keys.Key_Down: (1, 0),
        keys.Key_Left: (0, -1),
        keys.Key_Right: (0, 1),
        keys.Key_PageUp: (-4, 0),
        keys.Key_PageDown: (4, 0),
    }
    return steps.get(key)


def is_adding(event: Any) -> bool:
    """Whether a click shows a head besides those that are shown (Ctrl, on a Mac Command)."""
    return bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)


def palette_color(name: str) -> str:
    """The colour at the strong end of a palette, as ``#rrggbb``."""
    rgb = compute_colors(np.ones(1, np.float32), name, 0.0, 1.0)[0]
    return "#" + "".join(f"{round(255 * float(part)):02x}" for part in rgb)
