"""The colours that the panel gives to residues: those of a box above those of attention or relevance."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..scenes.colors import CATEGORY_RGB, ROLES
from ..structures.chain import Chain
from ..viewers.viewer import Viewer
from .box import Box

__all__ = ["Painting"]


class Painting:
    """What is painted on the residues of one chain.

    Parameters
    ----------
    viewer : Viewer
    """

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._names: tuple[str, ...] = ()  # of what gives the residues their colours back
        self._rgb = np.empty((0, 3), dtype=np.float32)  # what they were painted with

    @property
    def names(self) -> tuple[str, ...]:
        """What ``provis_clear`` is told to give the colours back; empty where nothing is painted."""
        return self._names

    def paint(self, chain: Chain, rgb: npt.NDArray[np.float32] | None, box: Box | None) -> None:
        """Colour the residues, in place of what was painted on them.

        Parameters
        ----------
        chain : Chain
        rgb : numpy.ndarray, shape (n_residues, 3), optional
            NaN, or None, for the user's own colours.
        box : Box, optional
            Its queries and keys have colours of their own.
        """
        if rgb is None and box is None:
            self.clear()
            return
        if rgb is None:
            rgb = np.full((chain.n_residues, 3), np.nan, dtype=np.float32)
        if box is not None:
            rgb[box.rows] = CATEGORY_RGB[ROLES["query"]]
            rgb[box.columns] = CATEGORY_RGB[ROLES["key"]]
        if not self._names or not np.array_equal(rgb, self._rgb, equal_nan=True):
            self._names, self._rgb = tuple(self._viewer.color_residues(chain, rgb)), rgb

    def clear(self) -> tuple[str, ...]:
        """Give the residues the user's colours back; returns the names of what was painted."""
        names, self._names = self._names, ()
        for name in names:
            self._viewer.clear(name)
        return names

    def forget(self) -> None:
        """Leave what is painted to the user."""
        self._names = ()
