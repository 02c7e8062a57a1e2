"""Which head.

Layers and heads are 0-based in code. Only `HeadId.parse` and `HeadId.label` speak the 1-based
"layer-head" of Vig et al. (arXiv 2006.15222), which users type and read.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ..errors import HeadRangeError, InputError

__all__ = ["HeadId", "check_head"]

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


def check_head(head: HeadId, n_layers: int, n_heads: int, model: str) -> None:
    """Raise unless the model has this head.

    Parameters
    ----------
    head : HeadId
        0-based.
    n_layers, n_heads : int
        Size of the model.
    model : str
        Its name, for the message.

    Raises
    ------
    HeadRangeError
    """
    for what, value, size in (("layer", head.layer, n_layers), ("head", head.head, n_heads)):
        if not 0 <= value < size:
            raise HeadRangeError(
                f"«{what}={value + 1}» was asked for",
                f"{model} has {n_layers} layers with {n_heads} heads each",
                f"Choose «{what}=1» to «{what}={size}»",
            )
