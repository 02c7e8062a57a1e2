"""The command ``provis_profile``: residues coloured by the attention that they receive or give."""

from __future__ import annotations

from typing import Any, Final

from ..commands.declaration import Command
from ._asking import Asker, finish
from .profile_options import ProfileOptions

__all__ = ["COMMAND", "ProfileOptions"]


def _color_profile(app: Asker, options: ProfileOptions) -> Any:
    from .work.profile import color_by_profile

    return finish(app, color_by_profile(app.session, options), options)


COMMAND: Final = Command(
    "profile",
    "colours residues by their attention",
    ProfileOptions,
    run=_color_profile,
    about="colours the residues of each chain that the selection touches by the attention that they "
    "receive, or "
    "give, in one head: the sums over the columns, or the rows, of its map. «clear» gives the structure back "
    "its own colours.",
    places=(
        *(
            "selection",
            "layer",
            "head",
            "model",
            "which",
            "palette",
            "gaps",
            "seqres",
            "link",
            "wait",
            "quiet",
        ),
        "window",
    ),
    examples=(
        "«profile chain A, layer=12, head=4»",
        "«profile chain A, 12, 4, which=given, palette=cividis»",
        "«clear *_profile»",
    ),
    notes="Windows are for «which=received» alone.",
    see_also=("attn", "panel", "clear"),
)
