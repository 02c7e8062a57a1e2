"""What journals ask of figures: sizes, letters, formats. The numbers and their sources are in a resource."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from ..errors import InputError, near_name
from ..system.paths import resources_dir
from .theme import Theme

__all__ = ["Journal", "find_journal", "known_journals"]

_FONT_SIZE: Final = 8.0  # points of labels, where a journal lets them be as large
_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Journal:
    """What one journal asks for.

    Attributes
    ----------
    name : str
    widths : mapping of str to float
        Of one and of two columns in mm, by the words of ``width``.
    highest : float
        Of a figure with room for its caption, in mm.
    smallest, largest : float
        Of words, in points.
    letters : str
        Of panels.
    letter_size : float
        Points.
    formats : tuple of str
        Endings of names.
    dpi : int
    source : str
    """

    name: str
    widths: Mapping[str, float]
    highest: float
    smallest: float
    largest: float
    letters: str
    letter_size: float
    formats: tuple[str, ...]
    dpi: int
    source: str

    def style(self, theme: Theme) -> Theme:
        """Return a theme with letters as the journal wants them."""
        size = min(self.largest, max(self.smallest + 1, min(_FONT_SIZE, self.largest)))
        return replace(
            theme,
            font_size=size,
            smallest=self.smallest,
            letters=self.letters,
            letter_size=self.letter_size,
        )

    def find_faults(self, suffix: str, height: float) -> list[str]:
        """Say what the journal would not take.

        Parameters
        ----------
        suffix : str
            Of the file.
        height : float
            Of the figure in mm.

        Returns
        -------
        list of str
        """
        faults = []
        if {".tif": ".tiff"}.get(suffix.lower(), suffix.lower()) not in self.formats:
            faults.append(f"{self.name} takes {', '.join(self.formats)}, not {suffix}")
        if height > self.highest:
            faults.append(
                f"the figure is {height:.0f} mm high, and {self.name} has room for {self.highest:g} mm: "
                "choose fewer pictures, or «width=double»"
            )
        return faults


@functools.cache
def known_journals() -> Mapping[str, Journal]:
    """Return all presets by name."""
    values = json.loads((resources_dir() / "journals.json").read_text(encoding="utf-8"))["journals"]
    return {
        name: Journal(
            name=name,
            widths={"single": one["single_mm"], "double": one["double_mm"]},
            highest=one["highest_mm"],
            smallest=one["text_pt"][0],
            largest=one["text_pt"][1],
            letters=_ALPHABET.upper() if one["letters"] == "ABC" else _ALPHABET,
            letter_size=one["letters_pt"],
            formats=tuple(f".{suffix}" for suffix in one["formats"]),
            dpi=one["dpi"],
            source=one["source"],
        )
        for name, one in values.items()
    }


def find_journal(name: str) -> Journal:
    """Find a preset by its name.

    Raises
    ------
    InputError
        If there is none; a near name is suggested.
    """
    known = known_journals()
    if name.lower() not in known:
        near = near_name(name, known)
        raise InputError(
            f"«journal={name}»",
            f"One of {', '.join(known)} is needed",
            f"Did you mean «journal={near}»?" if near else "Leave it out, and give «width=» in mm",
        )
    return known[name.lower()]
