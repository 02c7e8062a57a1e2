"""Arguments that several commands have."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NoReturn

from ..commands.declaration import Option
from ..commands.dialect import SHELL
from ..errors import InputError
from ..targets.scope import Scope
from .console import tell

__all__ = [
    "Parser",
    "add_file_arguments",
    "add_model_arguments",
    "add_out_arguments",
    "add_property_arguments",
    "add_sequence_arguments",
    "read_properties",
    "read_scope",
]


_PREFIX: Final = "property_"  # of what `add_property_arguments` reads


class Parser(argparse.ArgumentParser):
    """One line for a wrong command line, in place of the whole usage."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and end."""
        tell(f"{self.prog}: {message}. To see how it is used: {self.prog} --help")
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


def add_sequence_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what says which sequence the model sees."""
    parser.add_argument(
        "--gaps",
        default="auto",
        metavar="WHAT",
        help="observed residues only, full sequence with the unresolved ones, or auto {default: auto}",
    )
    parser.add_argument(
        "--seqres", default="", metavar="LETTERS", help="the whole sequence, or the name of a FASTA file"
    )


def add_model_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the model, and what it is shown."""
    parser.add_argument(
        "--model", default="", metavar="NAME", help="a name or folder {default: the chosen one, provis model}"
    )
    add_sequence_arguments(parser)
    parser.add_argument("--link", action="store_true", help="run the chains as one sequence, with linkers")
    parser.add_argument(
        "--window",
        type=int,
        default=0,
        metavar="N",
        help="for chains beyond the model's limit: residues that it sees at a time {default: all}",
    )


def add_property_arguments(parser: argparse.ArgumentParser, options: Sequence[Option]) -> None:
    """Add options of annotators."""
    for one in options:
        text, flag = SHELL.render(one.help), f"--{one.name.replace('_', '-')}"
        text += f" {{default: {one.default_text}}}" if one.default_text else ""
        how: dict[str, Any] = {"dest": f"{_PREFIX}{one.name}"}
        how |= {"action": "store_const", "const": "1"} if one.kind == "switch" else {"metavar": "VALUE"}
        parser.add_argument(flag, help=text, **how)
        for alias in one.aliases:
            parser.add_argument(f"--{alias.replace('_', '-')}", help=argparse.SUPPRESS, **how)
    parser.add_argument("--option", action="append", default=[], help=argparse.SUPPRESS)  # as it was in 0.1


def add_out_arguments(parser: argparse.ArgumentParser, suffixes: Sequence[str]) -> None:
    """Add ``--out`` and ``--quiet``."""
    parser.add_argument(
        "--out",
        metavar="NAME",
        help=f"write a file in place of the table; its ending says which: {', '.join(suffixes)}",
    )
    parser.add_argument("--quiet", action="store_true", help="warnings only, no progress and no summary")


def read_properties(asked: argparse.Namespace) -> dict[str, str]:
    """Options of a property, from what `add_property_arguments` added.

    Raises
    ------
    InputError
        If a ``--option`` has no ``=``.
    """
    options = {
        name.removeprefix(_PREFIX): value
        for name, value in vars(asked).items()
        if name.startswith(_PREFIX) and value is not None
    }
    for text in asked.option:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise InputError(
                f"--option {text}", "A name and a value are needed", "For example: --option distance=4.5"
            )
        options[name.strip().replace("-", "_")] = value.strip()
    return options


def read_scope(asked: argparse.Namespace) -> Scope:
    """Which chains and which model, from what `add_model_arguments` added."""
    return Scope("", asked.model, asked.gaps, asked.seqres, asked.link, asked.window)
