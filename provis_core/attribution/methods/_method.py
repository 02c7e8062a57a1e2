"""What a method is given, and what it gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ..problem import Problem

__all__ = ["Attribution", "Method", "Options"]


def _no_heads() -> npt.NDArray[np.float64]:
    return np.zeros((0, 0, 0))


@dataclass(frozen=True, eq=False)
class Attribution:
    """Relevance of tokens and heads.

    Attributes
    ----------
    tokens : numpy.ndarray, shape (n_tokens,)
        Of residues and special tokens.
    heads : numpy.ndarray, shape (n_layers, n_heads, n_tokens)
        Of shape (0, 0, 0) where the method does not tell.
    head_sums : numpy.ndarray, shape (n_layers, n_heads), optional
        By default the sums of `heads`.
    steps : int
        Passes that were made.
    agreement : float
        Of `Relevance`.
    """

    tokens: npt.NDArray[np.float64]
    heads: npt.NDArray[np.float64] = field(default_factory=_no_heads)
    head_sums: npt.NDArray[np.float64] | None = None
    steps: int = 1
    agreement: float = float("nan")


@dataclass(frozen=True)
class Options:
    """How a method runs.

    Attributes
    ----------
    steps : int
        Along the path; 0 for what the method thinks right.
    batch : int
        Sequences in a pass.
    on_step : callable
        Called with the numbers of finished steps and of all; what it raises ends the run.
    """

    steps: int = 0
    batch: int = 1
    on_step: Callable[[int, int], None] = lambda done, total: None


@dataclass(frozen=True)
class Method:
    """A way to explain a score.

    Attributes
    ----------
    name : str
    summary : str
        What it does, in a line.
    run : callable
    is_complete : bool
        Whether relevances add up to the change of the score between baseline and sequence.
    baseline : str
        The baseline that belongs to it; empty for the model's.
    """

    name: str
    summary: str
    run: Callable[[Problem, Options], Attribution]
    is_complete: bool = False
    baseline: str = ""
