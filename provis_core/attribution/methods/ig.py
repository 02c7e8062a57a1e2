"""Integrated gradients of residues, and conductance of heads along the same path.

Steps are doubled until residues add up to the change of the score within 1 % and the heads stand in the same
order whether the derivative is taken through seven nodes or through five.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from ...scoring.statistics import rank_values
from ..conductance import integrate
from ..problem import Problem
from ..quadrature import WIDTH, make_stencils
from ._method import Attribution, Method, Options

__all__ = ["METHOD", "compare_ranks"]

_FIRST: Final = 20
_MOST: Final = 80
_ERROR: Final = 0.01
_AGREEMENT: Final = 0.99
_FEWER: Final = WIDTH - 2


def compare_ranks(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float:
    """Spearman's correlation of two arrays of one shape; 1 where both are constant."""
    first, second = rank_values(one.ravel()), rank_values(other.ravel())
    spread = float(np.ptp(first)), float(np.ptp(second))
    if not all(spread):
        return 1.0 if spread[0] == spread[1] else 0.0
    return float(np.corrcoef(first, second)[0, 1])


def _run(problem: Problem, options: Options) -> Attribution:
    change = _change(problem)
    steps = options.steps or _FIRST
    while True:
        attribution = _integrate(problem, steps, options)
        error = abs(attribution.tokens.sum() - change) / abs(change)
        good = error < _ERROR and attribution.agreement >= _AGREEMENT
        if options.steps or good or 2 * steps > _MOST:
            return attribution
        steps *= 2


def _integrate(problem: Problem, steps: int, options: Options) -> Attribution:
    integral = integrate(
        problem,
        steps,
        lambda nodes: (make_stencils(nodes), make_stencils(nodes, _FEWER)),
        options.batch,
        lambda done: options.on_step(done, steps),
    )
    heads, fewer = integral.heads
    agreement = compare_ranks(heads.sum(axis=2), fewer.sum(axis=2))
    return Attribution(integral.embedding, heads, steps=steps, agreement=agreement)


def _change(problem: Problem) -> float:
    after, before = problem.evaluate_each([problem.embedded, problem.baseline])
    return after - before


METHOD = Method("ig", "integrated gradients, and conductance of heads", _run, is_complete=True)
