"""What a figure shows, in the words of the user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ..errors import InputError
from ..figures.figure_files import check_dpi
from ..figures.grids import find_choice
from ..figures.paper import COLUMN_WIDTHS
from ..figures.pictures import MapLook, read_pictures
from ..figures.theme import DARK, LIGHT
from ..scenes.colors import check_palette
from ..scoring.head_scoring import check_min_attn

__all__ = ["THEMES", "FigureOptions"]

THEMES: Final = {"light": LIGHT, "dark": DARK}
"""By the words of the user."""


@dataclass(frozen=True)
class FigureOptions:
    """What a figure shows; what is empty is as the panel has it, where the panel's chain is drawn.

    Attributes
    ----------
    what : str
        ``all``, or some of `PICTURES` joined by ``+``.
    width : str
        ``single`` or ``double`` column, or mm.
    dpi : int
    theme : str
        One of `THEMES`.
    metric : str
        Of the grid.
    min_attn : float, optional
        Smallest weight of an arc that counts in the grid.
    look : MapLook
    palette : str
        Of the map.
    rows, columns, mark : str
        Residues in the viewer's language: what is visible of the map, and what lights up.
    others : str
        Further heads that the grid outlines, like ``3-2+6-3``.
    by, site : str
        The binding site: ``site`` or ``site_record``; or residues in the viewer's language.
    site_options : mapping of str to object
        Options of `provis_core.targets.sites.SiteChoice`; ``path`` for a file.
    """

    what: str = "all"
    width: str = "double"
    dpi: int = 600
    theme: str = "light"
    metric: str = ""
    min_attn: float | None = None
    look: MapLook = field(default_factory=MapLook)
    palette: str = ""
    rows: str = ""
    columns: str = ""
    mark: str = ""
    others: str = ""
    by: str = ""
    site: str = ""
    site_options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def size(self) -> str | float:
        """The width as `save_figure` takes it."""
        if self.width in COLUMN_WIDTHS:
            return self.width
        try:
            return float(self.width)
        except ValueError:
            known = ", ".join(COLUMN_WIDTHS)
            raise InputError(
                f"«width={self.width}»", f"One of {known}, or a number of mm, is needed", "Try «width=120»"
            ) from None

    def check(self) -> None:
        """Raise a `ProvisError` unless everything that needs no chain can be used."""
        read_pictures(self.what)
        size = self.size
        if not isinstance(size, str) and not 30 <= size <= 1000:
            raise InputError(
                f"«width={self.width}»", "A width from 30 to 1000 mm is needed", "Try «width=180»"
            )
        check_dpi(self.dpi)
        if self.theme not in THEMES:
            raise InputError(
                f"«theme={self.theme}»", f"One of {', '.join(THEMES)} is needed", "Try «theme=light»"
            )
        self.look.check()
        if self.metric:
            find_choice(self.metric)
        if self.min_attn is not None:
            check_min_attn(self.min_attn)
        if self.palette:
            check_palette(self.palette)
        if self.by not in ("", "site", "site_record"):
            raise InputError(f"«by={self.by}»", "site or site_record is needed", "Try «site=SELECTION»")
