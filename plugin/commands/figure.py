"""Figures for papers."""

from __future__ import annotations

from pathlib import Path

from provis_core.app import App
from provis_core.errors import InputError
from provis_core.system.jobs import Job
from provis_core.targets.scope import Scope

from ._running import finish, parse_wait

__all__ = ["provis_figure"]


def provis_figure(
    app: App,
    filename: str = "",
    selection: str = "",
    layer: int | None = None,
    head: int | None = None,
    model: str = "",
    what: str = "all",
    width: str = "double",
    dpi: int = 600,
    theme: str = "light",
    metric: str = "",
    scale: str = "linear",
    direction: str = "directed",
    contacts: str = "outline",
    palette: str = "",
    rows: str = "",
    columns: str = "",
    mark: str = "",
    others: str = "",
    by: str = "",
    site: str = "",
    radius: float | None = None,
    file: str = "",
    gaps: str = "auto",
    window: int = 0,
    link: int = 0,
    wait: str = "",
    quiet: int = 1,
) -> Path | Job:
    """
    DESCRIPTION

        "provis_figure" saves a figure of one chain for a paper: all heads
        of a model, the attention map of one head, and the attention of each
        residue, drawn as the panel draws them. No window is needed, and
        nothing in PyMOL changes. docs/figures.md tells more.

    USAGE

        provis_figure filename [, selection [, layer [, head [, model
            [, what [, width [, dpi [, theme [, option=value ... ]]]]]]]]]

    ARGUMENTS

        filename = string: the file, .pdf, .svg or .png

        selection = string: atom selection; of several chains the first is
        drawn, unless link=1 {default: the chain in the panel, else the
        enabled objects}

        layer, head = integer: counted from 1 {default: the head in the
        panel, if its chain is drawn, else the model's own}

        model = string: a name that provis_models shows, or a folder
        {default: that of the panel, if its chain is drawn, else the one
        that provis_model chose}

        what = all, or grid, map, profile joined by + {default: all}

        width = single or double: 88 or 180 mm, or a number of mm
        {default: double}

        dpi = integer: dots per inch of a PNG, and of maps in PDF and SVG
        {default: 600}

        theme = light or dark {default: light}

        metric = contact, site, ptm, helix, strand, precision, separation,
        entropy, special_tokens or sink: what the grid shows of each head
        {default: contact}

        scale = linear, log or percentile: colours of the map
        {default: linear}

        direction = directed, max or mean: of the map {default: directed}

        contacts = outline, triangle or none: on the map {default: outline}

        palette = string: colours of the map {default: your own}

        rows, columns = string: atom selections; the map shows from the
        first to the last of their residues {default: the whole map}

        mark = string: atom selection; its residues light up

        others = string: further heads that the grid outlines, 3-2+6-3

        by = site or site_record, or site = string: the binding site, from
        what is bound, the SITE records, or an atom selection
        {default: by=site}

        radius = float: distance of by=site in Angstrom {default: 4}

        file = string: a file with the site, as in provis_sites

        gaps, window, link = what the model sees, see provis_attn; with
        link=1 one map of all chains is drawn, with lines between them

        wait = 0 or 1: return at once, or when it is done {default: 0 when
        typed into the graphical PyMOL, 1 in scripts and without window}

        quiet = 0 or 1: 0 prints the report {default: 0 when typed}

    EXAMPLE

        fetch 1hpv, async=0
        provis_figure heads.pdf, chain A, layer=12, head=4
        provis_figure map.svg, chain A, 12, 4, what=map, width=single
        provis_figure entropy.png, chain A, what=grid, metric=entropy

    NOTES

        The Python of PyMOL must have matplotlib.

    SEE ALSO

        provis_panel, provis_attn, provis_heads, provis_sites
    """
    # pictures are imported when they are first asked for: PyMOL starts sooner
    from provis_core.actions.figure import save_chain_figure
    from provis_core.actions.figure_options import FigureOptions
    from provis_core.figures.pictures import MapLook

    if not filename:
        raise InputError(
            "No file was named",
            "A name that ends in .pdf, .svg or .png is needed",
            "For example: provis_figure heads.pdf, chain A",
        )
    given = {"distance": radius, "path": file}
    options = FigureOptions(
        what=what,
        width=width,
        dpi=dpi,
        theme=theme,
        metric=metric,
        look=MapLook(scale, direction, contacts),
        palette=palette,
        rows=rows,
        columns=columns,
        mark=mark,
        others=others,
        by=by,
        site=site,
        site_options={name: value for name, value in given.items() if value not in ("", None)},
    )
    scope = Scope(selection, model, gaps, link=bool(link), window=window)
    waits = parse_wait(wait, default=not app.session.viewer.is_interactive(typed=not quiet))
    job = save_chain_figure(
        app.session,
        filename,
        scope,
        layer,
        head,
        options,
        panel=app.inspector.shown if app.has_inspector else None,
        quiet=bool(quiet),
    )
    written: Path | Job = finish(app, job, waits=waits)
    return written
