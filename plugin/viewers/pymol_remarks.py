"""What is doubtful about the chains of an object, in words: said once, by whatever reads them first."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_uppercase
from typing import Any, Final

import numpy as np

from provis_core.structures.chain import Chain

from .pymol_selections import whole_chain, write_residues

__all__ = ["find_remarks"]

_CA_CA: Final = 4.5  # Å; residues whose CA are nearer are neighbours
_END: Final = "({0} and polymer.protein and elem O and not name O and neighbor ({0} and name C))"
"""The second oxygen at the carbon of a last residue, whatever a force field calls it."""


def find_remarks(cmd: Any, chains: Sequence[Chain]) -> list[str]:
    """Say which chains are several molecules.

    PyMOL does not know ``TER``, by which some programs alone tell chains apart.

    Parameters
    ----------
    cmd : module
        PyMOL's ``cmd``.
    chains : sequence of Chain
        As they have just been read.

    Returns
    -------
    list of str
    """
    return [remark for chain in chains if (remark := _find_inner_ends(cmd, chain))]


def _find_inner_ends(cmd: Any, chain: Chain) -> str:
    apart = np.linalg.norm(np.diff(chain.ca_coords.astype(np.float64), axis=0), axis=1)
    # where numbers are left out residues are missing, whatever somebody has built at the end before them
    steps = np.diff([residue.number for residue in chain.residue_ids])
    breaks = np.flatnonzero((apart > _CA_CA) & (steps <= 1))
    if not len(breaks):
        return ""
    last: set[str] = set()
    cmd.iterate(_END.format(whole_chain(chain)), "add(resi)", space={"add": last.add})
    ends = [int(k) for k in breaks if chain.residue_ids[k].resi in last]
    if not ends:
        return ""
    places = ", ".join(f"{chain.residue_label(k)} and {chain.residue_label(k + 1)}" for k in ends[:3])
    stop = ends[1] + 1 if len(ends) > 1 else chain.n_residues
    second = write_residues(cmd, chain, range(ends[0] + 1, stop))
    taken = cmd.get_chains(f"%{chain.object_name}")
    free = next((letter for letter in ascii_uppercase[1:] if letter not in taken), "B2")
    return (
        f"{chain.label} holds {len(ends) + 1} molecules: one ends and another begins between {places}"
        f"{' and so on' if len(ends) > 3 else ''}. The model reads them as one sequence. "
        f"To name them apart, for example: alter {second}, chain='{free}' (then: sort)"
    )
