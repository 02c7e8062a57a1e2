"""Features of a UniProt entry on the residues of a chain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ...commands.declaration import Option
from ...errors import InputError
from ...structures.alignment import align_to_letters
from ...structures.chain import Chain
from ...structures.records import SequenceReference, StructureRecords
from ...structures.subject import Subject
from ..annotation import Annotation, Annotator
from ._uniprot_formats import UniProtEntry, UniProtFeature, load_uniprot

__all__ = ["ANNOTATOR", "MIN_IDENTITY", "UniProtMap", "compute_uniprot_features", "map_to_uniprot"]

MIN_IDENTITY: Final = 0.9
"""Share of the aligned residues that must be those of the entry. At least 0.3 of the shorter of the two must
be aligned (0.8 where that is less than 30 residues): a chain may be a fusion, or have a domain more."""

_FILE_IDENTITY: Final = 0.5  # where the file names the entry: mutants and tags are its protein, too
_MIN_SHARE: Final = 0.3
_MIN_PLACED: Final = 30
_MIN_SHORT_SHARE: Final = 0.8
_DOMAIN: Final = 30

_BONDS: Final = frozenset({"disulfide_bond", "cross-link"})
_PTMS: Final = frozenset({"modified_residue", "lipidation", "glycosylation", "disulfide_bond", "cross-link"})
_DATABASES: Final = frozenset({"UNP", "SWS", "TREMBL", "UNIPROT", "SWISS-PROT"})


@dataclass(frozen=True, eq=False)
class UniProtMap:
    """Where the residues of a chain are in an entry.

    Attributes
    ----------
    positions : numpy.ndarray, shape (n_residues,), dtype int64
        1-based; 0 where a residue is not in the entry.
    identity : float
        Share of the placed residues that are those of the entry, where single residues without a place count
        as different; NaN where the sequence is not known.
    method : str
        In words, with the identity.
    """

    positions: npt.NDArray[np.int64]
    identity: float
    method: str


def map_to_uniprot(
    chain: Chain,
    entry: UniProtEntry,
    records: StructureRecords | None = None,
    *,
    min_identity: float = MIN_IDENTITY,
) -> UniProtMap:
    """Place the residues of a chain on a UniProt entry.

    Where the structure file names the entry (DBREF, ``_struct_ref_seq``) its own numbering is used, unless
    less than half of the residues agree with it. Else the chain is aligned to the sequence of the entry.

    Parameters
    ----------
    chain : Chain
    entry : UniProtEntry
    records : StructureRecords, optional
        Of the file that the chain is from.
    min_identity : float
        From 0 to 1, for the alignment.

    Returns
    -------
    UniProtMap

    Raises
    ------
    InputError
        If the entry is of another protein, or its sequence is needed and not known.
    """
    if not 0 <= min_identity <= 1:
        raise InputError(
            f"«min_identity={min_identity:g}»", "A share from 0 to 1 is needed", "Try «min_identity=0.9»"
        )
    by_file = _positions_by_records(chain, entry, records)
    if by_file is not None:
        identity = _identity(chain, entry, by_file)
        if not identity < min(_FILE_IDENTITY, min_identity):  # NaN: there is no sequence to compare with
            n = int(np.count_nonzero(by_file))
            words = "its sequence is not in the file" if np.isnan(identity) else f"{identity:.1%} identical"
            return UniProtMap(by_file, identity, f"numbering of the structure file, {n} residues, {words}")
    if not entry.sequence:
        raise InputError(
            f"{entry.label} comes without its sequence, and the structure file does not say where "
            f"{chain.label} is in it",
            "The sequence is needed to align it",
            "Download the entry as text or JSON instead of GFF",
        )
    positions = align_to_letters(chain, entry.sequence) + 1
    identity, n_same = _identity(chain, entry, positions), _count_same(chain, entry, positions)[0]
    n_placed = int(np.count_nonzero(positions))
    n_shorter = min(chain.n_residues, len(entry.sequence))
    # short chains find a few letters anywhere
    n_needed = max(_MIN_SHARE * n_shorter, min(_MIN_PLACED, _MIN_SHORT_SHARE * n_shorter))
    if not identity >= min_identity or n_placed < n_needed:
        raise InputError(
            f"{entry.label} is another protein than {chain.label}: {n_same} of {chain.n_residues} residues "
            f"are the same when the two are aligned, which is an identity of {np.nan_to_num(identity):.0%}",
            f"An identity of {min_identity:.0%} is needed, over at least {n_needed:.0f} residues",
            "Download the entry of this protein, or lower «min_identity=» for a close relative",
        )
    return UniProtMap(positions, identity, f"alignment, {n_placed} residues, {identity:.1%} identical")


def _count_same(chain: Chain, entry: UniProtEntry, positions: npt.NDArray[np.int64]) -> tuple[int, int]:
    """How many placed residues have the letter of the entry, and how many have a letter to compare."""
    compared = same = 0
    for letter, position in zip(chain.sequence, positions.tolist(), strict=True):
        if position and letter != "X":
            compared += 1
            same += position <= len(entry.sequence) and entry.sequence[position - 1] == letter
    return same, compared


def _identity(chain: Chain, entry: UniProtEntry, positions: npt.NDArray[np.int64]) -> float:
    """Share of the placed residues that are the same; those left out between them count as different.

    A long stretch that is left out does not count: it is a domain that the entry does not have.
    """
    same, compared = _count_same(chain, entry, positions)
    left_out = np.diff(np.flatnonzero(positions)) - 1
    compared += int(left_out[left_out < _DOMAIN].sum())
    return same / compared if compared and entry.sequence else float("nan")


def _positions_by_records(
    chain: Chain, entry: UniProtEntry, records: StructureRecords | None
) -> npt.NDArray[np.int64] | None:
    """Positions as the file has them; None where it does not name the entry or its numbers cannot be used."""
    positions = np.zeros(chain.n_residues, dtype=np.int64)
    for reference in records.references if records else ():
        is_ours = reference.chain_id == chain.chain_id and reference.database.upper() in _DATABASES
        if not is_ours or reference.accession not in entry.accessions:
            continue
        assert records is not None
        for index, position in _stretch(chain, reference, records).items():
            positions[index] = position
    return positions if positions.any() else None


def _stretch(chain: Chain, reference: SequenceReference, records: StructureRecords) -> dict[int, int]:
    """Residue index to position for one stretch."""
    found = {}
    length = reference.database_end - reference.database_begin
    by_place = bool(records.seq_ids) and reference.seq_end - reference.seq_begin == length
    if not by_place and reference.end.number - reference.begin.number != length:
        return {}  # insertion codes, or numbers that jump
    for index, residue in enumerate(chain.residue_ids):
        if by_place:
            step = records.seq_ids.get(residue, 0) - reference.seq_begin
        else:
            step = residue.number - reference.begin.number
            if residue.insertion_code:
                return {}
        if 0 <= step <= length:
            found[index] = reference.database_begin + step
    return found


def compute_uniprot_features(
    chain: Chain,
    entry: UniProtEntry,
    records: StructureRecords | None = None,
    *,
    min_identity: float = MIN_IDENTITY,
    source: str = "",
) -> tuple[Annotation, ...]:
    """Features of an entry on the residues of a chain.

    Parameters
    ----------
    chain : Chain
    entry : UniProtEntry
    records, min_identity
        As in `map_to_uniprot`.
    source : str
        Name of the file.

    Returns
    -------
    tuple of Annotation
        ``uniprot:<feature>`` for each kind of feature that touches the chain (names as in `FEATURE_NAMES`),
        and ``uniprot:ptm``: modified residues, lipids, sugars, disulfide bonds and cross-links. Residues that
        are not in the entry are invalid. Of bonds the two ends count.

    Raises
    ------
    InputError
        If the entry is of another protein, or none of its features is on the chain.
    """
    mapped = map_to_uniprot(chain, entry, records, min_identity=min_identity)
    valid = mapped.positions > 0
    n_missing = int(np.count_nonzero(~valid))
    notes = list(entry.notes)
    if n_missing:
        notes.append(f"{n_missing} of {chain.n_residues} residues are not in {entry.label}: unknown")
    groups: dict[str, list[UniProtFeature]] = {}
    for feature in entry.features:
        groups.setdefault(feature.name, []).append(feature)
    if ptms := [feature for name in sorted(_PTMS & groups.keys()) for feature in groups[name]]:
        groups["ptm"] = ptms
    found = []
    for name, features in groups.items():
        values = np.zeros(chain.n_residues, dtype=np.bool_)
        words: dict[str, None] = {}
        for feature in features:
            touched = _touched(mapped.positions, feature)
            values |= touched
            if touched.any() and feature.description:
                words[feature.description] = None
        if values.any():
            described = (f"Described as: {'; '.join(list(words)[:5])}",) if words else ()
            where = f"{entry.label}" + (f" ({source})" if source else "")
            found.append(
                Annotation(
                    f"uniprot:{name}", "residue", values, valid, where, mapped.method, (*notes, *described)
                )
            )
    if not found:
        raise InputError(
            f"None of the {len(entry.features)} features of {entry.label} is on {chain.label}",
            "A feature on residues that have coordinates is needed",
            "Choose another chain or entry",
        )
    return tuple(found)


def _touched(positions: npt.NDArray[np.int64], feature: UniProtFeature) -> npt.NDArray[np.bool_]:
    begin, end = feature.begin or 0, feature.end or 0
    if feature.name in _BONDS:
        return np.isin(positions, [begin, end]) & (positions > 0)
    inside: npt.NDArray[np.bool_] = (positions >= begin) & (positions <= end) & (positions > 0)
    return inside


def _annotate(subject: Subject, **options: Any) -> tuple[Annotation, ...]:
    options = {**ANNOTATOR.defaults, **options}
    if not options["file"]:
        raise InputError(
            "No file from UniProt is named",
            "An entry as text, JSON or GFF is needed",
            "Download it, for example https://rest.uniprot.org/uniprotkb/P69905.txt, and give «file=»",
        )
    entries = load_uniprot(options["file"])
    entry = _choose(entries, options["accession"], subject, str(options["file"]))
    return compute_uniprot_features(
        subject.chain,
        entry,
        subject.records,
        min_identity=options["min_identity"],
        source=str(options["file"]).replace("\\", "/").rsplit("/", 1)[-1],
    )


def _choose(entries: tuple[UniProtEntry, ...], accession: str, subject: Subject, file: str) -> UniProtEntry:
    wanted = {accession.strip().upper()} if accession.strip() else set()
    if not wanted and len(entries) > 1 and subject.records is not None:
        references = subject.records.references
        wanted = {item.accession for item in references if item.chain_id == subject.chain.chain_id}
    found = [entry for entry in entries if not wanted or wanted & {*entry.accessions, entry.name.upper()}]
    if len(found) == 1:
        return found[0]
    shown = ", ".join(entry.label for entry in entries[:10]) + (", ..." if len(entries) > 10 else "")
    raise InputError(
        f"{file} has {len(entries)} entries, of which {len(found)} can be meant"
        if len(entries) > 1
        else f"{file} is about {shown}, not {accession}",
        f"One of its entries is needed: {shown}",
        "Give «accession=»",
    )


ANNOTATOR: Final = Annotator(
    name="uniprot",
    summary="binding and active sites, modifications, membrane segments... from a UniProt file",
    compute=_annotate,
    options=(
        Option("file", "", "an entry as text, JSON or GFF", "file"),
        Option("accession", "", "one of the entries of the file", shown="the one that fits"),
        Option("min_identity", MIN_IDENTITY, "smallest share of the same letters, 0 to 1", "number"),
    ),
    hint="Download the entry again if it should be there",
)
