"""Proteins from files and folders, in blocks that are always the same; what is not right does not stop.

A record is one structure file, one line of JSON, one row of Parquet or one sequence of a FASTA file. Records
are counted through all inputs, in the order of the inputs and of the names in a folder; a block is so many
in a row.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from ..errors import InputError, ProvisError
from ..structures.files.text import object_name
from ..system.given_files import find_path
from .formats import FORMATS, ProteinRecord, find_format, walk_records
from .protein import BadItem, Protein

__all__ = ["count_records", "find_inputs", "read_blocks", "read_proteins"]


def find_inputs(inputs: Iterable[str | os.PathLike[str]]) -> tuple[Path, ...]:
    """Files of inputs; a folder stands for the files in it, and below, whose endings are known.

    Parameters
    ----------
    inputs : iterable of str or path-like

    Returns
    -------
    tuple of pathlib.Path
        At least one.

    Raises
    ------
    InputError
        If there is no such file or folder, or its ending is not known.
    """
    found: list[Path] = []
    for one in inputs:
        path = find_path(one, "The input")
        if path.is_dir():
            inside = [file for file in sorted(path.rglob("*")) if file.is_file() and find_format(file)]
            if not inside:
                raise InputError(f"{path} holds no file of proteins", _need(), "Name the files")
            found += inside
        elif not path.is_file():
            raise InputError(f"There is no file {path}", _need(), "Check the path")
        elif not find_format(path):
            raise InputError(f"The ending of {path.name} is not known", _need(), "Rename it, or convert it")
        else:
            found.append(path)
    if not found:
        raise InputError("No input was given", _need(), "Name a file or a folder")
    return tuple(found)


def count_records(files: Sequence[Path]) -> int:
    """How many records there are, without reading proteins.

    Parameters
    ----------
    files : sequence of pathlib.Path
        As from `find_inputs`.

    Returns
    -------
    int
    """
    return sum(1 for _ in walk_records(files))


def read_blocks(
    files: Sequence[Path],
    size: int,
    wanted: Callable[[int], bool] = lambda number: True,
    stop: int = sys.maxsize,
) -> Iterator[tuple[int, list[Protein | BadItem]]]:
    """Read proteins block by block; the same files give the same blocks, on any machine.

    Parameters
    ----------
    files : sequence of pathlib.Path
        As from `find_inputs`.
    size : int
        Records of a block.
    wanted : callable
        Called with the number of each block, from 0; blocks that are not wanted are not read.
    stop : int
        The last block that is looked at.

    Yields
    ------
    int, list of Protein or BadItem
    """
    block: list[ProteinRecord] = []
    number = 0
    for record in walk_records(files):
        block.append(record)
        if len(block) == size:
            if wanted(number):
                yield number, _read(block)
            block, number = [], number + 1
            if number > stop:
                return
    if block and wanted(number):
        yield number, _read(block)


def read_proteins(inputs: Iterable[str | os.PathLike[str]]) -> Iterator[Protein | BadItem]:
    """Read proteins one by one.

    Parameters
    ----------
    inputs : iterable of str or path-like
        As for `find_inputs`.

    Yields
    ------
    Protein or BadItem

    Raises
    ------
    InputError
        As `find_inputs`.
    """
    for record in walk_records(find_inputs(inputs)):
        yield from _read([record])


def _need() -> str:
    endings = ", ".join(one for kind in FORMATS.values() for one in kind)
    return f"A folder, or a file ending in {endings} (.gz, too), is needed"


def _read(block: Iterable[ProteinRecord]) -> list[Protein | BadItem]:
    found: list[Protein | BadItem] = []
    for record in block:
        try:
            found += record.read()
        except ProvisError as error:
            found.append(BadItem(_place_name(record), str(record.source), str(error)))
    return found


def _place_name(record: ProteinRecord) -> str:
    if find_format(record.source) == "structure":
        return object_name(record.source)
    return f"{record.source.name}:{record.place + 1}"
