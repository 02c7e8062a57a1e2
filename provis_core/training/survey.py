"""Count, by chain and head, what attention shows on structures; choose heads; summarise."""

from __future__ import annotations

import collections
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .head_scores import (
    Tally,
    bootstrap_ratio,
    compute_separation_background,
    correct_average_product,
    count_strong_pairs,
    count_top_pairs,
    join_tallies,
    key_labels,
    separate,
    take_larger_direction,
)
from .heads import read_attention
from .regression import fit_contact_regression
from .structures import LabelledChain

__all__ = [
    "DRAWN_WEIGHT",
    "MIN_SEPARATION",
    "Split",
    "Summary",
    "choose_head",
    "fit_regression",
    "split_chains",
    "summarise",
    "survey_chains",
]

MIN_SEPARATION = 6
"""Least sequence separation of a contact."""

DRAWN_WEIGHT = 0.1
"""Least weight that the first command draws."""

_STRONG = 0.3

_Counts = dict[str, list[Tally]]


@dataclass(frozen=True)
class Split:
    """Chains for choosing heads and fitting, and chains for reporting."""

    training: tuple[LabelledChain, ...]
    reporting: tuple[LabelledChain, ...]


@dataclass(frozen=True)
class Summary:
    """One number of the model card.

    Attributes
    ----------
    head : str
        1-based layer-head, or ``"all"`` for the regression.
    pairs : int
        Pairs behind the number.
    share, share_interval : float, (float, float)
        Share of the pairs that have the label, with a 95 % bootstrap interval over chains.
    background : float
        Share expected for pairs at the same separations.
    ratio, ratio_interval : float, (float, float)
        Share over background.
    """

    head: str
    pairs: int
    share: float
    share_interval: tuple[float, float]
    background: float
    ratio: float
    ratio_interval: tuple[float, float]


def split_chains(chains: Sequence[LabelledChain], n_training: int = 20, seed: int = 0) -> Split:
    """Draw the training chains; the rest is for reporting."""
    order = np.random.default_rng(seed).permutation(len(chains))
    picked = [chains[i] for i in order]
    return Split(training=tuple(picked[:n_training]), reporting=tuple(picked[n_training:]))


def fit_regression(network: Any, chains: Iterable[LabelledChain]) -> Any:
    """Fit the contact regression over all heads; returns a `ContactRegression`."""
    return fit_contact_regression(
        (
            (correct_average_product(read_attention(network, chain.sequence)), chain.contacts())
            for chain in chains
        ),
        MIN_SEPARATION,
    )


def survey_chains(network: Any, chains: Iterable[LabelledChain], regression: Any = None) -> dict[str, Tally]:
    """Count every measure on every chain.

    Returns
    -------
    counts : dict
        Measure -> `Tally` with arrays of shape=(n_chains, n_heads). Measures: ``contact_strong`` (weight >=
        0.3 on contacts), ``contact_top_l`` and ``contact_top_l5`` (precision at L and L/5), ``regression_l``
        and ``regression_l5``, ``separation_l`` and ``separation_l5`` (pairs ranked by nearness in sequence
        alone), ``drawn_touching`` (pairs drawn by default that are closer than 8 Å, near in sequence or
        not), ``plain_contact`` (all pairs), ``binding_strong``, ``helix_strong`` (weight >= 0.3 whose key
        is labelled). A measure only has the chains that carry its label.
    """
    counts: _Counts = collections.defaultdict(list)
    for chain in chains:
        attention = read_attention(network, chain.sequence)
        if chain.ca_coords is not None:
            _count_contacts(counts, attention, chain.contacts(), regression)
        for measure, labels in (("binding", chain.binding), ("helix", chain.helix)):
            if labels is not None and labels.any():
                counts[f"{measure}_strong"].append(
                    count_strong_pairs(attention, key_labels(labels), _STRONG, 1)
                )
    return {measure: join_tallies(tallies) for measure, tallies in counts.items()}


def _count_contacts(
    counts: _Counts, attention: NDArray[np.float32], contacts: NDArray[np.bool_], regression: Any
) -> None:
    n = len(contacts)
    index = np.arange(n)
    nearness = -np.abs(index[:, None] - index[None, :]).astype(np.float32)[None]
    corrected = correct_average_product(attention)
    counts["contact_strong"].append(count_strong_pairs(attention, contacts, _STRONG, MIN_SEPARATION))
    drawn = np.triu(take_larger_direction(attention))
    counts["drawn_touching"].append(count_strong_pairs(drawn, contacts, DRAWN_WEIGHT, 1))
    far = separate(n, MIN_SEPARATION)
    hits, background = (far & contacts).sum(), (far * compute_separation_background(contacts)).sum()
    counts["plain_contact"].append(Tally(*(np.array([float(x)]) for x in (far.sum(), hits, background))))
    for suffix, n_pairs in (("l", n), ("l5", max(1, n // 5))):
        counts[f"contact_top_{suffix}"].append(count_top_pairs(corrected, contacts, n_pairs, MIN_SEPARATION))
        counts[f"separation_{suffix}"].append(count_top_pairs(nearness, contacts, n_pairs, MIN_SEPARATION))
        if regression is not None:
            scores = regression.score(corrected)
            counts[f"regression_{suffix}"].append(count_top_pairs(scores, contacts, n_pairs, MIN_SEPARATION))


def choose_head(tally: Tally, min_pairs: int = 20) -> int | None:
    """Choose the head with the highest share over background among those with at least `min_pairs` pairs."""
    pairs, hits, expected = tally.pairs.sum(0), tally.hits.sum(0), tally.expected.sum(0)
    enough = (pairs >= min_pairs) & (expected > 0)
    if not enough.any():
        return None
    ratio = np.where(enough, hits / np.where(enough, expected, 1.0), -1.0)
    return int(ratio.argmax())


def summarise(tally: Tally, head: int, label: str) -> Summary:
    """Pool one head's counts over chains, with intervals."""
    pairs, hits, expected = tally.pairs[:, head], tally.hits[:, head], tally.expected[:, head]
    share, share_low, share_high = bootstrap_ratio(hits, pairs)
    ratio, ratio_low, ratio_high = bootstrap_ratio(hits, expected)
    total = pairs.sum()
    return Summary(
        head=label,
        pairs=int(total),
        share=share,
        share_interval=(share_low, share_high),
        background=float(expected.sum() / total) if total else float("nan"),
        ratio=ratio,
        ratio_interval=(ratio_low, ratio_high),
    )
