"""The cylinders of the chosen heads of one chain, drawn anew at each change."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from ..actions.work.drawing import choose_edges, style_chain
from ..annotations.annotation import Annotation
from ..attention.edges import Edges
from ..attention.head_id import Head
from ..scenes.coloring import ColoredPairs, color_pairs
from ..scenes.draw_options import DrawOptions, choose_look
from ..scenes.scene import Scene
from ..targets.targets import Target
from ..viewers.viewer import Viewer
from .box import Box
from .supply import HeadSupply

__all__ = ["Cylinders"]

_PALE: Final = np.array([0.55, 0.55, 0.55], dtype=np.float32)  # what is not in the box
_THIN: Final = 0.35


class Cylinders:
    """What is drawn of some heads of one chain.

    Parameters
    ----------
    viewer : Viewer
    supply : HeadSupply
        Has the values of the heads, or asks for them.

    Attributes
    ----------
    edges : dict of HeadId or HeadSet to Edges
        The pairs of each head that is drawn.
    legend : str
        What their colours say.
    is_behind : bool
        Whether something has not come that is to be drawn.
    """

    def __init__(self, viewer: Viewer, supply: HeadSupply) -> None:
        self._viewer, self._supply = viewer, supply
        self._names: dict[Head, str] = {}  # of the objects in the viewer
        self.edges: dict[Head, Edges] = {}
        self.legend = ""
        self.is_behind = False

    def draw(
        self,
        target: Target,
        heads: tuple[Head, ...],
        options: DrawOptions,
        known: Annotation | None = None,
        box: Box | None = None,
    ) -> None:
        """Draw some heads, each as ``provis_attn`` does, and remove the others that were drawn here.

        Nothing is drawn until the values of all of them are there.

        Parameters
        ----------
        target : Target
        heads : tuple of HeadId or HeadSet
        options : DrawOptions
        known : Annotation, optional
            What ``options.color_by`` names.
        box : Box, optional
            What is outside of it is drawn thin and grey.
        """
        found = {head: self._supply.find(head, options) for head in heads}
        values = {head: one for head, one in found.items() if one is not None}
        self.is_behind = len(values) < len(found)
        if self.is_behind:
            return
        chain, legends = target.chain, []
        self.edges = {head: choose_edges(one, head, chain, target, options) for head, one in values.items()}
        shown = [head for head, one in self.edges.items() if one.n_edges]
        for head in [head for head in self._names if head not in shown]:
            self._viewer.clear(self._names.pop(head))
        for head in shown:
            if head not in self._names:
                (self._names[head],) = self._viewer.object_names([chain], head.label)
            own, pairs = choose_look(heads, head, options), self.edges[head]
            high = float(pairs.weight[0])
            colored = ColoredPairs(chain, target.sequence_map, pairs, known)
            (rgb,), legend = color_pairs([colored], own.color_by, own.palette, own.min_attn, high)
            scene = style_chain(self._names[head], chain, pairs, rgb, high, own)
            self._viewer.draw_scene(scene if box is None else _emphasise(scene, box))
            legends.append(
                legend if len(heads) == 1 else f"{own.palette.removeprefix('solid_')} {head.label}"
            )
        self.legend = ", ".join(legends)

    def clear(self) -> list[str]:
        """Remove what was drawn here; returns the names."""
        names = [name for drawn in self._names.values() for name in self._viewer.clear(drawn)]
        self.forget()
        return names

    def forget(self) -> None:
        """Leave what is drawn to the user."""
        self._names.clear()
        self.edges, self.legend = {}, ""


def _emphasise(scene: Scene, box: Box) -> Scene:
    outside = ~box.holds(scene.edges)
    start_rgb, end_rgb = scene.start_rgb.copy(), scene.end_rgb.copy()
    start_rgb[outside] = end_rgb[outside] = _PALE
    radius = np.where(outside, scene.radius * np.float32(_THIN), scene.radius)
    return replace(scene, start_rgb=start_rgb, end_rgb=end_rgb, radius=radius)
