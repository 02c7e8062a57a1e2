"""The cylinders of the chosen heads of one chain, drawn anew at each change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from ..actions.drawing import style_chain
from ..annotations.annotation import Annotation
from ..attention.arcs import Arcs
from ..attention.edges import Edges
from ..attention.head_id import HeadId
from ..scenes.coloring import ColoredPairs, color_pairs
from ..scenes.draw_options import DrawOptions, choose_look
from ..scenes.scene import Scene
from ..targets.targets import Part
from ..viewers.viewer import Viewer
from .box import Box

__all__ = ["Drawings", "Values", "can_select"]

Values = npt.NDArray[np.float32] | Arcs
"""A whole attention map, or the strong pairs of many heads."""

_PALE: Final = np.array([0.55, 0.55, 0.55], dtype=np.float32)  # what is not in the box
_THIN: Final = 0.35


def can_select(values: Values | None, options: DrawOptions) -> bool:
    """Whether these values tell the pairs that the options ask for."""
    if values is None:
        return False
    if isinstance(values, Arcs):
        return options.direction != "mean" and options.min_attn >= values.min_weight
    return True


class Drawings:
    """What is drawn of some heads of one chain.

    Parameters
    ----------
    viewer : Viewer
    """

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._names: dict[HeadId, str] = {}

    @property
    def names(self) -> dict[HeadId, str]:
        """The object of each head that is drawn."""
        return dict(self._names)

    def draw(
        self,
        part: Part,
        edges: Mapping[HeadId, Edges],
        options: DrawOptions,
        known: Annotation | None = None,
        box: Box | None = None,
    ) -> str:
        """Draw some heads, each as ``provis_attn`` does, and remove the others that were drawn here.

        Parameters
        ----------
        part : Part
        edges : mapping of HeadId to Edges
        options : DrawOptions
        known : Annotation, optional
            What ``options.color_by`` names.
        box : Box, optional
            What is outside of it is drawn thin and grey.

        Returns
        -------
        str
            What the colours say.
        """
        chain, legends = part.chain, []
        shown = [head for head, one in edges.items() if one.n_edges]
        for head in [head for head in self._names if head not in shown]:
            self._viewer.clear(self._names.pop(head))
        for head in shown:
            if head not in self._names:
                (self._names[head],) = self._viewer.object_names([chain], head.label)
            own, pairs = choose_look(list(edges), head, options), edges[head]
            high = float(pairs.weight[0])
            colored = ColoredPairs(chain, part.sequence_map, pairs, known)
            (rgb,), legend = color_pairs([colored], own.color_by, own.palette, own.min_attn, high)
            scene = style_chain(self._names[head], chain, pairs, rgb, high, own)
            self._viewer.draw_scene(scene if box is None else _emphasise(scene, box))
            legends.append(
                legend if len(edges) == 1 else f"{own.palette.removeprefix('solid_')} {head.label}"
            )
        return ", ".join(legends)

    def clear(self) -> list[str]:
        """Remove what was drawn here; returns the names."""
        names = [name for drawn in self._names.values() for name in self._viewer.clear(drawn)]
        self._names.clear()
        return names

    def forget(self) -> None:
        """Leave what is drawn to the user."""
        self._names.clear()


def _emphasise(scene: Scene, box: Box) -> Scene:
    outside = ~box.holds(scene.edges)
    start_rgb, end_rgb = scene.start_rgb.copy(), scene.end_rgb.copy()
    start_rgb[outside] = end_rgb[outside] = _PALE
    radius = np.where(outside, scene.radius * np.float32(_THIN), scene.radius)
    return replace(scene, start_rgb=start_rgb, end_rgb=end_rgb, radius=radius)
