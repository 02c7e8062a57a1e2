"""What is known about the residues of the chains of a command, linked ones among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..annotations.annotation import Annotation
from ..annotations.annotators import compute_annotations, find_annotator
from ..errors import ProvisError
from ..structures.linking import LINKER, join_chains
from ..structures.subject import Subject
from ..viewers.viewer import Reader
from .targets import Part

__all__ = ["annotate_parts", "place_subject", "read_part_subject", "read_part_subjects"]


def read_part_subject(viewer: Reader, part: Part) -> Subject:
    """As `read_part_subjects`, for one chain or several linked ones."""
    return read_part_subjects(viewer, [part])[0]


def read_part_subjects(viewer: Reader, parts: Sequence[Part]) -> list[Subject]:
    """Read what annotations can be made of.

    Parameters
    ----------
    viewer : Reader
    parts : sequence of Part

    Returns
    -------
    list of Subject
        One per part, with the chains as they are now; of linked chains each member is read. Separations in
        the sequence count positions that the model sees (`place_subject`).

    Raises
    ------
    StructureError
        If a chain is gone, or has other residues than it had.
    """
    found = iter(viewer.read_subjects([chain for part in parts for chain in part.chain.singles]))
    subjects = []
    for part in parts:
        own = tuple(next(found) for _ in part.chain.singles)
        subjects.append(place_subject(_link(own) if part.chain.members else own[0], part))
    return subjects


def place_subject(subject: Subject, part: Part) -> Subject:
    """Let separations in the sequence count what the model sees, and gaps in it, if it sees every residue."""
    n_residues = part.chain.n_residues
    if not part.sequence_map.n_left_out:
        return replace(subject, positions=part.sequence_map.places_of(n_residues))
    if part.chain.members:  # chains are as far from each other as linkers put them
        return replace(subject, positions=np.arange(n_residues) + len(LINKER) * _places(part))
    return subject


def annotate_parts(
    viewer: Reader, parts: Sequence[Part], name: str, **options: Any
) -> tuple[list[Annotation | None], list[ProvisError]]:
    """Annotate the chains of a command.

    Parameters
    ----------
    viewer : Reader
    parts : sequence of Part
    name : str
        As in `compute_annotations`; of several annotations the broadest is given.
    **options
        Of the annotator.

    Returns
    -------
    annotations : list of Annotation or None
        One per part, aligned to its chain; None where it cannot be told. Of linked chains it can be told if
        it can be told of one of them. Separations in the sequence count positions that the model sees.
    problems : list of ProvisError
        Why not.

    Raises
    ------
    ProvisError
        If it can be told of no part.
    """
    found: list[Annotation | None] = []
    problems: list[ProvisError] = []
    if _needs_more(name, options):
        subjects = read_part_subjects(viewer, parts)
    else:
        subjects = [_know_chain(part) for part in parts]
    for subject in subjects:
        try:
            found.append(compute_annotations(name, subject, **options)[0])
        except ProvisError as error:
            found.append(None)
            problems.append(error)
    if problems and not any(found):
        raise problems[0]
    return found, problems


def _needs_more(name: str, options: Mapping[str, Any]) -> bool:
    """Whether an annotation needs more than the CA atoms of a chain."""
    return find_annotator(name).name != "contact" or options.get("atom", "CA") != "CA"


def _places(part: Part) -> npt.NDArray[np.int64]:
    """Which member each residue of linked chains is of, shape (n_residues,)."""
    return np.repeat(np.arange(len(part.chain.members)), [one.n_residues for one in part.chain.members])


def _know_chain(part: Part) -> Subject:
    """What needs no reading."""
    return place_subject(Subject(part.chain, members=tuple(map(Subject, part.chain.members))), part)


def _link(members: tuple[Subject, ...]) -> Subject:
    return Subject(join_chains([one.chain for one in members]), members=members)
