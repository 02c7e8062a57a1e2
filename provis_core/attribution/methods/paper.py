"""Integrated gradients and conductance of heads as the authors compute them (Wenzel et al. 2024).

500 steps, and the derivative along the path from differences of neighbouring nodes, of second order inside
and of first order at the ends. They run it once for each layer; one run gives all, with the same numbers.
"""

from __future__ import annotations

from typing import Final

from ..conductance import integrate
from ..problem import Problem
from ..quadrature import make_paper_stencils
from ._method import Attribution, Method, Options

__all__ = ["METHOD"]

_STEPS: Final = 500


def _run(problem: Problem, options: Options) -> Attribution:
    steps = options.steps or _STEPS
    integral = integrate(
        problem,
        steps,
        lambda nodes: (make_paper_stencils(nodes),),
        options.batch,
        lambda done: options.on_step(done, steps),
    )
    return Attribution(integral.embedding, integral.heads[0], steps=steps)


METHOD = Method("paper", "as the paper does it: 500 steps, [PAD]", _run, is_complete=True, baseline="pad")
