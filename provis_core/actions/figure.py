"""Figures for papers. What draws them is imported when one is asked for: the viewer starts sooner."""

from __future__ import annotations

from typing import Any, Final

from ..annotations.annotators import property_options
from ..commands.declaration import Command
from ..errors import InputError
from ._asking import Asker, finish
from .figure_options import FigureOptions

__all__ = ["COMMAND"]


def _save(app: Asker, options: FigureOptions) -> Any:
    from .work.figure import save_chain_figure

    if not options.filename:
        raise InputError(
            "No file was named",
            "A name that ends in .pdf, .svg, .eps, .png or .tiff is needed",
            "For example: «figure heads.pdf, chain A»",
        )
    panel = app.inspector.shown if app.has_inspector else None
    return finish(app, save_chain_figure(app.session, options, panel), options)


COMMAND: Final = Command(
    "figure",
    "saves a figure of one chain for a paper",
    FigureOptions,
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
