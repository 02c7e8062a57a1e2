"""What is counted, and by which numbers: the paper's, or ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from ..errors import InputError, check_word
from ..proteins.features import DEFAULT_FEATURES, RELEVANCE_FEATURES

__all__ = ["PROTOCOLS", "Protocol", "find_protocol"]

DENOMINATORS: Final = ("known", "all")
MEASURES: Final = ("attention", "relevance")
PROTEINS: Final = ("class", "all")
_STRUCTURES: Final = ("H", "E", "T", "C")
"""Secondary structures in the order of the tables."""


@dataclass(frozen=True)
class Protocol:
    """Everything that changes a count; a run that goes on must have the same.

    Attributes
    ----------
    name : str
    features : tuple of str
        As `Protein.annotate` takes them.
    options : mapping of str to str
        Of annotators.
    min_attn : float
        Smallest weight of an arc (``>=``).
    max_tokens : int
        Special tokens among them; a longer protein is cut, as in the paper. 0: nothing is cut.
    max_residues : int
        A longer protein is left out. 0: none is.
    n_shifts : int
        Circular shifts of each feature in each protein.
    batch_tokens : int
        Tokens of a batch at most, padding among them.
    block : int
        Records of a block (`provis_core.proteins.reading`).
    min_arcs : int
        Arcs from which on a head is tested.
    denominator : {'known', 'all'}
        Of the share: arcs of which the feature is known, or all arcs of the head, as in the paper.
    measure : {'attention', 'relevance'}
    target : str
        Of relevance: what is explained in every protein, a class or ``likelihood``.
    baseline : str
        Of `provis_core.attribution.baselines`; empty for that of protocol and model.
    steps : int
        Along the path; 0 for as many as it takes (500 in the paper).
    of : {'class', 'all'}
        Proteins that are explained: those that the model gives the class, or all.
    """

    name: str = "provis"
    features: tuple[str, ...] = DEFAULT_FEATURES
    options: Mapping[str, str] = field(default_factory=dict)
    min_attn: float = 0.3
    max_tokens: int = 0
    max_residues: int = 0
    n_shifts: int = 99
    batch_tokens: int = 4096
    block: int = 64
    min_arcs: int = 100
    denominator: str = "known"
    measure: str = "attention"
    target: str = ""
    baseline: str = ""
    steps: int = 0
    of: str = "class"

    def __post_init__(self) -> None:
        if not 0 < self.min_attn <= 1:
            raise InputError(
                f"«min_attn={self.min_attn:g}»",
                "A weight above 0 and up to 1 is needed",
                "Try «min_attn=0.3»",
            )
        least = {
            "max_tokens": 0,
            "max_residues": 0,
            "n_shifts": 0,
            "batch_tokens": 1,
            "block": 1,
            "min_arcs": 1,
            "steps": 0,
        }
        for name, low in least.items():
            if getattr(self, name) < low:
                raise InputError(
                    f"«{name}={getattr(self, name)}»", f"A number of {low} or more is needed", f"Try {low}"
                )
        for name, known in (("denominator", DENOMINATORS), ("measure", MEASURES), ("of", PROTEINS)):
            check_word(name, getattr(self, name), known)
        if self.target and self.measure == "attention":
            raise InputError(
                f"«target={self.target}» without «measure=relevance»",
                "Attention is not about a target",
                "Add «measure=relevance», or leave the target out",
            )
        if not self.features:
            raise InputError("No feature was given", "At least one is needed", "Try «features=contact»")

    def sort_features(self, names: Iterable[str]) -> list[str]:
        """Names as tables have them, in the order in which the features were asked for."""
        wanted = [{"site": "binding_site"}.get(one, one) for one in self.features]

        def place(name: str) -> tuple[int, str]:
            found = [k for k, one in enumerate(wanted) if name == one or name.startswith(f"{one}_")]
            is_structure = name.startswith("ss_") and name[3:] in _STRUCTURES
            own = str(_STRUCTURES.index(name[3:])) if is_structure else name
            return (found[0] if found else len(wanted), own)

        return sorted(names, key=place)

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return {**asdict(self), "features": list(self.features), "options": dict(self.options)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Protocol:
        """Read what `to_json` wrote."""
        return cls(**{**values, "features": tuple(values["features"])})


PROTOCOLS: Final = {
    "provis": Protocol(),
    "paper": Protocol("paper", max_tokens=512, denominator="all"),
}
"""The paper's numbers: threshold 0.3 (``>=``), 512 tokens, 100 arcs, all arcs of a head below the line."""

_OF_RELEVANCE: Final = {
    "provis": Protocol(features=RELEVANCE_FEATURES, measure="relevance"),
    "paper": Protocol("paper", RELEVANCE_FEATURES, max_tokens=1000, measure="relevance"),
}
"""The numbers of Wenzel, Gruener and Strodthoff (arXiv 2309.03631): 1000 tokens, 500 steps, [PAD]."""


def find_protocol(name: str, measure: str = "attention", **changes: Any) -> Protocol:
    """A protocol by its name, with some numbers changed.

    Parameters
    ----------
    name : str
    measure : {'attention', 'relevance'}
    **changes
        Attributes of `Protocol`.

    Returns
    -------
    Protocol

    Raises
    ------
    InputError
        If there is none, or a number cannot be used.
    """
    check_word("protocol", name, PROTOCOLS, "paper")
    if measure == "relevance":
        return replace(_OF_RELEVANCE[name], **changes)
    return replace(PROTOCOLS[name], measure=measure, **changes)
