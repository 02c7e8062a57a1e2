"""The features of one protein as arrays: what a count is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..annotations.annotation import Annotation
from ..proteins.protein import Protein
from ..scoring.head_counts import ENDS

__all__ = ["PairLabel", "ResidueLabel", "make_labels"]


@dataclass(frozen=True, eq=False)
class ResidueLabel:
    """A property of residues; the residue that is attended to has it.

    Attributes
    ----------
    values : numpy.ndarray, shape (n_positions,), dtype float64
        0 and 1, or numbers; 0 where it is not known.
    known : numpy.ndarray of bool, shape (n_positions,)
    moves : numpy.ndarray, dtype int64
        Positions among which the property is shifted: those that are known, but for the ends.
    is_numeric : bool
    """

    values: npt.NDArray[np.float64]
    known: npt.NDArray[np.bool_]
    moves: npt.NDArray[np.int64]
    is_numeric: bool


@dataclass(frozen=True, eq=False)
class PairLabel:
    """A property of pairs of residues.

    Attributes
    ----------
    values : numpy.ndarray of bool, shape (n_positions, n_positions)
        Symmetric; False where it is not known, and for pairs that are near in the sequence.
    known : numpy.ndarray of bool, shape (n_positions,)
        A pair is known if both residues are.
    near : numpy.ndarray of bool, shape (n_positions, n_positions)
        Pairs nearer in the sequence than the property is defined for.
    separation : numpy.ndarray, shape (n_positions, n_positions), dtype int32
        How far two positions are apart in the sequence.
    """

    values: npt.NDArray[np.bool_]
    known: npt.NDArray[np.bool_]
    near: npt.NDArray[np.bool_]
    separation: npt.NDArray[np.int32]


def make_labels(
    protein: Protein, annotations: Mapping[str, Annotation]
) -> tuple[dict[str, ResidueLabel], dict[str, PairLabel]]:
    """Prepare the features of a protein.

    Parameters
    ----------
    protein : Protein
    annotations : mapping of str to Annotation
        As from `Protein.annotate`, aligned to the positions.

    Returns
    -------
    residues : dict of str to ResidueLabel
    pairs : dict of str to PairLabel
    """
    n = protein.n_positions
    inner = np.zeros(n, dtype=np.bool_)
    inner[ENDS : n - ENDS] = True
    separation: npt.NDArray[Any] | None = None
    residues: dict[str, ResidueLabel] = {}
    pairs: dict[str, PairLabel] = {}
    for name, one in annotations.items():
        if one.kind == "residue":
            values = np.where(one.valid, one.values, 0).astype(np.float64)
            moves = np.flatnonzero(one.valid & inner)
            residues[name] = ResidueLabel(values, one.valid, moves, one.is_numeric)
        else:
            if separation is None:
                places = protein.places.astype(np.int32)
                separation = np.abs(places[:, None] - places)
            near = separation < one.min_separation
            pairs[name] = PairLabel(one.values & ~near, one.valid, near, separation)
    return residues, pairs
