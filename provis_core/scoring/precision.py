"""Precision at L: how many of the residue pairs that a head ranks highest have a property, like contacts."""

from __future__ import annotations

import sys
from typing import Final

import numpy as np
import numpy.typing as npt

from ..annotations.annotation import Annotation
from ..attention.head_scan import BANDS, HeadScan, TopPairs
from ..structures.sequence import BETWEEN_CHAINS
from .head_counts import KnownResidues, place_pairs

__all__ = ["PRECISIONS", "measure_precision"]

_RANGES: Final = {
    "": (BANDS[0], sys.maxsize),
    "medium ": (BANDS[1], BANDS[2]),
    "long ": (BANDS[2], sys.maxsize),
}
"""Separations of the pairs looked at, from the first to below the second: all, medium, long."""

PRECISIONS: Final = {
    f"{words}{name}": (part, separations)
    for words, separations in _RANGES.items()
    for name, part in {"L": 1, "L/2": 2, "L/5": 5}.items()
}
"""L over how many of the best pairs are looked at, and of which separations; L is the number of residues of
which contacts are known."""

_Floats = npt.NDArray[np.float64]


def measure_precision(
    scan: HeadScan, known: KnownResidues, annotation: Annotation
) -> tuple[tuple[dict[str, _Floats], dict[str, _Floats]], tuple[str, ...]]:
    """Share of the best L, L/2 and L/5 pairs of each head that have a property, all and by separation.

    Pairs of which it is not known, or that are nearer in the sequence than it is defined for, are passed
    over. Where a chain has fewer pairs, all are taken.

    Parameters
    ----------
    scan : HeadScan
    known : KnownResidues
    annotation : Annotation
        Of pairs within the chain; one of residues has no precision.

    Returns
    -------
    corrected, plain : dict of str to numpy.ndarray, shape (n_layers, n_heads)
        By the names of `PRECISIONS`. Ranked after average product correction, and without. Empty where no
        pairs were ranked. NaN for heads of which too few ranked pairs were kept, or that have none.
    notes : tuple of str
        What the user must read about it.
    """
    found: tuple[dict[str, _Floats], dict[str, _Floats]] = ({}, {})
    if annotation.kind != "pair":
        return found, ()
    is_lacking = np.zeros((scan.n_layers, scan.n_heads), dtype=np.bool_)
    for precision, pairs in zip(found, (scan.top_pairs, scan.plain_pairs), strict=True):
        if pairs is None:
            continue
        value = _look_up(pairs, known, annotation)
        is_between = known.sequence_map.separations(pairs.i, pairs.j) == BETWEEN_CHAINS
        for name, (part, separations) in PRECISIONS.items():
            smallest = max(
                separations[0], min(annotation.min_separation, BANDS[-1])
            )  # nearer ones are not known
            counted = np.where(is_between, np.nan, value) if name.split()[1:] else value
            n_pairs = max(1, known.n_known // part)
            hits, n_taken, lacking = pairs.count_hits(
                counted, n_pairs, scan.n_positions, (smallest, separations[1])
            )
            ratio = np.full(hits.shape, np.nan)
            np.divide(hits, n_taken, out=ratio, where=(n_taken > 0) & ~lacking)
            precision[name] = ratio
            is_lacking |= lacking
    note = (
        f"Precision is not known for {int(is_lacking.sum())} heads: of too few of the pairs that they rank "
        "highest can be told whether they are contacts"
    )
    return found, (note,) if is_lacking.any() else ()


def _look_up(pairs: TopPairs, known: KnownResidues, annotation: Annotation) -> _Floats:
    """The property of ranked pairs, shape (n_layers, n_heads, n_pairs); NaN where it is not known."""
    labels, is_known = place_pairs(known, annotation)
    i, j = known.index[pairs.i], known.index[pairs.j]
    value = np.where(is_known[i, j], labels[i, j], np.nan)
    value[(i < 0) | (j < 0)] = np.nan
    return value
