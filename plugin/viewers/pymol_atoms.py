"""What annotations are made of, out of PyMOL: all atoms of an object, secondary structure, the file."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from provis_core.errors import StructureError
from provis_core.structures.atom_sorting import make_structure_atoms
from provis_core.structures.atoms import StructureAtoms, defer_structure_atoms
from provis_core.structures.chain import Chain, ResidueId
from provis_core.structures.components import CAPS
from provis_core.structures.files.sources import find_source_file
from provis_core.structures.subject import SecondaryStructure, Subject

from ..collector import hold_collection
from .pymol_chains import object_matrix, read_chains
from .pymol_sources import candidate_files

__all__ = ["read_atoms", "read_subjects"]

_ATOM = "(chain, segi, resi, resn, name, elem, alt, q, b, ss, index, x, y, z)"  # what is read, in this order
_N_COLUMNS = len(_ATOM.split(","))
# a fatty acid on a side chain is no cap
_CAPS = f"{{0}} and resn {'+'.join(sorted(CAPS))} and neighbor (polymer and name N+C)"
_POLYMER = f"({{0}} and polymer) or byres ({_CAPS})"


def read_subjects(cmd: Any, chains: Sequence[Chain]) -> list[Subject]:
    """Read what annotations can be made of; each object is read once.

    Parameters
    ----------
    cmd : module
        PyMOL's ``cmd``.
    chains : sequence of Chain
        As `read_chains` gave them, perhaps a while ago.

    Returns
    -------
    list of Subject
        Of the chains as they are now, in the state that is shown; all coordinates are those on the screen.

    Raises
    ------
    StructureError
        If a chain is gone, or has other residues than it had.
    """
    there = cmd.get_names("objects")
    objects: dict[str, list[Chain]] = {}
    for name in dict.fromkeys(chain.object_name for chain in chains):
        selected = read_chains(cmd, f"%{name}")[0] if name in there else []
        objects[name] = [one.chain for one in selected]
    found = [_find_again(chain, objects[chain.object_name]) for chain in chains]
    atoms = {name: read_atoms(cmd, name, siblings[0].state, siblings) for name, siblings in objects.items()}
    files = {name: candidate_files(cmd, name) for name in objects}
    return [
        _make_subject(now, objects[now.object_name], *atoms[now.object_name], files[now.object_name])
        for now in found
    ]


def _find_again(chain: Chain, chains: Sequence[Chain]) -> Chain:
    key = (chain.chain_id, chain.segment_id)
    now = next((one for one in chains if (one.chain_id, one.segment_id) == key), None)
    if now is None:
        raise StructureError(
            f"{chain.label} was deleted or renamed",
            "The chain is needed under the name that it had",
            "Give the command again with its new name",
        )
    if (now.residue_ids, now.residue_names) != (chain.residue_ids, chain.residue_names):
        raise StructureError(
            f"The residues of {chain.label} have changed",
            "What is to be annotated belongs to the chain as it was",
            "Give the command again",
        )
    return now


def _make_subject(
    chain: Chain,
    siblings: Sequence[Chain],
    atoms: StructureAtoms,
    codes: dict[tuple[str, ...], str],
    files: Sequence[Path],
) -> Subject:
    found = find_source_file(chain, files)
    return Subject(
        chain=chain,
        atoms=atoms,
        partners=tuple(one for one in siblings if one is not chain),
        records=found[1] if found else None,
        secondary_structure=_secondary_structure(chain, codes),
        path=found[0] if found else None,
    )


def read_atoms(
    cmd: Any, object_name: str, state: int, chains: Sequence[Chain]
) -> tuple[StructureAtoms, dict[tuple[str, ...], str]]:
    """Read all atoms of an object in one state.

    Parameters
    ----------
    cmd : module
    object_name : str
    state : int
        1-based.
    chains : sequence of Chain
        Those that `read_chains` finds in the object: their residues are polymer, whatever PyMOL says.

    Returns
    -------
    atoms : StructureAtoms
        On the screen: matrices of the object are applied. They are sorted into residues when they are first
        looked at, on whatever thread that is: PyMOL is not asked any more.
    codes : dict
        PyMOL's ``ss`` of each residue: (chain, segi, resi, resn) to ``"H"``, ``"S"`` or empty.
    """
    values: list[Any] = []  # one atom after another
    with hold_collection():
        cmd.iterate_state(state, f"%{object_name}", f"add({_ATOM})", space={"add": values.extend})
        polymer = {index for _, index in cmd.index(_POLYMER.format(f"%{object_name}"))}
    matrix = object_matrix(cmd, object_name, state)
    columns = [values[k::_N_COLUMNS] for k in range(_N_COLUMNS)]
    codes = dict(zip(zip(*columns[:4], strict=True), columns[9], strict=True))
    make = partial(_make_atoms, object_name, columns, polymer, matrix, tuple(chains))
    return defer_structure_atoms(make), codes


def _make_atoms(
    object_name: str,
    columns: Sequence[list[Any]],
    polymer: AbstractSet[int],
    matrix: npt.NDArray[np.float64] | None,
    chains: Sequence[Chain],
) -> StructureAtoms:
    """Sort atoms into residues."""
    chain_ids, segments, resis, resns, names, elements, alternates, occupancies, b_factors = columns[:9]
    coords = np.array(columns[11:], dtype=np.float64).T.reshape(-1, 3)
    if matrix is not None:
        coords = coords @ matrix[:3, :3].T + matrix[:3, 3]
    ours = {
        (one.chain_id, one.segment_id, residue.resi, name)
        for one in chains
        for residue, name in zip(one.residue_ids, one.residue_names, strict=True)
    }
    residues = zip(chain_ids, segments, resis, resns, strict=True)
    in_polymer = [
        index in polymer or residue in ours for index, residue in zip(columns[10], residues, strict=True)
    ]
    split = {resi: ResidueId.from_resi("", resi) for resi in set(resis)}
    return make_structure_atoms(
        object_name,
        chain_ids=chain_ids,
        numbers=[split[resi].number for resi in resis],
        insertion_codes=[split[resi].insertion_code for resi in resis],
        residue_names=resns,
        atom_names=names,
        elements=elements,
        coords=coords,
        in_polymer=in_polymer,
        segment_ids=segments,
        altlocs=alternates,
        occupancies=occupancies,
        b_factors=b_factors,
    )


def _secondary_structure(chain: Chain, codes: dict[tuple[str, ...], str]) -> SecondaryStructure | None:
    """PyMOL's assignment; None where it has none at all (a coil and no assignment are the same to it)."""
    if not any(codes.values()):
        return None
    residues = zip(chain.residue_ids, chain.residue_names, strict=True)
    found = (codes.get((chain.chain_id, chain.segment_id, one.resi, name)) for one, name in residues)
    return SecondaryStructure(
        tuple(code if code in (None, "H", "S") else "" for code in found), "helix_strand", "PyMOL"
    )
