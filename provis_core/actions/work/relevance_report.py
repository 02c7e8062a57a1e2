"""What the console says about relevance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ...attention.head_id import HeadId
from ...attention.relevance import Relevance
from ...structures.chain import Chain

__all__ = ["choose_top", "describe_relevance", "describe_sum"]

_N_HEADS = 5


def describe_relevance(
    chain: Chain,
    relevance: Relevance,
    values: npt.NDArray[np.float64],
    top: Sequence[int],
    names: Sequence[str],
    head: str,
) -> list[str]:
    """Say what was explained, how well it adds up, and which residues and heads are behind it.

    Parameters
    ----------
    chain : Chain
    relevance : Relevance
    values : numpy.ndarray, shape (n_residues,)
        What the colours say.
    top : sequence of int
        Residue indices that are named.
    names : sequence of str
        Of what was drawn.
    head : str
        As it was asked for; empty for the residues' own.

    Returns
    -------
    list of str
        Lines.
    """
    what = relevance.prediction + (f", head {head}" if head else "")
    drawn = f"; {' '.join(names)}" if names else ""
    lines = [
        f" ProVis: {chain.label}, why {what} ({relevance.model}, method {relevance.method}{drawn})",
        f"   {describe_sum(relevance)}",
    ]
    if top:
        named = ", ".join(f"{chain.residue_label(k)} {values[k]:+.3g}" for k in top)
        lines.append(f"   most: {named}")
    if relevance.head_sums.size and relevance.method != "attention":
        lines.append(f"   heads: {_describe_heads(relevance)}")
    return lines


def describe_sum(relevance: Relevance) -> str:
    """The scores of chain and baseline, and how well relevance adds up to their difference."""
    words = f"f(chain) {relevance.score:.4g}, f(baseline {relevance.baseline}) {relevance.baseline_score:.4g}"
    if relevance.method in ("ig", "paper"):
        words += (
            f"; residues add up to {relevance.total:.4g} of {relevance.change:.4g} "
            f"({relevance.error:.1%} off, {relevance.steps} steps)"
        )
    return words


def _describe_heads(relevance: Relevance) -> str:
    sums = relevance.head_sums
    order = np.argsort(-np.abs(sums), axis=None, kind="stable")[:_N_HEADS]
    words = []
    for k in order:
        head = HeadId(*(int(n) for n in np.unravel_index(k, sums.shape)))
        words.append(f"{head.label} {sums[head]:+.3g}")
    return ", ".join(words)


def choose_top(values: npt.NDArray[np.float64], n: int) -> list[int]:
    """Residue indices with the largest relevance of either sign, the largest first."""
    sizes = np.where(np.isfinite(values), np.abs(values), 0)
    order = np.argsort(-sizes, kind="stable")[:n]
    return [int(k) for k in order if sizes[k] > 0]
