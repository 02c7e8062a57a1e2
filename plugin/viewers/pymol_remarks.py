"""What is doubtful about the chains of an object, in words: said once, by whatever reads them first."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from string import ascii_uppercase
from typing import Any, Final

import numpy as np

from provis_core.errors import InputError
from provis_core.structures.chain import Chain, ResidueId
from provis_core.system.given_files import load_text

from .pymol_selections import whole_chain, write_residues
from .pymol_sources import candidate_files

__all__ = ["find_remarks", "name_apart"]

_CA_CA: Final = 4.5  # Å; residues whose CA are nearer are neighbours
_PDB: Final = (".pdb", ".pdb.gz", ".ent", ".ent.gz")
_FEW: Final = 3  # numbers that are used twice in one molecule
_END: Final = "({0} and polymer.protein and elem O and not name O and neighbor ({0} and name C))"
"""The second oxygen at the carbon of a last residue, whatever a force field calls it."""


def find_remarks(cmd: Any, chains: Sequence[Chain]) -> list[str]:
    """Say which chains are several molecules.

    PyMOL does not know ``TER``, by which some programs alone tell chains apart: an end is known by its second
    oxygen, or by the ``TER`` in the file that the object came from.

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
    if len(ends) < len(breaks):
        told = _read_ends(cmd, chain)
        ends = [int(k) for k in breaks if k in ends or (chain.chain_id, chain.residue_ids[k].resi) in told]
    if not ends:
        return ""
    places = ", ".join(f"{chain.residue_label(k)} and {chain.residue_label(k + 1)}" for k in ends[:3])
    stop = ends[1] + 1 if len(ends) > 1 else chain.n_residues
    second = write_residues(cmd, chain, range(ends[0] + 1, stop))
    return (
        f"{chain.label} holds {len(ends) + 1} molecules: one ends and another begins between {places}"
        f"{' and so on' if len(ends) > 3 else ''}. The model reads them as one sequence. "
        f"To name them apart, for example: alter {second}, chain='{_free_chain(cmd, chain)}' (then: sort)"
    )


def _read_ends(cmd: Any, chain: Chain) -> set[tuple[str, str]]:
    """Chain and number of the residues before a ``TER`` in the PDB file that an object came from."""
    ends: set[tuple[str, str]] = set()
    files = [path for path in candidate_files(cmd, chain.object_name) if path.name.lower().endswith(_PDB)]
    for path in files[:1]:
        try:
            lines = load_text(path, "A PDB file is needed").splitlines()
        except InputError:  # it has gone, or is something else now
            continue
        last = ""
        for line in lines:
            if line.startswith(("ATOM", "HETATM")):
                last = line
            elif line.startswith("TER"):
                ends.add((last[21:22].strip(), last[22:27].strip()))
    return ends


def name_apart(cmd: Any, chain: Chain, repeated: Sequence[ResidueId]) -> str:
    """What to do where numbers of a chain stand for two residues each.

    Parameters
    ----------
    cmd : module
        PyMOL's ``cmd``.
    chain : Chain
        As it has just been read.
    repeated : sequence of ResidueId
        Its residues whose numbers are used twice, at least one.

    Returns
    -------
    str
        A command that names the second residue apart where these are few, since PyMOL loses insertion codes
        that stand in the column of the number, else all from there on, since simulations number each
        molecule from 1.
    """
    rows: set[tuple[int, str, str]] = set()
    cmd.iterate(
        f"{whole_chain(chain)} and polymer.protein", "add((rank, resi, resn))", space={"add": rows.add}
    )
    runs = [(about, [row[0] for row in atoms]) for about, atoms in groupby(sorted(rows), lambda row: row[1:])]
    number = repeated[0].resi
    _, *others = [ranks for (resi, _), ranks in runs if resi == number] or [[]]
    if not others:  # the atoms of an edited object have no order of their own
        return "If these are several chains, name them apart: alter rank 0-1500, chain='A' (then: sort)"
    first, last = others[0][0], others[0][-1]
    if len(repeated) <= _FEW:
        taken = {
            residue.insertion_code for residue in chain.residue_ids if residue.number == repeated[0].number
        }
        code = next(letter for letter in ascii_uppercase if letter not in taken)
        change = f"resi='{repeated[0].number}{code}'"
    else:
        last, change = runs[-1][1][-1], f"chain='{_free_chain(cmd, chain)}'"
    return f"Name them apart: alter %{chain.object_name} and rank {first}-{last}, {change} (then: sort)"


def _free_chain(cmd: Any, chain: Chain) -> str:
    taken = cmd.get_chains(f"%{chain.object_name}")
    return next((letter for letter in ascii_uppercase[1:] if letter not in taken), "B2")
