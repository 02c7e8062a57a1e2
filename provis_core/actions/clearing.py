"""Taking away what was drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..commands.declaration import Command, option
from ._asking import Asker, Quiet

__all__ = ["CLEAR", "ClearOptions"]


@dataclass(frozen=True)
class ClearOptions(Quiet):
    """What is taken away."""

    name: str = option(
        "",
        'object or overlay, "*" stands for any letters',
        kind="object",
        shown="all that ProVis drew",
        is_bare=True,
    )


def _clear(app: Asker, options: ClearOptions) -> list[str]:
    removed = app.session.viewer.clear(options.name)
    if not options.quiet:
        text = ", ".join(removed) if removed else "nothing: ProVis has drawn no such object"
        app.session.viewer.write(f" ProVis: removed {text}")
    return removed


CLEAR: Final = Command(
    "clear",
    "removes what ProVis has drawn",
    ClearOptions,
    run=_clear,
    about="removes what ProVis has drawn, and gives your atoms back the colours and sticks that they had "
    "below "
    "an overlay. Your own objects, selections and settings stay, and what you changed since.",
    places=("name", "quiet"),
    examples=("«clear»", "«clear *_12-4»", "«clear *_site*»"),
    see_also=("attn", "sites", "contacts"),
)
