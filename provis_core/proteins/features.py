"""What is asked about the proteins of a set, by short names: every annotator is a feature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..annotations.annotation import Annotation
from ..annotations.annotators import find_annotator
from ..structures.components import AMINO_ACIDS

__all__ = ["DEFAULT_FEATURES", "RELEVANCE_FEATURES", "find_property", "name_parts", "split_features"]

DEFAULT_FEATURES: Final = ("contact", "site", "ptm", "ss", "aa")

RELEVANCE_FEATURES: Final = ("site", "ptm", "ss")
"""Those that stand at residues."""

_PROPERTIES: Final = {"aa": "amino_acid", "ss": "secondary_structure", "binding_site": "site"}
"""Short names of properties, to what the commands call them."""

_PARTS: Final[Mapping[str, Mapping[str, str]]] = {
    "secondary_structure": {"helix": "ss_H", "strand": "ss_E", "turn": "ss_T", "other": "ss_C"},
    "amino_acid": {f"amino_acid:{letter}": f"aa_{letter}" for letter in AMINO_ACIDS},
}
"""Annotators of which every part is a feature of its own, and what the parts are called."""

_NAMES: Final = {"site": "binding_site"}
"""Annotations that are called differently in tables."""


def split_features(text: str) -> tuple[str, ...]:
    """Names of features as a user typed them, each once.

    Parameters
    ----------
    text : str
        Like ``"contact,site,ss"``.

    Returns
    -------
    tuple of str
        In the order typed.
    """
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def find_property(feature: str) -> str:
    """Property of a feature, as ``by=`` of the commands calls it.

    Parameters
    ----------
    feature : str
        Like ``"ss"`` or ``"uniprot:active_site"``.

    Returns
    -------
    str
        The name itself where it is no short one; it need not be known.
    """
    first, colon, rest = feature.partition(":")
    return _PROPERTIES.get(first, first) + colon + rest


def name_parts(property_name: str, found: tuple[Annotation, ...]) -> dict[str, Annotation]:
    """Choose the annotations that are features, by the names that tables have.

    Parameters
    ----------
    property_name : str
        As from `find_property`.
    found : tuple of Annotation
        What its annotator gave, the broadest first.

    Returns
    -------
    dict of str to Annotation
        All parts of a secondary structure, and the 20 amino acids; of everything else the broadest.
    """
    parts = _PARTS.get(find_annotator(property_name).name)
    if parts is not None and ":" not in property_name:
        return {parts[one.name]: one for one in found if one.name in parts}
    first = found[0]
    return {_NAMES.get(first.name, first.name): first}
