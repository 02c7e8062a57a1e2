"""The command ``provis_attn``: one head's attention on every chain of a selection, drawn."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from ..annotations.annotators import property_options
from ..commands.declaration import Command
from ._asking import Asker, finish
from .attention_options import AttentionOptions

__all__ = ["COMMAND"]


def _draw(app: Asker, options: AttentionOptions) -> Any:
    from .work.attention import draw_head

    session = app.session
    options = replace(options, max_pairs=int(session.settings.number("max_pairs")))
    job = draw_head(
        session, options, options.layer, options.head, options, heads=options.heads, quiet=options.quiet
    )
    return finish(app, job, options)


COMMAND: Final = Command(
    "attn",
    "draws the attention of one head",
    AttentionOptions,
    run=_draw,
    about="draws the attention of one head of a protein language model as cylinders between the CA atoms of "
    "residues. The model sees the whole sequence of each chain that the selection touches, every chain by "
    "itself (unless «link=1»); pairs with both residues in the selection are drawn.",
    places=(
        *(
            "selection",
            "layer",
            "head",
            "model",
            "min_attn",
            "top",
            "min_sep",
            "direction",
            "palette",
            "radius",
        ),
        *("name", "sele", "wait", "quiet", "window", "gaps", "seqres", "link", "color_by", "atom", "cutoff"),
        *("distance", "file", "transparency", "labels"),
    ),
    extras=property_options,
    examples=(
        "«attn chain A, layer=12, head=4»",
        "«attn chain A, 12-4, min_attn=0.05, sele=ends»",
        "«attn chain A, heads=contact»",
        "«attn chain A, gaps=observed»",
        "«attn chain A, seqres=~/1hpv.fasta»",
        "«attn chain A+B, link=1»",
        "«attn chain A, min_sep=6, color_by=contact, labels=5»",
    ),
    see_also=("clear", "contacts", "sites", "cancel", "wait", "models", "set"),
)
