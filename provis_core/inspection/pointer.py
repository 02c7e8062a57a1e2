"""What the user points at: two ranges in the map, residues in the viewer, a row of a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from ..scenes.colors import CATEGORY_RGB, ROLES
from ..structures.chain import Chain
from ..viewers.viewer import Viewer
from .box import Box

__all__ = ["Pointer"]

_QUERY: Final = "provis_query"
_KEY: Final = "provis_key"
_NAMES: Final = (_QUERY, _KEY)  # selections of a box


class Pointer:
    """Links the residues of one chain with those in the viewer.

    Parameters
    ----------
    viewer : Viewer

    Attributes
    ----------
    marks : numpy.ndarray of bool, shape (n_residues,)
        What is selected in the viewer.
    """

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self.marks: npt.NDArray[np.bool_] = np.zeros(0, dtype=np.bool_)

    def reset(self, chain: Chain | None) -> None:
        """Another chain is looked at: nothing of it is selected yet."""
        self.marks = np.zeros(chain.n_residues if chain is not None else 0, dtype=np.bool_)

    def read_marks(self, chain: Chain) -> bool:
        """Look which residues are selected in the viewer; whether they are others than before."""
        marks = self._viewer.read_marked(chain)
        if np.array_equal(marks, self.marks):
            return False
        self.marks = marks
        return True

    def show(self, chain: Chain, old: Box | None, new: Box | None) -> None:
        """Select the residues of a box in the viewer, in place of another box, or of none no longer."""
        if new is not None:
            self._select(chain, new)
        elif old is not None:
            self.deselect()

    def deselect(self, *, quiet: bool = False) -> None:
        """Remove the selections of a box; unless `quiet`, write the command that does it."""
        self._viewer.drop_selections(_NAMES)
        if not quiet:
            self._viewer.echo(self._viewer.dialect.deselection(_NAMES))

    def center(self, chain: Chain, indices: Sequence[int], *, zoom: bool = False) -> None:
        """Bring residues to the middle of the view, and near where `zoom` is true."""
        self._viewer.echo(self._viewer.center_residues(chain, indices, zoom))

    def _select(self, chain: Chain, box: Box) -> None:
        for name, part, color in ((_QUERY, box.rows, ROLES["query"]), (_KEY, box.columns, ROLES["key"])):
            indices = list(range(part.start, part.stop))
            legal = self._viewer.select_residues(name, [(chain, indices)])
            dialect, words = self._viewer.dialect, self._viewer.name_residues(chain, indices)
            self._viewer.echo(dialect.selection(legal, words))
            self._viewer.echo(dialect.coloring(legal, CATEGORY_RGB[color]))
