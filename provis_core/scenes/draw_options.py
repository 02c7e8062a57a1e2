"""The options of a drawing: which pairs, and what they look like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from ..annotations.annotators import find_annotator
from ..annotations.annotators.binding_sites import check_distance
from ..annotations.annotators.contacts import ATOM_CHOICES
from ..attention.arcs import DEFAULT_MIN_WEIGHT
from ..attention.edges import DIRECTIONS, check_options
from ..attention.head_id import Head
from ..commands.declaration import option
from ..errors import InputError
from .coloring import COLOR_BY, check_color_by
from .colors import SERIES, palette_names
from .scene import check_style

__all__ = ["HEAD_COLORS", "DrawOptions", "choose_look"]

_WHOLE_MAP: Final = 3000  # residues up to which the worker keeps a head's whole map, for any later threshold

HEAD_COLORS: Final = tuple(SERIES.values())
"""Palettes of heads that are shown together, in this order."""


@dataclass(frozen=True)
class DrawOptions:
    """What of an attention map is drawn, and how.

    Attributes
    ----------
    min_attn, top, min_sep, direction
        See `provis_core.attention.edges.select_edges`.
    max_pairs : int
        Largest number of pairs of one chain, whatever `top` says.
    palette, radius
        See `provis_core.scenes.scene.style_edges`.
    name : str
        Name of the object instead of the one made from object, chain and head; empty for that.
    sele : str
        Name of a selection of the residues at the ends; empty for none.
    color_by : str
        What the colours say; see `provis_core.scenes.coloring.check_color_by`.
    atom, cutoff
        What a contact is, for ``color_by="contact"``; see `provis_core.annotations.annotators.contacts`.
    distance : float
        Å within which a residue is of a site, for ``color_by="site"``.
    file : str
        Table or UniProt file, for ``color_by="table"`` and ``"uniprot"``.
    transparency : float
        From 0, opaque, to 0.95.
    labels : int
        How many of the strongest pairs of each chain are labelled.
    """

    min_attn: float = option(0.1, "smallest attention weight that is drawn, 0 to 1", setting="min_attn")
    top: int = option(200, "at most this many of the strongest pairs of each chain, 0 for all", setting="top")
    min_sep: int = option(
        1,
        "smallest separation in the sequence; 6 leaves out neighbours, «set min_sep, 6» does so always",
        setting="min_sep",
    )
    direction: str = option(
        "max",
        "take the larger or the mean of the two weights of a pair, or both directions; directed has a grey "
        "end "
        "that attends (query) and a coloured end that is attended to (key)",
        values=DIRECTIONS,
    )
    max_pairs: int = 20000
    palette: str = option(
        "blue_orange",
        "colours from weak to strong",
        values=palette_names,
        shown="blue_orange, which shows on black and on white",
        setting="palette",
    )
    radius: float = option(0.4, "radius in Å of the strongest", setting="radius")
    name: str = option("", "name of the new object", kind="object", shown="made of chain, layer and head")
    sele: str = option(
        "", "also select the residues at the ends of the cylinders under this name", shown="no selection"
    )
    color_by: str = option(
        "weight",
        "what the colours say; contact and site tell hits, orange, from misses, blue. Any other property "
        "that "
        "«sites» can show may be named, too, such as site:ligand or helix",
        values=COLOR_BY,
    )
    atom: str = option("CA", "of a contact: the atom that stands for a residue", values=ATOM_CHOICES)
    cutoff: float = option(8.0, "of a contact: its largest distance in Å")
    distance: float = option(4.0, "of a site: a heavy atom within so many Å of what it binds")
    file: str = option("", "the file for «color_by=table» or uniprot", kind="file")
    transparency: float = option(0.0, "0, opaque, to 0.95")
    labels: int = option(0, "label this many of the strongest pairs of each chain")

    @property
    def look(self) -> str:
        """What tells two drawings of a chain apart: the palette, or what colours say in place of weights."""
        return self.palette if self.color_by == "weight" else self.color_by

    @property
    def limit(self) -> int:
        """Number of pairs after which the weaker ones are left out."""
        return min(self.top, self.max_pairs) if self.top else self.max_pairs

    def check(self, window: int = 0) -> None:
        """Raise `InputError` unless all of it can be used: before anything is computed.

        Parameters
        ----------
        window : int
            Residues that the model sees at a time; 0 for the whole chain.
        """
        check_options(self.min_attn, self.top, self.min_sep, self.direction)
        check_style(self.palette, self.radius, self.transparency, self.labels)
        check_color_by(self.color_by)
        check_distance(self.distance)
        if self.max_pairs < 0:
            raise InputError(f"«max_pairs={self.max_pairs}»", "0 or more is needed", "Try «max_pairs=20000»")
        if window and (self.direction == "mean" or not self.min_attn):
            raise InputError(
                f"«window={window}» with «direction={self.direction}», «min_attn={self.min_attn:g}»",
                "In windows only the pairs above a weight are kept, and no means of two weights",
                "Use «direction=max» or «direction=directed», and «min_attn=0.05» or more",
            )

    @property
    def annotation_options(self) -> dict[str, Any]:
        """Options of the annotator that `color_by` names, those that it has."""
        given = {"atom": self.atom, "cutoff": self.cutoff, "distance": self.distance, "file": self.file}
        return {name: given[name] for name in find_annotator(self.color_by).defaults if name in given}

    def kept_weight(self, n_positions: int, window: int = 0) -> float:
        """Smallest weight that the worker keeps of a chain, in windows or not; 0 for its whole map.

        A map of a long chain takes hundreds of megabytes, its strong pairs a few.
        """
        if not window and (n_positions <= _WHOLE_MAP or self.direction == "mean"):
            return 0.0
        return min(self.min_attn, DEFAULT_MIN_WEIGHT)


def choose_look(heads: Sequence[Head], head: Head, options: DrawOptions) -> DrawOptions:
    """How one of the heads that are shown together is drawn: one colour each, where there are several."""
    if len(heads) == 1:
        return options
    return replace(options, color_by="weight", palette=HEAD_COLORS[heads.index(head) % len(HEAD_COLORS)])
