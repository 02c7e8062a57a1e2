"""How contacts and properties are shown on the structure, in the words of the user."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ..annotations.annotators import find_annotator, property_names, type_options
from ..annotations.annotators.binding_sites import PARTNER_KINDS, check_distance
from ..annotations.annotators.contacts import (
    ATOM_CHOICES,
)
from ..commands.declaration import option
from ..errors import InputError
from ..scenes.colors import check_palette, palette_names
from ._asking import PropertyOptions, Quiet

if TYPE_CHECKING:
    from ..targets.properties import Property

__all__ = ["SHOWS", "ContactOptions", "OverlayOptions", "SiteOptions"]

SHOWS: Final = ("color", "sticks", "labels", "dashes")
"""How something can be shown; several are joined by ``+``."""


@dataclass(frozen=True)
class OverlayOptions:
    """How an overlay looks and what it is called.

    Attributes
    ----------
    show : str
        Some of `SHOWS`, joined by ``+``; empty for what suits.
    color : str
        A colour of the viewer for all of it; empty for ours.
    palette : str
        For numbers.
    name : str
        Name instead of the one made from object, chain and property.
    sele : str
        Name of a selection of the residues; empty for none.
    top : int
        Most dashed lines of one chain, the shortest first; 0 for all.
    """

    show: str = option(
        "",
        "color, sticks, labels, dashes, joined by +; dashes lead to what is bound",
        values=lambda: SHOWS,
        shown="color+sticks, and color for numbers",
    )
    color: str = option("", "a colour of the viewer, in place of ours", kind="colour")
    palette: str = option("blue_orange", "colours of numbers", values=palette_names, setting="palette")
    name: str = option("", "name of the overlay", kind="object", shown="made of chain and property")
    sele: str = option("", "also select the residues under this name", shown="no selection")
    top: int = option(2000, "at most this many dashed lines of each chain, the shortest first, 0 for all")

    def shows(self, default: str) -> frozenset[str]:
        """What is shown.

        Raises
        ------
        InputError
            If a word is none of `SHOWS`.
        """
        words = [word.rstrip("s") for word in re.split(r"[+,;\s]+", (self.show or default).lower()) if word]
        known = {"color": "color", "colour": "color", "stick": "sticks", "label": "labels", "dashe": "dashes"}
        if unknown := [word for word in words if word not in known]:
            raise InputError(
                f"«show={self.show}»: {unknown[0]} is not known",
                f"Some of {', '.join(SHOWS)} are needed, joined by +",
                f"Try «show={default}»",
            )
        return frozenset(known[word] for word in words)

    def check(self) -> None:
        """Raise `InputError` unless all of it can be used."""
        self.shows("color")
        check_palette(self.palette)
        if self.top < 0:
            raise InputError(
                f"«top={self.top}»", "A number of pairs, or 0 for all, is needed", "Try «top=2000»"
            )


@dataclass(frozen=True)
class ContactOptions(OverlayOptions, Quiet):
    """Which pairs are contacts, and how they are shown."""

    selection: str = option(
        "",
        "both residues of a contact must be in it",
        kind="selection",
        shown="all protein chains that are shown",
        is_bare=True,
    )
    atom: str = option(
        "CA",
        "the atom of a residue; CB takes CA for glycine, CB-virtual puts a CB where there is none",
        values=ATOM_CHOICES,
    )
    cutoff: float = option(8.0, "distance in Å")
    min_sep: int = option(6, "smallest separation in the sequence")
    between: str = option(
        "",
        "chains, only, or chain ids: also contacts with the other chains of the object, those alone, or "
        "those "
        "with these chains (B+C) alone",
        values=lambda: ("chains", "only"),
        shown="within each chain",
    )
    show: str = option(
        "dashes",
        "color, sticks, labels, dashes, joined by +; color tells how many contacts a residue has",
        values=lambda: SHOWS,
    )


def _site_names() -> list[str]:
    return [*PARTNER_KINDS, *(name for name in property_names() if name != "contact")]


@dataclass(frozen=True)
class SiteOptions(OverlayOptions, PropertyOptions, Quiet):
    """Which property, and how it is shown."""

    selection: str = option(
        "",
        "residues outside of it are not shown",
        kind="selection",
        shown="all protein chains that are shown",
        is_bare=True,
    )
    by: str = option(
        "",
        "site, or a part of it: ligand, ion, nucleic, peptide, chain, ligand:HEM, chain:B; or another "
        "property "
        "or a part of one: site_record (SITE of the file), uniprot:active_site, amino_acid:charged",
        values=_site_names,
        shown="site, which is ligand, ion, nucleic and peptide",
    )
    distance: float | None = option(
        None,
        "a residue is of a site if one of its heavy atoms is within so many Å of what it binds",
        shown="4",
    )
    file: str = option(
        "",
        "the file of «by=uniprot», table or helix; or the structure file, for site_record and ptm, where the "
        "viewer cannot tell which it was",
        kind="file",
    )

    def choose_property(self, default: str = "site") -> Property:
        """Return what is asked for; `InputError` where it is no property of residues."""
        given = {**({} if self.distance is None else {"distance": self.distance}), **self.given}
        for word in ("distance", "ion_distance"):
            if word in given:
                check_distance(type_options(find_annotator("site"), {word: given[word]})[word], word)
        wanted = PropertyOptions(self.by, self.site, self.file, given).choose_property(default)
        if wanted.by and find_annotator(wanted.name).name == "contact":
            raise InputError(
                f"«by={self.by}»", "A property of residues is needed", "Show contacts with «contacts»"
            )
        if wanted.by.lower() == "amino_acid":
            raise InputError(
                "«by=amino_acid»",
                "An amino acid or a class is needed",
                "Try «by=amino_acid:K» or «by=amino_acid:charged»",
            )
        return wanted
