"""What is asked of ``provis_replay``."""

from __future__ import annotations

from dataclasses import dataclass

from ..commands.declaration import option
from ._asking import Waiting, Writing

__all__ = ["ReplayOptions"]


@dataclass(frozen=True)
class ReplayOptions(Waiting, Writing):
    """Which file, and where what it needs is found here."""

    filename: str = option("", "a file that ProVis has written", kind="file", is_bare=True)
    out: str = option(
        "",
        "the file that is made; never the one that is read",
        kind="new file",
        shown="a new name beside it, fig_replayed.pdf",
    )
    selection: str = option(
        "",
        "the chains that take the place of those of the file",
        kind="selection",
        shown="those with the same coordinates, or else the same name",
    )
    model: str = option("", "the model, or its folder", kind="model", shown="the one that the file names")
    seqres: str = option(
        "", "the whole sequence that was given, which no file carries", kind="file", shown="what was given"
    )
    files: bool = option(
        False, "1 also opens the files that the file names: sites, whole sequences, sets of heads"
    )
