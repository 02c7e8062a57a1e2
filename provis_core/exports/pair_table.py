"""Residue pairs, and the residues of a chain, as rows of a table and as arrays of a file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..annotations.annotation import Annotation
from ..attention.arcs import Arcs
from ..attention.edges import Edges
from ..attention.head_id import Head
from ..structures.chain import Chain
from ..structures.sequence import BETWEEN_CHAINS, SequenceMap

__all__ = [
    "ATTENTION_COLUMNS",
    "CONTACT_COLUMNS",
    "RESIDUE_COLUMNS",
    "make_attention_arrays",
    "make_attention_rows",
    "make_chain_arrays",
    "make_contact_rows",
    "name_residue",
]

RESIDUE_COLUMNS: Final = ("chain", "segment", "resi", "resn")
"""What `name_residue` gives: author chain id, segment id where chains are told apart by it, number with
insertion code, component name."""

_ENDS: Final = tuple(f"{name}_{end}" for end in (1, 2) for name in RESIDUE_COLUMNS)

ATTENTION_COLUMNS: Final = ("residue_1", "residue_2", "weight", "separation", "distance", *_ENDS)
"""Of `make_attention_rows`; of a directed pair the first residue is the query, the second the key."""

CONTACT_COLUMNS: Final = ("residue_1", "residue_2", "distance", "separation", *_ENDS)
"""Of `make_contact_rows`."""

Row = tuple[Any, ...]


def name_residue(chain: Chain, residue_index: int) -> tuple[str, str, str, str]:
    """The columns `RESIDUE_COLUMNS` of a residue (0-based index in the chain, joined or not)."""
    for member in chain.members:
        if residue_index < member.n_residues:
            return name_residue(member, residue_index)
        residue_index -= member.n_residues
    residue = chain.residue_ids[residue_index]
    return residue.chain, chain.segment_id, residue.resi, chain.residue_names[residue_index]


def make_attention_rows(chain: Chain, sequence_map: SequenceMap, edges: Edges) -> list[Row]:
    """Rows of the pairs that were selected, strongest first.

    Parameters
    ----------
    chain : Chain
    sequence_map : SequenceMap
    edges : Edges

    Returns
    -------
    list of tuple
        Per pair the columns `ATTENTION_COLUMNS`: the separation in positions of the sequence that the model
        saw (None between linked chains), the distance of the CA atoms in Å (3 decimals).
    """
    apart = _separations(chain, sequence_map, edges)
    distance = _distances(chain.ca_coords[edges.query], chain.ca_coords[edges.key])
    return [
        (
            chain.residue_label(query),
            chain.residue_label(key),
            float(str(weight)),  # the shortest number that is this float32
            separation,
            length,
            *name_residue(chain, query),
            *name_residue(chain, key),
        )
        for query, key, weight, separation, length in zip(
            edges.query.tolist(), edges.key.tolist(), edges.weight, apart, distance, strict=True
        )
    ]


def make_contact_rows(
    contacts: Annotation,
    chain: Chain,
    coords: npt.NDArray[np.float32],
    other: Chain | None = None,
    other_coords: npt.NDArray[np.float32] | None = None,
    positions: npt.NDArray[np.int64] | None = None,
) -> list[Row]:
    """Rows of contacts: each pair once within a chain, all pairs between two chains.

    Parameters
    ----------
    contacts : Annotation
        Of pairs.
    chain : Chain
    coords : numpy.ndarray, shape (n_residues, 3)
        Å, of the atoms that stand for the residues.
    other, other_coords : optional
        The chain along the columns, where it is another one.
    positions : numpy.ndarray, shape (n_residues,), optional
        Position of each residue in the sequence; the residue index by default.

    Returns
    -------
    list of tuple
        Per pair the columns `CONTACT_COLUMNS`, in the order of the chain; no separation between chains.
    """
    i, j = np.nonzero(contacts.values if other is not None else np.triu(contacts.values))
    distance = _distances(coords[i], (coords if other_coords is None else other_coords)[j])
    place = np.arange(chain.n_residues) if positions is None else positions
    member = np.repeat(np.arange(len(chain.singles)), [one.n_residues for one in chain.singles])
    apart = np.zeros(len(i)) if other is not None else np.abs(place[i] - place[j])
    is_within = np.zeros(len(i), bool) if other is not None else member[i] == member[j]
    separation = [int(one) if same else None for one, same in zip(apart, is_within, strict=True)]
    end = chain if other is None else other
    return [
        (
            chain.residue_label(first),
            end.residue_label(second),
            length,
            apart,
            *name_residue(chain, first),
            *name_residue(end, second),
        )
        for first, second, length, apart in zip(i.tolist(), j.tolist(), distance, separation, strict=True)
    ]


def make_chain_arrays(chain: Chain) -> dict[str, Any]:
    """The residues of a chain as plain arrays, one value per residue.

    Parameters
    ----------
    chain : Chain

    Returns
    -------
    dict of str to object
        ``chain``, ``number``, ``insertion_code``, ``residue_name`` (n_residues,), ``ca_coords``
        (n_residues, 3) Å, ``object`` and ``state``.
    """
    return {
        "object": chain.object_name,
        "state": chain.state,
        "segment": chain.segment_id,
        "chain": np.array([residue.chain for residue in chain.residue_ids]),
        "number": np.array([residue.number for residue in chain.residue_ids]),
        "insertion_code": np.array([residue.insertion_code for residue in chain.residue_ids]),
        "residue_name": np.array(chain.residue_names),
        "ca_coords": chain.ca_coords,
    }


def make_attention_arrays(
    chain: Chain,
    sequence_map: SequenceMap,
    values: npt.NDArray[np.float32] | Arcs,
    model: str,
    head: Head,
) -> dict[str, Any]:
    """One head's attention on a chain as plain arrays, with what is needed to read them.

    Parameters
    ----------
    chain : Chain
    sequence_map : SequenceMap
    values : numpy.ndarray, shape (n_positions, n_positions), or Arcs
    model : str
    head : HeadId or HeadSet
        0-based.

    Returns
    -------
    dict of str to object
        ``weights`` (n_positions, n_positions), query by key; or, of a long chain, the pairs of at least
        ``min_weight`` as ``query``, ``key`` (0-based positions) and ``weight`` (n_pairs,). ``sequence``,
        ``residue_index`` (n_positions,): 0-based residue of each position, -1 where it is not resolved;
        ``sequence_shown``: which sequence it is; ``model``; ``head`` as in ``"12-4"``; `make_chain_arrays`.
    """
    arrays: dict[str, Any] = {
        "model": model,
        "head": head.label,
        "sequence": sequence_map.sequence,
        "sequence_shown": sequence_map.description,
        "residue_index": sequence_map.residue_index,
        **make_chain_arrays(chain),
    }
    if isinstance(values, Arcs):
        query, key, weight = values.select(head, values.min_weight)
        return arrays | {"query": query, "key": key, "weight": weight, "min_weight": values.min_weight}
    return arrays | {"weights": np.asarray(values)}


def _separations(chain: Chain, sequence_map: SequenceMap, edges: Edges) -> list[int | None]:
    positions = sequence_map.positions_of(chain.n_residues)
    query, key = positions[edges.query], positions[edges.key]
    apart = sequence_map.separations(query, key).tolist()
    return [None if one == BETWEEN_CHAINS else one for one in apart]


def _distances(a: npt.NDArray[np.float32], b: npt.NDArray[np.float32]) -> Iterable[float]:
    apart = np.linalg.norm(a.astype(np.float64) - b.astype(np.float64), axis=1)
    rounded: list[float] = np.round(apart, 3).tolist()
    return rounded
