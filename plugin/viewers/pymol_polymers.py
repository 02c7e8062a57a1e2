"""The whole sequence of a chain, as far as PyMOL tells it.

For mmCIF files PyMOL holds one CA without coordinates per unresolved residue of a polymer. Nothing is kept of
the ``SEQRES`` records of PDB files.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from provis_core.structures.chain import ResidueId
from provis_core.structures.components import CAPS, NUCLEOTIDES, WATERS
from provis_core.structures.polymer import PolymerSequence
from provis_core.structures.unresolved import merge_unresolved

from .pymol_order import ChainKey, OrderedAtom
from .pymol_residues import read_residues

__all__ = ["read_polymers"]

_SOURCE: Final = "PyMOL"
_CA_CA: Final = 4.5  # Å; residues whose CA are nearer are neighbours
_NO_RESIDUES: Final = CAPS | NUCLEOTIDES | WATERS


def read_polymers(
    cmd: Any,
    object_name: str,
    within: str,
    states: tuple[int, int],
    chains: dict[ChainKey, list[OrderedAtom]],
) -> dict[ChainKey, PolymerSequence]:
    """The whole sequences of the chains of an object.

    Parameters
    ----------
    cmd : module
        PyMOL's ``cmd``.
    object_name : str
    within : str
        What `pymol_residues.select_residues` gave.
    states : tuple of int
        The shown state, from 1, and how many there are.
    chains : dict of ChainKey to list of OrderedAtom
        What `pymol_residues.read_residues` gave for the shown state.

    Returns
    -------
    dict of ChainKey to PolymerSequence
        Without the chains that PyMOL does not tell it of: they are not from an mmCIF file, or have a break
        that no unresolved residue explains, since residues were removed or the file does not list the
        sequence; and without those of an object whose states have atoms of their own (discrete), since
        nothing tells what belongs together.
    """
    state, n_states = states
    if not any(atoms[0].custom for atoms in chains.values()):
        return {}
    if n_states > 1 and cmd.count_discrete(f"%{object_name}"):
        return {}
    unresolved = _read_unresolved(cmd, object_name, n_states)
    # what PyMOL holds are the residues without coordinates in the first state
    first = chains if state == 1 else read_residues(cmd, object_name, within, 1)
    loses_codes = int(str(cmd.get_version()[0]).split(".")[0]) < 3
    found = {
        key: _make_polymer(first.get(key, atoms), unresolved.get(key, []), atoms, loses_codes)
        for key, atoms in chains.items()
    }
    return {key: polymer for key, polymer in found.items() if polymer is not None}


def _read_unresolved(cmd: Any, object_name: str, n_states: int) -> dict[ChainKey, list[tuple[str, str]]]:
    """Number and name of the residues that have no coordinates in any state, in order."""
    atoms = f"%{object_name} and name CA"
    records: list[tuple[int, int, ChainKey, str, str]] = []
    present: set[int] = set()
    cmd.iterate(atoms, "add((rank, index, (chain, segi), resi, resn))", space={"add": records.append})
    cmd.iterate_state(0 if n_states > 1 else 1, atoms, "add(index)", space={"add": present.add})
    unresolved: dict[ChainKey, list[tuple[str, str]]] = {}
    for _, index, key, resi, resn in sorted(records):
        if index not in present and resn not in _NO_RESIDUES:
            unresolved.setdefault(key, []).append((resi, resn))
    return unresolved


def _make_polymer(
    first: list[OrderedAtom], gaps: list[tuple[str, str]], atoms: list[OrderedAtom], loses_codes: bool
) -> PolymerSequence | None:
    """Merge the residues of the first state with the unresolved ones, and find those of the shown state."""
    if not first or not all(atom.custom for atom in first):
        return None
    coords = np.array([one[-3:] if one.name == "CA" else (np.nan,) * 3 for one in first])
    is_broken = bool(np.any(np.linalg.norm(np.diff(coords, axis=0), axis=1) > _CA_CA))
    if loses_codes and is_broken and any(not atom.resi[-1:].isdigit() for atom in first):
        return None  # they are lost inside of a chain, where others have taken their numbers
    before, is_complete = merge_unresolved(
        [ResidueId.from_resi("", one.resi) for one in first],
        coords,
        [ResidueId.from_resi("", resi) for resi, _ in gaps],
    )
    if not is_complete:
        return None
    rows = np.insert(np.arange(len(first)), before, -1 - np.arange(len(gaps))).tolist()
    residues = [(first[row].resi, first[row].resn) if row >= 0 else gaps[-1 - row] for row in rows]
    if atoms is first:
        index = np.maximum(rows, -1)
    else:
        shown = {(atom.resi, atom.resn): k for k, atom in enumerate(atoms)}
        index = np.array([shown.get(residue, -1) for residue in residues])
        if np.count_nonzero(index >= 0) != len(atoms) or np.any(np.diff(index[index >= 0]) < 0):
            return None
    return PolymerSequence(tuple(name for _, name in residues), _SOURCE, index)
