"""Whole sequences that a user gives, as letters or in a file, and which of them a chain has."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

from ..errors import InputError, StructureError
from ..system.given_files import find_path
from .chain import Chain
from .files.sources import load_polymers
from .sequence import SequenceMap, compute_sequence_map

__all__ = ["GivenSequence", "map_given", "read_given"]

_WORD: Final = 4
_N_ALIGNED: Final = 5
"""Of many sequences, those that share most words of four letters with a chain are aligned to it."""


class GivenSequence(NamedTuple):
    """A sequence and its name in the file, which may be empty."""

    name: str
    letters: str


def read_given(seqres: str) -> tuple[GivenSequence, ...]:
    """Read what a user gave as ``seqres=``.

    Parameters
    ----------
    seqres : str
        Letters (blanks and a ``*`` at the end do not count), the text of a FASTA file, or the path of one or
        of a PDB or mmCIF file that lists whole sequences, plain or gzipped. Letters alone are never taken for
        a path.

    Returns
    -------
    tuple of GivenSequence
        At least one; upper case.

    Raises
    ------
    InputError
        If there is no such file, or what is given is no sequence.
    """
    text, where = seqres.strip(), "seqres"
    if not text.startswith(">") and re.search(r"[^A-Za-z\s*]", text):
        path = find_path(text, "«seqres=»")
        text, where = _load_text(path), path.name
        if not text.startswith(">"):
            return _read_structure(path, text)
    found: list[GivenSequence] = []
    for record in re.split(r"^>", text, flags=re.MULTILINE) if ">" in text else ["\n" + text]:
        header, _, letters = record.partition("\n")
        letters = re.sub(r"\s", "", letters).upper().rstrip("*")
        if not header.strip() and not letters:
            continue
        name = header.split()[0] if header.strip() else ""
        wrong = "".join(dict.fromkeys(re.sub("[A-Z]", "", letters)))
        if wrong or not letters:
            of = f" of {name}" if name else ""
            raise InputError(
                f"The sequence{of} in {where} has the characters {wrong[:10]!r}"
                if wrong
                else f"The sequence{of} in {where} is empty",
                "Amino acids in one-letter code are needed",
                "Give letters, or a FASTA file without gaps in the sequences",
            )
        found.append(GivenSequence(name, letters))
    if not found:
        raise InputError(
            f"There is no sequence in {where}",
            "Amino acids in one-letter code, or a FASTA file, are needed",
            "Give for example «seqres=1hpv.fasta»",
        )
    return tuple(found)


def map_given(chain: Chain, given: Sequence[GivenSequence]) -> SequenceMap:
    """Map a chain to the one of some sequences that fits it best.

    Parameters
    ----------
    chain : Chain
    given : sequence of GivenSequence
        At least one.

    Returns
    -------
    SequenceMap

    Raises
    ------
    StructureError
        If the chain has no known amino acid.
    InputError
        If none of the sequences agrees with the observed residues.
    """
    words = _words(chain.sequence)
    nearest = sorted(given, key=lambda one: -len(words & _words(one.letters)))[:_N_ALIGNED]
    found: list[SequenceMap] = []
    problems: list[InputError] = []
    for one in nearest:
        try:
            whole = compute_sequence_map(chain, seqres=one.letters)
            found.append(replace(whole, source=f"{whole.source} {one.name}".rstrip()))
        except InputError as error:
            problems.append(error)
    if found:
        return max(found, key=lambda one: (one.identity, -one.n_left_out))
    if len(given) == 1:
        raise problems[0]
    raise InputError(
        f"None of the {len(given)} sequences of seqres is that of {chain.label}. The nearest is "
        f"{nearest[0].name or 'the first'}: {problems[0].got}",
        problems[0].need,
        problems[0].do,
    )


def _words(letters: str) -> set[str]:
    return {letters[start : start + _WORD] for start in range(len(letters) - _WORD + 1)}


def _load_text(path: Path) -> str:
    try:
        data = path.read_bytes()
        data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    except (OSError, EOFError, zlib.error) as exc:
        reason = getattr(exc, "strerror", None) or exc
        raise InputError(
            f"«seqres={path}» cannot be read ({reason})",
            "A sequence in one-letter code, or the path of a FASTA file, is needed",
            "Check the path: a relative one begins at the folder that the program runs in",
        ) from exc
    return data.decode("utf-8", errors="replace").lstrip("\ufeff").replace("\r\n", "\n").lstrip()


def _read_structure(path: Path, text: str) -> tuple[GivenSequence, ...]:
    try:
        listed = load_polymers(path)
    except StructureError as exc:
        raise InputError(
            f"{path.name} begins with {text[:30]!r}",
            "A FASTA file is needed (each sequence after a line that begins with >), or a PDB or mmCIF file",
            "Give another file, or the letters themselves",
        ) from exc
    found = tuple(
        GivenSequence(f"{path.name} chain {chain}".rstrip(), polymer.sequence)
        for chain, polymer in listed.items()
        if polymer.sequence.strip("X")
    )
    if found:
        return found
    raise InputError(
        f"{path.name} lists no protein sequence",
        "SEQRES records, or the category _pdbx_poly_seq_scheme, are needed",
        "Give a FASTA file, or the letters themselves",
    )
