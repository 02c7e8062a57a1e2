"""Relevance of residues and heads along one path: an integral over its nodes, one after the other.

The path is straight between the outputs of the embedding module of the baseline and of the sequence. At each
node a pass forward and back gives the gradients of the score by the embeddings and by the output y of every
head. The embedding's relevance is the integral of the gradient, times the way. A head's is its conductance
(Dhamdhere et al. 2018), the integral of dF/dy . dy/da; dy/da is that of the polynomial through neighbouring
nodes, so that it costs no pass, and what is kept is as much as the polynomial has nodes, however many steps.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..models.head_outputs import HeadOutputs
from .problem import Problem
from .quadrature import Stencil, make_nodes

if TYPE_CHECKING:
    import torch

__all__ = ["Integral", "integrate"]


@dataclass(frozen=True, eq=False)
class Integral:
    """What one run along the path gave.

    Attributes
    ----------
    embedding : numpy.ndarray, shape (n_tokens,)
        Signed relevance; special tokens are among them.
    heads : numpy.ndarray, shape (n_stencils, n_layers, n_heads, n_tokens)
        At the token that receives (query), for each way to take the derivative.
    """

    embedding: npt.NDArray[np.float64]
    heads: npt.NDArray[np.float64]


def integrate(
    problem: Problem,
    n_steps: int,
    ways: Callable[[npt.NDArray[np.float64]], Sequence[Sequence[Stencil]]],
    batch: int = 1,
    on_step: Callable[[int], None] = lambda done: None,
) -> Integral:
    """Go along the path.

    Parameters
    ----------
    problem : Problem
    n_steps : int
    ways : callable
        Nodes to the stencils of the derivative, each way one for each node; without any, only embeddings
        are looked at.
    batch : int
        Steps in a pass; the result is the same.
    on_step : callable
        Called with the number of finished steps; what it raises ends the run.

    Returns
    -------
    Integral
    """
    import torch

    nodes, weights = make_nodes(n_steps)
    sums = _Sums(weights, ways(nodes))
    way = problem.embedded - problem.baseline
    total = torch.zeros_like(way[0], dtype=_exact(way))
    capture = HeadOutputs()
    for first in range(0, n_steps, batch):
        some = torch.as_tensor(nodes[first : first + batch], dtype=way.dtype, device=way.device)
        with torch.enable_grad():
            embeddings = (problem.baseline + some[:, None, None] * way).requires_grad_()
            score = problem.evaluate(embeddings, capture if sums.ways else None)
            outputs = capture.tensors if sums.ways else []
            gradients = torch.autograd.grad(
                score.sum(), [embeddings, *outputs], allow_unused=True, materialize_grads=True
            )
        parts = [one.detach() for one in capture.in_order(outputs)] if sums.ways else []
        slopes = capture.in_order(gradients[1:]) if sums.ways else []
        capture.clear()
        for i in range(len(some)):
            total += float(weights[first + i]) * gradients[0][i]
            sums.add([part[i] for part in parts], [slope[i] for slope in slopes])
            on_step(first + i + 1)
    embedding = (total * way[0]).sum(dim=1)
    return Integral(embedding.double().cpu().numpy(), sums.finish())


class _Sums:
    """Conductance of all heads, from outputs and gradients at one node after the other."""

    def __init__(self, weights: npt.NDArray[np.float64], ways: Sequence[Sequence[Stencil]]) -> None:
        self.ways = ways
        self._weights = weights
        self._outputs: deque[list[torch.Tensor]] = deque()
        self._gradients: deque[list[torch.Tensor]] = deque()
        self._n_nodes = self._first_output = self._first_gradient = 0
        self._totals: list[list[torch.Tensor]] = []

    def add(self, outputs: list[torch.Tensor], gradients: list[torch.Tensor]) -> None:
        """Take the next node's, layer by layer, shape (n_tokens, n_heads, head_size)."""
        import torch

        if not self.ways:
            return
        if not self._totals:
            self._totals = [
                [torch.zeros(one.shape[:2], dtype=_exact(one), device=one.device) for one in outputs]
                for _ in self.ways
            ]
        self._outputs.append(outputs)
        self._gradients.append(gradients)
        self._n_nodes += 1
        while self._first_gradient < self._n_nodes and self._is_known(self._first_gradient):
            self._take(self._first_gradient, self._gradients.popleft())
            self._first_gradient += 1
            self._forget()

    def _is_known(self, node: int) -> bool:
        return all(way[node][0] + len(way[node][1]) <= self._n_nodes for way in self.ways)

    def _take(self, node: int, gradients: list[torch.Tensor]) -> None:
        for way, totals in zip(self.ways, self._totals, strict=True):
            start, factors = way[node]
            known = [self._outputs[start + i - self._first_output] for i in range(len(factors))]
            for layer, gradient in enumerate(gradients):
                slope = float(factors[0]) * known[0][layer]
                for factor, outputs in zip(factors[1:], known[1:], strict=True):
                    slope.add_(outputs[layer], alpha=float(factor))
                totals[layer] += float(self._weights[node]) * slope.mul_(gradient).sum(dim=-1)

    def _forget(self) -> None:
        """Drop outputs that no later node needs."""
        if self._first_gradient == len(self._weights):
            self._outputs.clear()
            return
        needed = min(way[self._first_gradient][0] for way in self.ways)
        while self._first_output < needed:
            self._outputs.popleft()
            self._first_output += 1

    def finish(self) -> npt.NDArray[np.float64]:
        """Relevance, shape (n_ways, n_layers, n_heads, n_tokens)."""
        if not self.ways:
            return np.zeros((0, 0, 0, 0))
        return np.stack(
            [np.stack([total.double().cpu().numpy().T for total in totals]) for totals in self._totals]
        )


def _exact(tensor: torch.Tensor) -> torch.dtype:
    """float64 where the device has it."""
    import torch

    return torch.float32 if tensor.device.type == "mps" else torch.float64
