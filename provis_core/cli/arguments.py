"""Arguments that several commands have."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from ..annotations.annotators import known_annotators
from ..errors import InputError
from ..targets.scope import Scope
from .console import tell

__all__ = [
    "Parser",
    "add_file_arguments",
    "add_model_arguments",
    "add_option_argument",
    "add_out_arguments",
    "add_sequence_arguments",
    "property_names",
    "read_options",
    "read_scope",
]


class Parser(argparse.ArgumentParser):
    """One line for a wrong command line, in place of the whole usage."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and end."""
        tell(f"{self.prog}: {message}. To see how it is used: {self.prog} --help")
        raise SystemExit(2)


def add_file_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the file, the chains and the state."""
    parser.add_argument("file", metavar="FILE", type=Path, help="PDB or mmCIF file, plain or .gz")
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
        "--model", default="", metavar="NAME", help="a name or folder {default: the chosen one, provis_model}"
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


def add_option_argument(parser: argparse.ArgumentParser, examples: str) -> None:
    """Add ``--option``."""
    parser.add_argument(
        "--option",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help=f"an option of the property, like {examples}; docs/annotations.md has them all",
    )


def add_out_arguments(parser: argparse.ArgumentParser, suffixes: Sequence[str]) -> None:
    """Add ``--out`` and ``--quiet``."""
    parser.add_argument(
        "--out",
        metavar="NAME",
        help=f"write a file in place of the table; its ending says which: {', '.join(suffixes)}",
    )
    parser.add_argument("--quiet", action="store_true", help="warnings only, no progress and no summary")


def property_names() -> list[str]:
    """What ``--by`` understands."""
    return [name for item in known_annotators() for name in (item.parts or (item.name,))]


def read_options(asked: argparse.Namespace) -> dict[str, str]:
    """Options of an annotation, from ``--option name=value``.

    Raises
    ------
    InputError
        If one has no ``=``.
    """
    options = {}
    for text in asked.option:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise InputError(
                f"--option {text}", "A name and a value are needed", "For example: --option radius=4.5"
            )
        options[name.strip().replace("-", "_")] = value.strip()
    return options


def read_scope(asked: argparse.Namespace) -> Scope:
    """Which chains and which model, from what `add_model_arguments` added."""
    return Scope("", asked.model, asked.gaps, asked.seqres, asked.link, asked.window)
