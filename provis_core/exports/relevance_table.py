"""Relevance as rows and as arrays: what files and the shell give of it."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..attention.relevance import Relevance
from ..structures.chain import Chain
from ..structures.sequence import SequenceMap
from .pair_table import RESIDUE_COLUMNS, Row, make_chain_arrays, name_residue

__all__ = [
    "RELEVANCE_COLUMNS",
    "describe_relevance_run",
    "make_relevance_arrays",
    "make_relevance_rows",
]

RELEVANCE_COLUMNS: Final = ("residue", "position", "letter", "relevance", "share", *RESIDUE_COLUMNS)
"""Of `make_relevance_rows`; the position counts from 1 along the sequence that the model read."""


def make_relevance_rows(
    chain: Chain, sequence_map: SequenceMap, values: npt.NDArray[np.float64], relevance: Relevance
) -> list[Row]:
    """Rows of the residues that the model read, in their order.

    Parameters
    ----------
    chain : Chain
    sequence_map : SequenceMap
    values : numpy.ndarray, shape (n_residues,)
        Relevance of residues, or what a head or a layer brought of it; NaN where there is none.
    relevance : Relevance

    Returns
    -------
    list of tuple
        `RELEVANCE_COLUMNS`. The share is that in f(sequence) - f(baseline); None where that is zero.
    """
    rows: list[Row] = []
    for index, position in enumerate(sequence_map.positions_of(chain.n_residues).tolist()):
        if position < 0 or not np.isfinite(values[index]):
            continue
        value = float(values[index])
        share = value / relevance.change if relevance.change else None
        rows.append(
            (
                chain.residue_label(index),
                position + 1,
                sequence_map.sequence[position],
                float(f"{value:.6g}"),
                None if share is None else float(f"{share:.6g}"),
                *name_residue(chain, index),
            )
        )
    return rows


def describe_relevance_run(relevance: Relevance, head: str = "") -> dict[str, Any]:
    """Return what a reader needs beside the rows, as plain values.

    Parameters
    ----------
    relevance : Relevance
    head : str
        Of which the rows are, ``"12-4"`` or ``"sum:12"``; empty for the residues' own.
    """
    agreement = relevance.agreement
    return {
        "target": relevance.prediction,
        "model": relevance.model,
        "head": head,
        "method": relevance.method,
        "baseline": relevance.baseline,
        "steps": relevance.steps,
        "score": relevance.score,
        "baseline_score": relevance.baseline_score,
        "sum_of_residues": float(relevance.residues.sum(dtype=np.float64)),
        "sum_of_special_tokens": float(relevance.special.sum(dtype=np.float64)),
        "error": relevance.error if np.isfinite(relevance.error) else None,
        "agreement_of_heads": agreement if np.isfinite(agreement) else None,
        "notes": list(relevance.notes),
    }


def make_relevance_arrays(chain: Chain, sequence_map: SequenceMap, relevance: Relevance) -> dict[str, Any]:
    """Relevance of one chain as plain arrays, with what is needed to read them.

    Parameters
    ----------
    chain : Chain
    sequence_map : SequenceMap
    relevance : Relevance

    Returns
    -------
    dict of str to object
        ``relevance`` (n_layers, n_heads, n_positions) at the residue that receives; ``embedding``
        (n_positions,); of special tokens, those before the residues first, ``relevance_special``
        (n_layers, n_heads, n_special) and ``embedding_special`` (n_special,); ``head_sums`` (n_layers,
        n_heads); with «pairs=1» ``pairs`` (n_positions, n_positions), query by key; what
        `describe_relevance_run` tells in numbers and words; ``sequence``, ``residue_index``
        (n_positions,): 0-based residue of each position, -1 where it is not resolved; `make_chain_arrays`.
    """
    told = {
        name: np.nan if value is None else value
        for name, value in describe_relevance_run(relevance).items()
        if name not in ("head", "notes")
    }
    pairs = {"pairs": relevance.pairs, "pairs_head": relevance.head.label} if relevance.head else {}
    return {
        **told,
        "relevance": relevance.heads,
        "embedding": relevance.residues,
        "relevance_special": relevance.head_special,
        "embedding_special": relevance.special,
        "head_sums": relevance.head_sums,
        **pairs,
        "sequence": sequence_map.sequence,
        "residue_index": sequence_map.residue_index,
        **make_chain_arrays(chain),
    }
