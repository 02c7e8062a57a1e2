"""What heads are scored on, and how, in the words of the user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..annotations.annotators import property_names
from ..annotations.annotators.binding_sites import PARTNER_KINDS
from ..attention.arcs import MIN_ARCS, MIN_ATTN, check_min_attn
from ..commands.declaration import option
from ..errors import InputError, check_word
from ..targets.scope import Scope
from ._asking import HEADS_HELP, PropertyOptions, Waiting, Writing

__all__ = ["MEASURES", "HeadOptions"]


MEASURES: Final = ("attention", "relevance", "both")


@dataclass(frozen=True)
class HeadOptions(PropertyOptions, Scope, Waiting, Writing):
    """What heads are scored on, and how."""

    by: str = option(
        "",
        "the property, or a part of it as in ligand:HEM, uniprot:transmembrane, amino_acid:charged",
        values=lambda: [*PARTNER_KINDS, *property_names()],
        shown="contact",
    )
    min_attn: float = option(
        MIN_ATTN, "smallest attention weight of an arc, from 0.05 on", shown="0.3, as in the paper"
    )
    heads: str = option(
        "", f"show besides, wherever it ranks, {HEADS_HELP}", values=("contact",), shown="none"
    )
    top: int | None = option(
        None, "show this many heads with all that is known of them, 0 for all", shown="three, in short"
    )
    out: str = option("", "also write all heads to this file, .csv, .tsv or .json", kind="new file")
    min_arcs: int = option(MIN_ARCS, "heads with fewer arcs are not tested")
    measure: str = option("attention", "what of a head falls on the property", values=MEASURES)
    target: str = option("", "of relevance, what is explained; see «explain»", shown="as of «explain»")

    def check(self) -> None:
        """Raise `InputError` unless what needs no chain can be used: before anything is computed."""
        super().check()
        check_min_attn(self.min_attn)
        check_word("measure", self.measure, MEASURES, "relevance")
        if self.measure != "attention" and (self.window or self.heads):
            given = "«window=»" if self.window else "«heads=»"
            raise InputError(
                f"«measure={self.measure}» with {given}",
                "Relevance is about the whole chain, and each head by itself",
                f"Leave out {given}",
            )
        if self.target and self.measure == "attention":
            raise InputError(
                f"«target={self.target}» with «measure={self.measure}»",
                "Attention is not about a target",
                "Add «measure=relevance», or leave out «target=»",
            )
        for name, least in (("top", 0), ("min_arcs", 1)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise InputError(
                    f"«{name}={value}»", f"A number from {least} on is needed", f"Try «{name}=10»"
                )
        self.check_out(self.out)
