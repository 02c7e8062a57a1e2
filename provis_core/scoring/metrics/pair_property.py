"""How much of a head's attention between residues falls on pairs with a property, like contacts.

The share is weighted by attention and has no threshold.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from ...annotations.annotation import Annotation
from ._metric import PairMetric

__all__ = ["METRIC", "place_pairs"]


def place_pairs(annotation: Annotation, residue_index: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    """A property of a chain's residue pairs, for the positions of a sequence.

    Parameters
    ----------
    annotation : Annotation
        Of pairs within one chain.
    residue_index : numpy.ndarray, shape (n_positions,), dtype int64
        Of the `SequenceMap`: residue of each position, -1 where there is none.

    Returns
    -------
    numpy.ndarray, shape (n_positions, n_positions), dtype float32
        NaN where it is not known: no residue, invalid, or nearer than the property is defined for.
    """
    values = annotation.values.astype(np.float32)
    values[~annotation.valid] = np.nan
    values[:, ~annotation.valid] = np.nan
    placed = values[np.ix_(residue_index, residue_index)]
    missing = residue_index < 0
    placed[missing] = np.nan
    placed[:, missing] = np.nan
    position = np.arange(len(residue_index))
    placed[np.abs(position[:, None] - position) < annotation.min_separation] = np.nan
    return placed


def _compute(n_positions: int, given: npt.NDArray[np.float32] | None) -> npt.NDArray[np.float32]:
    assert given is not None
    return given


METRIC: Final = PairMetric(
    name="pair_property",
    label="attention to pairs with a property",
    summary="share of the attention between residues that falls on pairs with the given property",
    unit="share",
    compute=_compute,
    needs_property=True,
)
