"""The use case behind ``provis_targets``: what a model can be asked to explain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..checkpoints.config import read_config, read_family
from ..checkpoints.readouts import ReadoutConfig, read_readouts
from ..commands.declaration import Command, option
from ..session.session import Session
from ..targets.predictions import KINDS
from ..viewers.viewer import Viewer
from ._asking import Asker, Quiet, say

__all__ = ["COMMAND", "TargetOptions", "list_targets"]

_WORDS: Final = {
    "masked_lm": "masked language model",
    "sequence": "sequence classifier",
    "token": "token classifier",
}
_N_CLASSES: Final = 50


@dataclass(frozen=True)
class TargetOptions(Quiet):
    """Of which model."""

    model: str = option(
        "",
        "a name that «models» shows, or a folder",
        kind="model",
        shown="the one that «model» chose",
        is_bare=True,
    )


def list_targets(session: Session[Viewer], model: str = "") -> list[str]:
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
    entry = session.find_model(model)
    config = read_config(entry.folder)
    readouts = read_readouts(config.folder, read_family(config))
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


def _targets(app: Asker, options: TargetOptions) -> list[str]:
    return say(app, list_targets(app.session, options.model))


COMMAND: Final = Command(
    "targets",
    "lists what a model can be asked to explain",
    TargetOptions,
    run=_targets,
    about="lists the outputs of a model that «explain» can explain, with its classes where it has some.",
    places=("model", "quiet"),
    examples=("«targets»", "«targets provis_mini»"),
    see_also=("explain", "models"),
)
