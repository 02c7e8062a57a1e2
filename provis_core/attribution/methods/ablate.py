"""One head at a time is silenced: its output becomes its mean over the tokens of the baseline.

What the score loses is the head's relevance, as a check on the ranking of `ig`. Residues are not told apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...models.head_outputs import HeadOutputs
from ..problem import Problem
from ._method import Attribution, Method, Options

if TYPE_CHECKING:
    import torch

__all__ = ["METHOD"]


def _run(problem: Problem, options: Options) -> Attribution:
    import torch

    n_heads = problem.n_layers * problem.n_heads
    with torch.no_grad():
        capture = HeadOutputs()
        problem.evaluate(problem.baseline, capture)
        means = [one.mean(dim=(0, 1)) for one in capture.in_order(capture.tensors)]
        (whole,) = problem.evaluate_each([problem.embedded])
        sums = np.zeros((problem.n_layers, problem.n_heads))
        for n in range(n_heads):
            layer, head = divmod(n, problem.n_heads)

            def silence(at: int, outputs: torch.Tensor, layer: int = layer, head: int = head) -> torch.Tensor:
                if at != layer:
                    return outputs
                changed = outputs.clone()
                changed[:, :, head] = means[layer][head]
                return changed

            score = problem.evaluate(problem.embedded, HeadOutputs(silence))
            sums[layer, head] = whole - float(score[0])
            options.on_step(n + 1, n_heads)
    heads = np.zeros((problem.n_layers, problem.n_heads, 0))
    return Attribution(np.zeros(problem.n_tokens), heads, sums, steps=n_heads)


METHOD = Method("ablate", "one head at a time is silenced; residues are not told apart", _run)
