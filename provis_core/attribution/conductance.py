"""Relevance of residues and heads along one path: an integral over its nodes, one after the other.

The path is straight between the outputs of the embedding module of the baseline and of the sequence. At each
node a pass forward and back gives the gradients of the score by the embeddings and by the output y of every
head. The embedding's relevance is the integral of the gradient, times the way. A head's is its conductance
(Dhamdhere et al. 2018), the integral of dF/dy . dy/da; dy/da is that of the polynomial through neighbouring
nodes, so that it costs no pass, and what is kept is as much as the polynomial has nodes, however many steps.
"""

from __future__ import annotations

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
    for first in range(0, n_steps, batch):
        some = torch.as_tensor(nodes[first : first + batch], dtype=way.dtype, device=way.device)
        total += _take_steps(problem, sums, some, weights[first : first + batch])
        for i in range(len(some)):
            on_step(first + i + 1)
    embedding = (total * way[0]).sum(dim=1)
    return Integral(embedding.double().cpu().numpy(), sums.finish())


def _take_steps(
    problem: Problem, sums: _Sums, nodes: torch.Tensor, weights: npt.NDArray[np.float64]
) -> torch.Tensor:
    """One pass: the weighted gradient by the embeddings, shape (n_tokens, width); heads go to the sums.

    What it makes is let go of when it is left, before the next pass.
    """
    import torch

    capture = HeadOutputs()
    with torch.enable_grad():
        way = problem.embedded - problem.baseline
        embeddings = (problem.baseline + nodes[:, None, None] * way).requires_grad_()
        score = problem.evaluate(embeddings, capture if sums.ways else None)
        outputs = capture.tensors if sums.ways else []
        gradients = torch.autograd.grad(
            score.sum(), [embeddings, *outputs], allow_unused=True, materialize_grads=True
        )
    if sums.ways:
        parts = [one.detach() for one in capture.in_order(outputs)]
        slopes = capture.in_order(gradients[1:])
        for i in range(len(nodes)):
            sums.add([part[i] for part in parts], [slope[i] for slope in slopes])
    factors = torch.as_tensor(weights, dtype=_exact(way), device=way.device)
    return (factors[:, None, None] * gradients[0]).sum(dim=0)


class _Sums:
    """Conductance of all heads, from outputs and gradients at one node after the other.

    Each pair of a node and a neighbour in its stencil is added when the later of the two comes, so few nodes
    have to be kept. They are kept in memory of their own, which is used again: what a pass has made can go
    back as a whole.
    """

    def __init__(self, weights: npt.NDArray[np.float64], ways: Sequence[Sequence[Stencil]]) -> None:
        self.ways = ways
        self._weights = weights
        self._last_output, self._last_gradient = _find_last_uses(len(weights), ways)
        self._outputs: dict[int, list[torch.Tensor]] = {}
        self._gradients: dict[int, list[torch.Tensor]] = {}
        self._spare: list[list[torch.Tensor]] | None = None
        self._node = -1
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
        self._node += 1
        for stencils, totals in zip(self.ways, self._totals, strict=True):
            own = float(self._weights[self._node])
            slopes = [
                (own * factor, outputs if place == self._node else self._outputs[place])
                for place, factor in _read(stencils[self._node])
                if place <= self._node
            ]
            earlier = [
                (float(self._weights[place]) * factor, self._gradients[place])
                for place in sorted(self._gradients)
                for at, factor in _read(stencils[place])
                if at == self._node
            ]
            for layer in range(len(totals)):
                totals[layer] += (_combine(slopes, layer) * gradients[layer]).sum(dim=-1)
                if earlier:
                    totals[layer] += (_combine(earlier, layer) * outputs[layer]).sum(dim=-1)
        self._keep(self._outputs, self._last_output, outputs)
        self._keep(self._gradients, self._last_gradient, gradients)

    def _keep(
        self, kept: dict[int, list[torch.Tensor]], last_use: list[int], new: list[torch.Tensor]
    ) -> None:
        """Drop what no later node needs, and keep the new one where one does."""
        if self._spare is None:
            self._spare = _make_places(_count_kept(self._last_output) + _count_kept(self._last_gradient), new)
        for node in [node for node in kept if last_use[node] <= self._node]:
            self._spare.append(kept.pop(node))
        if last_use[self._node] > self._node:
            kept[self._node] = [old.copy_(one) for old, one in zip(self._spare.pop(), new, strict=True)]

    def finish(self) -> npt.NDArray[np.float64]:
        """Relevance, shape (n_ways, n_layers, n_heads, n_tokens)."""
        if not self.ways:
            return np.zeros((0, 0, 0, 0))
        return np.stack(
            [np.stack([total.double().cpu().numpy().T for total in totals]) for totals in self._totals]
        )


def _find_last_uses(n_nodes: int, ways: Sequence[Sequence[Stencil]]) -> tuple[list[int], list[int]]:
    """Last node at which the outputs, and the gradients, of each node are needed."""
    outputs, gradients = list(range(n_nodes)), list(range(n_nodes))
    for stencils in ways:
        for node, stencil in enumerate(stencils):
            for place, _ in _read(stencil):
                outputs[place] = max(outputs[place], node)
                gradients[node] = max(gradients[node], place)
    return outputs, gradients


def _count_kept(last_use: list[int]) -> int:
    """How many nodes are kept at a time, at most."""
    return max((sum(last > now for last in last_use[: now + 1]) for now in range(len(last_use))), default=0)


def _make_places(n_places: int, like: list[torch.Tensor]) -> list[list[torch.Tensor]]:
    """Memory for the tensors of some nodes, in one piece; what is never used is never taken."""
    sizes = [one.numel() for one in like]
    memory = like[0].new_empty((n_places, sum(sizes)))
    return [
        [part.view(one.shape) for part, one in zip(row.split(sizes), like, strict=True)] for row in memory
    ]


def _read(stencil: Stencil) -> list[tuple[int, float]]:
    """Nodes of a stencil, each with its weight."""
    start, factors = stencil
    return [(start + k, float(factor)) for k, factor in enumerate(factors)]


def _combine(parts: Sequence[tuple[float, list[torch.Tensor]]], layer: int) -> torch.Tensor:
    """Weighted sum of what some nodes have at one layer."""
    (factor, first), *rest = parts
    total = factor * first[layer]
    for factor, tensors in rest:
        total.add_(tensors[layer], alpha=factor)
    return total


def _exact(tensor: torch.Tensor) -> torch.dtype:
    """float64 where the device has it."""
    import torch

    return torch.float32 if tensor.device.type == "mps" else torch.float64
