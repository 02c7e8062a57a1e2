"""The use case behind ``provis_attn``: which chains, which head, and what of it becomes a scene."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .attention import HeadId
from .chain import Chain
from .edges import Edges, select_edges
from .errors import ProvisError, StructureError
from .registry import ModelEntry
from .scene import Scene, style_edges
from .sequence import SequenceMap
from .viewer import SelectedChain, Viewer

__all__ = ["DrawOptions", "DrawnChain", "Part", "draw_parts"]


@dataclass(frozen=True)
class DrawOptions:
    """What of an attention map is drawn, and how.

    Attributes
    ----------
    min_attn, top, min_sep, direction
        See `provis_core.edges.select_edges`.
    max_pairs : int
        Largest number of pairs of one chain, whatever `top` says.
    palette, radius
        See `provis_core.scene.style_edges`.
    name : str
        Name of the object instead of the one made from object, chain and head; empty for that.
    sele : str
        Name of a selection of the residues at the ends; empty for none.
    """

    min_attn: float = 0.1
    top: int = 200
    min_sep: int = 1
    direction: str = "max"
    max_pairs: int = 20000
    palette: str = "viridis"
    radius: float = 0.5
    name: str = ""
    sele: str = ""

    @property
    def limit(self) -> int:
        """Number of pairs after which the weaker ones are left out."""
        return min(self.top, self.max_pairs) if self.top else self.max_pairs


@dataclass(frozen=True, eq=False)
class Part:
    """One chain of a command, with the sequence the model sees."""

    selected: SelectedChain
    sequence_map: SequenceMap

    @property
    def chain(self) -> Chain:
        """The chain."""
        return self.selected.chain


@dataclass(frozen=True, eq=False)
class DrawnChain:
    """What became of one chain.

    Attributes
    ----------
    chain : Chain
    sequence_map : SequenceMap
    edges : Edges or None
        None where the chain failed.
    name : str
        Name of the object that was drawn; empty where nothing passed.
    error : ProvisError or None
        Why the chain could not be done.
    """

    chain: Chain
    sequence_map: SequenceMap
    edges: Edges | None = None
    name: str = ""
    error: ProvisError | None = None


def draw_parts(
    viewer: Viewer,
    parts: Sequence[Part],
    weights: Sequence[npt.NDArray[np.float32] | ProvisError],
    model: ModelEntry,
    head: HeadId,
    options: DrawOptions,
) -> list[DrawnChain]:
    """Select, style and draw one head on some chains, on one scale of colour and radius.

    Parameters
    ----------
    viewer : Viewer
    parts : sequence of Part
    weights : sequence
        Per part its attention map, shape (n_positions, n_positions), or why there is none.
    model : ModelEntry
    head : HeadId
        0-based.
    options : DrawOptions

    Returns
    -------
    list of DrawnChain
        One per part, in order. A chain that fails does not hinder the others.
    """
    done = [_select(viewer, part, values, options) for part, values in zip(parts, weights, strict=True)]
    drawable = [item for item in done if item.edges is not None and item.edges.n_edges]
    high = max((item.edges.weight[0] for item in drawable if item.edges is not None), default=1.0)
    names = viewer.object_names([item.chain for item in drawable], head.label, options.name)
    scenes = [
        style_edges(
            name,
            item.chain,
            item.edges,
            low=options.min_attn,
            high=float(high),
            palette=options.palette,
            radius=options.radius,
        )
        for name, item in zip(names, drawable, strict=True)
        if item.edges is not None
    ]
    for scene in scenes:
        viewer.draw_scene(scene)
    if options.sele:
        viewer.select_residues(options.sele, [(s.chain, s.edges.residues.tolist()) for s in scenes])
    return [_with_name(item, scenes) for item in done]


def _select(
    viewer: Viewer, part: Part, values: npt.NDArray[np.float32] | ProvisError, options: DrawOptions
) -> DrawnChain:
    if not isinstance(values, ProvisError) and not viewer.has_object(part.chain.object_name):
        values = StructureError(
            f"{part.chain.object_name} was deleted or renamed while its attention was computed",
            "The object is needed under the name that it had",
            "Give the command again with the new name: the attention is kept and need not be computed again",
        )
    if isinstance(values, ProvisError):
        return DrawnChain(part.chain, part.sequence_map, error=values)
    edges = select_edges(
        values,
        part.chain,
        part.sequence_map,
        inside=part.selected.inside,
        min_attn=options.min_attn,
        top=options.limit,
        min_sep=options.min_sep,
        direction=options.direction,
    )
    return DrawnChain(part.chain, part.sequence_map, edges)


def _with_name(item: DrawnChain, scenes: Sequence[Scene]) -> DrawnChain:
    for scene in scenes:
        if scene.edges is item.edges:
            return DrawnChain(item.chain, item.sequence_map, item.edges, scene.name)
    return item
