"""The cylinders of the chosen heads of one chain, drawn anew at each change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from ..arcs import Arcs
from ..attention import HeadId
from ..chain import Chain
from ..drawing import DrawOptions
from ..edges import Edges, select_edges, select_edges_from_arcs
from ..scene import Scene, style_edges
from ..sequence import SequenceMap
from ..viewer import Viewer

__all__ = ["HEAD_COLORS", "Box", "Drawings", "Values", "can_select", "select_pairs"]

Values = npt.NDArray[np.float32] | Arcs
"""A whole attention map, or the strong pairs of many heads."""

HEAD_COLORS: Final = (
    "solid_orange",
    "solid_sky",
    "solid_green",
    "solid_purple",
    "solid_vermillion",
    "solid_blue",
)
"""Palettes of heads that are shown together, in this order."""

_PALE: Final = np.array([0.55, 0.55, 0.55], dtype=np.float32)  # what is not in the box
_THIN: Final = 0.35


@dataclass(frozen=True)
class Box:
    """Two ranges of residues, as they are dragged in the map.

    Attributes
    ----------
    rows, columns : slice
        Residue indices of queries and keys, without step.
    """

    rows: slice
    columns: slice

    def holds(self, edges: Edges) -> npt.NDArray[np.bool_]:
        """Whether each pair is in the box; of undirected ones either way round."""
        forward = _inside(edges.query, self.rows) & _inside(edges.key, self.columns)
        if edges.direction == "directed":
            return forward
        return forward | (_inside(edges.key, self.rows) & _inside(edges.query, self.columns))


def can_select(values: Values | None, options: DrawOptions) -> bool:
    """Whether these values tell the pairs that the options ask for."""
    if values is None:
        return False
    if isinstance(values, Arcs):
        return options.direction != "mean" and options.min_attn >= values.min_weight
    return True


def select_pairs(
    values: Values,
    head: HeadId,
    chain: Chain,
    sequence_map: SequenceMap,
    inside: npt.NDArray[np.bool_],
    options: DrawOptions,
) -> Edges:
    """The pairs of one head that are drawn; see `provis_core.edges.select_edges`."""
    if isinstance(values, Arcs):
        return select_edges_from_arcs(
            values,
            head,
            chain,
            sequence_map,
            inside=inside,
            min_attn=options.min_attn,
            top=options.limit,
            min_sep=options.min_sep,
            direction=options.direction,
        )
    return select_edges(
        values,
        chain,
        sequence_map,
        inside=inside,
        min_attn=options.min_attn,
        top=options.limit,
        min_sep=options.min_sep,
        direction=options.direction,
    )


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
        self, chain: Chain, edges: Mapping[HeadId, Edges], options: DrawOptions, box: Box | None = None
    ) -> None:
        """Draw some heads on one scale of radius, and remove the others that were drawn here.

        Parameters
        ----------
        chain : Chain
        edges : mapping of HeadId to Edges
            The chosen head first.
        options : DrawOptions
        box : Box, optional
            What is outside of it is drawn thin and grey.
        """
        high = max((float(one.weight[0]) for one in edges.values() if one.n_edges), default=1.0)
        shown = [head for head, one in edges.items() if one.n_edges]
        for head in [head for head in self._names if head not in shown]:
            self._viewer.clear(self._names.pop(head))
        for head in shown:
            if head not in self._names:
                (self._names[head],) = self._viewer.object_names([chain], head.label)
            scene = style_edges(
                self._names[head],
                chain,
                edges[head],
                low=options.min_attn,
                high=high,
                palette=choose_palette(list(edges), head, options),
                radius=options.radius,
            )
            self._viewer.draw_scene(scene if box is None else _emphasise(scene, box))

    def clear(self) -> list[str]:
        """Remove what was drawn here; returns the names."""
        names = [name for drawn in self._names.values() for name in self._viewer.clear(drawn)]
        self._names.clear()
        return names

    def forget(self) -> None:
        """Leave what is drawn to the user."""
        self._names.clear()


def choose_palette(heads: Sequence[HeadId], head: HeadId, options: DrawOptions) -> str:
    """The palette of one of the heads that are shown together."""
    if len(heads) == 1:
        return options.palette
    return HEAD_COLORS[heads.index(head) % len(HEAD_COLORS)]


def _emphasise(scene: Scene, box: Box) -> Scene:
    outside = ~box.holds(scene.edges)
    start_rgb, end_rgb = scene.start_rgb.copy(), scene.end_rgb.copy()
    start_rgb[outside] = end_rgb[outside] = _PALE
    radius = np.where(outside, scene.radius * np.float32(_THIN), scene.radius)
    return replace(scene, start_rgb=start_rgb, end_rgb=end_rgb, radius=radius)


def _inside(indices: npt.NDArray[np.int64], part: slice) -> npt.NDArray[np.bool_]:
    return np.asarray((indices >= part.start) & (indices < part.stop))
