"""The relevance of one head as cylinders: from the residue that it went from to the one that received it."""

from __future__ import annotations

from typing import Final

import numpy as np

from ...attention.edges import Edges
from ...attention.head_id import HeadId
from ...attention.relevance import Relevance
from ...scenes.colors import CATEGORY_RGB
from ...scenes.scene import Scene, style_edges
from ...structures.chain import Chain
from ...targets.targets import Target
from ...viewers.viewer import Viewer

__all__ = ["style_relevance"]

_GAINED: Final = CATEGORY_RGB["red"]
_LOST: Final = CATEGORY_RGB["blue"]
_PER_RESIDUE: Final = 10


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
