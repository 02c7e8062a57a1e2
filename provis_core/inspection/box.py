"""The part of a map that is emphasised: two ranges of residues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..attention.edges import Edges

__all__ = ["Box"]


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

    @classmethod
    def from_json(cls, ends: Sequence[Sequence[int]]) -> Box:
        """The opposite of `to_json`."""
        return cls(*(slice(int(start), int(stop)) for start, stop in ends))

    def to_json(self) -> list[list[int]]:
        """As JSON values."""
        return [[part.start, part.stop] for part in (self.rows, self.columns)]

    def cut(self, n_residues: int) -> Box:
        """The part of it that is in a chain of so many residues."""
        return Box(*(slice(*part.indices(n_residues)[:2]) for part in (self.rows, self.columns)))

    @property
    def is_empty(self) -> bool:
        """Whether it holds no residue."""
        return any(part.start >= part.stop for part in (self.rows, self.columns))

    def holds(self, edges: Edges) -> npt.NDArray[np.bool_]:
        """Whether each pair is in the box; of undirected ones either way round."""
        forward = _inside(edges.query, self.rows) & _inside(edges.key, self.columns)
        if edges.direction == "directed":
            return forward
        return forward | (_inside(edges.key, self.rows) & _inside(edges.query, self.columns))


def _inside(indices: npt.NDArray[np.int64], part: slice) -> npt.NDArray[np.bool_]:
    return np.asarray((indices >= part.start) & (indices < part.stop))
