"""Which head, or which heads whose mean is looked at like one.

Layers and heads are 0-based in code. Only `HeadId.parse`, `HeadSet.parse` and the labels speak the 1-based
"layer-head" of Vig et al. (arXiv 2006.15222), which users type and read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from ..errors import HeadRangeError, InputError

__all__ = ["Head", "HeadId", "HeadSet", "check_head"]

_LABEL = re.compile(r"\s*(\d+)\s*-\s*(\d+)\s*")


class HeadId(NamedTuple):
    """One attention head.

    Attributes
    ----------
    layer, head : int
        0-based.
    """

    layer: int
    head: int

    @property
    def label(self) -> str:
        """The 1-based "layer-head" that users read, like ``"12-4"``."""
        return f"{self.layer + 1}-{self.head + 1}"

    @property
    def heads(self) -> tuple[HeadId, ...]:
        """Itself, as `HeadSet.heads`."""
        return (self,)

    @property
    def weights(self) -> tuple[float, ...]:
        """None, as `HeadSet.weights`."""
        return ()

    @property
    def place(self) -> HeadId:
        """Where its numbers are in arrays of shape (n_layers, n_heads) of a scan."""
        return self

    @classmethod
    def parse(cls, text: str) -> HeadId:
        """Read a 1-based "layer-head".

        Parameters
        ----------
        text : str
            Like ``"12-4"``.

        Returns
        -------
        HeadId
            0-based.

        Raises
        ------
        InputError
            If the text is not of that form or a number is below 1.
        """
        match = _LABEL.fullmatch(text)
        if match is None or not all(int(number) for number in match.groups()):
            raise InputError(
                f"The head is {text!r}",
                "A layer and a head, both counted from 1, are needed",
                "Write them with a hyphen, for example 12-4",
            )
        return cls(int(match[1]) - 1, int(match[2]) - 1)


@dataclass(frozen=True)
class HeadSet:
    """Heads whose mean is one map.

    Attributes
    ----------
    heads : tuple of HeadId
        0-based; each once.
    weights : tuple of float
        Of the mean, positive, of the sum 1; empty where all count alike.
    name : str
        Of a set that has one: the property that it is for, like ``contact``.
    asked : str
        What a user types to have it again: its name, its heads, or its file.
    note : str
        What is known of it, in words; may be empty.
    numbers : mapping of str to float
        The same as numbers.
    source : str
        Where that was read, or what made it; may be empty.
    """

    heads: tuple[HeadId, ...]
    weights: tuple[float, ...] = ()
    name: str = ""
    asked: str = field(default="", compare=False)
    note: str = field(default="", compare=False)
    numbers: Mapping[str, float] = field(default_factory=dict, compare=False)
    source: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        heads = tuple(HeadId(*head) for head in self.heads)
        if not heads or len(set(heads)) < len(heads):
            twice = ", ".join(sorted({head.label for head in heads if heads.count(head) > 1}))
            raise InputError(
                f"The set has {twice} twice" if heads else "The set has no head",
                "Heads that are different are needed, one or more",
                "Write them like 12-4+11-6",
            )
        weights = tuple(float(one) for one in self.weights)
        if weights and (len(weights) != len(heads) or not all(0 < one < float("inf") for one in weights)):
            raise InputError(
                f"{len(heads)} heads have the weights {', '.join(f'{one:g}' for one in weights)}",
                "One positive number for each head is needed, or none",
                "Leave the weights out: then all heads count alike",
            )
        total = sum(weights)
        alike = len(set(weights)) < 2
        object.__setattr__(self, "heads", heads)
        object.__setattr__(self, "weights", () if alike else tuple(one / total for one in weights))

    @property
    def shares(self) -> tuple[float, ...]:
        """What each head counts in the mean; the sum is 1."""
        return self.weights or (1 / len(self.heads),) * len(self.heads)

    @property
    def label(self) -> str:
        """What users read: ``contact heads``, or ``12-4+11-6``."""
        return f"{self.name} heads" if self.name else "+".join(head.label for head in self.heads)

    @property
    def place(self) -> HeadId:
        """Where its numbers are in a scan of it: there it is the only head."""
        return HeadId(0, 0)

    @property
    def alone(self) -> Head:
        """The one head of a set of one, else the set."""
        return self.heads[0] if len(self.heads) == 1 else self

    @classmethod
    def parse(cls, text: str) -> Head:
        """Read heads that are joined by ``+``; one head is no set.

        Parameters
        ----------
        text : str
            Like ``"12-4+11-6"``.

        Raises
        ------
        InputError
            If a part is no head, or the same as another.
        """
        heads = tuple(HeadId.parse(part) for part in text.split("+"))
        return cls(heads, asked="+".join(head.label for head in heads)).alone


Head: TypeAlias = HeadId | HeadSet
"""What is looked at: a head, or the mean of some."""


def check_head(head: Head, n_layers: int, n_heads: int, model: str) -> None:
    """Raise unless the model has this head, or all heads of this set.

    Parameters
    ----------
    head : HeadId or HeadSet
        0-based.
    n_layers, n_heads : int
        Size of the model.
    model : str
        Its name, for the message.

    Raises
    ------
    HeadRangeError
    """
    for one in head.heads:
        for what, value, size in (("layer", one.layer, n_layers), ("head", one.head, n_heads)):
            if not 0 <= value < size:
                raise HeadRangeError(
                    f"«{what}={value + 1}» was asked for",
                    f"{model} has {n_layers} layers with {n_heads} heads each",
                    f"Choose «{what}=1» to «{what}={size}»",
                )
