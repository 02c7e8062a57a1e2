"""Proteins from files and folders, in blocks that are always the same; what is not right does not stop.

A record is one structure file, one line of JSON, one row of Parquet or one sequence of a FASTA file. Records
are counted through all inputs, in the order of the inputs and of the names in a folder; a block is so many
in a row.
"""

from __future__ import annotations

import functools
import gzip
import os
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ..errors import InputError, ProvisError
from ..structures.files.subjects import load_subjects
from ..structures.files.text import object_name
from ..structures.sequence import compute_sequence_map
from ..system.given_files import find_path, parse_json
from .protein import BadItem, Protein
from .records import make_protein

__all__ = ["ProteinRecord", "count_records", "find_inputs", "read_blocks", "read_proteins"]

_LARGEST: Final = 16 * 10**6  # letters of one record

_KINDS: Final = {
    "structure": (".pdb", ".ent", ".cif", ".mmcif"),
    "fasta": (".fasta", ".fa", ".faa", ".fas"),
    "lines": (".jsonl", ".ndjson"),
    "parquet": (".parquet",),
}


@dataclass(frozen=True)
class ProteinRecord:
    """What one or more proteins are read from.

    Attributes
    ----------
    source : pathlib.Path
        The file.
    place : int
        0-based, in the file.
    read : callable
        Reads it; raises what `read_proteins` turns into a `BadItem`.
    """

    source: Path
    place: int
    read: Callable[[], Iterable[Protein | BadItem]]


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
            inside = [file for file in sorted(path.rglob("*")) if file.is_file() and _kind(file)]
            if not inside:
                raise InputError(f"{path} holds no file of proteins", _need(), "Name the files")
            found += inside
        elif not path.is_file():
            raise InputError(f"There is no file {path}", _need(), "Check the path")
        elif not _kind(path):
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
    return sum(1 for _ in _walk(files))


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
    for record in _walk(files):
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
    for record in _walk(find_inputs(inputs)):
        yield from _read([record])


def _need() -> str:
    endings = ", ".join(one for kind in _KINDS.values() for one in kind)
    return f"A folder, or a file ending in {endings} (.gz, too), is needed"


def _kind(path: Path) -> str:
    name = path.name.lower().removesuffix(".gz")
    return next((kind for kind, endings in _KINDS.items() if name.endswith(endings)), "")


def _read(block: Iterable[ProteinRecord]) -> list[Protein | BadItem]:
    found: list[Protein | BadItem] = []
    for record in block:
        try:
            found += record.read()
        except ProvisError as error:
            found.append(BadItem(_place_name(record), str(record.source), str(error)))
    return found


def _place_name(record: ProteinRecord) -> str:
    if _kind(record.source) == "structure":
        return object_name(record.source)
    return f"{record.source.name}:{record.place + 1}"


def _walk(files: Sequence[Path]) -> Iterator[ProteinRecord]:
    readers: dict[str, Callable[[Path], Iterator[ProteinRecord]]] = {
        "structure": _walk_structure,
        "fasta": _walk_fasta,
        "lines": _walk_lines,
        "parquet": _walk_parquet,
    }
    for path in files:
        try:
            yield from readers[_kind(path)](path)
        except (OSError, EOFError, zlib.error, ValueError) as error:
            yield _bad(path, 0, f"it cannot be read ({error})")


def _bad(path: Path, place: int, reason: str) -> ProteinRecord:
    def read() -> Iterable[BadItem]:
        raise InputError(f"{path}: {reason}", "A file that is whole is needed", "Correct it, or leave it out")

    return ProteinRecord(path, place, read)


def _walk_structure(path: Path) -> Iterator[ProteinRecord]:
    yield ProteinRecord(path, 0, functools.partial(_read_structure, path))


def _read_structure(path: Path) -> Iterator[Protein | BadItem]:
    """Chains of a file; of chains with the same sequence the first."""
    subjects = load_subjects(path)
    if not subjects:
        raise InputError(
            f"{path} holds no protein chain", "A structure of a protein is needed", "Leave it out"
        )
    seen: dict[str, str] = {}
    for subject in subjects:
        chain = subject.chain
        name = "_".join(part for part in (chain.object_name, chain.chain_id or chain.segment_id) if part)
        try:
            sequence_map = compute_sequence_map(chain, "auto")
        except ProvisError as error:
            yield BadItem(name, str(path), str(error))
            continue
        first = seen.setdefault(sequence_map.sequence, name)
        if first != name:
            yield BadItem(name, str(path), f"It has the sequence of {first}, which counts already.")
        else:
            yield Protein(name, str(path), subject, sequence_map)


def _read_text(path: Path) -> Iterator[str]:
    """Lines of a file of any size, of which no record is larger than what is read.

    Raises
    ------
    ValueError
        If a line is, or a sequence of many lines, as where a small gzip file unpacks to one without end.
    """
    is_fasta, n_letters = _kind(path) == "fasta", 0
    packed = path.name.lower().endswith(".gz")
    with gzip.open(path, "rt", encoding="utf-8-sig") if packed else path.open(encoding="utf-8-sig") as lines:
        while line := lines.readline(_LARGEST + 1):
            goes_on = is_fasta and not line.startswith(">")
            n_letters = len(line) + (n_letters if goes_on else 0)
            if n_letters > _LARGEST:
                raise ValueError(f"a record of more than {_LARGEST / 10**6:.0f} million letters")
            yield line


def _walk_lines(path: Path) -> Iterator[ProteinRecord]:
    n_lines = 0
    for place, line in enumerate(_read_text(path)):
        if line.strip():
            n_lines += 1
            yield ProteinRecord(path, place, functools.partial(_read_line, path, place, line))
    if not n_lines:
        yield _bad(path, 0, "it is empty")


def _read_line(path: Path, place: int, line: str) -> list[Protein | BadItem]:
    try:
        record = parse_json(line)
    except ValueError as error:
        raise InputError(
            f"Line {place + 1} of {path} is no JSON ({error})", "One object per line is needed", "Correct it"
        ) from error
    if not isinstance(record, dict):
        raise InputError(
            f"Line {place + 1} of {path} is no object", "One object per line is needed", "Correct it"
        )
    return _make(path, place, record)


def _walk_fasta(path: Path) -> Iterator[ProteinRecord]:
    from Bio.SeqIO import FastaIO

    parse: Any = FastaIO.SimpleFastaParser
    place = -1
    for place, (title, letters) in enumerate(parse(_read_text(path))):
        record = {"id": (title.split() or [""])[0], "sequence": letters}
        yield ProteinRecord(path, place, functools.partial(_make, path, place, record))
    if place < 0:
        yield _bad(path, 0, "it holds no sequence")


def _walk_parquet(path: Path) -> Iterator[ProteinRecord]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise InputError(
            f"{path.name} is a Parquet file, and pyarrow is not installed",
            "pyarrow reads Parquet",
            "Install it (pip install pyarrow), or give JSON lines",
        ) from error
    try:
        file = parquet.ParquetFile(path)
    except pyarrow.ArrowInvalid as error:
        yield _bad(path, 0, f"it is no Parquet file ({error})")
        return
    place = 0
    with file:
        for batch in file.iter_batches(batch_size=256):
            for row in batch.to_pylist():
                # a column that other rows have is no label of this one
                record = {key: value for key, value in row.items() if value is not None}
                yield ProteinRecord(path, place, functools.partial(_make, path, place, record))
                place += 1
    if not place:
        yield _bad(path, 0, "it has no rows")


def _make(path: Path, place: int, record: dict[str, Any]) -> list[Protein | BadItem]:
    where = f"{path.name}:{place + 1}"
    try:
        return [make_protein(record, str(path), where)]
    except ProvisError as error:
        return [BadItem(str(record.get("id") or where), str(path), str(error))]
