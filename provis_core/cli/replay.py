"""``provis replay``: a file of ProVis is made again by the shell's own command, from its structure's file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Final

from ..actions.work.replay import compare_files, describe_replayed, name_failure
from ..actions.work.replay_plan import (
    RecordedCommand,
    check_selections,
    choose_out,
    find_recorded_chains,
    find_recorded_model,
    read_asked_again,
)
from ..commands.dialect import SHELL
from ..commands.reading import read_switch
from ..errors import InputError, ProvisError
from ..exports.comparing import name_chain, quote
from ..exports.record import Record, load_record
from ..exports.saving import describe_written
from ..session.session import Session
from ..session.settings import Settings
from ..structures.chain import SelectedChain
from ..system.given_files import find_path
from ..viewers.file_viewer import FileViewer
from .arguments import add_how_to_write
from .console import show, tell

__all__ = ["add_commands"]

_APART: Final = ("quiet", "wait", "overwrite", "selection", "model")
_OTHER: Final = "--option"  # understood by all, and not shown


def add_commands(commands: Any) -> None:
    """Add this command to the subparsers of the program."""
    parser = commands.add_parser("replay", help="make a figure or a table again, and say what differs")
    parser.add_argument("file", metavar="FILE", help="a file that ProVis has written")
    parser.add_argument(
        "structure", metavar="STRUCTURE", nargs="?", help="PDB or mmCIF file of what it shows, plain or .gz"
    )
    parser.add_argument(
        "--out", default="", metavar="NAME", help="the file that is made {default: a new name}"
    )
    parser.add_argument(
        "--model",
        default="",
        metavar="NAME",
        help="the model, or its folder {default: the one that FILE names}",
    )
    parser.add_argument(
        "--seqres",
        default="",
        metavar="FILE",
        help="the whole sequence that was given, which no file carries",
    )
    parser.add_argument(
        "--files", action="store_true", help="also open the files that FILE names: sites, whole sequences"
    )
    add_how_to_write(parser)
    parser.set_defaults(run=_replay)


def _replay(asked: argparse.Namespace, settings: Settings) -> int:
    from . import make_parser

    path = find_path(asked.file, "The file's path")
    record = load_record(path)
    command = read_asked_again(record, path, opens_files=asked.files, seqres=asked.seqres)
    may_replace = read_switch("overwrite", asked.overwrite)
    out, is_replaced = choose_out(path, command.suffix, asked.out, overwrite=may_replace)
    viewer = _open_structure(asked.structure, record, path)
    check_selections(record, command, viewer, path)
    entry = find_recorded_model(Session(viewer, settings), record, path, asked.model)
    chains = find_recorded_chains(viewer, record, path, is_chosen=True)
    name = SHELL.command(command.command.name).rpartition(" ")[2]
    line = [name, str(viewer.path), f"--state={viewer.state}", *_name_chains(chains)]
    line += [f"--model={entry.address}", f"--out={out}", "--quiet"]
    flags = make_parser().parse_args(line).parser.flags
    words = _write_options(command)
    if left := [word for word in words if word.partition("=")[0] not in (*flags, _OTHER)]:
        told = ", ".join(quote(word) for word in left)
        tell(f"provis: {path.name}: left out, as a file has no use for it: {told}")
    again = make_parser().parse_args([*line, *(word for word in words if word not in left)])
    try:
        status: int = again.run(again, settings)
    except ProvisError as error:
        raise name_failure(error, path, record, chains) from error
    if status:
        return status
    replayed = compare_files(path, record, out)
    show(f"{path.name}: {one}" for one in replayed.differences)
    where = describe_written(out, is_replaced=is_replaced)
    if not asked.quiet:
        tell(f"{path.name} made again, {where}: {describe_replayed(replayed)}")
    return 0


def _open_structure(given: str | None, record: Record, path: Path) -> FileViewer:
    """The structure of a file, in the state that it shows."""
    if not given:
        shown = ", ".join(name_chain(one) for one in record.chains[:3])
        entries = ", ".join(dict.fromkeys(quote(one.entry) for one in record.chains if one.entry))
        raise InputError(
            f"{path} shows {shown or 'no chain'}" + (f" of {entries}" if entries else ""),
            "The file of that structure is needed",
            f"Name it: «replay {path}, structure.pdb»",
        )
    state = record.chains[0].state if record.chains else 1
    return FileViewer(find_path(given, "The structure's path"), (), state, write=tell, warn=tell)


def _name_chains(chains: list[SelectedChain]) -> list[str]:
    ids = [one.chain.chain_id or one.chain.segment_id for one in chains]
    return [f"--chain={one}" for one in ids if one]


def _write_options(asked: RecordedCommand) -> list[str]:
    """Return the options of a command as words of the shell; each is one word, whatever stands in it."""
    words = []
    for one in asked.command.own.values():
        value = getattr(asked.options, one.name)
        flag = f"--{one.name.replace('_', '-')}"
        is_default = value == one.default and not one.setting
        if one.name in (*_APART, asked.writes) or is_default or value is None or value == "":
            continue
        if one.kind == "switch":
            words += [flag] if value else []
        else:
            words.append(f"{flag}={value}")
    return words + [f"{_OTHER}={name}={value}" for name, value in getattr(asked.options, "given", {}).items()]
