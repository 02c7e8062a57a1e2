"""Scenes and overlays on any chain, without a model."""

from __future__ import annotations

import numpy as np

from provis_core.attention.edges import Edges
from provis_core.scenes.scene import Overlay, Scene, style_edges
from provis_core.structures.chain import Chain

__all__ = ["make_overlay", "make_scene"]


def make_scene(name: str, chain: Chain, transparency: float = 0.0, look: str = "") -> Scene:
    """Three cylinders between the first, middle and last residue."""
    first, middle, last = 0, chain.n_residues // 2, chain.n_residues - 1
    edges = Edges(
        query=np.array([first, first, middle]),
        key=np.array([middle, last, last]),
        weight=np.array([0.9, 0.5, 0.2], dtype=np.float32),
        direction="max",
        n_passed=3,
        n_candidates=10,
        largest=0.9,
    )
    return style_edges(name, chain, edges, low=0.1, high=0.9, transparency=transparency, look=look)


def make_overlay(name: str, chain: Chain, residues: list[int], rgb: tuple[float, float, float]) -> Overlay:
    """Some residues in one colour, as sticks, and a dashed line between the first and the last."""
    colors = np.full((chain.n_residues, 3), np.nan, dtype=np.float32)
    colors[residues] = rgb
    sticks = np.zeros(chain.n_residues, dtype=bool)
    sticks[residues] = True
    return Overlay(
        name=name,
        chain=chain,
        rgb=colors,
        sticks=sticks,
        labels={residues[0]: "first"},
        dash_start=chain.ca_coords[residues[:1]],
        dash_end=chain.ca_coords[residues[-1:]],
        dash_rgb=np.array([rgb], dtype=np.float32),
    )
