"""The gradient at the sequence, times the embedding: one pass, and no baseline."""

from __future__ import annotations

from ..problem import Problem
from ._method import Attribution, Method, Options

__all__ = ["METHOD"]


def _run(problem: Problem, options: Options) -> Attribution:
    import torch

    with torch.enable_grad():
        embedded = problem.embedded.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(problem.evaluate(embedded).sum(), [embedded])
    options.on_step(1, 1)
    tokens = (gradient * problem.embedded)[0].double().cpu().sum(dim=1)
    return Attribution(tokens.numpy())


METHOD = Method("gradient_x_input", "the gradient at the sequence, times its embedding", _run)
