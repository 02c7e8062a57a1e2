"""Overlays, what is known about a chain shown on it: how they look, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from ...annotations.annotation import Annotation
from ...scenes.scene import Overlay
from ...structures.chain import Chain
from ...structures.components import one_letter
from ...viewers.viewer import Viewer

__all__ = ["MAX_LABELS", "ShownOverlay", "draw_or_clear"]

MAX_LABELS: Final = 500
"""Of one chain: more cannot be read, and take PyMOL seconds."""


@dataclass(frozen=True, eq=False)
class ShownOverlay:
    """What became of one chain.

    Attributes
    ----------
    chain : Chain
    name : str
        By which it can be removed; empty where there was nothing to show.
    annotations : tuple of Annotation
        What was shown; the broadest first.
    residues : tuple of int
        Residue indices, ascending.
    labels : tuple of str
        The same as the user reads them, like ``A/ASP25``.
    pairs : numpy.ndarray, shape (n_pairs, 2), dtype int64
        Of contacts: residue indices of the two; in the second column of the other chain where `partners`
        has one.
    partners : tuple of Chain or None, length n_pairs
    distances : numpy.ndarray, shape (n_pairs,), dtype float32
        Å.
    n_found : int
        Number of pairs before the cut to `top`.
    legend : tuple of (str, str, int)
        Colour, what it stands for, number of residues or pairs.
    removed : str
        Name of the earlier overlay that was removed, where there is nothing to show now.
    """

    chain: Chain
    name: str
    annotations: tuple[Annotation, ...]
    residues: tuple[int, ...]
    labels: tuple[str, ...]
    pairs: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty((0, 2), dtype=np.int64))
    partners: tuple[Chain | None, ...] = ()
    distances: npt.NDArray[np.float32] = field(default_factory=lambda: np.empty(0, dtype=np.float32))
    n_found: int = 0
    legend: tuple[tuple[str, str, int], ...] = ()
    removed: str = ""


Dashes = tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.float32]]
"""Beginnings, ends and colours of lines, shape (n, 3) each."""


def draw_or_clear(
    viewer: Viewer,
    shown: ShownOverlay,
    shows: frozenset[str],
    rgb: npt.NDArray[np.float32],
    dashes: Dashes | None = None,
) -> ShownOverlay:
    """Draw the overlay of one chain, or remove the earlier one where there is nothing to show now.

    Parameters
    ----------
    viewer : Viewer
    shown : ShownOverlay
        As it is to be.
    shows : frozenset of str
        Some of `SHOWS`.
    rgb : numpy.ndarray, shape (n_residues, 3), dtype float32
        NaN for residues that keep their colour.
    dashes : Dashes, optional

    Returns
    -------
    ShownOverlay
        As it is.
    """
    chain, residues = shown.chain, list(shown.residues)
    if not residues:
        removed = shown.name if viewer.clear(shown.name) else ""
        return replace(shown, name="", legend=(), removed=removed)
    nothing = np.empty((0, 3), dtype=np.float32)
    start, end, dash_rgb = (nothing,) * 3 if dashes is None or "dashes" not in shows else dashes
    sticks = np.zeros(chain.n_residues, dtype=np.bool_)
    sticks[residues] = "sticks" in shows
    viewer.show_overlay(
        Overlay(
            name=shown.name,
            chain=chain,
            rgb=rgb if "color" in shows else np.full_like(rgb, np.nan),
            sticks=sticks,
            labels=_label_residues(viewer, chain, residues) if "labels" in shows else {},
            dash_start=start,
            dash_end=end,
            dash_rgb=dash_rgb,
            carbons="sticks" in shows,
        )
    )
    return shown


def _label_residues(viewer: Viewer, chain: Chain, residues: list[int]) -> dict[int, str]:
    """What is written at the first `MAX_LABELS` residues, like ``D25``."""
    if len(residues) > MAX_LABELS:
        viewer.warn(f"{chain.label}: of {len(residues)} labels the first {MAX_LABELS} are written")
        residues = residues[:MAX_LABELS]
    return {
        index: f"{one_letter(chain.residue_names[index])}{chain.residue_ids[index].resi}"
        for index in residues
    }
