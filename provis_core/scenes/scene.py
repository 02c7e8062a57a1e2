"""What a viewer draws: cylinders with radius and colour, ready to be turned into its own objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ..attention.edges import Edges
from ..errors import InputError
from ..structures.chain import Chain
from ..structures.components import one_letter
from .colors import check_palette, compute_colors

__all__ = ["MAX_LABELS", "QUERY_END_RGB", "Overlay", "Scene", "check_style", "compute_radii", "style_edges"]

QUERY_END_RGB: Final = (0.7, 0.7, 0.7)
"""Colour of the end that attends (query) when edges are directed; the attended end (key) has the palette."""

MAX_LABELS: Final = 200
"""More cannot be read on a screen."""

_THINNEST: Final = 0.25  # radius at the lower limit, as a part of the radius at the upper one


@dataclass(frozen=True, eq=False)
class Scene:
    """Cylinders of one head on one chain.

    Attributes
    ----------
    name : str
        Name for the object in the viewer.
    chain : Chain
    edges : Edges
    start, end : numpy.ndarray, shape (n_edges, 3), dtype float32
        Ends of the cylinders in Å: the CA atoms of query and key. Where both directions of a pair are
        drawn, the two cylinders lie side by side, each moved by its radius.
    radius : numpy.ndarray, shape (n_edges,), dtype float32
        Å.
    start_rgb, end_rgb : numpy.ndarray, shape (n_edges, 3), dtype float32
        Colours of the query end and the key end, in [0, 1].
    alpha : float
        1 for opaque cylinders, less for transparent ones.
    labels : tuple of (int, str)
        Indices of edges, and what is written in the middle of each.
    look : str
        What its colours are. Of drawings of one chain that have the same look the last one is seen; empty for
        one that is seen beside all others.
    """

    name: str
    chain: Chain
    edges: Edges
    start: npt.NDArray[np.float32]
    end: npt.NDArray[np.float32]
    radius: npt.NDArray[np.float32]
    start_rgb: npt.NDArray[np.float32]
    end_rgb: npt.NDArray[np.float32]
    alpha: float = 1.0
    labels: tuple[tuple[int, str], ...] = ()
    look: str = ""


@dataclass(frozen=True, eq=False)
class Overlay:
    """Something that is known about a chain, shown on the chain itself.

    Attributes
    ----------
    name : str
        Name by which the viewer can remove it again.
    chain : Chain
        Not a joined one.
    rgb : numpy.ndarray, shape (n_residues, 3), dtype float32
        Colours of residues in [0, 1]; those with NaN keep what the user gave them.
    sticks : numpy.ndarray of bool, shape (n_residues,)
        Residues that are shown as sticks.
    labels : mapping of int to str
        Residue index to what is written at its CA atom.
    dash_start, dash_end : numpy.ndarray, shape (n_dashes, 3), dtype float32
        Ends of dashed lines in Å.
    dash_rgb : numpy.ndarray, shape (n_dashes, 3), dtype float32
    carbons : bool
        Colour carbon atoms only, and the others of these residues by element, as sticks are usually shown.
    """

    name: str
    chain: Chain
    rgb: npt.NDArray[np.float32]
    sticks: npt.NDArray[np.bool_]
    labels: Mapping[int, str]
    dash_start: npt.NDArray[np.float32]
    dash_end: npt.NDArray[np.float32]
    dash_rgb: npt.NDArray[np.float32]
    carbons: bool = False


def style_edges(
    name: str,
    chain: Chain,
    edges: Edges,
    *,
    low: float,
    high: float,
    palette: str = "blue_orange",
    radius: float = 0.4,
    rgb: npt.NDArray[np.float32] | None = None,
    transparency: float = 0.0,
    n_labels: int = 0,
    look: str = "",
) -> Scene:
    """Give edges a radius by their weight, and a colour.

    Parameters
    ----------
    name : str
        Name for the object in the viewer.
    chain : Chain
    edges : Edges
    low, high : float
        Weights at the two ends of palette and radius.
    palette : str
    radius : float
        Radius in Å of a cylinder with weight `high`; at `low` it is a quarter of that.
    rgb : numpy.ndarray, shape (n_edges, 3), optional
        Colours, of which `provis_core.scenes.coloring` makes some; by weight from the palette by default.
    transparency : float
        From 0, opaque, to 0.95.
    n_labels : int
        How many of the strongest edges are labelled with their residues and their weight.
    look : str
        See `Scene`.

    Returns
    -------
    Scene

    Raises
    ------
    InputError
        If an option is not usable.
    """
    check_style(palette, radius, transparency, n_labels)
    if rgb is None:
        rgb = compute_colors(edges.weight, palette, low, high)
    radii = compute_radii(edges.weight, low, high, radius)
    start, end = chain.ca_coords[edges.query], chain.ca_coords[edges.key]
    start_rgb = rgb
    if edges.direction == "directed":
        start_rgb = np.broadcast_to(np.array(QUERY_END_RGB, dtype=np.float32), rgb.shape)
        shift = _side_shift(edges, start, end, radii)
        start, end = start + shift, end + shift
    labels = _labels(chain, edges, n_labels)
    return Scene(name, chain, edges, start, end, radii, start_rgb, rgb, 1 - transparency, labels, look)


def compute_radii(
    weight: npt.NDArray[np.float32], low: float, high: float, radius: float
) -> npt.NDArray[np.float32]:
    """Radii in Å of cylinders by their weight, as `style_edges` has them: `radius` at `high`."""
    fraction = np.clip((weight - low) / max(high - low, 1e-9), 0, 1)
    radii: npt.NDArray[np.float32] = (radius * (_THINNEST + (1 - _THINNEST) * fraction)).astype(np.float32)
    return radii


def check_style(palette: str, radius: float, transparency: float = 0.0, n_labels: int = 0) -> None:
    """Raise unless `style_edges` can take these.

    Raises
    ------
    InputError
    """
    check_palette(palette)
    if not 0 < radius <= 10:
        raise InputError(
            f"«radius={radius:g}»",
            "A radius above 0 and up to 10 Å is needed",
            "Try «radius=0.4»",
        )
    if not 0 <= transparency <= 0.95:
        raise InputError(
            f"«transparency={transparency:g}»",
            "A number from 0 (opaque) to 0.95 is needed",
            "Try «transparency=0.5»",
        )
    if not 0 <= n_labels <= MAX_LABELS:
        raise InputError(
            f"«labels={n_labels}»",
            f"The number of pairs to label, from 0 to {MAX_LABELS}, is needed",
            "Try «labels=10», for the ten strongest",
        )


def _labels(chain: Chain, edges: Edges, n_labels: int) -> tuple[tuple[int, str], ...]:
    """What is written at the strongest edges, like ``D25-T26 0.43``."""
    arrow = ">" if edges.direction == "directed" else "-"

    def name(index: int) -> str:
        return f"{one_letter(chain.residue_names[index])}{chain.residue_ids[index].resi}"

    return tuple(
        (k, f"{name(int(edges.query[k]))}{arrow}{name(int(edges.key[k]))} {edges.weight[k]:.2f}")
        for k in range(min(n_labels, edges.n_edges))
    )


def _side_shift(
    edges: Edges,
    start: npt.NDArray[np.float32],
    end: npt.NDArray[np.float32],
    radii: npt.NDArray[np.float32],
) -> npt.NDArray[np.float32]:
    """Move the two cylinders of a pair that is drawn in both directions apart, (n_edges, 3) in Å."""
    n = int(max(edges.query.max(initial=0), edges.key.max(initial=0))) + 1
    both = np.isin(edges.query * n + edges.key, edges.key * n + edges.query)
    axis = end - start
    # any direction across the cylinder will do, as long as i -> j and j -> i go to opposite sides
    helper = np.where(np.abs(axis[:, [2]]) < np.abs(axis[:, [0]]), [[0, 0, 1.0]], [[1.0, 0, 0]])
    side = np.cross(axis, helper)
    side /= np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-9)
    return np.where(both[:, None], side * radii[:, None], 0).astype(np.float32)
