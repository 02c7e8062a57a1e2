"""Amino acids, one by one and by class."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ...structures.chain import Chain
from ...structures.components import AMINO_ACIDS, one_letter
from ...structures.subject import Subject
from ..annotation import Annotation, Annotator

__all__ = ["AMINO_ACID_CLASSES", "ANNOTATOR", "compute_amino_acids"]

AMINO_ACID_CLASSES: Final[dict[str, str]] = {
    "hydrophobic": "ACFGHIKLMTVWY",
    "polar": "DEHKNQRSTWY",
    "small": "ACDGNPSTV",
    "tiny": "AGS",
    "aliphatic": "ILV",
    "aromatic": "FHWY",
    "positive": "HKR",
    "negative": "DE",
    "charged": "DEHKR",
}
"""Letters of each class after Taylor, J. Theor. Biol. 119 (1986) 205, as in Livingstone & Barton, CABIOS 9
(1993) 745. A residue may be in several."""


def compute_amino_acids(chain: Chain) -> tuple[Annotation, ...]:
    """Which residues are of each amino acid and of each class.

    Parameters
    ----------
    chain : Chain

    Returns
    -------
    tuple of Annotation
        ``amino_acid:<letter>`` for the 20 amino acids, ``amino_acid:<class>`` for `AMINO_ACID_CLASSES`.
        Modified residues count as their parent; residues without a letter are invalid.
    """
    letters = np.array([one_letter(name) for name in chain.residue_names], dtype="U1")
    valid = np.isin(letters, list(AMINO_ACIDS))
    n_unknown = int(np.count_nonzero(~valid))
    notes = (f"{n_unknown} residues are none of the 20 amino acids: unknown",) if n_unknown else ()
    sets = {**{letter: letter for letter in AMINO_ACIDS}, **AMINO_ACID_CLASSES}
    return tuple(
        Annotation(
            name=f"amino_acid:{name}",
            kind="residue",
            values=np.isin(letters, list(members)),
            valid=valid,
            source=chain.label,
            method=f"one of {members}" if len(members) > 1 else f"{members}, modified ones included",
            notes=notes,
        )
        for name, members in sets.items()
    )


def _annotate(subject: Subject, **options: Any) -> tuple[Annotation, ...]:
    return compute_amino_acids(subject.chain)


ANNOTATOR: Final = Annotator(
    name="amino_acid",
    summary="the 20 amino acids, and classes such as charged or aromatic",
    compute=_annotate,
    hint="Give a letter or a class, for example «by=amino_acid:K» or «by=amino_acid:charged»",
)
