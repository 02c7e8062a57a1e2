"""The residue pairs that are drawn, as a table, and as a file."""

from __future__ import annotations

import csv
import io
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..annotations.annotation import Annotation
from ..attention.edges import Edges
from ..errors import CacheError, InputError
from ..structures.chain import Chain
from ..structures.sequence import SequenceMap
from ..system.given_files import find_path
from ..system.whole_files import write_whole

__all__ = ["COLUMNS", "PairRows", "make_pair_rows", "write_pairs"]

COLUMNS: Final = ("query", "key", "weight", "distance", "separation", "contact", "site")
"""Of the table and of the file."""


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
    separation : numpy.ndarray of int64
        In the sequence that the model sees.
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
    separation: npt.NDArray[np.int64]
    contact: npt.NDArray[np.float32]
    site: npt.NDArray[np.float32]
    is_directed: bool

    def __len__(self) -> int:
        return len(self.weight)

    def row(self, index: int) -> tuple[str, str, float, float, int, bool | None, int | None]:
        """One row as it is shown, in the order of `COLUMNS`; residues like ``A/ASP25``."""
        contact, site = float(self.contact[index]), float(self.site[index])
        return (
            self.chain.residue_label(int(self.query[index])),
            self.chain.residue_label(int(self.key[index])),
            float(self.weight[index]),
            float(self.distance[index]),
            int(self.separation[index]),
            None if np.isnan(contact) else bool(contact),
            None if np.isnan(site) else int(site),
        )


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
    separation = np.abs(position[query] - position[key])
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
        separation=separation,
        contact=contact,
        site=site,
        is_directed=edges.direction == "directed",
    )


def write_pairs(path: str | os.PathLike[str], rows: PairRows, about: dict[str, Any]) -> Path:
    """Write the table; the file appears only when it is complete.

    Parameters
    ----------
    path : path-like
        Ends in ``.csv`` or ``.json``.
    rows : PairRows
    about : dict
        What was drawn and how: model, head, options; JSON values. Comment lines at the top of a CSV.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    InputError
        If the ending is another one.
    CacheError
        If the file cannot be written. An earlier one of this name is as it was.
    """
    path = find_path(path)
    kind = path.suffix.lower()
    if kind == ".csv":
        text = _as_csv(rows, about)
    elif kind == ".json":
        text = _as_json(rows, about)
    else:
        raise InputError(
            f"The file is to be called {path.name}",
            "A name that ends in .csv or .json is needed",
            f"Try {path.stem or 'pairs'}.csv",
        )
    try:
        with write_whole(path) as temporary:
            temporary.write_bytes(text.encode("utf-8"))
    except OSError as error:
        raise CacheError(
            f"{path} cannot be written ({error.strerror or error})",
            "A folder that is there, can be written and has room is needed",
            "Choose another folder",
        ) from error
    return path


def _as_csv(rows: PairRows, about: dict[str, Any]) -> str:
    file = io.StringIO()
    for name, value in about.items():
        file.write(f"# {name}: {value if isinstance(value, str) else json.dumps(value)}\n")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for index in range(len(rows)):
        query, key, weight, distance, separation, *known = rows.row(index)
        marks = ["" if value is None else int(value) for value in known]
        writer.writerow([query, key, _plain(weight), f"{distance:.3f}", separation, *marks])
    return file.getvalue()


def _as_json(rows: PairRows, about: dict[str, Any]) -> str:
    pairs = [
        {name: _plain(value) for name, value in zip(COLUMNS, rows.row(index), strict=True)}
        for index in range(len(rows))
    ]
    return json.dumps({**about, "pairs": pairs}, indent=1) + "\n"


def _plain(value: Any) -> Any:
    """A float with the digits that tell its float32 from all others."""
    return float(str(np.float32(value))) if isinstance(value, float) else value
