"""Residues of a table of pairs as ChimeraX's specifiers, for files that it opens without ProVis."""

from __future__ import annotations

import re
from typing import Any, Final

from ...errors import InputError
from ..tables import Table

__all__ = ["Pair", "attention_of_residues", "describe_model_note", "read_pairs"]

_ID: Final = re.compile(r"#(\d+(?:\.\d+)*)")
_ENDS: Final = tuple((f"chain_{end}", f"resi_{end}") for end in (1, 2))

Pair = tuple[str, str, float]
"""Specifiers of two residues, and the weight."""


def read_pairs(table: Table, suffix: str) -> list[Pair]:
    """Return the pairs of a table.

    Parameters
    ----------
    table : Table
        With the columns of pairs; ``about`` may name the chain, and in it the model's id (else 1).
    suffix : str
        Of the file, for the message.

    Raises
    ------
    InputError
        If it holds no pairs with weights.
    """
    needed = [name for ends in _ENDS for name in ends] + ["weight"]
    if missing := [name for name in needed if name not in table.columns]:
        raise InputError(
            f"{suffix} was asked for, and this table has no {missing[0]}",
            f"A {suffix} file holds residue pairs with their attention",
            "Choose .csv or .json",
        )
    found = _ID.search(str(table.about.get("chain", "")))
    model = found[1] if found else "1"
    places = [table.columns.index(name) for name in needed]

    def name(chain: Any, resi: Any) -> str:
        return f"#{model}/{chain}:{resi}" if chain else f"#{model}:{resi}"

    pairs = []
    for row in table.rows:
        chain_1, resi_1, chain_2, resi_2, weight = (row[place] for place in places)
        pairs.append((name(chain_1, resi_1), name(chain_2, resi_2), float(weight)))
    return pairs


def describe_model_note(table: Table, mark: str) -> list[str]:
    """Return the comment, after a mark, that says what must be known about the model; none for most."""
    words = " ".join(str(table.about.get("model_note", "")).split())  # a line break would end the comment
    return [f"{mark} {words}"] if words else []


def attention_of_residues(pairs: list[Pair]) -> dict[str, float]:
    """Return the largest weight of a pair at each residue, by its specifier."""
    largest: dict[str, float] = {}
    for first, second, weight in pairs:
        for one in (first, second):
            largest[one] = max(weight, largest.get(one, 0.0))
    return largest
