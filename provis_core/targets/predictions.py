"""What a model can be asked to explain: a substitution, a residue, the whole sequence, a contact, a class."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..errors import InputError
from ..structures.chain import ResidueId
from .targets import Target

__all__ = ["KINDS", "Prediction", "read_prediction"]

KINDS: Final = (
    ("V82A", "masked language model", "log-odds of A against V at 82, with V in its place"),
    ("V82A:masked", "masked language model", "the same with 82 masked"),
    ("residue:82", "masked language model", "log-probability of the residue that is there, masked"),
    ("likelihood", "masked language model", "mean log-probability of all residues, nothing masked"),
    ("contact:25-82", "network with a contact head", "logit of a contact of two residues"),
    ("class:4", "sequence classifier", "logit of a class, by its name or number; A-B is a difference"),
    ("residue:25:binding", "token classifier", "logit of a class at one residue"),
)
"""Example, what must have been trained, what its score is."""

_SUBSTITUTION: Final = re.compile(r"([A-Z])(-?\d+[A-Z]?)([A-Z])", re.IGNORECASE)
_CONTACT: Final = re.compile(r"((?:[^/]+/)?-?\d+[A-Z]?)\s*-\s*((?:[^/]+/)?-?\d+[A-Z]?)", re.IGNORECASE)
_MASKED: Final = ":masked"


@dataclass(frozen=True)
class Prediction:
    """One score of a model about one sequence.

    Attributes
    ----------
    kind : str
        ``"substitution"``, ``"residue"``, ``"likelihood"``, ``"contact"``, ``"class"`` (of the whole
        sequence), ``"residue_class"``, or ``"best"``: the class that the model gives, against the next one.
    positions : tuple of int
        0-based in the sequence.
    letters : str
        Of a substitution what is there and what comes.
    classes : tuple of str
        Names or numbers; of two the second is taken from the first.
    masked : bool
        Whether the position is hidden from the model.
    """

    kind: str
    positions: tuple[int, ...] = ()
    letters: str = ""
    classes: tuple[str, ...] = ()
    masked: bool = False

    @property
    def text(self) -> str:
        """As it is asked for, with positions from 1 along the sequence."""
        place = "-".join(str(position + 1) for position in self.positions)
        if self.kind == "substitution":
            return f"{self.letters[0]}{place}{self.letters[1]}{_MASKED if self.masked else ''}"
        classes = "-".join(self.classes)
        return {
            "residue": f"residue:{place}",
            "contact": f"contact:{place}",
            "class": f"class:{classes}",
            "residue_class": f"residue:{place}:{classes}",
        }.get(self.kind, self.kind)

    def to_json(self) -> str:
        """For a message to the worker."""
        return json.dumps([self.kind, self.positions, self.letters, self.classes, self.masked])

    @classmethod
    def from_json(cls, text: str) -> Prediction:
        """Read what `to_json` wrote."""
        kind, positions, letters, classes, masked = json.loads(text)
        return cls(kind, tuple(positions), letters, tuple(classes), masked)


def read_prediction(text: str, target: Target) -> Prediction:
    """Understand what is to be explained, in the words of the user, for one chain.

    Parameters
    ----------
    text : str
        Residues in the numbering of the structure, with insertion codes; of linked chains after the chain,
        like ``A/82``.
    target : Target

    Returns
    -------
    Prediction

    Raises
    ------
    InputError
        If it is none of `KINDS`, or no residue of the chain that the model sees.
    """
    text = text.strip()
    masked = text.lower().endswith(_MASKED)
    bare = text[: -len(_MASKED)] if masked else text
    if bare.lower() in ("likelihood", "best") and not masked:
        return Prediction(bare.lower())
    chain, _, change = bare.rpartition("/")
    if found := _SUBSTITUTION.fullmatch(change):
        wild, number, mutant = found[1].upper(), found[2], found[3].upper()
        place = _find(f"{chain}/{number}" if chain else number, target, text)
        there = target.sequence_map.sequence[place]
        if there != wild:
            raise InputError(
                f"«target={text}»: the residue {number} of {target.chain.label} is {there}",
                "A substitution names the residue that is there, its number and the one that comes",
                f"Try «target={there}{number}{mutant}{_MASKED if masked else ''}»",
            )
        if mutant == wild:
            raise InputError(
                f"«target={text}» changes nothing", "Two different residues are needed", "Name another one"
            )
        return Prediction("substitution", (place,), wild + mutant, masked=masked)
    kind, _, rest = bare.partition(":")
    if kind.lower() == "residue" and rest and not masked:
        number, _, name = rest.partition(":")
        place = _find(number, target, text)
        if name:
            return Prediction("residue_class", (place,), classes=(name,))
        return Prediction("residue", (place,), masked=True)
    if kind.lower() == "contact" and (found := _CONTACT.fullmatch(rest.strip())) and not masked:
        places = [_find(number, target, text) for number in found.groups()]
        if places[0] == places[1]:
            raise InputError(
                f"«target={text}» names one residue twice", "Two residues are needed", "Name another one"
            )
        return Prediction("contact", tuple(sorted(places)))
    if bare and not masked and kind.lower() != "contact":
        return Prediction("class", classes=(rest if kind.lower() == "class" and rest else bare,))
    raise InputError(
        f"«target={text}» is not understood",
        "One of " + ", ".join(example for example, _, _ in KINDS) + " is needed",
        "«targets» lists what the model can be asked",
    )


def _find(number: str, target: Target, text: str) -> int:
    """Position of a residue in the sequence that the model sees."""
    chain_id, _, resi = number.rpartition("/")
    chain = target.chain
    try:
        wanted = ResidueId.from_resi(chain_id, resi.strip())
    except ValueError:
        raise InputError(
            f"«target={text}»: {number!r} is no number of a residue",
            "A number as the structure has it, with its insertion code, is needed",
            "Write for example «target=residue:82»",
        ) from None
    code = wanted.insertion_code.upper()
    there = [
        k
        for k, one in enumerate(chain.residue_ids)
        if (one.number, one.insertion_code.upper()) == (wanted.number, code)
        and (not chain_id or one.chain == chain_id)
    ]
    if len(there) > 1:
        chains = sorted({chain.residue_ids[k].chain for k in there})
        raise InputError(
            f"«target={text}»: {len(there)} residues of {chain.label} have the number {resi}",
            f"One of the chains {', '.join(chains)} must be named",
            f"Write it before the number, as in {chains[0]}/{resi}",
        )
    places = np.flatnonzero(np.isin(target.sequence_map.residue_index, there))
    if chain_id and chain_id not in {one.chain for one in chain.residue_ids}:
        raise InputError(
            f"«target={text}»: {chain.label} is not chain {chain_id}",
            "A question about residues of several chains needs the chains run as one sequence",
            "Select them all and add «link=1», or name residues of one chain",
        )
    if not there or not len(places):
        numbers = [one.resi for one in chain.residue_ids]
        raise InputError(
            f"«target={text}»: {chain.label} has no residue {number} that the model sees",
            f"Its residues go from {numbers[0]} to {numbers[-1]}; those without coordinates have no number",
            "Choose a residue that is there",
        )
    return int(places[0])
