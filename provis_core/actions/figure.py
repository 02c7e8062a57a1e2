"""Figures for papers. What draws them is imported when one is asked for: the viewer starts sooner."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from ..annotations.annotators import property_options
from ..commands.declaration import Command, option
from ..errors import InputError
from ..scenes.colors import palette_names
from ..scoring.head_scoring import MIN_ATTN
from ..targets.scope import Scope
from ._asking import Asker, HeadPlace, PropertyOptions, Waiting, finish
from .panel import metric_names

__all__ = ["COMMAND", "FigureChoice"]

_AS_PANEL: Final = "that of the panel, if its chain is drawn"


def _directions() -> Iterable[str]:
    from ..figures.pictures import MAP_DIRECTIONS

    return MAP_DIRECTIONS


def _contact_styles() -> Iterable[str]:
    from ..figures.pictures import CONTACTS

    return CONTACTS


def _pictures() -> Iterable[str]:
    from ..figures.pictures import PICTURES

    return ("all", *PICTURES)


def _scales() -> Iterable[str]:
    from ..figures.scales import SCALES

    return SCALES


def _widths() -> Iterable[str]:
    from ..figures.paper import COLUMN_WIDTHS

    return COLUMN_WIDTHS


def _themes() -> Iterable[str]:
    from ._figure_options import THEMES

    return THEMES


@dataclass(frozen=True)
class FigureChoice(PropertyOptions, HeadPlace, Scope, Waiting):
    """What a figure shows, and where it is written."""

    filename: str = option("", "the file, .pdf, .svg or .png", kind="new file", is_bare=True)
    selection: str = option(
        "",
        "of several chains the first is drawn, unless «link=1»",
        kind="selection",
        shown="the chain in the panel, else the enabled objects",
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
    model: str = option(
        "",
        "a name that «models» shows, or a folder",
        kind="model",
        shown=f"{_AS_PANEL}, else the one that «model» chose",
    )
    what: str = option("all", "all, or grid, map, profile joined by +", values=_pictures)
    width: str = option("double", "single or double: 88 or 180 mm, or a number of mm", values=_widths)
    dpi: int = option(600, "dots per inch of a PNG, and of maps in PDF and SVG")
    theme: str = option("light", "light or dark", values=_themes)
    metric: str = option("", "what the grid shows of each head", values=metric_names, shown="contact")
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


def _save(app: Asker, options: FigureChoice) -> Any:
    from ..figures.pictures import MapLook
    from ._figure import save_chain_figure
    from ._figure_options import FigureOptions

    if not options.filename:
        raise InputError(
            "No file was named",
            "A name that ends in .pdf, .svg or .png is needed",
            "For example: «figure heads.pdf, chain A»",
        )
    site_options = {**({"path": options.file} if options.file else {}), **options.given}
    figure = FigureOptions(
        what=options.what,
        width=options.width,
        dpi=options.dpi,
        theme=options.theme,
        metric=options.metric,
        min_attn=options.min_attn,
        look=MapLook(options.scale, options.direction, options.contacts),
        palette=options.palette,
        rows=options.rows,
        columns=options.columns,
        mark=options.mark,
        others=options.others,
        by=options.by,
        site=options.site,
        site_options=site_options,
    )
    job = save_chain_figure(
        app.session,
        options.filename,
        options,
        options.layer,
        options.head,
        figure,
        heads=options.heads,
        panel=app.inspector.shown if app.has_inspector else None,
        quiet=options.quiet,
    )
    return finish(app, job, options)


COMMAND: Final = Command(
    "figure",
    "saves a figure of one chain for a paper",
    FigureChoice,
    run=_save,
    about="saves a figure of one chain for a paper: all heads of a model, the attention map of one head, "
    "and the "
    "attention of each residue, drawn as the panel draws them. No window is needed, and nothing in the "
    "viewer "
    "changes. docs/figures.md tells more.",
    places=("filename", "selection", "layer", "head", "model", "what", "width", "dpi", "theme"),
    extras=property_options,
    examples=(
        "«figure heads.pdf, chain A, layer=12, head=4»",
        "«figure map.svg, chain A, 12, 4, what=map, width=single»",
        "«figure entropy.png, chain A, what=grid, metric=entropy»",
    ),
    notes="The Python of the viewer must have matplotlib.",
    see_also=("panel", "attn", "heads", "sites"),
)
