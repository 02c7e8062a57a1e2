"""Pseudobonds (``.pb``): the pairs as cylinders that ChimeraX opens by itself, coloured by weight."""

from __future__ import annotations

from typing import IO, Any, Final

import numpy as np

from ...scenes.colors import compute_colors
from ...scenes.scene import compute_radii
from ..tables import Table
from ._specifiers import describe_model_note, read_pairs

__all__ = ["SUFFIXES", "write"]

SUFFIXES: Final = (".pb",)


def write(file: IO[bytes], suffix: str, table: Table) -> None:
    """Write one line per pair, with its radius before it."""
    pairs = read_pairs(table, suffix)
    options: dict[str, Any] = dict(table.about.get("options") or {})
    weights = np.array([weight for _, _, weight in pairs], dtype=np.float32)
    low, high = float(options.get("min_attn", 0.0)), float(weights.max(initial=0.0)) or 1.0
    rgb = compute_colors(weights, str(options.get("palette") or "blue_orange"), low, high)
    radii = compute_radii(weights, low, high, float(options.get("radius", 0.4)))
    lines = ["; halfbond = false", "; dashes = 0"]
    lines[:0] = describe_model_note(table, ";")
    for (first, second, _), radius, color in zip(pairs, radii.tolist(), rgb, strict=True):
        hexadecimal = "".join(f"{round(255 * float(value)):02x}" for value in color)
        lines += [f"; radius = {radius:.3f}", f"{first}@CA {second}@CA #{hexadecimal}"]
    file.write("\n".join([*lines, ""]).encode())
