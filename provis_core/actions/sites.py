"""The command ``provis_sites``: residues that bind something, or have another property."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..annotations.annotators import property_options
from ..commands.declaration import Command
from ._asking import Asker
from .overlay_options import SiteOptions

if TYPE_CHECKING:
    from .work.overlays import ShownOverlay

__all__ = ["COMMAND", "SiteOptions"]


def _show_sites(app: Asker, options: SiteOptions) -> list[ShownOverlay]:
    from .work.sites import show_sites

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
