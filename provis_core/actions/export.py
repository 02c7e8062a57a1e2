"""The command ``provis_export``: the pairs that are drawn, as a table or as a file for another program."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from ..annotations.annotators import property_options
from ..commands.declaration import Command
from ..errors import InputError
from ._asking import Asker, finish
from .attention_options import ExportOptions

__all__ = ["COMMAND"]


def _export(app: Asker, options: ExportOptions) -> Any:
    from ..exports.saving import known_suffixes
    from .work.export import export_drawn, start_export

    if not options.filename:
        raise InputError(
            "No file was named",
            f"A name that ends in {', '.join(known_suffixes())} is needed",
            "Try pairs.csv",
        )
    drawn = app.find_drawn() if options.is_open else None
    if drawn is not None:
        return export_drawn(app.session, drawn, options)
    options = replace(options, max_pairs=int(app.session.settings.number("max_pairs")))
    return finish(app, start_export(app.session, options), options)


COMMAND: Final = Command(
    "export",
    "writes the pairs that are drawn",
    ExportOptions,
    run=_export,
    about="writes the pairs that «attn» draws with the same options, or, where no chain, head or model is "
    "named, those that the panel has drawn: residues, attention, distance, separation, whether they are a "
    "contact and reach the binding site; or the drawing itself, for a program that has no ProVis. Nothing in "
    "the viewer changes.",
    places=("filename", "selection", "layer", "head", "model", "min_attn", "top", "min_sep", "direction"),
    extras=property_options,
    examples=(
        "«export pairs.csv, chain A, layer=12, head=4»",
        "«export drawing.html, chain A, 12, 4, min_sep=6, color_by=contact»",
        "«export drawing.pml, chain A, 12, 4»",
    ),
    see_also=("attn", "panel", "figure"),
    aliases=("pairs",),
)
