"""The residue pairs that a head ranks highest, as they are and after average product correction (APC).

A map is symmetrised by the sum of both directions, ``s = w + w.T``, and corrected to
``s[i, j] - s[i].sum() * s[j].sum() / s.sum()``, over residues only, as in the contact prediction of Rao et
al. (bioRxiv 2020.12.15.422761).
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ..attention.head_scan import BANDS

if TYPE_CHECKING:
    import torch

_Pairs: TypeAlias = "tuple[torch.Tensor, torch.Tensor, torch.Tensor]"

__all__ = ["correct_average", "select_top_pairs"]

_LONG: Final = BANDS[-1]
"""Smallest |i - j| of the long range, which is nearly all of a map; the others are a few diagonals."""

_SAMPLE: Final = 2**16
"""Scores from which the smallest score worth sorting is guessed."""


def correct_average(maps: torch.Tensor) -> torch.Tensor:
    """Return maps made symmetric (``A + A.T``), after average product correction.

    Parameters
    ----------
    maps : torch.Tensor, shape (n_heads, n, n)

    Returns
    -------
    torch.Tensor, shape (n_heads, n, n)
        ``s[i, j] - s[i].sum() * s[j].sum() / s.sum()``, as in Rao et al. (bioRxiv 2020.12.15.422761).
    """
    both = maps + maps.transpose(1, 2)
    sums = both.sum(dim=2)
    total = sums.sum(dim=1).clamp_min(1e-30)
    return both - sums[:, :, None] * sums[:, None, :] / total[:, None, None]


def select_top_pairs(
    weights: torch.Tensor,
    residues: slice,
    n_pairs: int,
    *,
    owned: torch.Tensor | None = None,
    scratch: torch.Tensor | None = None,
) -> tuple[_Pairs, _Pairs]:
    """Rank the pairs of one head, after average product correction and without.

    Parameters
    ----------
    weights : torch.Tensor, shape (n_tokens, n_tokens), dtype float32
    residues : slice
        Which tokens are residues.
    n_pairs : int
        How many of each range of separations (`BANDS`) to give, or all where there are fewer.
    owned : torch.Tensor of bool, shape (n_positions, n_positions), optional
        Pairs that may be given; all correct the average.
    scratch : torch.Tensor, shape (n_tokens, n_tokens), dtype float32, optional
        Will be overwritten; saves making one.

    Returns
    -------
    corrected, plain : tuple of torch.Tensor
        Each ``(i, j, score)`` of shape (n,): positions (int64), ``j - i >= 6``, and scores (float32) that
        fall within each range; the long range comes last.
    """
    import torch

    scores = torch.empty_like(weights) if scratch is None else scratch
    scores.copy_(weights.T)
    scores.add_(weights)
    for special in (slice(0, residues.start), slice(residues.stop, None)):
        scores[special] = 0
        scores[:, special] = 0
    sums = scores.sum(dim=1)
    near = scores[residues, residues]
    near_plain = [_select_near(near, *band, n_pairs, owned) for band in itertools.pairwise(BANDS)]
    product = sums / sums.sum().clamp_min(1e-30)
    within = sums[residues], product[residues]
    near_corrected = [_select_near(near, *band, n_pairs, owned, within) for band in itertools.pairwise(BANDS)]
    scores.triu_(_LONG)  # the rest is 0 from here on
    plain = _select(scores, residues, n_pairs, owned)
    scores.addr_(product, sums, alpha=-1)
    scores.triu_(_LONG)
    return _join([*near_corrected, _select(scores, residues, n_pairs, owned)]), _join([*near_plain, plain])


def _join(parts: list[_Pairs]) -> _Pairs:
    import torch

    i, j, score = (torch.cat(one) for one in zip(*parts, strict=True))
    return i, j, score


def _select_near(
    scores: torch.Tensor,
    low: int,
    high: int,
    n_pairs: int,
    owned: torch.Tensor | None,
    sums: tuple[torch.Tensor, torch.Tensor] | None = None,
) -> _Pairs:
    """The best pairs of some diagonals of a map between residues.

    Parameters
    ----------
    scores : torch.Tensor, shape (n_positions, n_positions)
    low, high : int
        First diagonal, and the one behind the last.
    n_pairs : int
    owned : torch.Tensor of bool, shape (n_positions, n_positions), optional
    sums : tuple of torch.Tensor, shape (n_positions,), optional
        The products of their entries are subtracted.
    """
    import torch

    n_positions = len(scores)
    i = torch.arange(n_positions, device=scores.device).repeat(high - low)
    j = i + torch.arange(low, high, device=scores.device).repeat_interleave(n_positions)
    there = j < n_positions
    i, j = i[there], j[there]
    if owned is not None:
        mine = owned[i, j]
        i, j = i[mine], j[mine]
    found = scores[i, j]
    if sums is not None:
        found = found - sums[0][i] * sums[1][j]
    score, order = torch.topk(found, min(n_pairs, len(i)))
    return i[order], j[order], score


def _select(scores: torch.Tensor, residues: slice, n_pairs: int, owned: torch.Tensor | None) -> _Pairs:
    """The best pairs of the long range of a map that is 0 in the columns of special tokens and nearer."""
    import torch

    inside = scores[residues, residues]
    n_positions = len(inside)
    side = max(0, n_positions - _LONG)
    n_pairs = min(n_pairs, side * (side + 1) // 2)
    if owned is not None:
        inside.mul_(owned)
    guess = _guess_threshold(scores, n_pairs)
    if guess > 0:
        i, j = (inside >= guess).nonzero(as_tuple=True)
    if guess <= 0 or len(i) < n_pairs:
        i, j = torch.triu_indices(
            n_positions, n_positions, _LONG, device=scores.device
        )  # rare: memory for all pairs
        if owned is not None:
            i, j = i[owned[i, j]], j[owned[i, j]]
    score, order = torch.topk(inside[i, j], min(n_pairs, len(i)))
    return i[order], j[order], score


def _guess_threshold(scores: torch.Tensor, n_pairs: int) -> float:
    """A score that a few more than `n_pairs` pairs reach, most likely; 0 where there is no telling."""
    stride = scores.numel() // _SAMPLE | 1
    expected = n_pairs / stride
    rank = int(expected + 4 * expected**0.5) + 8
    sample: Any = scores.view(-1)[::stride]
    if stride < 3 or rank >= len(sample):
        return 0.0
    return float(sample.topk(rank).values[-1])
