"""The use case behind ``provis_replay``: a file is made again by what it says of itself, and compared."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ...errors import InputError, ProvisError
from ...exports.comparing import compare_chains, compare_records
from ...exports.record import Record, load_record
from ...exports.recording import digest_chain
from ...exports.saving import describe_written
from ...structures.chain import SelectedChain
from ...system.given_files import find_path, load_bytes
from ...system.jobs import Job
from .._asking import Asker
from ..replay_options import ReplayOptions
from .replay_plan import (
    check_selections,
    choose_out,
    find_recorded_chains,
    find_recorded_model,
    name_selected,
    read_asked_again,
)

__all__ = ["Replayed", "compare_files", "describe_replayed", "name_failure", "replay_file"]


@dataclass(frozen=True)
class Replayed:
    """A file that was made again.

    Attributes
    ----------
    path : pathlib.Path
    is_same : bool
        Whether it is the same, byte by byte.
    has_same_numbers : bool or None
        Whether the numbers that the record sums up are the same; None where it has none.
    differences : tuple of str
        What is not as it was, and could be told; may be empty where bytes differ.
    """

    path: Path
    is_same: bool
    has_same_numbers: bool | None
    differences: tuple[str, ...] = ()


def replay_file(app: Asker, options: ReplayOptions) -> Job:
    """Make a file again under another name, and say what differs.

    Parameters
    ----------
    app : Asker
    options : ReplayOptions
        ``quiet`` leaves out the line that says where the file is; what differs is warned of all the same.

    Returns
    -------
    Job
        Its value is a `Replayed`. The call returns before the work is done.

    Raises
    ------
    ProvisError
        If the file has no record that can be used, or what it needs is not here. Nothing is written then.
    """
    session, viewer = app.session, app.session.viewer
    if not options.filename.strip():
        raise InputError(
            "No file was named", "A file that ProVis has written is needed", "Try «replay fig2.pdf»"
        )
    path = find_path(options.filename, "The file's path")
    record = load_record(path)
    asked = read_asked_again(record, path, opens_files=options.files, seqres=options.seqres)
    check_selections(record, asked, viewer, path)
    out, is_replaced = choose_out(path, asked.suffix, options.out, overwrite=options.overwrite)
    entry = find_recorded_model(session, record, path, options.model)
    chains = find_recorded_chains(
        viewer, record, path, options.selection, is_chosen=bool(options.selection.strip())
    )
    made = {"selection": name_selected(viewer, chains), "model": entry.address, asked.writes: str(out)}
    try:
        started = asked.command.run(app, replace(asked.options, **made))
    except ProvisError as error:
        raise name_failure(error, path, record, chains) from error

    def tell() -> Replayed:
        problems: Iterable[Any] = ()
        if isinstance(started, Job):
            if started.error is not None:
                raise name_failure(started.error, path, record, chains) from started.error
            problems = started.problems
        replayed = compare_files(path, record, out, map(str, problems))
        for line in replayed.differences:
            viewer.warn(f"{path.name}: {line}")
        if not options.quiet:
            where = describe_written(out, is_replaced=is_replaced)
            viewer.write(f" ProVis: {path.name} made again, {where}: {describe_replayed(replayed)}")
        return replayed

    done: Future[None] = Future()
    done.set_result(None)
    futures: tuple[Future[Any], ...] = (done,)
    if isinstance(started, Job):
        started.is_awaited = True
        futures = started.futures
    return session.start(Job(f"replay of {path.name}", tell), futures)


def name_failure(
    error: ProvisError, path: Path, record: Record, chains: Sequence[SelectedChain]
) -> ProvisError:
    """Return an error of the command, with the file that was to be made, and what differs of its chains."""
    now = [
        replace(digest_chain(one.chain), entry=old.entry, sequence=old.sequence)
        for old, one in zip(record.chains, chains, strict=True)
    ]
    told = "; ".join(compare_chains(record.chains, now))
    words = f"{path} cannot be made again" + (f" ({told})" if told else "")
    return type(error)(f"{words}: {error.got}", error.need, error.do)


def compare_files(path: Path, record: Record, out: Path, problems: Iterable[str] = ()) -> Replayed:
    """Compare a file with the one that was made again.

    Parameters
    ----------
    path : pathlib.Path
    record : Record
        Of this file.
    out : pathlib.Path
        The one that was made again.
    problems : iterable of str
        What went wrong meanwhile.
    """
    again = load_record(out)
    differences = (*problems, *compare_records(record, again))
    has_same_numbers = again.numbers == record.numbers if record.numbers else None
    return Replayed(out, load_bytes(path) == load_bytes(out), has_same_numbers, differences)


def describe_replayed(replayed: Replayed) -> str:
    """Say in one line how a file that was made again differs from the first."""
    if replayed.is_same:
        return "the same, byte by byte"
    if replayed.differences:
        known = {True: "the same numbers", False: "not the same numbers", None: "of an older ProVis"}
        return f"{known[replayed.has_same_numbers]}; what differs is told above"
    return "the same in all that it says of itself, but not byte by byte"
