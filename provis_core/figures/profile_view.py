"""Attention of one head per residue: how much each receives, and how much it gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..structures.chain import Chain
from ..structures.sequence import SequenceMap
from .residue_axis import ResidueAxis, make_residue_axis
from .scales import format_value
from .strips import Strip

__all__ = ["ProfileView", "describe_residue", "make_profile_view"]


@dataclass(frozen=True, eq=False)
class ProfileView:
    """What a residue profile shows.

    Attributes
    ----------
    axis : ResidueAxis
    received : numpy.ndarray, shape (n,), dtype float32
        Attention that a residue receives from all residues: the column sum. NaN where the model did not read
        the residue.
    given : numpy.ndarray, shape (n,), dtype float32, optional
        Attention that it gives to residues: the row sum, at most 1; the rest goes to special tokens.
    strips : tuple of Strip
        Below the curve.
    top : tuple of int
        Residues that receive most, the first first.
    title : str
    head : str
        Where relevance is shown: the head that `given` is of. Then `received` is the relevance of the
        residues, signed, and `given` the part of it that went through that head. Empty for attention.
    why : str
        What the relevance is for.
    """

    axis: ResidueAxis
    received: npt.NDArray[np.float32]
    given: npt.NDArray[np.float32] | None
    strips: tuple[Strip, ...]
    top: tuple[int, ...]
    title: str = ""
    head: str = ""
    why: str = ""

    @property
    def n(self) -> int:
        """Number of residues."""
        return self.axis.n

    @property
    def caption(self) -> str:
        """One sentence for the legend of a figure."""
        words = f"{self.title}: " if self.title else ""
        if self.head:
            words += f"relevance of each residue, and the part of it through head {self.head} (line)"
        else:
            words += "attention that each residue receives, summed over all residues"
        if self.given is not None and not self.head:
            words += ", and gives (line)"
        marked = [word for strip in self.strips for word, _ in strip.legend]
        return f"{words}. Bars: {', '.join(marked)}." if marked else f"{words}."


def make_profile_view(
    received: npt.NDArray[Any],
    chain: Chain,
    sequence_map: SequenceMap,
    *,
    given: npt.NDArray[Any] | None = None,
    strips: Sequence[Strip] = (),
    n_top: int = 10,
    title: str = "",
) -> ProfileView:
    """What to show of one head per residue.

    Parameters
    ----------
    received : numpy.ndarray, shape (n_positions,)
        Column sums of the map, or one head of `HeadScan.received`.
    chain : Chain
    sequence_map : SequenceMap
    given : numpy.ndarray, shape (n_positions,), optional
        Row sums of the map.
    strips : sequence of Strip
        One colour per residue of the chain each.
    n_top : int
        How many residues to name.
    title : str

    Returns
    -------
    ProfileView

    Raises
    ------
    ValueError
        If the arrays are not of this chain.
    """
    residue = sequence_map.residue_index
    curves: list[npt.NDArray[np.float32] | None] = []
    for values in (received, given):
        if values is None:
            curves.append(None)
            continue
        if values.shape != residue.shape:
            raise ValueError(f"there are {values.shape} values for {len(residue)} positions")
        curve = np.full(chain.n_residues, np.nan, dtype=np.float32)
        curve[residue[residue >= 0]] = values[residue >= 0]
        curve.flags.writeable = False
        curves.append(curve)
    for strip in strips:
        if len(strip.rgb) != chain.n_residues:
            raise ValueError(f"{strip.name} has {len(strip.rgb)} residues, the chain {chain.n_residues}")
    first = curves[0]
    assert first is not None
    order = np.argsort(np.where(np.isnan(first), 1.0, -first), kind="stable")
    top = tuple(int(k) for k in order[:n_top] if first[k] > 0)
    return ProfileView(make_residue_axis(chain), first, curves[1], tuple(strips), top, title)


def describe_residue(view: ProfileView, index: int) -> str:
    """What a user reads who points at a residue: ``A/ASP25 received 2.31 · given 0.98 · no. 3 · ligand``.

    Parameters
    ----------
    view : ProfileView
    index : int
        Residue index.

    Returns
    -------
    str
    """
    if np.isnan(view.received[index]):
        return f"{view.axis.labels[index]} not known to the model"
    first, second = ("relevance", f"through {view.head}") if view.head else ("received", "given")
    show = (lambda value: f"{value:+.3g}") if view.head else _number
    words = [f"{view.axis.labels[index]} {first} {show(view.received[index])}"]
    if view.given is not None:
        words.append(f"{second} {show(view.given[index])}")
    if index in view.top:
        words.append(f"no. {view.top.index(index) + 1}")
    words += [word for strip in view.strips if (word := strip.word_at(index))]
    return " · ".join(words)


def _number(value: np.floating[Any]) -> str:
    return f"{value:.2f}" if value >= 0.1 else format_value(float(value))
