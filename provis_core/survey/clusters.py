"""Clusters of similar proteins, given as a table: a cluster counts once."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Final

from ..errors import InputError
from ..system.given_files import find_path, load_text

__all__ = ["read_clusters"]

_NEED: Final = "A table with a cluster and a protein on each line, as MMseqs2 writes it, is needed"


def read_clusters(path: str | Path) -> dict[str, str]:
    """Read a table of clusters.

    Parameters
    ----------
    path : str or pathlib.Path
        Two columns parted by tabs or commas: the cluster's name and the name of a protein.

    Returns
    -------
    dict of str to str
        Cluster by protein.

    Raises
    ------
    InputError
        If it cannot be read, a line has not two columns, or a protein is in two clusters.
    """
    path = find_path(path, "«clusters=»")
    lines = load_text(path, _NEED).splitlines()
    found: dict[str, str] = {}
    for number, row in enumerate(
        csv.reader(lines, delimiter="\t" if any("\t" in line for line in lines) else ","), 1
    ):
        if not row:
            continue
        if len(row) != 2:
            raise InputError(f"Line {number} of {path} has {len(row)} columns", _NEED, "Correct it")
        cluster, protein = (part.strip() for part in row)
        if found.setdefault(protein, cluster) != cluster:
            raise InputError(f"{protein} is in two clusters of {path}", _NEED, "Leave one out")
    return found
