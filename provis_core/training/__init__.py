"""Training and evaluation of the bundled demonstration model.

A heavy room: torch, transformers, Biopython and scipy are imported in the modules
below, never by the light rooms. Run ``python -m provis_core.training --help``.
"""

from __future__ import annotations

__all__: list[str] = []
