"""Helix, strand, turn and other, as the viewer, mkdssp or the file has them."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ...commands.declaration import Option
from ...errors import InputError, ProvisError, check_word
from ...structures.chain import Chain
from ...structures.records import StructureRecords
from ...structures.subject import SecondaryStructure, Subject, check_aligned
from ..annotation import Annotation, Annotator
from ._dssp import load_dssp, run_dssp

__all__ = ["ANNOTATOR", "CLASSES", "compute_secondary_structure", "read_secondary_structure"]

CLASSES: Final[dict[str, dict[str, str]]] = {
    "dssp": {"helix": "HGI", "strand": "EB", "turn": "TS", "other": " -CP"},
    "helix_strand": {"helix": "H", "strand": "SE"},
}
"""Codes of each class by scheme. Those of DSSP are the ones of Vig et al. (arXiv 2006.15222; ss4 in its
code); the polyproline helix (P), which DSSP did not have then, is other. Who tells only helix and strand
(PyMOL, the records of a file) does not tell a turn from other, so that neither is made."""

SOURCES: Final = ("auto", "viewer", "mkdssp", "file")
"""Who tells the secondary structure."""


def compute_secondary_structure(chain: Chain, assignment: SecondaryStructure) -> tuple[Annotation, ...]:
    """One annotation per class of secondary structure that the assignment can tell.

    Parameters
    ----------
    chain : Chain
    assignment : SecondaryStructure

    Returns
    -------
    tuple of Annotation
        ``helix``, ``strand``, and from DSSP ``turn`` and ``other``. Residues without assignment are invalid.

    Raises
    ------
    InputError
        If there is not one code per residue, or a code or the scheme is not known.
    """
    check_word("scheme", assignment.scheme, CLASSES, "dssp")
    check_aligned(chain, len(assignment.codes), "codes of secondary structure")
    classes = CLASSES[assignment.scheme]
    codes = [None if code is None else code.strip().upper() or " " for code in assignment.codes]
    known = set("".join(classes.values())) | ({" ", "L"} if assignment.scheme == "helix_strand" else set())
    for index, code in enumerate(codes):
        if code is not None and code not in known:
            raise InputError(
                f"{chain.residue_label(index)} has the secondary structure {code!r}",
                f"The codes of {assignment.scheme} are {' '.join(sorted(known - {' '}))} and blank",
                "Check the assignment",
            )
    valid = np.array([code is not None for code in codes], dtype=np.bool_)
    n_missing = int(np.count_nonzero(~valid))
    notes = (f"{n_missing} of {chain.n_residues} residues have no assignment: unknown",) if n_missing else ()
    return tuple(
        Annotation(
            name=name,
            kind="residue",
            values=np.array([code is not None and code in members for code in codes], dtype=np.bool_),
            valid=valid,
            source=assignment.source,
            method=f"codes {', '.join(members.replace(' ', '').replace('-', '')) or 'none'}"
            + (" and blank" if " " in members else ""),
            notes=notes,
        )
        for name, members in classes.items()
    )


def read_secondary_structure(chain: Chain, records: StructureRecords) -> SecondaryStructure:
    """Helices and strands that the file lists: HELIX and SHEET, ``_struct_conf``, ``_struct_sheet_range``.

    Parameters
    ----------
    chain : Chain
    records : StructureRecords

    Returns
    -------
    SecondaryStructure
        Of the scheme ``helix_strand``. What the file lists for other chains does not count.

    Raises
    ------
    InputError
        If the file lists nothing at all.
    """
    if not records.helices and not records.strands:
        raise InputError(
            f"{records.source} lists no helix and no strand",
            "HELIX and SHEET records, or struct_conf and struct_sheet_range, are needed",
            "Install mkdssp, or read the chain from a viewer",
        )
    codes = [""] * chain.n_residues
    place = {residue: index for index, residue in enumerate(chain.residue_ids)}
    keys = [(residue.number, residue.insertion_code) for residue in chain.residue_ids]
    for code, spans in (("S", records.strands), ("H", records.helices)):
        for first, last in spans:
            if first.chain != chain.chain_id:
                continue
            if first in place and last in place:
                inside = list(range(place[first], place[last] + 1))
            else:  # an end that is not resolved: by number
                low, high = (first.number, first.insertion_code), (last.number, last.insertion_code)
                inside = [index for index, key in enumerate(keys) if low <= key <= high]
            for index in inside:
                codes[index] = code
    return SecondaryStructure(tuple(codes), "helix_strand", f"helices and strands of {records.source}")


def _annotate(subject: Subject, **options: Any) -> tuple[Annotation, ...]:
    options = {**ANNOTATOR.defaults, **options}
    return compute_secondary_structure(
        subject.chain, _assignment(subject, options["source"], options["file"])
    )


def _assignment(subject: Subject, source: str, file: str) -> SecondaryStructure:
    if file:
        return load_dssp(file, subject.chain)
    if source == "viewer" or (source == "auto" and subject.secondary_structure):
        if subject.secondary_structure is None:
            raise _missing(subject, "no viewer is at hand")
        return subject.secondary_structure
    if source == "mkdssp":
        if subject.path is None:
            raise _missing(subject, "mkdssp reads a structure file, and none is at hand")
        return run_dssp(subject.path, subject.chain)
    check_word("source", source, SOURCES)
    if source == "auto" and subject.path is not None:
        try:
            return run_dssp(subject.path, subject.chain)
        except ProvisError:  # the file's own helices and strands will do; the source says whose they are
            if subject.records is None:
                raise
    if subject.records is None:
        raise _missing(subject, "no structure file is at hand")
    return read_secondary_structure(subject.chain, subject.records)


def _missing(subject: Subject, why: str) -> InputError:
    return InputError(
        f"There is no secondary structure of {subject.chain.label}: {why}",
        "The viewer's assignment, a structure file, or the output of mkdssp is needed",
        "Give «file=» with the output of mkdssp",
    )


ANNOTATOR: Final = Annotator(
    name="secondary_structure",
    summary="helix and strand; with mkdssp turn and other as well",
    compute=_annotate,
    arcs={"helix": "arcs to helix", "strand": "arcs to strand"},
    options=(
        Option("source", "auto", "who tells it", values=SOURCES),
        Option("file", "", "output of mkdssp", "file"),
    ),
    parts=("helix", "strand", "turn", "other"),
    hint="Only mkdssp tells turns: install it and use «source=mkdssp», or give «file=» with its output",
)
