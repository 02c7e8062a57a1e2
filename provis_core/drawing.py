"""The use case behind ``provis_attn``: which chains, which head, and what of it becomes a scene."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from .attention import HeadId
from .chain import Chain
from .edges import Edges, check_options, select_edges
from .errors import ProvisError, StructureError
from .registry import ModelEntry
from .scene import check_style, style_edges
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
    palette: str = "blue_orange"
    radius: float = 0.4
    name: str = ""
    sele: str = ""

    @property
    def limit(self) -> int:
        """Number of pairs after which the weaker ones are left out."""
        return min(self.top, self.max_pairs) if self.top else self.max_pairs

    def check(self) -> None:
        """Raise `InputError` unless all of it can be used: before anything is computed."""
        check_options(self.min_attn, self.top, self.min_sep, self.direction)
        check_style(self.palette, self.radius)


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
        As it was when it was drawn.
    sequence_map : SequenceMap
    edges : Edges or None
        None where the chain failed.
    name : str
        Name of the object that was drawn; empty where nothing passed.
    removed : str
        Name of the earlier drawing that was removed, where nothing passed now.
    error : ProvisError or None
        Why the chain could not be done.
    """

    chain: Chain
    sequence_map: SequenceMap
    edges: Edges | None = None
    name: str = ""
    removed: str = ""
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
    high = max((float(d.edges.weight[0]) for d in done if d.edges and d.edges.n_edges), default=1.0)
    names = iter(viewer.object_names([d.chain for d in done if d.edges], head.label, options.name))
    drawn = [_draw(viewer, item, next(names), high, options) if item.edges else item for item in done]
    if options.sele:
        ends = [(d.chain, d.edges.residues.tolist()) for d in drawn if d.edges and d.edges.n_edges]
        viewer.select_residues(options.sele, ends)
    return drawn


def _select(
    viewer: Viewer, part: Part, values: npt.NDArray[np.float32] | ProvisError, options: DrawOptions
) -> DrawnChain:
    if isinstance(values, ProvisError):
        return DrawnChain(part.chain, part.sequence_map, error=values)
    try:
        chain = viewer.read_again(part.chain)  # it may have moved meanwhile
    except StructureError as error:
        return DrawnChain(part.chain, part.sequence_map, error=error)
    edges = select_edges(
        values,
        chain,
        part.sequence_map,
        inside=part.selected.inside,
        min_attn=options.min_attn,
        top=options.limit,
        min_sep=options.min_sep,
        direction=options.direction,
    )
    return DrawnChain(chain, part.sequence_map, edges)


def _draw(viewer: Viewer, item: DrawnChain, name: str, high: float, options: DrawOptions) -> DrawnChain:
    """Draw one chain, or remove its earlier drawing where nothing passes any more."""
    assert item.edges is not None
    if not item.edges.n_edges:
        return replace(item, removed=name if viewer.clear(name) else "")
    scene = style_edges(
        name,
        item.chain,
        item.edges,
        low=options.min_attn,
        high=high,
        palette=options.palette,
        radius=options.radius,
    )
    viewer.draw_scene(scene)
    return replace(item, name=name)
