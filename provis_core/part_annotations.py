"""What is known about the residues of the chains of a command, linked ones among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .annotation import Annotation, Subject
from .annotations import compute_annotations, find_annotator, read_options
from .annotations.contacts import compute_contacts, compute_reference_coords
from .errors import InputError, ProvisError
from .parts import Part
from .viewer import SelectedChain, Viewer

__all__ = ["annotate_part", "annotate_parts", "place_subject"]


def place_subject(subject: Subject, part: Part) -> Subject:
    """Let separations in the sequence count the positions that the model sees, if it sees every residue."""
    if part.sequence_map.n_left_out:
        return subject
    return replace(subject, positions=part.sequence_map.positions_of(part.chain.n_residues))


def annotate_part(
    viewer: Viewer, part: Part, name: str, subject: Subject | None = None, **options: Any
) -> Annotation:
    """Annotate a chain, or several linked ones as one.

    Parameters
    ----------
    viewer : Viewer
    part : Part
    name : str
        As in `provis_core.annotations.compute_annotations`; of several annotations the broadest is given.
    subject : Subject, optional
        Of a chain that is not linked, where it was read already.
    **options
        Of the annotator.

    Returns
    -------
    Annotation
        Aligned to the chain of the part. Separations in the sequence count positions that the model sees.

    Raises
    ------
    ProvisError
        If it cannot be told; of linked chains, if it cannot be told of any.
    """
    is_contact = find_annotator(name).name == "contact"
    if not part.chain.members:
        if subject is None:
            needs_more = _needs_more(name, options)
            subject = viewer.read_subject(part.chain) if needs_more else Subject(part.chain)
        return compute_annotations(name, place_subject(subject, part), **options)[0]
    if is_contact:
        return _annotate_linked_contacts(viewer, part, options)
    members = [
        Part(SelectedChain(chain, np.ones(chain.n_residues, dtype=np.bool_)), sequence_map)
        for chain, sequence_map in zip(part.chain.members, part.sequence_map.members, strict=True)
    ]
    found, _ = annotate_parts(viewer, members, name, **options)
    return _join(part, found)


def annotate_parts(
    viewer: Viewer, parts: Sequence[Part], name: str, **options: Any
) -> tuple[list[Annotation | None], list[ProvisError]]:
    """Annotate the chains of a command.

    Parameters
    ----------
    viewer, name, options
        As in `annotate_part`.
    parts : sequence of Part

    Returns
    -------
    annotations : list of Annotation or None
        One per part; None where it cannot be told.
    problems : list of ProvisError
        Why not.

    Raises
    ------
    ProvisError
        If it can be told of no part.
    """
    found: list[Annotation | None] = []
    problems: list[ProvisError] = []
    subjects: list[Subject] | list[None] = [None] * len(parts)
    if _needs_more(name, options) and not any(part.chain.members for part in parts):
        subjects = viewer.read_subjects([part.chain for part in parts])
    for part, subject in zip(parts, subjects, strict=True):
        try:
            found.append(annotate_part(viewer, part, name, subject, **options))
        except ProvisError as error:
            found.append(None)
            problems.append(error)
    if problems and not any(found):
        raise problems[0]
    return found, problems


def _needs_more(name: str, options: Mapping[str, Any]) -> bool:
    """Whether an annotation needs more than the CA atoms of a chain."""
    return find_annotator(name).name != "contact" or options.get("atom", "CA") != "CA"


def _join(part: Part, found: Sequence[Annotation | None]) -> Annotation:
    """Residue annotations of the members of a linked chain, one after another; unknown where None."""
    known = [item for item in found if item is not None]
    if any(item.kind == "pair" for item in known):
        raise InputError(
            f"{known[0].name} of linked chains",
            "A property of residues is needed, or contact",
            "Leave out link=1, or choose another property",
        )
    empty = np.nan if any(item.is_numeric for item in known) else False
    n_residues = [member.n_residues for member in part.chain.members]
    pieces = [(item, n) for item, n in zip(found, n_residues, strict=True)]
    return Annotation(
        name=known[0].name,
        kind="residue",
        values=np.concatenate([item.values if item else np.full(n, empty) for item, n in pieces]),
        valid=np.concatenate([item.valid if item else np.zeros(n, dtype=np.bool_) for item, n in pieces]),
        source=", ".join(dict.fromkeys(item.source for item in known)),
        method=", ".join(dict.fromkeys(item.method for item in known)),
        notes=tuple(dict.fromkeys(note for item in known for note in item.notes)),
    )


def _annotate_linked_contacts(viewer: Viewer, part: Part, options: dict[str, Any]) -> Annotation:
    """Contacts within and between the members of a linked chain."""
    options = read_options(find_annotator("contact"), options)
    options.pop("between", None)  # those between linked chains are among them
    atom = options.pop("atom", "CA")
    coords = part.chain.ca_coords
    if atom != "CA":
        subjects = viewer.read_subjects(part.chain.members)
        rows = [compute_reference_coords(subject.chain, atom, subject.atoms) for subject in subjects]
        coords = np.concatenate(rows)
    found = compute_contacts(
        replace(part.chain, ca_coords=coords, members=()),
        positions=part.sequence_map.positions_of(part.chain.n_residues),
        **options,
    )
    return replace(found, method=found.method.replace("CA-CA", f"{atom}-{atom}"))
