"""What makes a file again: the record that every picture and export of ProVis carries.

A `Record` says in words what a file shows (title, caption) and, in full, what made it: commands, options,
the model with the checksums of its weights, checksums of coordinates and sequences, versions. As text it is
one word of letters and digits (`record_text`), which no program has reason to write otherwise. So it can
stand in the metadata of any format, a comment, or a string of a session, and `find_record` finds it in the
bytes of any file, whatever wrote them. A JSON file may have it as plain values, under ``record``. What is
read comes from anywhere: it is bounded, and every value is of its kind.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import io
import json
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ..errors import InputError
from ..system.given_files import load_bytes, parse_json

__all__ = ["RECORD_KEY", "MadeChain", "MadeModel", "Record", "find_record", "load_record", "record_text"]

RECORD_KEY: Final = "ProVis"
"""Name of the metadata that holds a record, in formats where metadata have names."""

_FORMAT: Final = 1
_LARGEST: Final = 4 * 10**6  # bytes of a record as JSON; one of a hundred linked chains has 60,000
_LARGEST_PACKED: Final = 256 * 10**6  # bytes that are unpacked of all streams of one PDF
_MARK: Final = "provisrecord"
_FOUND: Final = re.compile(rb"provisrecord([A-Z2-7]{8,})(end)?")
_FOLDED: Final = re.compile(rb"\r?\n%%\+")  # a comment of PostScript that goes on
_STREAM: Final = re.compile(rb"stream\r?\n")


@dataclass(frozen=True)
class MadeModel:
    """The model whose attention a file shows.

    Attributes
    ----------
    name : str
    address : str
        What finds it on another computer: its name, or the name of its folder.
    hub, revision : str
        Repository and commit; empty where it has none.
    note : str
        What must be said about it wherever its attention is shown; empty for a published one.
    citation : str
    weights : mapping of str to str
        SHA-256 of each file of weights.
    """

    name: str = ""
    address: str = ""
    hub: str = ""
    revision: str = ""
    note: str = ""
    citation: str = ""
    weights: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class MadeChain:
    """One chain that a file shows.

    Attributes
    ----------
    object_name, chain_id, segment_id : str
    state : int
        1-based.
    entry : str
        PDB or AlphaFold DB entry that its file names; empty where none is known.
    n_residues : int
    residues, coordinates, sequence : str
        SHA-256 of the names of the residues, of their CA coordinates to 0.001 Å, and of the letters that the
        model read. Neither the structure nor the sequence is in the record.
    """

    object_name: str
    chain_id: str
    segment_id: str = ""
    state: int = 1
    entry: str = ""
    n_residues: int = 0
    residues: str = ""
    coordinates: str = ""
    sequence: str = ""


@dataclass(frozen=True)
class Record:
    """What a file shows, and what made it.

    Attributes
    ----------
    kind : str
        Which command made it, like ``"figure"``.
    title, caption : str
        What it shows, in words.
    commands : tuple of str
        Lines that make it again, in PyMOL's words.
    options : mapping
        Every option of the last command, defaults included: plain values.
    model : MadeModel
    head : str
        Label of the head or heads, 1-based; empty where a file shows none.
    chains : tuple of MadeChain
    versions : mapping of str to str
        Of ProVis, Python, and the libraries that had a part in it.
    numbers : mapping
        What the file shows in numbers that can be compared: plain values, or SHA-256 of arrays.
    """

    kind: str
    title: str = ""
    caption: str = ""
    commands: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    model: MadeModel = field(default_factory=MadeModel)
    head: str = ""
    chains: tuple[MadeChain, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[str, Any] = field(default_factory=dict)

    def to_values(self) -> dict[str, Any]:
        """Return the record as plain values, for JSON."""
        return {"format": _FORMAT, **dataclasses.asdict(self)}

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Record:
        """Take a record from plain values.

        Raises
        ------
        ValueError
            If they are none, or from a later version of ProVis; the reason is in words.
        """
        if not isinstance(values, Mapping) or not isinstance(values.get("format"), int):
            raise ValueError("no record of ProVis")
        if values["format"] > _FORMAT:
            raise ValueError(f"a record of format {values['format']}, of a later version of ProVis")
        try:
            told = _known(cls, values)
            told["model"] = MadeModel(**_known(MadeModel, values["model"]))
            told["chains"] = tuple(MadeChain(**_known(MadeChain, one)) for one in values["chains"])
            told["commands"] = tuple(values["commands"])
            return cls(**told)
        except KeyError as error:
            raise ValueError(f"a damaged record ({error} is missing)") from error
        except TypeError as error:
            raise ValueError(f"a damaged record ({error})") from error


def _known(kind: type[Any], values: Any) -> dict[str, Any]:
    """Return the values of fields that are known, each of its kind."""
    if not isinstance(values, Mapping):
        raise TypeError("values without names")
    kinds = {one.name: str(one.type) for one in dataclasses.fields(kind)}
    told = {name: value for name, value in values.items() if name in kinds}
    for name, value in told.items():
        if not _FITS[kinds[name]](value):
            raise TypeError(f"{name} is of another kind")
    return told


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_words(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(one, str) for one in value)


def _is_mapping(value: Any) -> bool:
    return isinstance(value, Mapping)


def _is_mapping_of_words(value: Any) -> bool:
    return isinstance(value, Mapping) and _is_words([*value.values()])


_FITS: Final[Mapping[str, Callable[[Any], bool]]] = {
    "str": lambda value: isinstance(value, str),
    "int": _is_whole,
    "tuple[str, ...]": _is_words,
    "tuple[MadeChain, ...]": lambda value: isinstance(value, (list, tuple)),
    "MadeModel": _is_mapping,
    "Mapping[str, Any]": _is_mapping,
    "Mapping[str, str]": _is_mapping_of_words,
}
"""Whether a value of JSON can be that of a field, by the field's type."""


def record_text(record: Record) -> str:
    """Return a record as one word of letters and digits, the same for the same record."""
    text = json.dumps(record.to_values(), sort_keys=True, separators=(",", ":"))
    packed = base64.b32encode(zlib.compress(text.encode("ascii"), 9))
    return _MARK + packed.decode("ascii").rstrip("=") + "end"


def find_record(data: bytes) -> Record | None:
    """Find the record in the bytes of a file of any format.

    Parameters
    ----------
    data : bytes
        Of a PDF that another program has written again, and of a ZIP file, what is packed is looked through.

    Returns
    -------
    Record or None
        None where there is none.

    Raises
    ------
    ValueError
        If there is one that is damaged or of a later version; the reason is in words.
    """
    found = _FOUND.search(_FOLDED.sub(b"", data) if data.startswith(b"%!PS") else data)
    parts: Iterator[bytes] = iter(())
    if data.startswith(b"%PDF"):
        parts = _parts_of_pdf(data)
    elif data.startswith(b"PK"):
        parts = _parts_of_zip(data)
    if found is None:
        found = next((match for part in parts if (match := _FOUND.search(part))), None)
    if found is None:
        return _find_plain(data)
    try:
        unpacker = zlib.decompressobj()
        packed = base64.b32decode(found[1] + b"=" * (-len(found[1]) % 8))
        text = unpacker.decompress(packed, _LARGEST)
    except (binascii.Error, zlib.error) as error:
        raise ValueError(f"a damaged record ({error})") from error
    if unpacker.unconsumed_tail:
        raise ValueError(f"a damaged record (more than {_LARGEST / 10**6:.0f} MB)")
    if not (unpacker.eof and found[2]):
        raise ValueError("a damaged record (its end is missing)")
    try:
        values = parse_json(text)
    except ValueError as error:
        raise ValueError(f"a damaged record ({error})") from error
    return Record.from_values(values)


def _find_plain(data: bytes) -> Record | None:
    """Find the record that a JSON file has as plain values."""
    if data.lstrip()[:1] != b"{" or b'"record"' not in data:
        return None
    try:
        values = parse_json(data)
    except ValueError:
        return None
    plain = values.get("record")
    if plain is None:
        return None
    if len(json.dumps(plain)) > _LARGEST:
        raise ValueError(f"a damaged record (more than {_LARGEST / 10**6:.0f} MB)")
    return Record.from_values(plain)


def load_record(path: Path) -> Record:
    """Read the record of a file.

    Parameters
    ----------
    path : pathlib.Path
        As from `provis_core.system.given_files.find_path`.

    Returns
    -------
    Record

    Raises
    ------
    InputError
        If the file cannot be read, or has no record that can be understood.
    """
    need = "A file that ProVis has written, and no other program has stripped of its metadata, is needed"
    try:
        record = find_record(load_bytes(path))
    except OSError as error:
        raise InputError(
            f"{path} cannot be read ({error.strerror or error})", need, "Check the path"
        ) from error
    except ValueError as error:
        raise InputError(f"{path} has {error}", need, "Update ProVis, or use the original file") from error
    if record is None:
        raise InputError(
            f"{path} has no record of ProVis", need, "Check whether it is the file that was meant"
        )
    return record


def _parts_of_zip(data: bytes) -> Iterator[bytes]:
    """Yield what a ZIP file holds, as of arrays or a scene, the smallest first; bounded as a PDF."""
    left = _LARGEST_PACKED
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            for one in sorted(packed.infolist(), key=lambda one: one.file_size):
                with packed.open(one) as member:
                    part = member.read(left)
                left -= len(part)
                yield part.replace(b"\0", b"")  # NumPy's letters have four bytes
                if left <= 0:
                    return
    except (
        zipfile.BadZipFile,
        zlib.error,
        RuntimeError,
        NotImplementedError,
        EOFError,
    ):  # damaged, encrypted
        return


def _parts_of_pdf(data: bytes) -> Iterator[bytes]:
    """Yield what a PDF holds, written otherwise; together no more than is good for memory."""
    yield data.replace(b"\0", b"")  # letters of two bytes
    left, place = _LARGEST_PACKED, 0
    whole = memoryview(data)
    while left > 0 and (begin := _STREAM.search(data, place)) is not None:
        end = data.find(b"endstream", begin.end())
        place = end + len(b"endstream") if end >= 0 else len(data)
        try:
            part = zlib.decompressobj().decompress(whole[begin.end() : place], left)
        except zlib.error:  # no packed one
            continue
        left -= len(part)
        yield part
