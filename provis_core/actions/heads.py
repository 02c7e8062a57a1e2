"""The command ``provis_heads``: every head of a model scored on a property of the structure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ..annotations.annotators import property_options
from ..commands.declaration import Command
from ._asking import Asker, finish
from .head_options import HeadOptions

if TYPE_CHECKING:
    pass

__all__ = ["COMMAND", "HeadOptions"]


def _rank(app: Asker, options: HeadOptions) -> Any:
    from .work.heads import rank_heads
    from .work.relevance_ranking import rank_by_relevance

    rank = rank_heads if options.measure == "attention" else rank_by_relevance
    return finish(app, rank(app.session, options), options)


COMMAND: Final = Command(
    "heads",
    "scores every head on the structure at hand",
    HeadOptions,
    run=_rank,
    about="scores every head of a protein language model on the structure at hand: how much of its "
    "attention falls on contacts, on a binding site, or on another property, and whether that is more than "
    "chance. The whole chains that the selection touches are scored, each by itself and on its own structure."
    "\n\n"
    "An arc is a pair of residues with attention of at least min_attn. Of a property of residues, the one "
    "that is attended to must have it. Chance is the same property shifted along the chain, all shifts. "
    "Heads that feed a sink are named apart. docs/heads.md has the formulas, and what the numbers cannot "
    "say.",
    places=("selection", "by", "model", "min_attn", "top", "out", "site", "file"),
    extras=property_options,
    examples=(
        "«heads chain A»",
        "«heads chain A, by=site, out=heads.csv»",
        "«heads chain A, by=site:ligand, distance=4.5, min_attn=0.1»",
        "«heads chain A, by=contact, atom=CB, min_sep=12»",
        "«heads chain A, heads=12-4+11-6»",
        "«heads chain A, by=site, measure=relevance, target=V82A»",
    ),
    see_also=("attn", "sites", "contacts", "models"),
)
