"""What is at hand about a chain: the chain itself, and what annotations are made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from .atoms import StructureAtoms
from .chain import Chain, ResidueId
from .records import StructureRecords

__all__ = ["SecondaryStructure", "Subject", "check_aligned", "residue_indices"]


@dataclass(frozen=True)
class SecondaryStructure:
    """One code per residue, and who says so.

    Attributes
    ----------
    codes : tuple of str, length n_residues
        ``"dssp"``: H G I P B E T S and blank. ``"helix_strand"``: ``H``, ``S`` (or ``E``) and empty, as
        PyMOL's ``ss``. None where a residue has no assignment.
    scheme : {'dssp', 'helix_strand'}
    source : str
        Like ``"PyMOL"`` or ``"mkdssp 4.2.2"``.
    """

    codes: tuple[str | None, ...]
    scheme: str
    source: str


@dataclass(frozen=True, eq=False)
class Subject:
    """What is at hand about a chain; everything but the chain may be missing.

    Attributes
    ----------
    chain : Chain
    atoms : StructureAtoms, optional
        All atoms of the object in the state of the chain.
    partners : tuple of Chain
        The other chains of the object, for contacts between chains.
    records : StructureRecords, optional
        What the file says about sites, modifications, secondary structure and sequence databases.
    secondary_structure : SecondaryStructure, optional
        The viewer's assignment.
    path : pathlib.Path, optional
        The structure file.
    positions : numpy.ndarray, shape (n_residues,), dtype int64, optional
        Position of each residue in the sequence, for the sequence separation; the residue index by default.
    members : tuple of Subject
        Of linked chains: what is at hand about each, in the order of ``chain.members``.
    """

    chain: Chain
    atoms: StructureAtoms | None = None
    partners: tuple[Chain, ...] = ()
    records: StructureRecords | None = None
    secondary_structure: SecondaryStructure | None = None
    path: Path | None = None
    positions: npt.NDArray[np.int64] | None = None
    members: tuple[Subject, ...] = ()


def check_aligned(chain: Chain, n: int, what: str) -> None:
    """Raise `InputError` unless there is one value per residue.

    Parameters
    ----------
    chain : Chain
    n : int
        Number of values.
    what : str
        What they are, for the message.

    Raises
    ------
    InputError
        If n differs from the number of residues.
    """
    if n != chain.n_residues:
        raise InputError(
            f"There are {n} {what} for the {chain.n_residues} residues of {chain.label}",
            "One per residue is needed, in the order of the chain",
            "Give the values again, with a blank (not a number) where nothing is known",
        )


def residue_indices(
    chain: Chain, residues: Iterable[ResidueId]
) -> tuple[npt.NDArray[np.int64], tuple[ResidueId, ...]]:
    """Find residues by what the user calls them.

    Parameters
    ----------
    chain : Chain
    residues : iterable of ResidueId

    Returns
    -------
    indices : numpy.ndarray, shape (n_found,), dtype int64
        Residue indices, in the order given.
    missing : tuple of ResidueId
        Those that the chain does not have.
    """
    known = {residue: index for index, residue in enumerate(chain.residue_ids)}
    wanted = list(residues)
    indices = np.array([known[residue] for residue in wanted if residue in known], dtype=np.int64)
    return indices, tuple(residue for residue in wanted if residue not in known)
