"""What made a table: the record of a command that writes one, begun with its chains."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ...attention.head_id import Head
from ...checkpoints.registry import ModelEntry
from ...commands.dialect import PYMOL
from ...commands.line import line
from ...exports.record import Record
from ...exports.recording import add_weights, make_record
from ...targets.properties import read_target_subjects
from ...targets.targets import Target
from ...viewers.viewer import Program
from .. import find_command

__all__ = ["begin_record", "end_record"]


def begin_record(
    viewer: Program,
    command: str,
    targets: Sequence[Target],
    entry: ModelEntry,
    options: Any,
    *,
    stem: str,
    what: str,
    head: Head | None = None,
    definitions: Iterable[str] = (),
) -> Record:
    """Say what a table will show and what makes it, as the chains are now.

    Parameters
    ----------
    viewer : Program
    command : str
        Its name; the table is its ``out``.
    targets : sequence of Target
    entry : ModelEntry
    options : object
        Of the command, as they were typed.
    stem : str
        Of the name that the table has in the line: the same table is the same file.
    what, head, definitions
        As `provis_core.exports.recording.make_record` takes them.

    Returns
    -------
    Record

    Raises
    ------
    ProvisError
        If a chain is gone, or files of the model are missing.
    """
    full = replace(
        options,
        selection=" or ".join(viewer.name_residues(one.chain) for one in targets),
        model=entry.address,
        out=f"{stem}{Path(options.out).suffix.lower()}",
        overwrite=True,
        quiet=True,
        wait=None,
    )
    return make_record(
        command,
        list(zip(targets, read_target_subjects(viewer, targets), strict=True)),
        entry,
        head,
        what=what,
        commands=(line(find_command(command), full, PYMOL),),
        options=asdict(full),
        viewer=viewer.name,
        definitions=definitions,
    )


def end_record(record: Record, entry: ModelEntry, numbers: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record with its numbers and the checksums of the weights, as ``about`` of a table has it.

    Raises
    ------
    CheckpointError
        If files of the model are missing.
    """
    return {"record": add_weights(replace(record, numbers=numbers), entry.folder).to_values()}
