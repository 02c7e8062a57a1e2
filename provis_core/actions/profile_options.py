"""Which head of which chains a profile is of, and what its colours say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..commands.declaration import option
from ..errors import InputError, check_word
from ..scenes.colors import check_palette, palette_names
from ..targets.scope import Scope
from ._asking import HeadPlace, Waiting

__all__ = ["PROFILES", "PROFILE_PALETTE", "ProfileOptions", "check_profile", "check_windowed_profile"]

PROFILES: Final = ("received", "given")
"""Column sums and row sums of the map of a head."""

PROFILE_PALETTE: Final = "viridis"
"""From 0 to the largest value."""


def check_profile(which: str) -> None:
    """Raise `InputError` unless it is one of `PROFILES`."""
    check_word("which", which, PROFILES, "received")


def check_windowed_profile(which: str, window: int) -> None:
    """Raise `InputError` where it is not known in windows."""
    if window and which == "given":
        raise InputError(
            f"«which={which}» together with «window={window}»",
            "In windows it is known what residues receive, not what they give",
            "Choose received",
        )


@dataclass(frozen=True)
class ProfileOptions(HeadPlace, Scope, Waiting):
    """Which head of which chains, and what the colours say."""

    which: str = option(
        "received",
        "from all residues, or to all residues; of what a residue gives, the rest to 1 goes to special "
        "tokens",
        values=PROFILES,
    )
    palette: str = option(PROFILE_PALETTE, "colours from 0 to the largest value", values=palette_names)

    def check(self) -> None:
        """Raise `InputError` unless what needs no chain can be used."""
        super().check()
        check_profile(self.which)
        check_palette(self.palette)
        check_windowed_profile(self.which, self.window)
