"""The use case behind ``provis_attn``: which chains, which head, and what of it becomes a scene."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ...annotations.annotation import Annotation
from ...attention.arcs import Arcs
from ...attention.edges import Edges, select_edges, select_edges_from_arcs
from ...attention.head_id import Head
from ...errors import ProvisError, StructureError
from ...scenes.coloring import ColoredPairs, color_pairs
from ...scenes.draw_options import DrawOptions
from ...scenes.scene import Scene, style_edges
from ...structures.chain import Chain
from ...structures.sequence import SequenceMap
from ...targets.targets import Target, read_chains_again
from ...viewers.viewer import Viewer

__all__ = [
    "DrawnChain",
    "choose_edges",
    "draw_targets",
    "select_pairs",
    "style_chain",
    "style_drawn",
]


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
    legend : str
        What the colours of the command say.
    hidden : tuple of str
        Names of earlier drawings that are hidden, not deleted, since they have the same colours.
    """

    chain: Chain
    sequence_map: SequenceMap
    edges: Edges | None = None
    name: str = ""
    removed: str = ""
    error: ProvisError | None = None
    legend: str = ""
    hidden: tuple[str, ...] = ()


def draw_targets(
    viewer: Viewer,
    targets: Sequence[Target],
    weights: Sequence[npt.NDArray[np.float32] | Arcs | ProvisError],
    head: Head,
    options: DrawOptions,
    annotations: Sequence[Annotation | None] = (),
) -> list[DrawnChain]:
    """Select, style and draw one head on some chains, on one scale of colour and radius.

    Parameters
    ----------
    viewer : Viewer
    targets : sequence of Target
    weights : sequence
        Per target its attention map, shape (n_positions, n_positions), or its strong pairs where that is what
        was kept, or why there is none.
    head : HeadId or HeadSet
        0-based.
    options : DrawOptions
    annotations : sequence of Annotation or None
        Per target what `color_by` names; empty where the colours need none.

    Returns
    -------
    list of DrawnChain
        One per target, in order. A chain that fails does not hinder the others.
    """
    known = annotations or [None] * len(targets)
    chains = read_chains_again(viewer, [target.chain for target in targets])  # they may have moved meanwhile
    done = [
        select_pairs(target, chain, values, head, options)
        for target, chain, values in zip(targets, chains, weights, strict=True)
    ]
    names = viewer.object_names([d.chain for d in done if d.edges], head.label, options.name)
    pairs = [
        ColoredPairs(d.chain, d.sequence_map, d.edges, item)
        for d, item in zip(done, known, strict=True)
        if d.edges
    ]
    scenes, legend = style_drawn(names, pairs, options)
    scene = iter(scenes)
    drawn = [
        replace(_draw(viewer, item, next(scene)), legend=legend) if item.edges else item for item in done
    ]
    if options.sele:
        ends = [(d.chain, d.edges.residues.tolist()) for d in drawn if d.edges and d.edges.n_edges]
        viewer.select_residues(options.sele, ends)
    return drawn


def select_pairs(
    target: Target,
    chain: Chain | StructureError,
    values: npt.NDArray[np.float32] | Arcs | ProvisError,
    head: Head,
    options: DrawOptions,
) -> DrawnChain:
    """Choose the pairs of one chain; nothing is drawn.

    Parameters
    ----------
    part, head, options
        As in `draw_targets`.
    chain : Chain or StructureError
        That of the target as it is now, or why it is gone.
    values : numpy.ndarray, Arcs or ProvisError
        What is known of the attention on this chain, or why there is nothing.

    Returns
    -------
    DrawnChain
        With its edges, or its error.
    """
    for problem in (values, chain):
        if isinstance(problem, ProvisError):
            return DrawnChain(target.chain, target.sequence_map, error=problem)
    assert isinstance(chain, Chain) and not isinstance(values, ProvisError)
    edges = choose_edges(values, head, chain, target, options)
    return DrawnChain(chain, target.sequence_map, edges)


def choose_edges(
    values: npt.NDArray[np.float32] | Arcs, head: Head, chain: Chain, target: Target, options: DrawOptions
) -> Edges:
    """The pairs of one head that are drawn.

    Parameters
    ----------
    values : numpy.ndarray or Arcs
        The whole map, or the strong pairs.
    head : HeadId or HeadSet
    chain : Chain
        That of the target, as it is now.
    target : Target
    options : DrawOptions

    Returns
    -------
    Edges
    """
    choice: dict[str, Any] = {
        "inside": target.selected.inside,
        "min_attn": options.min_attn,
        "top": options.limit,
        "min_sep": options.min_sep,
        "direction": options.direction,
    }
    if isinstance(values, Arcs):
        return select_edges_from_arcs(values, head, chain, target.sequence_map, **choice)
    return select_edges(values, chain, target.sequence_map, **choice)


def style_drawn(
    names: Sequence[str], pairs: Sequence[ColoredPairs], options: DrawOptions
) -> tuple[list[Scene], str]:
    """Make scenes of the pairs of some chains, on one scale of colour and radius.

    Parameters
    ----------
    names : sequence of str
        Of the objects in the viewer.
    pairs : sequence of ColoredPairs
        Per name.
    options : DrawOptions

    Returns
    -------
    scenes : list of Scene
    legend : str
        What the colours say.
    """
    high = max((float(one.edges.weight[0]) for one in pairs if one.edges.n_edges), default=1.0)
    colors, legend = color_pairs(pairs, options.color_by, options.palette, options.min_attn, high)
    scenes = [
        style_chain(name, one.chain, one.edges, rgb, high, options)
        for name, one, rgb in zip(names, pairs, colors, strict=True)
    ]
    return scenes, legend


def style_chain(
    name: str, chain: Chain, edges: Edges, rgb: npt.NDArray[np.float32], high: float, options: DrawOptions
) -> Scene:
    """Make a scene of the pairs of one chain.

    Parameters
    ----------
    name : str
        Of the object in the viewer.
    chain : Chain
    edges : Edges
    rgb : numpy.ndarray, shape (n_edges, 3)
    high : float
        Weight of the thickest cylinder.
    options : DrawOptions

    Returns
    -------
    Scene
    """
    return style_edges(
        name,
        chain,
        edges,
        low=options.min_attn,
        high=high,
        palette=options.palette,
        radius=options.radius,
        rgb=rgb,
        transparency=options.transparency,
        n_labels=options.labels,
        look="" if options.name else options.look,
    )


def _draw(viewer: Viewer, item: DrawnChain, scene: Scene) -> DrawnChain:
    """Draw one chain, or remove its earlier drawing where nothing passes any more."""
    if not scene.edges.n_edges:
        return replace(item, removed=scene.name if viewer.clear(scene.name) else "")
    hidden = viewer.draw_scene(scene)
    return replace(item, name=scene.name, hidden=tuple(hidden))
