"""What a file says of how it was made, taken as a command: every word of it is checked, none is trusted."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from ...attention.head_files import split_file
from ...checkpoints.registry import ModelEntry, list_models, list_registry
from ...commands.declaration import Command
from ...commands.reading import read_options
from ...errors import CheckpointError, InputError, StructureError
from ...exports.comparing import name_chain, quote
from ...exports.record import MadeChain, Record
from ...exports.recording import HIDDEN, digest_chain
from ...exports.saving import check_free, check_text_path
from ...session.session import Session
from ...structures.chain import SelectedChain
from ...structures.given_sequences import names_file
from ...structures.linking import join_chains
from ...system.given_files import has_file
from ...viewers.file_viewer import FileViewer
from ...viewers.viewer import Program
from .. import known_commands

__all__ = [
    "RecordedCommand",
    "check_selections",
    "choose_out",
    "find_recorded_chains",
    "find_recorded_model",
    "name_selected",
    "read_asked_again",
]

_SUFFIX: Final = re.compile(r"\.[A-Za-z0-9]{1,8}")
_PDB: Final = re.compile(r"[0-9][A-Za-z0-9]{3}")
_N_NAMED: Final = 3  # chains or files that a sentence names
_N_TRIED: Final = 1000  # proposed names


@dataclass(frozen=True)
class RecordedCommand:
    """The command that made a file.

    Attributes
    ----------
    command : Command
    options : object
        An instance of ``command.options``, as the file has them; what it writes is not named yet.
    writes : str
        Name of the option that names the file.
    suffix : str
        Ending of the name.
    """

    command: Command
    options: Any
    writes: str
    suffix: str


def read_asked_again(record: Record, path: Path, *, opens_files: bool, seqres: str = "") -> RecordedCommand:
    """Read the command of a record: one of ours, that writes a file, with options that it has.

    Parameters
    ----------
    record : Record
    path : pathlib.Path
        Of the file, for messages.
    opens_files : bool
        Whether files that it names may be opened.
    seqres : str
        What the user gives in the place of its own; empty for that.

    Returns
    -------
    RecordedCommand

    Raises
    ------
    InputError
        If it is no such command or option, or names files that may not be opened.
    """
    makers = {one.name: (one, name) for one in known_commands() if (name := _name_file_option(one))}
    if record.kind not in makers:
        raise InputError(
            f"{path} was made by {quote(record.kind) or 'nothing'}, which makes no files in this ProVis",
            f"A file of {', '.join(makers)} is needed",
            "Update ProVis, or use the original file",
        )
    command, writes = makers[record.kind]
    given = record.options.get("given") or {}
    values = {name: value for name, value in record.options.items() if name != "given"}
    if isinstance(given, Mapping):
        values |= given
    if not isinstance(given, Mapping) or not all(map(_can_be_typed, (*values, *values.values()))):
        raise InputError(
            f"{path} has options that nobody can type",
            "A record that ProVis has written is needed",
            "Use the original file",
        )
    kept_by_us = {one.name for one in fields(command.options)} - command.own.keys()  # nobody types them
    values = {name: value for name, value in values.items() if name not in kept_by_us}
    suffix = Path(str(values.pop(writes, "") or "")).suffix
    try:
        options = read_options(command, values)
    except InputError as error:
        raise InputError(
            f"{path} has options that this version of ProVis does not know: {quote(error.got)}",
            "A file of this version or an older one is needed",
            "Update ProVis",
        ) from error
    if seqres and "seqres" in command.own:
        options = replace(options, seqres="")
    for name in command.own:
        if str(getattr(options, name)).startswith(HIDDEN):
            raise InputError(
                f"{path} was made with a sequence as {name}, which no file carries",
                "That sequence is needed",
                "Add it: «seqres=SEQUENCE»" if name == "seqres" else "Type the command itself",
            )
    if files := _named_files(command, options) if not opens_files else []:
        named = ", ".join(f"{name} {quote(text)}" for name, text in files[:_N_NAMED])
        raise InputError(
            f"{path} was made with other files: {named}",
            "What a file names is opened only where you say so",
            "Look at them, and add «files=1»",
        )
    others = [one.name for one in command.own.values() if one.kind == "new file"]
    kept = {
        "sele": "",
        "quiet": True,
        "wait": False,
        "overwrite": True,
        **dict.fromkeys(others, ""),
    }
    kept |= {"seqres": seqres} if seqres else {}
    own = {name: value for name, value in kept.items() if name in command.own}
    return RecordedCommand(
        command, replace(options, **own), writes, suffix if _SUFFIX.fullmatch(suffix) else path.suffix
    )


def _can_be_typed(value: Any) -> bool:
    """Whether a value of a record is one of an option; what is no letter could write over the screen."""
    if isinstance(value, str):
        return " ".join(value.split()).isprintable() and not set("«»") & set(value)
    return value is None or isinstance(value, (int, float, bool))


def _name_file_option(command: Command) -> str:
    """Return the option of a command that names the file which it writes; empty where there is none."""
    names = [one.name for one in command.own.values() if one.kind == "new file"]
    return names[0] if names and command.name != "replay" else ""


def _named_files(command: Command, options: Any) -> list[tuple[str, str]]:
    """Return options that name a file to be read."""
    given = getattr(options, "given", {})
    told = {one.name: str(getattr(options, one.name, "")) for one in command.own.values()}
    told |= {name: str(value) for name, value in given.items()}
    return [
        (name, text)
        for name, text in told.items()
        if text
        and (one := command.all.get(name)) is not None
        and (
            (name == "seqres" and names_file(text))
            or (name != "seqres" and one.kind == "file")
            or (name == "heads" and split_file(text) is not None)
        )
    ]


def find_recorded_model(session: Session[Program], record: Record, path: Path, given: str) -> ModelEntry:
    """Find the model that made a file among those that are known here: a path in a file is never followed.

    Raises
    ------
    ProvisError
        If it is not on this computer.
    """
    if given:
        return session.find_model(given)
    names = {one.lower() for one in (record.model.address, record.model.name) if one}
    known = {**{one.name.lower(): one for one in list_models()}}
    for name in names & known.keys():
        return session.find_model(known[name].name)
    kept = session.find_model()
    if names & {kept.name.lower(), kept.folder.name.lower()}:
        return kept
    for one in list_registry():
        if one.name.lower() in names:
            return session.find_model(one.name)  # says how it is fetched
    weights = next(iter(record.model.weights.items()), ("", ""))
    about = f", {quote(weights[0])} with SHA-256 {quote(weights[1][:12])}…" if weights[1] else ""
    raise CheckpointError(
        f"{path} was made with the model {quote(record.model.name) or 'that it does not name'}, "
        "which is not on this computer",
        f"That model is needed{about}",
        "Name its folder: «model=FOLDER»",
    )


def find_recorded_chains(
    viewer: Program, record: Record, path: Path, selection: str = "", *, is_chosen: bool = False
) -> list[SelectedChain]:
    """Find the chains that a file shows.

    Those with the same residues and coordinates come first, then those with the same names, then those with
    the same residues; of what the user has chosen, those with the same chain id, or the only one.

    Parameters
    ----------
    viewer : Program
    record : Record
    path : pathlib.Path
        Of the file, for messages.
    selection : str
        What the user named; empty for all that are shown, and for what the file names.
    is_chosen : bool
        Whether the user has chosen what is read.

    Returns
    -------
    list of SelectedChain
        In the order of the record.

    Raises
    ------
    ProvisError
        If one is not there.
    """
    named: list[SelectedChain] = []
    if not is_chosen and record.versions.get("viewer") == viewer.name:
        named = _try_chains(viewer, str(record.options.get("selection") or ""))
    shown = viewer.read_chains(selection) if is_chosen else _try_chains(viewer, "")
    pool = {one.chain.label: one for one in (*shown, *named)}
    made = {label: digest_chain(one.chain) for label, one in pool.items()}
    is_only = is_chosen and len(pool) == len(record.chains) == 1
    found: list[SelectedChain] = []
    for wanted in record.chains:
        ranks = {
            label: _rank(wanted, one, is_chosen=is_chosen, is_only=is_only) for label, one in made.items()
        }
        best = max(ranks, key=lambda one: (ranks[one], made[one].segment_id == wanted.segment_id), default="")
        if not ranks or not any(ranks[best]):
            raise _absent(wanted, path, viewer)
        found.append(pool[best])
        del made[best]
    if not found:
        raise InputError(
            f"{path} names no chain", "A record that ProVis has written is needed", "Use the original file"
        )
    return found


def name_selected(viewer: Program, chains: Sequence[SelectedChain]) -> str:
    """Return some chains as a selection in the viewer's words."""
    if len(chains) == 1:
        return viewer.name_residues(chains[0].chain, chains[0].residues)
    whole = join_chains([one.chain for one in chains])
    inside = np.concatenate([one.inside for one in chains])
    return viewer.name_residues(whole, None if inside.all() else np.flatnonzero(inside).tolist())


def _rank(wanted: MadeChain, one: MadeChain, *, is_chosen: bool, is_only: bool) -> tuple[bool, ...]:
    """How well a chain takes the place of another: what comes first counts most."""
    is_alike = one.residues == wanted.residues
    has_ids = (one.chain_id or one.segment_id) == (wanted.chain_id or wanted.segment_id)
    return (
        is_alike and one.coordinates == wanted.coordinates,
        has_ids and one.object_name == wanted.object_name,
        is_alike,
        has_ids and is_chosen,
        is_only,
    )


def _try_chains(viewer: Program, selection: str) -> list[SelectedChain]:
    """Chains of a selection; none where it has none."""
    try:
        return viewer.read_chains(selection)
    except (InputError, StructureError):
        return []


def _absent(wanted: MadeChain, path: Path, viewer: Program) -> StructureError:
    entry = f"{quote(wanted.entry)}, " if wanted.entry else ""
    how = f" (of the PDB: {viewer.dialect.loading(wanted.entry)})" if _PDB.fullmatch(wanted.entry) else ""
    return StructureError(
        f"{path} shows {name_chain(wanted)} ({entry}{wanted.n_residues} residues), which is not here",
        "That structure is needed",
        "Name its file"
        if isinstance(viewer, FileViewer)
        else f"Load it{how}, or name another chain: «selection=chain A»",
    )


def check_selections(record: Record, asked: RecordedCommand, viewer: Program, path: Path) -> None:
    """Raise `InputError` where a file was made with selections in the words of another program."""
    own = asked.command.own.values()
    told = {one.name: getattr(asked.options, one.name) for one in own if one.kind == "selection"}
    told.pop("selection", None)
    made_by = str(record.versions.get("viewer", ""))
    if made_by == viewer.name:
        return
    for name, text in told.items():
        if text:
            raise InputError(
                f"{path} was made with {name} {quote(text)}, a selection in {quote(made_by) or 'a program'}",
                f"The program that knows it is needed, and this is {viewer.name}",
                "Replay the file there",
            )


def choose_out(path: Path, suffix: str, given: str, *, overwrite: bool) -> tuple[Path, bool]:
    """Choose the file that is made: never the one that is read.

    Parameters
    ----------
    path : pathlib.Path
        Of the file that is read.
    suffix : str
        Ending of the name.
    given : str
        What the user named; empty for a name that no file has, beside the other.
    overwrite : bool
        Whether a file that is named may be replaced.

    Returns
    -------
    pathlib.Path
    bool
        Whether a file is there.

    Raises
    ------
    InputError
        If it cannot be written, or is the file that is read.
    """
    if not given.strip():
        names = (f"{path.stem}_replayed{f'_{k}' if k > 1 else ''}{suffix}" for k in range(1, _N_TRIED))
        free = next((one for one in names if not os.path.lexists(path.with_name(one))), path.name)
        return check_text_path(path.with_name(free), "«out=»"), False
    out = check_text_path(given, "«out=»")
    if out.absolute() == path.absolute() or (has_file(out) and out.samefile(path)):
        raise InputError(
            f"«out={given}» is the file that is replayed", "Another name is needed", "Leave it out"
        )
    if out.suffix.lower() != suffix.lower():
        raise InputError(
            f"«out={given}» ends in {out.suffix or 'nothing'}",
            f"The file is a {suffix}",
            f"Try «out={out.stem}{suffix}»",
        )
    return out, check_free(out, overwrite=overwrite)
