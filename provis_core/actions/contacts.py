"""The command ``provis_contacts``: the contacts of a chain, drawn on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ..commands.declaration import Command
from ._asking import Asker
from .overlay_options import ContactOptions

if TYPE_CHECKING:
    from .work.overlays import ShownOverlay

__all__ = ["COMMAND", "ContactOptions"]


def _show_contacts(app: Asker, options: ContactOptions) -> list[ShownOverlay]:
    from .work.contacts import show_contacts

    return show_contacts(app.session, options)


COMMAND: Final = Command(
    "contacts",
    "shows which residues are near each other",
    ContactOptions,
    run=_show_contacts,
    about="shows which residues are near each other, as dashed lines between their CA (or CB) atoms. By "
    "default "
    "those of Vig et al. (arXiv 2006.15222): CA atoms nearer than 8 Å, 6 or more apart in the sequence. "
    "«clear» "
    "takes it off again.",
    places=(
        *("selection", "atom", "cutoff", "min_sep", "between", "show", "color", "palette", "top", "name"),
        *("sele", "quiet"),
    ),
    examples=(
        "«contacts chain A»",
        "«contacts chain A, atom=CB, cutoff=10, min_sep=12»",
        "«contacts between=only»",
    ),
    see_also=("sites", "attn", "heads", "clear"),
)
