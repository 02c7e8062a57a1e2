"""A protein of a survey, ready to be run: cut where the protocol says so, with its features as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import ProvisError
from ..proteins.protein import BadItem, Protein
from .labels import PairLabel, ResidueLabel, make_labels
from .protocol import Protocol

if TYPE_CHECKING:
    from ..models.base import Model

__all__ = ["Prepared", "name_cluster", "prepare"]


@dataclass
class Prepared:
    """A protein on its way.

    Attributes
    ----------
    protein : Protein
        As the model sees it.
    place : int
        In its block.
    residues, pairs : dict
        Of `make_labels`.
    missing : mapping of str to str
    beyond : frozenset of str
        Features that residues beyond the cut have.
    """

    protein: Protein
    place: int
    residues: dict[str, ResidueLabel]
    pairs: dict[str, PairLabel]
    missing: Mapping[str, str]
    beyond: frozenset[str] = frozenset()

    def describe(self, items: Sequence[Protein | BadItem], clusters: Mapping[str, str]) -> dict[str, Any]:
        """What tables say of it; `items` are those of its block, before they were cut."""
        item, protein = items[self.place], self.protein
        whole = item.n_positions if isinstance(item, Protein) else 0
        return {
            "name": protein.name,
            "source": protein.source,
            "residues": protein.n_positions,
            "cut": whole - protein.n_positions,
            "cluster": clusters.get(protein.name, ""),
            "sequence": protein.sequence,
        }


def prepare(model: Model, protein: Protein, place: int, protocol: Protocol) -> Prepared | BadItem:
    """Features of a protein, or why the model cannot be shown it."""
    if 0 < protocol.max_residues < protein.n_positions:
        why = f"It has {protein.n_positions} residues, more than {protocol.max_residues}."
        return BadItem(protein.name, protein.source, why)
    whole = protein
    if protocol.max_tokens:
        protein = protein.truncate(max(1, protocol.max_tokens - model.n_special))
    try:
        model.check(protein.sequence)
        features = protein.annotate(protocol.features, **protocol.options)
        beyond = frozenset[str]()
        if protocol.measure == "relevance" and protein is not whole:
            known = whole.annotate(protocol.features, **protocol.options).known
            ends = {name: one.values[protein.n_positions :] for name, one in known.items()}
            beyond = frozenset(
                name for name, end in ends.items() if end.ndim == 1 and end.dtype == bool and end.any()
            )
    except ProvisError as error:
        return BadItem(protein.name, protein.source, str(error))
    residues, pairs = make_labels(protein, features.known)
    return Prepared(protein, place, residues, pairs, features.missing, beyond)


def name_cluster(protein: Protein, clusters: Mapping[str, str]) -> str:
    """The cluster of a protein; one that is in none is of the cluster of its sequence."""
    return clusters.get(protein.name) or protein.sequence
