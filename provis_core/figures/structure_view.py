"""The structure as a viewer shows it, and what its cylinders mean; without how it is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = ["StructureView", "make_structure_view"]

_SEEN: Final = 8  # of 255: what is fainter is no part of the picture
_MARGIN: Final = 0.02  # of the larger side, around what is seen


@dataclass(frozen=True, eq=False)
class StructureView:
    """A picture of a structure.

    Attributes
    ----------
    image : numpy.ndarray, shape (height, width, 4), dtype uint8
        Red, green, blue and how opaque; the upper row first; nothing around what is seen.
    palette : str
        Of the cylinders; empty where their colours say something else than their weight.
    low, high : float
        Weights at the two ends of palette and radius.
    radii : (float, float)
        Radius in Å of cylinders with these weights.
    legend : tuple of (str, str)
        What colours of cylinders mean: a word and ``#rrggbb``.
    n_pairs : int
        Cylinders.
    title : str
    """

    image: npt.NDArray[np.uint8]
    palette: str
    low: float
    high: float
    radii: tuple[float, float]
    legend: tuple[tuple[str, str], ...]
    n_pairs: int
    title: str = ""

    @property
    def caption(self) -> str:
        """One or two sentences for the legend of a figure."""
        words = f"{self.title}: " if self.title else ""
        if not self.n_pairs:
            return f"{words}the structure; no pair has attention of at least {self.low:g}."
        words += f"{self.n_pairs} pairs of residues with attention of at least {self.low:g} as cylinders"
        words += f", {self.radii[0]:g} to {self.radii[1]:g} Å in radius at {self.low:g} to {self.high:.2g}"
        told = ", ".join(word for word, _ in self.legend)
        return f"{words}. Colours: {'attention weight' if self.palette else told}" + (
            f" ({told})." if self.palette and told else "."
        )


def make_structure_view(
    image: npt.NDArray[np.uint8],
    *,
    palette: str,
    low: float,
    high: float,
    radii: tuple[float, float],
    legend: Sequence[tuple[str, str]] = (),
    n_pairs: int = 0,
    title: str = "",
) -> StructureView:
    """Cut a picture down to what is seen of it; parameters as of `StructureView`.

    Parameters
    ----------
    image : numpy.ndarray, shape (height, width, 4), dtype uint8
        With a transparent background.

    Returns
    -------
    StructureView
    """
    seen = image[:, :, 3] > _SEEN
    if seen.any():
        rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
        edge = int(_MARGIN * max(image.shape[:2]))
        top, left = max(0, int(rows[0]) - edge), max(0, int(columns[0]) - edge)
        image = image[top : int(rows[-1]) + edge + 1, left : int(columns[-1]) + edge + 1]
    image = np.ascontiguousarray(image)
    image.flags.writeable = False
    return StructureView(image, palette, low, high, radii, tuple(legend), n_pairs, title)
