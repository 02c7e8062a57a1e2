"""The relevance of one head as cylinders: from the residue that it went from to the one that received it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from ...attention.edges import Edges
from ...attention.head_id import HeadId
from ...attention.relevance import Relevance
from ...scenes.colors import CATEGORY_RGB, ROLES, SIGNED_PALETTE, compute_colors
from ...scenes.scene import Scene, style_edges
from ...structures.chain import Chain
from ...targets.targets import Target
from ...viewers.viewer import Viewer

__all__ = ["PERCENTILE", "color_relevance", "scale_relevance", "style_relevance"]

PERCENTILE: Final = 98
"""Of the sizes of relevance that have the strongest colours."""

_GAINED: Final = CATEGORY_RGB[ROLES["for"]]
_LOST: Final = CATEGORY_RGB[ROLES["against"]]
_PER_RESIDUE: Final = 10


def scale_relevance(values: Sequence[npt.NDArray[np.float64]]) -> float:
    """Return what both ends of the palette stand for: of the sizes of all chains the 98th percentile."""
    sizes = np.abs(np.concatenate([one[np.isfinite(one)] for one in values]))
    high = float(np.percentile(sizes, PERCENTILE)) if len(sizes) else 0.0
    return high or float(sizes.max(initial=0.0)) or 1.0


def color_relevance(
    values: npt.NDArray[np.float64], high: float, palette: str = SIGNED_PALETTE
) -> npt.NDArray[np.float32]:
    """Colours from -high to high, shape (n_residues, 3); NaN where the value is NaN."""
    rgb = np.full((len(values), 3), np.nan, dtype=np.float32)
    known = np.isfinite(values)
    rgb[known] = compute_colors(values[known].astype(np.float32), palette, -high, high)
    return rgb


def style_relevance(
    viewer: Viewer,
    chain: Chain,
    target: Target,
    relevance: Relevance,
    head: HeadId,
    which: str,
    top: int,
) -> Scene | None:
    """Make cylinders of the pairs with the largest parts of a head's relevance.

    Parameters
    ----------
    viewer : Viewer
        Gives the name.
    chain : Chain
        As it is now.
    target : Target
    relevance : Relevance
        With pairs.
    head : HeadId
    which : str
        ``"for"``, ``"against"`` or ``"both"``.
    top : int
        As many residues as are named; ten times as many cylinders.

    Returns
    -------
    Scene or None
        Grey at the residue that received (query); at the other end (key) vermillion for what was gained and
        blue for what was lost. None where there is nothing to draw.
    """
    sign = {"for": 1.0, "against": -1.0}.get(which)
    residue = target.sequence_map.residue_index
    seen = residue >= 0
    seen[seen] = np.isfinite(chain.ca_coords[residue[seen]]).all(axis=1)
    sizes = np.abs(relevance.pairs) * np.outer(seen, seen)
    np.fill_diagonal(sizes, 0)
    if sign is not None:
        sizes = np.where(np.sign(relevance.pairs) == sign, sizes, 0)
    order = np.argsort(-sizes, axis=None, kind="stable")[: _PER_RESIDUE * top]
    query, key = np.unravel_index(order, sizes.shape)
    largest = float(sizes.max(initial=0.0))
    kept = sizes[query, key] > 0.02 * largest
    query, key = query[kept], key[kept]
    if not len(query):
        return None
    values = relevance.pairs[query, key]
    weight = (np.abs(values) / largest).astype(np.float32)
    rgb = np.where(values[:, None] > 0, _GAINED, _LOST).astype(np.float32)
    edges = Edges(
        residue[query], residue[key], weight, "directed", int((sizes > 0).sum()), int((seen.sum()) ** 2), 1.0
    )
    (name,) = viewer.object_names([chain], f"{head.label}_relevance")
    return style_edges(name, chain, edges, low=0.0, high=1.0, rgb=rgb)
