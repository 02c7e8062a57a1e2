"""The residue pairs that are drawn, with what is known of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..annotations.annotation import Annotation
from ..attention.edges import Edges
from ..structures.chain import Chain
from ..structures.sequence import BETWEEN_CHAINS, SequenceMap
from .pair_table import ATTENTION_COLUMNS, make_attention_rows
from .tables import Table

__all__ = ["PairRows", "make_pair_rows", "make_pair_table"]


@dataclass(frozen=True, eq=False)
class PairRows:
    """One row per drawn pair, the strongest first; all arrays have shape (n_rows,).

    Attributes
    ----------
    chain : Chain
    query, key : numpy.ndarray of int64
        Residue indices.
    weight : numpy.ndarray of float32
    distance : numpy.ndarray of float32
        CA to CA in Å.
    separation : numpy.ndarray of float64
        In the sequence that the model sees, in residues; NaN between linked chains, which have none.
    contact : numpy.ndarray of float32
        1 for a contact, 0 for none, NaN where that is not known or not defined.
    site : numpy.ndarray of float32
        How many of the two residues are of the site: 0, 1 or 2; NaN where no site is known.
    is_directed : bool
        Whether `query` attends to `key`, and not also the other way round.
    """

    chain: Chain
    query: npt.NDArray[np.int64]
    key: npt.NDArray[np.int64]
    weight: npt.NDArray[np.float32]
    distance: npt.NDArray[np.float32]
    separation: npt.NDArray[np.float64]
    contact: npt.NDArray[np.float32]
    site: npt.NDArray[np.float32]
    is_directed: bool

    def __len__(self) -> int:
        return len(self.weight)


def make_pair_rows(
    chain: Chain,
    sequence_map: SequenceMap,
    edges: Edges,
    contacts: Annotation | None = None,
    sites: Annotation | None = None,
) -> PairRows:
    """Say of each drawn pair what is known about it.

    Parameters
    ----------
    chain : Chain
    sequence_map : SequenceMap
    edges : Edges
    contacts : Annotation, optional
        Of pairs.
    sites : Annotation, optional
        Of residues.

    Returns
    -------
    PairRows
    """
    query, key = edges.query, edges.key
    position = np.full(chain.n_residues, -1, dtype=np.int64)
    resolved = np.flatnonzero(sequence_map.residue_index >= 0)
    position[sequence_map.residue_index[resolved]] = resolved
    separation = sequence_map.separations(position[query], position[key])
    contact = np.full(len(query), np.nan, dtype=np.float32)
    if contacts is not None:
        known = contacts.valid[query] & contacts.valid[key] & (separation >= contacts.min_separation)
        contact[known] = contacts.values[query[known], key[known]]
    site = np.full(len(query), np.nan, dtype=np.float32)
    if sites is not None:
        known = sites.valid[query] & sites.valid[key]
        inside = np.isin(np.arange(chain.n_residues), sites.residues)
        site[known] = inside[query[known]].astype(np.float32) + inside[key[known]]
    gap = chain.ca_coords[query] - chain.ca_coords[key]
    return PairRows(
        chain=chain,
        query=query,
        key=key,
        weight=edges.weight,
        distance=np.sqrt((gap**2).sum(axis=1)),
        separation=np.where(separation == BETWEEN_CHAINS, np.nan, separation),
        contact=contact,
        site=site,
        is_directed=edges.direction == "directed",
    )


def make_pair_table(
    rows: PairRows, sequence_map: SequenceMap, edges: Edges, about: Mapping[str, Any]
) -> Table:
    """The rows as they are written: the columns of every table of pairs, and what is known of them.

    Parameters
    ----------
    rows : PairRows
        Of `edges`.
    sequence_map : SequenceMap
    edges : Edges
    about : mapping
        What was drawn and how: model, head, options; plain values.

    Returns
    -------
    Table
        With the columns `ATTENTION_COLUMNS`; ``contact``: whether the two are in contact; ``site``: how many
        of them are of the site; both None where that is not known.
    """
    known = zip(
        make_attention_rows(rows.chain, sequence_map, edges),
        rows.contact.tolist(),
        rows.site.tolist(),
        strict=True,
    )
    return Table(
        (*ATTENTION_COLUMNS, "contact", "site"),
        [
            (*row, None if np.isnan(contact) else bool(contact), None if np.isnan(site) else int(site))
            for row, contact, site in known
        ],
        about,
    )
