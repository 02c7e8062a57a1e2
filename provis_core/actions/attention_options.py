"""Which pairs of one head: what ``provis_attn`` draws and ``provis_export`` writes, in a user's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..commands.declaration import option
from ..errors import InputError
from ..scenes.coloring import needs_annotation
from ..scenes.draw_options import DrawOptions
from ..targets.scope import Scope
from ._asking import HeadPlace, Waiting, Writing

__all__ = ["AttentionOptions", "ExportOptions"]


@dataclass(frozen=True)
class AttentionOptions(HeadPlace, Scope, DrawOptions, Waiting):
    """Which head of which chains, and how it is drawn."""

    given: Mapping[str, Any] = field(default_factory=dict)

    def check(self, window: int = 0) -> None:
        """Raise `InputError` unless all of it can be used."""
        Scope.check(self)
        DrawOptions.check(self, window or self.window)
        if self.given and not needs_annotation(self.color_by):
            name, value = next(iter(self.given.items()))
            raise InputError(
                f"«{name}={value}» together with «color_by={self.color_by}»",
                "It belongs to a property that colours can say",
                f"Choose one with «color_by=», or leave out «{name}=»",
            )

    @property
    def annotation_options(self) -> dict[str, Any]:
        """Options of the annotator that `color_by` names."""
        return {**super().annotation_options, **self.given}


@dataclass(frozen=True)
class ExportOptions(AttentionOptions, Writing):
    """Which pairs, and the file; where no chain, head or model is named, those of the panel."""

    filename: str = option(
        "",
        "the file; its ending says what it is: a table (.csv, .tsv, .json), arrays for NumPy (.npz), a graph "
        "(.graphml); or what opens where ProVis is not: a script (.pml, .cxc), pseudobonds (.pb), an "
        "attribute of residues (.defattr), a scene for Mol* (.mvsj, .mvsx), a page for any browser (.html)",
        kind="new file",
        is_bare=True,
    )
    script: str = option(
        "",
        "for .html: a copy of Mol*'s molstar.js, which goes into the page, so that it opens without internet",
        kind="file",
        shown="the page loads Mol* from molstar.org when it is opened",
    )

    @property
    def is_open(self) -> bool:
        """Whether it is left to what is drawn which pairs are meant."""
        named = (self.selection, self.model, self.heads, self.seqres, self.layer, self.head)
        return not any(named)
