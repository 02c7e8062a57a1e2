"""Arguments that several commands have."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from ..commands.declaration import Command, Option
from ..commands.dialect import SHELL
from ..commands.reading import read_options, read_switch
from ..errors import InputError, near_name
from ..exports.saving import check_out_path
from ..session.settings import Settings
from .console import tell

__all__ = [
    "Parser",
    "add_file_arguments",
    "add_how_to_write",
    "add_options",
    "add_out_arguments",
    "read_asked",
    "read_out",
    "read_typed",
]


class Parser(argparse.ArgumentParser):
    """One line for a wrong command line, in place of the whole usage."""

    def __init__(self, **how: Any) -> None:
        self.flags: list[str] = []
        super().__init__(**how)
        self.set_defaults(parser=self)

    def add_argument(self, *names: str, **how: Any) -> argparse.Action:
        """Add an argument, and remember its flag where the help shows it."""
        if how.get("help") != argparse.SUPPRESS:
            self.flags += [name for name in names if name.startswith("--")]
        return super().add_argument(*names, **how)

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Read a command line; a flag that is not known is told with the near one."""
        asked, unknown = self.parse_known_args(args, namespace)
        if unknown:
            parser: Parser = asked.parser
            word = unknown[0].partition("=")[0]
            near = near_name(word.lstrip("-"), [flag.lstrip("-").replace("-", "_") for flag in parser.flags])
            hint = f"Did you mean {_flag(near)}?" if near and word.startswith("-") else "Leave it out"
            parser.error(f"{word} is not understood. One of {', '.join(parser.flags)} is needed. {hint}")
        return asked

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and end."""
        end = "" if message.endswith(("?", ".")) else "."
        tell(f"{self.prog}: {message}{end} To see how it is used: {self.prog} --help")
        raise SystemExit(2)


def add_file_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the file, the chains and the state."""
    parser.add_argument("structure", metavar="FILE", type=Path, help="PDB or mmCIF file, plain or .gz")
    parser.add_argument(
        "--chain",
        action="append",
        default=[],
        metavar="ID",
        help="author chain id; several as A,B or with --chain again {default: all protein chains}",
    )
    parser.add_argument(
        "--state", type=int, default=1, metavar="N", help="model of the file, counted from 1 {default: 1}"
    )


def add_options(parser: argparse.ArgumentParser, options: Iterable[Option]) -> None:
    """Add declared options; older names, and ``--option NAME=VALUE``, are understood and not shown."""
    for one in options:
        default = f" {{default: {SHELL.render(one.default_text)}}}" if one.default_text else ""
        how: dict[str, Any] = {"dest": one.name}
        how |= {"action": "store_const", "const": "1"} if one.kind == "switch" else {"metavar": _metavar(one)}
        words = f"{one.words}: " if one.words else ""
        parser.add_argument(_flag(one.name), help=f"{words}{SHELL.render(one.help)}{default}", **how)
        for alias in one.aliases:
            parser.add_argument(_flag(alias), help=argparse.SUPPRESS, **how)
    parser.add_argument("--option", action="append", default=[], help=argparse.SUPPRESS)


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _metavar(option: Option) -> str:
    words = {"integer": "N", "number": "X", "model": "NAME", "file": "FILE", "new file": "FILE"}
    return words.get(option.kind, "WHAT")


def add_out_arguments(parser: argparse.ArgumentParser, suffixes: Sequence[str]) -> None:
    """Add ``--out``, ``--overwrite`` and ``--quiet``."""
    parser.add_argument(
        "--out",
        metavar="NAME",
        help=f"write a file in place of the table; its ending says which: {', '.join(suffixes)}",
    )
    add_how_to_write(parser)


def add_how_to_write(parser: argparse.ArgumentParser) -> None:
    """Add ``--overwrite`` and ``--quiet``."""
    parser.add_argument(
        "--overwrite",
        default="1",
        metavar="0|1",
        help="0 refuses to replace a file that is there {default: 1}",
    )
    parser.add_argument("--quiet", action="store_true", help="warnings only, no progress and no summary")


def read_out(asked: argparse.Namespace) -> Path | None:
    """Return where ``--out`` is to be written; None where nowhere.

    Raises
    ------
    InputError
        If it cannot be, or is there and must not be replaced.
    """
    may_replace = read_switch("overwrite", asked.overwrite)
    return check_out_path(asked.out, overwrite=may_replace) if asked.out else None


def read_asked(command: Command, asked: argparse.Namespace, names: Iterable[str], settings: Settings) -> Any:
    """Return the options of a command that were typed; what cannot be read ends the program with 2."""
    given = read_typed(asked, names)
    try:
        return read_options(command, given, settings.__getitem__)
    except InputError as error:
        asked.parser.error(str(error))


def read_typed(asked: argparse.Namespace, names: Iterable[str]) -> dict[str, str]:
    """What was typed for options that `add_options` added, by name.

    Raises
    ------
    InputError
        If a ``--option`` has no ``=``.
    """
    given = {name: value for name in names if (value := getattr(asked, name)) is not None}
    for text in asked.option:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise InputError(
                f"--option {text}", "A name and a value are needed", "For example: --option distance=4.5"
            )
        given[name.strip().replace("-", "_")] = value.strip()
    return given
