"""Residues coloured by what they brought to a prediction; what does it is imported when it is asked for."""

from __future__ import annotations

from typing import Any, Final

from ..commands.declaration import Command
from ._asking import Asker, finish
from .explain_options import ExplainOptions

__all__ = ["COMMAND"]


def _explain(app: Asker, options: ExplainOptions) -> Any:
    from .work.explaining import explain_chains

    return finish(app, explain_chains(app.session, options), options)


COMMAND: Final = Command(
    "explain",
    "colours residues by what they brought to a prediction",
    ExplainOptions,
    run=_explain,
    about="asks the model why it says something, and colours the residues of each chain by their signed "
    "relevance: what speaks for it and what against it, compared with a baseline that says nothing "
    "(integrated gradients), or the part of it that went through one head. All numbers add up to the "
    "difference of the score between the chain and the baseline, and how well they do is said.",
    places=("selection", "target", "model", "head", "baseline", "method", "steps", "which", "wait", "quiet"),
    examples=(
        "«explain chain A, V82A»",
        "«explain chain A, residue:82, baseline=mask, sele=why»",
        "«explain chain A, V82A, head=12-4, pairs=1»",
        "«clear *_profile»",
    ),
    notes="The baseline is part of the question: see what the model says about it, f(baseline), before you "
    "believe a sign.",
    see_also=("targets", "profile", "heads", "clear"),
)
