"""Everything a file tells about its chains: `StructureAtoms`, and a `Subject` for each chain."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..atoms import StructureAtoms, make_structure_atoms
from ..chain import Chain, ResidueId
from ..components import CAPS, NUCLEOTIDES, WATERS
from ..subject import Subject
from .atom_table import AtomTable
from .chain_builder import build_chains
from .chains import read_structure
from .records import load_structure_records
from .text import object_name

__all__ = ["load_atoms", "load_subjects"]


def load_atoms(path: str | Path, *, state: int = 1) -> StructureAtoms:
    """Load all atoms of one model of a file.

    Protein is what `load_chains` makes chains of, and the caps on them. Nucleic acid is what the file calls a
    place in a polymer that is no protein, and in PDB files the nucleotides, modified ones before TER among
    them.

    Parameters
    ----------
    path : str or pathlib.Path
        A PDB or mmCIF file, plain or gzipped; told apart by their content.
    state : int
        Which model, 1-based in the order of the file.

    Returns
    -------
    StructureAtoms
        Author chain ids and residue numbers.

    Raises
    ------
    InputError
        If there is no such file or state.
    StructureError
        If the file is damaged or empty.
    """
    source = read_structure(path, state=state)
    return _make_atoms(source.atoms, build_chains(source, "", state), object_name(path))


def load_subjects(path: str | Path, *, state: int = 1) -> tuple[Subject, ...]:
    """Load all protein chains of a file with everything that annotations can be made of.

    Parameters
    ----------
    path, state
        As in `load_atoms`.

    Returns
    -------
    tuple of Subject
        In the order of the file, as from `load_chains`; empty where there is no protein chain.

    Raises
    ------
    InputError
        If there is no such file or state.
    StructureError
        If the file is damaged or empty.
    """
    source = read_structure(path, state=state)
    chains = build_chains(source, object_name(path), state)
    atoms = _make_atoms(source.atoms, chains, object_name(path))
    records = load_structure_records(path)
    return tuple(
        Subject(
            chain=chain,
            atoms=atoms,
            partners=tuple(other for other in chains if other is not chain),
            records=records,
            path=Path(path),
        )
        for chain in chains
    )


def _make_atoms(table: AtomTable, chains: Iterable[Chain], name: str) -> StructureAtoms:
    return make_structure_atoms(
        name,
        chain_ids=table.chain_id.tolist(),
        numbers=table.number.tolist(),
        insertion_codes=table.insertion_code.tolist(),
        residue_names=table.residue_name.tolist(),
        atom_names=table.name.tolist(),
        elements=table.element.tolist(),
        coords=table.coords,
        in_polymer=_in_polymer(table, chains).tolist(),
        segment_ids=table.segment_id.tolist(),
        altlocs=table.alternate.tolist(),
        occupancies=table.occupancy.tolist(),
        b_factors=table.b_factor.tolist(),
    )


def _in_polymer(table: AtomTable, chains: Iterable[Chain]) -> npt.NDArray[np.bool_]:
    """Which atoms are of a protein or nucleic acid chain or of a cap, shape (n_atoms,)."""
    is_water = np.isin(table.residue_name, sorted(WATERS))
    if table.polymer_number.any():  # mmCIF says it
        return (table.polymer_number > 0) & ~is_water
    residues = {key for chain in chains for key in zip(chain.residue_ids, chain.residue_names, strict=True)}
    ids = {residue for residue, _ in residues}
    is_nucleotide = np.isin(table.residue_name, sorted(NUCLEOTIDES))
    is_cap = np.isin(table.residue_name, sorted(CAPS)) & ~table.after_ter
    # modified nucleotides stand before TER in a chain that has others, free ones after it
    is_modified = (
        table.before_ter
        & ~table.after_ter
        & table.is_het
        & np.isin(table.chain_id, table.chain_id[is_nucleotide])
        & np.isin(table.residue_name, table.residue_name[np.isin(table.name, ("C1'", "C1*"))])
    )
    keys = zip(table.chain_id.tolist(), table.number.tolist(), table.insertion_code.tolist(), strict=True)
    rows = enumerate(zip(map(ResidueId._make, keys), table.residue_name.tolist(), strict=True))
    # where a place has several names (microheterogeneity), those that lost are in the polymer as well
    is_other_name = (table.alternate != "") & ~table.after_ter
    is_protein = np.array(
        [key in residues or (bool(is_other_name[row]) and key[0] in ids) for row, key in rows], dtype=np.bool_
    )
    return (is_nucleotide | is_cap | is_modified | is_protein) & ~is_water
