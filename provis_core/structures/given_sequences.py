"""Whole sequences that a user gives, as letters or in a file, and which of them a chain has."""

from __future__ import annotations

import importlib
import importlib.util
import io
import re
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

from ..errors import InputError, StructureError
from ..system.given_files import find_path, has_file, load_text
from .chain import Chain
from .files.sources import load_polymers
from .sequence import SequenceMap, compute_sequence_map

__all__ = ["GivenSequence", "map_given", "names_file", "read_given"]

_NEED: Final = "A sequence in one-letter code, or the path of a FASTA file, is needed"
_LARGEST: Final = 16 * 10**6  # bytes of a file of sequences: some 40,000 proteins
_LONGEST: Final = 50_000  # letters
_GAP: Final = "-.~"
_STARTS: Final = {"genbank": r"LOCUS\s", "swiss": r"ID   \w", "uniprot-xml": r"<\?xml|<uniprot"}
_NAMES: Final = {"pir": "PIR", "genbank": "GenBank", "swiss": "UniProt text", "uniprot-xml": "UniProt XML"}
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
        of a PDB or mmCIF file that lists whole sequences, plain or gzipped; where Biopython is installed also
        of a PIR, GenBank or UniProt file (text, XML). Letters alone are never taken for a path.

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
    if names_file(text):
        path = find_path(text, "«seqres=»")
        if _is_gapped(text) and not has_file(path):
            raise _gaps(f"«seqres={text[:60]}»")
        text, where = load_text(path, _NEED, largest=_LARGEST).lstrip(), path.name
        if not text.startswith(">"):
            return _read_other(path, text)
    if re.match(r">[A-Z][A-Z0-9];", text):
        return _read_records(where, text, "pir")
    found: list[GivenSequence] = []
    for record in re.split(r"^>", text, flags=re.MULTILINE) if ">" in text else ["\n" + text]:
        header, _, letters = record.partition("\n")
        letters = re.sub(r"\s", "", letters).upper().rstrip("*")
        if not header.strip() and not letters:
            continue
        name = header.split()[0] if header.strip() else ""
        found.append(_check(name, letters, where))
    if not found:
        raise InputError(
            f"There is no sequence in {where}",
            "Amino acids in one-letter code, or a FASTA file, are needed",
            "Give for example «seqres=1hpv.fasta»",
        )
    return tuple(found)


def names_file(seqres: str) -> bool:
    """Whether what a user gave as ``seqres=`` is the name of a file, and not a sequence."""
    text = seqres.strip()
    return not text.startswith(">") and re.search(r"[^A-Za-z\s*]", text) is not None


def _check(name: str, letters: str, where: str) -> GivenSequence:
    what = f"The sequence{f' of {name}' if name else ''} in {where}"
    wrong = "".join(dict.fromkeys(re.sub("[A-Z]", "", letters)))
    if wrong and not wrong.strip(_GAP):
        raise _gaps(what)
    if wrong or not letters:
        raise InputError(
            f"{what} has the characters {wrong[:10]!r}" if wrong else f"{what} is empty",
            "Amino acids in one-letter code are needed",
            "Give letters, or a FASTA file without gaps in the sequences",
        )
    if len(letters) > _LONGEST:
        raise InputError(
            f"{what} has {len(letters):,} letters",
            f"At most {_LONGEST:,} are read: no protein is longer",
            "Give the sequence of the chain alone",
        )
    return GivenSequence(name, letters)


def _is_gapped(text: str) -> bool:
    """Whether a text is rather a row of an alignment than the name of a file."""
    n_letters = sum(map(str.isalpha, text))
    return bool(n_letters >= 10 and re.fullmatch(rf"[A-Za-z\s*{_GAP}]+", text)) and (
        text.isupper() or "--" in text
    )


def _gaps(what: str) -> InputError:
    return InputError(
        f"{what} has gaps",
        "A sequence without gaps is needed: ProVis aligns it to the chain by itself",
        "Take the gaps out",
    )


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


def _read_other(path: Path, text: str) -> tuple[GivenSequence, ...]:
    """Sequences of what is no FASTA file: a structure, or one of the formats that Biopython reads."""
    kind = next((kind for kind, start in _STARTS.items() if re.match(start, text)), "")
    if kind:
        return _read_records(path.name, text, kind)
    try:
        listed = load_polymers(path)
    except StructureError as exc:
        raise InputError(
            f"{path.name} begins with {text[:30]!r}",
            "A FASTA file is needed (each sequence after a line that begins with >), or a PDB or mmCIF file",
            "Give another file, or the letters themselves",
        ) from exc
    found = tuple(
        _check(f"{path.name} chain {chain}".rstrip(), polymer.sequence, path.name)
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


def _read_records(where: str, text: str, kind: str) -> tuple[GivenSequence, ...]:
    """Sequences by Biopython, where there is one: in the program, not in PyMOL."""
    if importlib.util.find_spec("Bio") is None:
        raise InputError(
            f"{where} is in the format {_NAMES[kind]}",
            "This Python, without Biopython, reads FASTA files",
            "Give a FASTA file, or the letters themselves",
        )
    parser = importlib.import_module("Bio.SeqIO")
    if kind == "uniprot-xml":  # Biopython knows the older name of the format
        handle: io.IOBase = io.BytesIO(text.replace("https://uniprot.org/", "http://uniprot.org/").encode())
    else:
        handle = io.StringIO(text)
    found: list[GivenSequence] = []
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the columns of a line
            records = list(parser.parse(handle, kind))
        for record in records:
            translated = [
                (feature.qualifiers.get("protein_id", [record.id])[0], feature.qualifiers["translation"][0])
                for feature in record.features
                if "translation" in feature.qualifiers
            ]
            # a gene has proteins, and its own letters are no amino acids
            for name, letters in translated or [(record.id, str(record.seq))]:
                found.append(_check(name, letters.upper().rstrip("*"), where))
    except (ValueError, AssertionError, LookupError, SyntaxError) as error:
        raise InputError(
            f"{where} is not in the format {_NAMES[kind]} that it begins as ({error})",
            "A whole file with protein sequences is needed",
            "Download it again, or give a FASTA file",
        ) from error
    if found:
        return tuple(found)
    raise InputError(f"{where} holds no sequence", _NEED, "Give for example «seqres=1hpv.fasta»")
