"""Why the model says something, as the panel shows it: the relevance of residues and of the chosen head."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from ..actions.work.relevance_report import describe_sum
from ..actions.work.relevance_request import read_readouts_of
from ..attention.edges import Edges
from ..attention.head_id import Head
from ..attention.profile import place_relevance
from ..attention.relevance import Relevance
from ..checkpoints.readouts import ReadoutConfig
from ..checkpoints.registry import ModelEntry
from ..errors import ProvisError
from ..figures.relevance_grids import is_relevance
from ..targets.targets import Target
from .state import PanelState
from .supply import HeadSupply

__all__ = ["Reasons", "Viewed"]

LARGEST_ERROR: Final = 0.05
"""Share of what is explained that may be missing in the sum."""

Remember = Callable[[str, tuple[Any, ...], Callable[[Target], Any]], Any]


class Viewed(Protocol):
    """What is looked at: the inspector, as far as readings need it."""

    state: PanelState

    @property
    def target(self) -> Target | None:
        """The chain."""

    @property
    def entry(self) -> ModelEntry:
        """The model."""

    @property
    def drawn(self) -> Mapping[Head, Edges]:
        """The pairs of each head that is drawn."""


class Reasons:
    """What can be read of the relevance on a chain; nothing is asked of the worker here.

    Parameters
    ----------
    sight : Viewed
        What is looked at now.
    supply : HeadSupply
    remember : callable
        `Readings`' own: keeps what is made of the chain and a key.
    """

    def __init__(self, sight: Viewed, supply: HeadSupply, remember: Remember) -> None:
        self._sight, self._supply, self._remember = sight, supply, remember

    @property
    def are_shown(self) -> bool:
        """Whether the grid, and with it the profile, is about relevance."""
        return is_relevance(self._sight.state.metric)

    @property
    def relevance(self) -> Relevance | None:
        """Why the model says what was asked; None until the worker has sent it."""
        return self._supply.relevance if self.are_shown else None

    @property
    def can_be_asked(self) -> bool:
        """Whether the model has anything that can be explained."""
        return bool(self._readouts)

    @property
    def names(self) -> tuple[str, ...]:
        """What can be asked why, as far as it has names: classes, and the kinds of questions."""
        kinds = {one.kind for one in self._readouts}
        words = [label for one in self._readouts if one.kind == "sequence" for label in one.labels]
        if "masked_lm" in kinds:
            words += ["likelihood", "residue:"]
        if "contact" in kinds:
            words.append("contact:")
        return tuple(dict.fromkeys(words))

    @property
    def values(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None:
        """Relevance of the residues, and the part through the chosen head, both of shape (n_residues,)."""
        relevance, head = self.relevance, self._sight.state.head
        if relevance is None:
            return None
        made: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None = self._remember(
            "relevance",
            (relevance, head),
            lambda target: place_relevance(relevance, head, target.sequence_map, target.chain.n_residues),
        )
        return made

    @property
    def words(self) -> str:
        """What was asked, how well the relevance adds up, and a warning where it does not."""
        relevance = self.relevance
        if relevance is None:
            return ""
        words = f"{describe_sum(relevance)}."
        if not relevance.error <= LARGEST_ERROR:
            words += f" More than {LARGEST_ERROR:.0%} is missing: do not read single residues from it."
        return " ".join([words, *relevance.notes])

    @property
    def _readouts(self) -> tuple[ReadoutConfig, ...]:
        entry = self._sight.entry

        def read(_: Target) -> tuple[ReadoutConfig, ...]:
            try:
                return read_readouts_of(entry)
            except ProvisError:  # told where the model is used
                return ()

        return self._remember("readouts", (entry.folder,), read) or ()
