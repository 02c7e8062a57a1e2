"""A file made again by what it says of itself. What reads it is imported when one is asked for."""

from __future__ import annotations

from typing import Any, Final

from ..commands.declaration import Command
from ._asking import Asker, finish
from .replay_options import ReplayOptions

__all__ = ["COMMAND"]


def _replay(app: Asker, options: ReplayOptions) -> Any:
    from .work.replay import replay_file

    return finish(app, replay_file(app, options), options)


COMMAND: Final = Command(
    "replay",
    "makes a file of ProVis again, and says what differs",
    ReplayOptions,
    run=_replay,
    about="reads what a figure or an export of ProVis says of how it was made, makes it again under a new "
    "name, and says what differs: structure, sequence, model, versions, numbers. The structure must be "
    "loaded, and the model on this computer. Only commands of ProVis are run, whatever the file says, and "
    "only the new file is written.",
    places=("filename", "out"),
    examples=(
        "«replay fig2.pdf»",
        "«replay fig2.pdf, out=again.pdf»",
        "«replay fig2.pdf, selection=chain A, model=esm2_8m»",
    ),
    notes="Another program that writes a file again may take out what ProVis has put in; CSV and TSV files "
    "hold rows alone.",
    see_also=("figure", "explain", "heads"),
)
