"""Clusters of similar proteins, given as a table or made by identity: a cluster counts once."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from ..errors import InputError
from ..system.given_files import find_path, load_text
from .protein import BadItem, Protein
from .relatives import IDENTITY, cluster_sequences

__all__ = ["choose_clusters", "make_clusters", "read_clusters"]

_NEED: Final = "A table with a cluster and a protein on each line, as MMseqs2 writes it, is needed"


def choose_clusters(asked: str) -> tuple[dict[str, str], float]:
    """Read what a user typed: a file, or the identity from which on proteins are relatives.

    Parameters
    ----------
    asked : str
        As ``0.4``, or the name of a file.

    Returns
    -------
    given : dict of str to str
        Cluster by protein; empty where clusters are to be made.
    identity : float
        By which the others are made.

    Raises
    ------
    InputError
        If it is neither.
    """
    try:
        identity = float(asked)
    except ValueError:
        return read_clusters(asked), IDENTITY
    if not 0 < identity <= 1:
        raise InputError(
            f"«clusters={asked}»",
            "An identity above 0 and up to 1, or a table, is needed",
            "Try «clusters=0.4»; with 1, only the same sequence is the same cluster",
        )
    return {}, identity


def make_clusters(proteins: Iterable[Protein | BadItem], identity: float) -> dict[str, str]:
    """Find relatives among proteins.

    Parameters
    ----------
    proteins : iterable of Protein or BadItem
        Their names and sequences are kept. Of a name that comes twice, the first counts.
    identity : float
        As for `provis_core.proteins.relatives.cluster_sequences`.

    Returns
    -------
    dict of str to str
        Cluster, called by its first member, of each protein that has a relative with another sequence.
    """
    if identity >= 1:
        return {}
    named = [(one.name, one.sequence) for one in proteins if isinstance(one, Protein)]
    members: dict[int, dict[str, str]] = {}
    for (name, sequence), number in zip(
        named, cluster_sequences([one for _, one in named], identity), strict=True
    ):
        members.setdefault(int(number), {}).setdefault(name, sequence)
    found: dict[str, str] = {}
    for inside in members.values():
        if len(set(inside.values())) > 1:
            first = next(iter(inside))
            found |= {name: first for name in inside if name not in found}
    return found


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
