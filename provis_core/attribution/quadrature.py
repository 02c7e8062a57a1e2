"""Nodes of an integral from 0 to 1, and derivatives of what is known at the nodes alone."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = ["WIDTH", "Stencil", "make_nodes", "make_paper_stencils", "make_stencils"]

WIDTH: Final = 7
"""Nodes of the polynomial that a derivative is taken of."""

Stencil = tuple[int, npt.NDArray[np.float64]]
"""First node, and the weights of it and the following ones, whose sum is the derivative at one node."""


def make_nodes(n_steps: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return nodes and weights of Gauss-Legendre quadrature between 0 and 1.

    Parameters
    ----------
    n_steps : int

    Returns
    -------
    nodes, weights : numpy.ndarray, shape (n_steps,)
        Nodes ascend; weights add up to 1.
    """
    nodes, weights = np.polynomial.legendre.leggauss(n_steps)
    return (1 + nodes) / 2, weights / 2


def make_stencils(nodes: npt.NDArray[np.float64], width: int = WIDTH) -> list[Stencil]:
    """Derivatives at each node of the polynomial through it and its neighbours.

    Parameters
    ----------
    nodes : numpy.ndarray, shape (n_steps,)
        Ascending.
    width : int
        Nodes of the polynomial; all where there are fewer. At the ends they lie on one side.

    Returns
    -------
    list of Stencil
        One for each node.
    """
    width = min(width, len(nodes))
    starts = np.clip(np.arange(len(nodes)) - width // 2, 0, len(nodes) - width)
    return [
        (int(start), _differentiate(nodes[start : start + width], i - start))
        for i, start in enumerate(starts)
    ]


def make_paper_stencils(nodes: npt.NDArray[np.float64]) -> list[Stencil]:
    """Differences of the paper: three uneven nodes, and two at either end (as `numpy.gradient` has them)."""
    stencils = make_stencils(nodes, 3)
    n = len(nodes)
    if n < 2:
        return stencils
    ends = {0: 0, n - 1: n - 2}
    return [
        (ends[i], _differentiate(nodes[ends[i] : ends[i] + 2], i - ends[i])) if i in ends else stencil
        for i, stencil in enumerate(stencils)
    ]


def _differentiate(nodes: npt.NDArray[np.float64], at: int) -> npt.NDArray[np.float64]:
    """Weights of the derivative at one of the nodes, from the barycentric form of the polynomial."""
    distances = nodes[:, None] - nodes
    np.fill_diagonal(distances, 1)
    barycentric = 1 / distances.prod(axis=1)
    weights: npt.NDArray[np.float64] = (
        barycentric / barycentric[at] / np.where(np.arange(len(nodes)) == at, 1, nodes[at] - nodes)
    )
    weights[at] = 0
    weights[at] = -weights.sum()
    return weights
