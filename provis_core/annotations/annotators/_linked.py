"""Annotations of linked chains: those of each chain, one after another."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ...errors import ProvisError
from ...structures.subject import Subject
from ..annotation import Annotation

__all__ = ["annotate_members"]


def annotate_members(
    subject: Subject, annotate: Callable[[Subject], tuple[Annotation, ...]]
) -> tuple[Annotation, ...]:
    """Annotate each of several linked chains, and put what is found together.

    Parameters
    ----------
    subject : Subject
        With members.
    annotate : callable
        Gives the annotations of residues of one chain, the broadest first.

    Returns
    -------
    tuple of Annotation
        One of each name that there is, over the residues of all chains. Nothing is known of the residues of a
        chain that cannot be annotated, and a note says why.

    Raises
    ------
    ProvisError
        If none can be annotated.
    """
    found: list[tuple[Annotation, ...]] = []
    problems: list[ProvisError] = []
    for member in subject.members:
        try:
            found.append(annotate(member))
        except ProvisError as error:
            found.append(())
            problems.append(error)
    if not any(found):
        raise problems[0]
    notes = tuple(f"Not known of all linked chains. {error.got}" for error in problems)
    names = dict.fromkeys(item.name for row in found for item in row)
    return tuple(_join(name, subject, found, notes) for name in names)


def _join(
    name: str, subject: Subject, found: Sequence[tuple[Annotation, ...]], notes: tuple[str, ...]
) -> Annotation:
    items = [next((item for item in row if item.name == name), None) for row in found]
    known = [item for item in items if item is not None]
    nothing = np.nan if known[0].is_numeric else False
    values, valid = [], []
    for member, row, item in zip(subject.members, found, items, strict=True):
        n = member.chain.n_residues
        values.append(np.full(n, nothing) if item is None else item.values)
        # where a chain has other parts of a property, not this one, none of its residues has it
        is_told = row and not known[0].is_numeric
        absent = row[0].valid if is_told else np.zeros(n, dtype=np.bool_)
        valid.append(absent if item is None else item.valid)
    return Annotation(
        name=name,
        kind="residue",
        values=np.concatenate(values),
        valid=np.concatenate(valid),
        source=", ".join(dict.fromkeys(item.source for item in known)),
        method=", ".join(dict.fromkeys(item.method for item in known)),
        notes=(*dict.fromkeys(note for item in known for note in item.notes), *notes),
    )
