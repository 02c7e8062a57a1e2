"""The use case behind ``provis_sites``: residues that bind something, or have another property."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..annotations.annotators import find_annotator, property_names, property_options, type_options
from ..annotations.annotators.binding_sites import PARTNER_KINDS, check_distance
from ..commands.declaration import Command, option
from ..errors import InputError
from ..session.session import Session
from ..targets.properties import Property
from ..targets.scope import Scope
from ..viewers.viewer import Viewer
from ._asking import Asker, PropertyOptions, Quiet
from .overlays import OverlayOptions, ShownOverlay
from .property_overlay import show_property

__all__ = ["COMMAND", "SiteOptions", "show_sites"]


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


def show_sites(session: Session[Viewer], options: SiteOptions) -> list[ShownOverlay]:
    """Show a property of residues on every chain of a selection.

    Parameters
    ----------
    session : Session
    options : SiteOptions

    Returns
    -------
    list of ShownOverlay
        One per chain about which something is known.

    Raises
    ------
    ProvisError
        If an option is not usable, or nothing can be told of any chain. Nothing has been changed then.
    """
    viewer = session.viewer
    options.check()
    viewer.check_names(options.name, options.sele)
    wanted = options.choose_property()
    if "dashes" in options.shows("color+sticks") and wanted.name.split(":")[0] != "site":
        raise InputError(
            f"«show={options.show}» for {wanted.name or f'«site={options.site}»'}",
            "Dashed lines lead to what is bound: «by=site», or a part of it, is needed",
            "Try «show=color+sticks»",
        )
    if options.color:
        viewer.read_color(options.color)  # before anything is computed
    targets, skipped = Scope(options.selection).read(viewer)
    found = wanted.find(viewer, targets)
    for problem in (*skipped, *(one.error for one in found if one.error is not None)):
        viewer.warn(str(problem))
    known = [one for one in found if one.annotations]
    return show_property(viewer, known, wanted, options, quiet=options.quiet)


def _show_sites(app: Asker, options: SiteOptions) -> list[ShownOverlay]:
    return show_sites(app.session, options)


COMMAND: Final = Command(
    "sites",
    "shows residues that bind something, or have another property",
    SiteOptions,
    run=_show_sites,
    about="shows residues that bind something, or have another property, on the structure, and prints them. "
    "«clear» gives the structure back its own colours and sticks.",
    places=("selection", "by", "distance", "show", "color"),
    extras=property_options,
    examples=(
        "«sites»",
        "«sites chain A, by=ligand:HEM, distance=4.5, sele=pocket»",
        "«sites chain A, by=chain:B, show=color»",
        "«sites chain A, by=uniprot:binding_site, file=P69905.txt»",
    ),
    see_also=("contacts", "attn", "heads", "clear"),
)
