"""One protein of a set: its sequence, and what is known of its residues."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..annotations.annotation import Annotation
from ..annotations.annotators import compute_annotations, find_annotator
from ..errors import InputError, ProvisError
from ..structures.sequence import SequenceMap
from ..structures.subject import Subject
from .features import find_property, name_parts

__all__ = ["BadItem", "Features", "Protein"]

_FROM_LETTERS: Final = ("amino_acid", "contact", "secondary_structure")
"""Annotators that need no structure file; the others would take what nobody knows for what is not there."""


@dataclass(frozen=True)
class BadItem:
    """Something of a set that is no protein that a model can read.

    Attributes
    ----------
    name : str
        Its id, or its place in the file.
    source : str
        The file.
    reason : str
        In words.
    """

    name: str
    source: str
    reason: str


@dataclass(frozen=True, eq=False)
class Features:
    """What was asked about a protein and is known.

    Attributes
    ----------
    known : mapping of str to Annotation
        By the name that tables have; aligned to the positions of the sequence, not to a chain.
    missing : mapping of str to str
        Features that were asked for, to why this protein has none.
    """

    known: Mapping[str, Annotation]
    missing: Mapping[str, str]


@dataclass(frozen=True, eq=False)
class Protein:
    """A sequence that a model is shown, and what is known of its residues.

    Attributes
    ----------
    name : str
        Its id in the set: ``1hpv_A``, or what the file calls it.
    source : str
        The file.
    subject : Subject
        The chain, with what annotations are made of.
    sequence_map : SequenceMap
        The sequence, and which residue of the chain each position is.
    given : mapping of str to Annotation
        Labels that the file gives, by the name of the feature; aligned to the residues of the chain.
    """

    name: str
    source: str
    subject: Subject
    sequence_map: SequenceMap
    given: Mapping[str, Annotation] = field(default_factory=dict)

    @property
    def sequence(self) -> str:
        """One-letter codes, ``X`` for a residue without one; length n_positions."""
        return self.sequence_map.sequence

    @property
    def n_positions(self) -> int:
        """Length of the sequence."""
        return self.sequence_map.n_positions

    @property
    def places(self) -> npt.NDArray[np.int64]:
        """Where each position stands, for separations in the sequence, shape (n_positions,)."""
        places = self.sequence_map.places
        return np.arange(self.n_positions) if places is None else places

    @property
    def ca_coords(self) -> npt.NDArray[np.float32]:
        """CA coordinates of the positions in Å, shape (n_positions, 3); NaN where there are none."""
        index = self.sequence_map.residue_index
        coords = np.full((self.n_positions, 3), np.nan, dtype=np.float32)
        coords[index >= 0] = self.subject.chain.ca_coords[index[index >= 0]]
        return coords

    def truncate(self, n_positions: int) -> Protein:
        """The first positions alone, as a model with a limit sees them.

        Parameters
        ----------
        n_positions : int
            At most this many.

        Returns
        -------
        Protein
            Itself where it is not longer.
        """
        one = self.sequence_map
        if one.n_positions <= n_positions:
            return self
        places = None if one.places is None else one.places[:n_positions]
        cut = replace(
            one,
            sequence=one.sequence[:n_positions],
            residue_index=one.residue_index[:n_positions],
            places=places,
        )
        return replace(self, sequence_map=cut)

    def annotate(self, features: Iterable[str], **options: Any) -> Features:
        """What is known of the positions.

        Parameters
        ----------
        features : iterable of str
            Names of labels that the file gives, or of properties: ``contact``, ``site``, ``ptm``, ``ss``,
            ``aa``, ``uniprot:active_site``. A label goes before an annotator of that name.
        **options
            Of annotators; each takes those that it has.

        Returns
        -------
        Features
            What nothing is known of is missing, a name that is misspelt, too.
        """
        known: dict[str, Annotation] = {}
        missing: dict[str, str] = {}
        for feature in features:
            name = {"site": "binding_site"}.get(feature, feature)
            if name in self.given:
                known[name] = self._place(self.given[name])
                continue
            try:
                known |= {key: self._place(one) for key, one in self._compute(feature, options).items()}
            except ProvisError as error:
                missing[name] = str(error)
        return Features(known, missing)

    def _compute(self, feature: str, options: Mapping[str, Any]) -> dict[str, Annotation]:
        """Annotations of the chain, by the names that tables have."""
        name = find_property(feature)
        annotator = find_annotator(name)
        if self.subject.path is None and annotator.name not in _FROM_LETTERS:
            raise InputError(
                f"{self.name} of {self.source} has no label {feature}",
                "A structure, or a label of that name, is needed",
                "Give it in the file, or leave the feature out",
            )
        chain = self.subject.chain
        subject = replace(self.subject, positions=self.sequence_map.places_of(chain.n_residues))
        if annotator.name == "contact" and not np.isfinite(chain.ca_coords).all(axis=1).any():
            raise InputError(
                f"{self.name} of {self.source} has no CA coordinates",
                "ca_coords, or a structure, are needed",
                "Leave contact out for proteins of which the sequence alone is known",
            )
        taken = {key: value for key, value in options.items() if key in annotator.defaults}
        return name_parts(name, compute_annotations(name, subject, **taken))

    def _place(self, annotation: Annotation) -> Annotation:
        """An annotation of the chain, for the positions: what is not resolved is not known."""
        index = self.sequence_map.residue_index
        here = index >= 0
        valid = np.zeros(self.n_positions, dtype=np.bool_)
        valid[here] = annotation.valid[index[here]]
        numeric = annotation.is_numeric
        shape = (self.n_positions,) * (1 if annotation.kind == "residue" else 2)
        values: npt.NDArray[Any] = np.full(shape, np.nan if numeric else False, dtype=annotation.values.dtype)
        if annotation.kind == "residue":
            values[here] = annotation.values[index[here]]
        else:
            rows = np.flatnonzero(here)
            values[np.ix_(rows, rows)] = annotation.values[np.ix_(index[here], index[here])]
        return replace(annotation, values=values, valid=valid, column_valid=None)
