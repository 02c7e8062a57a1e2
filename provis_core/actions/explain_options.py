"""What is asked of ``provis_explain``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ..commands.declaration import option
from ..errors import InputError, check_word
from ..scenes.colors import SIGNED_PALETTE, check_palette, palette_names
from ..targets.scope import Scope
from ._asking import Waiting, Writing

__all__ = ["LAYER", "METHODS", "SIDES", "ExplainOptions"]

METHODS: Final = ("ig", "paper", "masking", "gradient_x_input", "attention", "ablate")
"""Those of `provis_core.attribution.methods`, which the worker imports."""

SIDES: Final = ("both", "for", "against")

LAYER: Final = re.compile(r"sum:\s*(\d+)", re.IGNORECASE)
"""What names a layer in place of a head; the group is the layer, counted from 1."""


@dataclass(frozen=True)
class ExplainOptions(Scope, Waiting, Writing):
    """What is explained, of which chains, and how it is shown."""

    target: str = option(
        "",
        "what the model says: V82A, V82A:masked, residue:82, likelihood, or a class; «targets» lists them",
        shown="the class that a classifier gives; else the residue that is selected; else likelihood",
        is_bare=True,
    )
    head: str = option(
        "",
        "colour by the relevance of one head, 12-4, or of a layer's heads together, sum:12",
        shown="the residues' own",
    )
    baseline: str = option(
        "",
        "what it is compared with: pad, mask, X, mean, or another sequence of that length",
        values=("pad", "mask", "X", "mean"),
        shown="X, or mask where the model has no X; pad for «method=paper»",
    )
    method: str = option("ig", "how it is explained", values=METHODS)
    steps: int = option(0, "of the path", shown="0, as many as it takes")
    which: str = option("both", "what speaks for the target, what speaks against it, or both", values=SIDES)
    top: int = option(
        10, "residues that are named, and selected as «sele=»; cylinders too, ten times as many"
    )
    sele: str = option("", "also select the top residues under this name", shown="no selection")
    pairs: bool = option(
        False, "draw the head's relevance as cylinders between the residues that it went from and to"
    )
    out: str = option(
        "",
        "also write the residues to this file, .csv, .tsv or .json, or all heads as arrays, .npz",
        kind="new file",
    )
    palette: str = option(SIGNED_PALETTE, "colours from against, over nothing, to for", values=palette_names)

    def check(self) -> None:
        """Raise `InputError` unless what needs no viewer can be used."""
        super().check()
        check_word("which", self.which, SIDES)
        check_word("method", self.method, METHODS)
        check_palette(self.palette)
        self.check_out(self.out)
        if self.top < 1:
            raise InputError(f"«top={self.top}»", "A number of residues is needed", "Try «top=10»")
        if self.window:
            raise InputError(
                f"«window={self.window}»",
                "Relevance is about the whole chain, and is not stitched together from windows",
                "Leave it out, and choose a model that can take the chain",
            )
        if self.steps < 0 or self.steps == 1 or self.steps > 1000:
            raise InputError(
                f"«steps={self.steps}»",
                "2 to 1000 steps, or 0 for as many as it takes, are needed",
                "Leave it out",
            )
        if self.pairs and (not self.head or LAYER.fullmatch(self.head.strip())):
            raise InputError(
                "«pairs=1» " + (f"with «head={self.head}»" if self.head else "without «head=»"),
                "Pairs are those of one head",
                "Name it, like «head=12-4»",
            )
