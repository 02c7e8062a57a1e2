"""The use case behind ``provis_targets``: what a model can be asked to explain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ..commands.declaration import Command, option
from ..targets.scope import Scope
from ._asking import Asker, Waiting, finish, say

if TYPE_CHECKING:
    from ..checkpoints.readouts import ReadoutConfig
    from ..session.session import Session
    from ..viewers.viewer import Program

__all__ = ["COMMAND", "TargetOptions", "list_targets"]

_WORDS: Final = {
    "masked_lm": "masked language model",
    "sequence": "sequence classifier",
    "token": "token classifier",
    "contact": "network with a contact head",
}
_N_CLASSES: Final = 50


@dataclass(frozen=True)
class TargetOptions(Scope, Waiting):
    """Of which chains and of which model."""

    baseline: str = option(
        "",
        "what classes are also asked of: pad, mask, X, mean, or another sequence of that length",
        values=("pad", "mask", "X", "mean"),
        shown="X, or mask where the model has no X",
    )


def list_targets(session: Session[Program], model: str = "") -> list[str]:
    """Say what a checkpoint can be asked; nothing is run.

    Parameters
    ----------
    session : Session
    model : str
        Name or folder; empty for the kept default.

    Returns
    -------
    list of str
        Lines, in marks.

    Raises
    ------
    ProvisError
        If there is no such model, or its files cannot be read.
    """
    from ..targets.predictions import KINDS
    from .work.relevance_request import read_readouts_of

    entry = session.find_model(model)
    readouts = read_readouts_of(entry)
    lines = [f"What {entry.name} can be asked, as «explain target=...»:"]
    for readout in readouts:
        kind = _WORDS[readout.kind]
        lines += [f"  {example}: {what}" for example, needs, what in KINDS if needs == kind]
        lines += _list_classes(readout, several=len(readouts) > 1)
    if not readouts:
        lines.append("  nothing: the checkpoint is an encoder alone, and its attention can be shown")
    return lines


def _list_classes(readout: ReadoutConfig, *, several: bool) -> list[str]:
    if not readout.labels:
        return []
    meanings = readout.meanings or ("",) * len(readout.labels)
    named = [
        f"    {number} {label}" + (f": {meaning}" if meaning else "")
        for number, (label, meaning) in enumerate(zip(readout.labels, meanings, strict=True), 1)
    ]
    rest = len(named) - _N_CLASSES
    more = [f"    and {rest} more"] if rest > 0 else []
    title = f"  classes of {readout.name}:" if several else "  classes:"
    note = [f"    {readout.note}"] if readout.note else []
    return [title, *named[:_N_CLASSES], *more, *note]


def _targets(app: Asker, options: TargetOptions) -> Any:
    from .work.chain_classes import classify_chains
    from .work.relevance_request import read_readouts_of

    session = app.session
    has_classes = any(one.labels for one in read_readouts_of(session.find_model(options.model)))
    has_chains = bool(options.selection.strip() or session.viewer.list_objects())
    job = None
    if has_classes and has_chains:  # a wrong selection is told before anything else
        job = classify_chains(session, options, baseline=options.baseline, quiet=options.quiet)
    lines = say(app, list_targets(session, options.model))
    return lines if job is None else finish(app, job, options)


COMMAND: Final = Command(
    "targets",
    "lists what a model can be asked to explain",
    TargetOptions,
    run=_targets,
    about="lists the outputs of a model that «explain» can explain. Of a classifier the classes follow for "
    "each chain, the best first, each with its logit and probability, and the same for the baseline.",
    places=("selection", "model", "baseline", "wait", "quiet"),
    examples=("«targets»", "«targets chain A»", "«targets chain A, model=provis_mini, baseline=mask»"),
    see_also=("explain", "models"),
)
