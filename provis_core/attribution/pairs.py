"""The relevance of one head, split by the residue that it looked at.

A head's output at i is the sum over keys j of weight times value, and so is its derivative along the path:
each key has a part in the conductance at i, and the parts add up to it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..attention.head_id import HeadId
from ..models.head_outputs import HeadOutputs
from .problem import Problem
from .quadrature import make_nodes, make_stencils

if TYPE_CHECKING:
    import torch

__all__ = ["split_by_key"]


def split_by_key(
    problem: Problem, head: HeadId, n_steps: int, on_step: Callable[[int, int], None]
) -> npt.NDArray[np.float32]:
    """Conductance of one head, by query and key.

    Parameters
    ----------
    problem : Problem
    head : HeadId
        0-based.
    n_steps : int
    on_step : callable
        Called with the numbers of finished steps and of all.

    Returns
    -------
    numpy.ndarray, shape (n_positions, n_positions), dtype float32
        ``[i, j]``: residue i received it from residue j; special tokens are cut out.
    """
    import torch

    nodes, weights = make_nodes(n_steps)
    stencils = make_stencils(nodes)
    way = problem.embedded - problem.baseline
    seen: deque[tuple[torch.Tensor, torch.Tensor]] = deque()
    slopes: deque[torch.Tensor] = deque()
    total = np.zeros((problem.n_tokens, problem.n_tokens))
    first_seen = first_slope = 0
    for step in range(n_steps):
        capture = HeadOutputs(split=head)
        with torch.enable_grad():
            embeddings = (problem.baseline + float(nodes[step]) * way).requires_grad_()
            score = problem.evaluate(embeddings, capture)
            output = capture.tensors[head.layer]
            gradients = torch.autograd.grad(score.sum(), [output], allow_unused=True, materialize_grads=True)
        placed = [*capture.tensors[: head.layer], gradients[0], *capture.tensors[head.layer + 1 :]]
        slopes.append(capture.in_order(placed)[head.layer][0, :, head.head])
        assert capture.weights is not None
        assert capture.values is not None
        seen.append((capture.weights.detach(), capture.values.detach()))
        while first_slope <= step:
            start, factors = stencils[first_slope]
            if start + len(factors) > step + 1:
                break
            slope = slopes.popleft()
            for k, factor in enumerate(factors):
                weight, value = seen[start + k - first_seen]
                part = weight * (slope @ value.T)
                total += float(weights[first_slope] * factor) * part.double().cpu().numpy()
            first_slope += 1
            while first_slope < n_steps and first_seen < stencils[first_slope][0]:
                seen.popleft()
                first_seen += 1
        on_step(step + 1, n_steps)
    inside = problem.residues
    return total[inside, inside].astype(np.float32)
