"""Records of proteins in a file: a structure, a line of JSON, a row of Parquet, a sequence of FASTA."""

from __future__ import annotations

import functools
import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ..errors import InputError, ProvisError
from ..structures.files.subjects import load_subjects
from ..structures.sequence import compute_sequence_map
from ..system.given_files import parse_json
from .protein import BadItem, Protein
from .records import make_protein

__all__ = ["FORMATS", "ProteinRecord", "find_format", "walk_records"]

_LARGEST: Final = 16 * 10**6  # letters of one record

FORMATS: Final = {
    "structure": (".pdb", ".ent", ".cif", ".mmcif"),
    "fasta": (".fasta", ".fa", ".faa", ".fas"),
    "lines": (".jsonl", ".ndjson"),
    "parquet": (".parquet",),
}

"""Endings of the names of files, by what they are."""


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


def find_format(path: Path) -> str:
    """Return which of `FORMATS` a file is by its name; empty for none."""
    name = path.name.lower().removesuffix(".gz")
    return next((kind for kind, endings in FORMATS.items() if name.endswith(endings)), "")


def walk_records(files: Sequence[Path]) -> Iterator[ProteinRecord]:
    """Give the records of some files, one after another; one that cannot be read is a record that says so."""
    readers: dict[str, Callable[[Path], Iterator[ProteinRecord]]] = {
        "structure": _walk_structure,
        "fasta": _walk_fasta,
        "lines": _walk_lines,
        "parquet": _walk_parquet,
    }
    for path in files:
        try:
            yield from readers[find_format(path)](path)
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
    is_fasta, n_letters = find_format(path) == "fasta", 0
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
