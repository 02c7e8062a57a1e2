"""What a figure shows, in the words of the user. What knows their values is imported when it is asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from ..attention.arcs import MIN_ATTN
from ..commands.declaration import option
from ..scenes.colors import palette_names
from ..targets.scope import Scope, model_option
from ._asking import HeadPlace, PropertyOptions, Waiting, Writing, metric_names

__all__ = ["THEMES", "FigureOptions"]

THEMES: Final = ("light", "dark")
_AS_PANEL: Final = "that of the panel, if its chain is drawn"


def _directions() -> Iterable[str]:
    from ..figures.pictures import MAP_DIRECTIONS

    return MAP_DIRECTIONS


def _contact_styles() -> Iterable[str]:
    from ..figures.pictures import CONTACTS

    return CONTACTS


def _pictures() -> Iterable[str]:
    from ..figures.pictures import PICTURES, STRUCTURE

    return ("all", *PICTURES, STRUCTURE)


def _scales() -> Iterable[str]:
    from ..figures.scales import SCALES

    return SCALES


def _journals() -> Iterable[str]:
    from ..figures.journals import known_journals

    return known_journals()


def _widths() -> Iterable[str]:
    from ..figures.paper import COLUMN_WIDTHS

    return COLUMN_WIDTHS


@dataclass(frozen=True)
class FigureOptions(PropertyOptions, HeadPlace, Scope, Waiting, Writing):
    """What a figure shows, and where; what is empty is as in the panel, where its chain is drawn."""

    filename: str = option("", "the file: .pdf, .svg, .eps, .png or .tiff", kind="new file", is_bare=True)
    selection: str = option(
        "",
        "of several chains the first is drawn, unless «link=1»",
        kind="selection",
        shown="the chain in the panel, else all that are shown",
        is_bare=True,
    )
    layer: int | None = option(
        None,
        "counted from 1; 12-4 is layer 12 and head 4",
        shown=f"{_AS_PANEL}, else the model's own",
        is_bare=True,
    )
    head: int | None = option(
        None, "counted from 1", shown=f"{_AS_PANEL}, else the model's own", is_bare=True
    )
    model: str = model_option(f"{_AS_PANEL}, else ")
    what: str = option(
        "all",
        "all, or structure, grid, map, profile joined by +; structure is the viewer's own picture, with the "
        "head drawn as «attn» does",
        values=_pictures,
    )
    width: str = option(
        "double",
        "single or double column: 88 or 180 mm, or those of «journal=», or a number of mm",
        values=_widths,
    )
    journal: str = option(
        "",
        "sizes, letters and formats as a journal wants them",
        values=_journals,
        shown="none: 88 or 180 mm, no word below 5 points",
    )
    dpi: int = option(600, "dots per inch of PNG and TIFF, and of maps in PDF, SVG and EPS")
    theme: str = option("light", "light or dark", values=lambda: THEMES)
    metric: str = option("", "what the grid shows of each head", values=metric_names, shown="contact")
    target: str = option(
        "",
        "what relevance is about, as in «explain»; with it grid and profile show relevance",
        shown=f"{_AS_PANEL}, else that of «explain»",
    )
    min_attn: float | None = option(
        None,
        "smallest attention weight of a pair that counts in the grid, from 0.05 on, as in «heads»",
        shown=f"{_AS_PANEL}, else {MIN_ATTN:g}",
    )
    scale: str = option("linear", "colours of the map: linear, log or percentile", values=_scales)
    direction: str = option("directed", "of the map: directed, max or mean", values=_directions)
    contacts: str = option("outline", "on the map: outline, triangle or none", values=_contact_styles)
    palette: str = option("", "colours of the map", values=palette_names, shown="your own")
    rows: str = option(
        "",
        "the map shows from the first to the last of these residues",
        kind="selection",
        shown="the whole map",
    )
    columns: str = option("", "as rows, for the columns", kind="selection", shown="the whole map")
    mark: str = option("", "residues that light up", kind="selection")
    others: str = option("", "further heads that the grid outlines, 3-2+6-3")
    by: str = option(
        "",
        "the binding site: site or site_record, from what is bound or the SITE records",
        values=lambda: ("site", "site_record"),
        shown="site",
    )
    file: str = option("", "a file with the site, as in «sites»", kind="file")
    caption: str = option(
        "", "also write the caption, a paragraph for the methods and BibTeX into this file", kind="new file"
    )
