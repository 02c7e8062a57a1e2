"""What is asked of residues or pairs: secondary structure, binding sites, contacts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ..errors import check_word
from ..proteins.protein import Protein

__all__ = ["QUESTIONS", "Labels", "Question", "find_question"]


@dataclass(frozen=True)
class Question:
    """A task.

    Attributes
    ----------
    name : str
        What the user types.
    feature : str
        As `Protein.annotate` takes it.
    kind : {'classes', 'residues', 'pairs'}
        Every residue has one of several classes; or some residues, or pairs, have the property.
    classes : tuple of str
        Names of the features that are its classes, as tables have them.
    divisor : int
        Precision is that of the best L / `divisor`, L being the residues of which it is known.
    """

    name: str
    feature: str
    kind: str
    classes: tuple[str, ...] = ()
    divisor: int = 0

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of what is measured."""
        if self.kind == "classes":
            return tuple(f"f1_{name.removeprefix('ss_')}" for name in self.classes)
        return (f"precision_at_L/{self.divisor}",)


QUESTIONS: Final = {
    one.name: one
    for one in (
        Question("ss", "ss", "classes", ("ss_H", "ss_E", "ss_T", "ss_C")),
        Question("binding_site", "site", "residues", ("binding_site",), 20),
        Question("contact", "contact", "pairs", ("contact",), 5),
    )
}
"""Those of the paper, by name."""


@dataclass(frozen=True, eq=False)
class Labels:
    """The truth about one protein.

    Attributes
    ----------
    places : numpy.ndarray, shape (n,) or (n, 2), dtype int64
        Positions of the residues that are known, or the pairs with i < j: those that are defined.
    values : numpy.ndarray, shape (n,), dtype int64
        The class of each, or 1 where it has the property, else 0.
    n_known : int
        Residues of which it is known, the L of precision at L.
    """

    places: npt.NDArray[np.int64]
    values: npt.NDArray[np.int64]
    n_known: int

    @classmethod
    def find(cls, question: Question, protein: Protein) -> Labels | str:
        """What is known of a protein, or why it cannot be used, in words."""
        found = protein.annotate([question.feature])
        names = [name for name in question.classes if name in found.known]
        if not names:
            return found.missing.get(question.feature) or next(iter(found.missing.values()), "no label")
        known = [found.known[name] for name in names]
        if question.kind == "pairs":
            labels = cls._of_pairs(known[0].values, known[0].valid, known[0].min_separation, protein)
        else:
            valid = np.logical_and.reduce([one.valid for one in known])
            hits = np.array([np.asarray(one.values, dtype=np.bool_) for one in known])
            if question.kind == "classes":
                valid = valid & hits.any(axis=0)
                classes = np.array([question.classes.index(name) for name in names])
                values = classes[hits.argmax(axis=0)]
            else:
                values = hits[0].astype(np.int64)
            labels = cls(np.flatnonzero(valid), values[valid], int(valid.sum()))
        if not len(labels.values):
            return "nothing is known of it"
        if question.kind != "classes" and not labels.values.any():
            return f"it has no {question.classes[0]}"
        return labels

    @classmethod
    def _of_pairs(
        cls, values: npt.NDArray[np.bool_], valid: npt.NDArray[np.bool_], least: int, protein: Protein
    ) -> Labels:
        i, j = np.triu_indices(len(valid), 1)
        apart = np.abs(protein.places[i] - protein.places[j])
        kept = valid[i] & valid[j] & (apart >= max(least, 1))
        i, j = i[kept], j[kept]
        return cls(np.stack([i, j], axis=1), values[i, j].astype(np.int64), int(valid.sum()))


def find_question(name: str) -> Question:
    """Return a task by its name.

    Raises
    ------
    InputError
        If there is none.
    """
    check_word("task", name, QUESTIONS, "contact")
    return QUESTIONS[name]
