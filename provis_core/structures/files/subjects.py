"""Everything a file tells about its chains: `StructureAtoms`, and a `Subject` for each chain."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..atom_sorting import make_structure_atoms
from ..atoms import StructureAtoms
from ..components import CAPS, NUCLEOTIDES, WATERS
from ..subject import Subject
from .atom_table import AtomTable, StructureFile
from .chain_builder import BuiltChain, build_chains
from .chains import read_structure
from .text import object_name

__all__ = ["load_subjects", "make_subjects"]


def load_subjects(path: str | Path, *, state: int = 1) -> tuple[Subject, ...]:
    """Load all protein chains of a file with everything that annotations can be made of.

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
    tuple of Subject
        In the order of the file, as from `load_chains`; empty where there is no protein chain.

    Raises
    ------
    InputError
        If there is no such file or state.
    StructureError
        If the file is damaged or empty.
    """
    return make_subjects(read_structure(path, state=state), path, state)


def make_subjects(source: StructureFile, path: str | Path, state: int) -> tuple[Subject, ...]:
    """What a file that was read tells about each of its protein chains.

    Parameters
    ----------
    source : StructureFile
    path, state
        Where it is from.

    Returns
    -------
    tuple of Subject
        In the order of the file.
    """
    built = build_chains(source, object_name(path), state)
    chains = tuple(one.chain for one in built)
    atoms = _make_atoms(source, built, object_name(path))
    return tuple(
        Subject(
            chain=chain,
            atoms=atoms,
            partners=chains[:k] + chains[k + 1 :],
            records=source.records,
            path=Path(path),
        )
        for k, chain in enumerate(chains)
    )


def _make_atoms(source: StructureFile, built: Sequence[BuiltChain], name: str) -> StructureAtoms:
    table = source.atoms
    segments = table.segment_id.tolist()
    for chain, rows in built:  # what was numbered to tell it apart
        for row in rows.tolist() if chain.segment_id else ():
            segments[row] = chain.segment_id
    return make_structure_atoms(
        name,
        chain_ids=table.chain_id.tolist(),
        numbers=table.number.tolist(),
        insertion_codes=table.insertion_code.tolist(),
        residue_names=table.residue_name.tolist(),
        atom_names=table.name.tolist(),
        elements=table.element.tolist(),
        coords=table.coords,
        in_polymer=_in_polymer(table, built).tolist(),
        segment_ids=segments,
        altlocs=table.alternate.tolist(),
        occupancies=table.occupancy.tolist(),
        b_factors=table.b_factor.tolist(),
    )


def _in_polymer(table: AtomTable, built: Sequence[BuiltChain]) -> npt.NDArray[np.bool_]:
    """Which atoms are of a protein or nucleic acid chain or of a cap, shape (n_atoms,)."""
    is_water = np.isin(table.residue_name, sorted(WATERS))
    is_protein = np.zeros(table.n_atoms, dtype=np.bool_)
    for _, rows in built:
        is_protein[rows] = True
    is_nucleotide = np.isin(table.residue_name, sorted(NUCLEOTIDES))
    is_cap = np.isin(table.residue_name, sorted(CAPS)) & (table.n_ter == 0)
    # modified nucleotides stand before TER in a chain that has others, free ones after it
    is_modified = (
        table.before_ter
        & (table.n_ter == 0)
        & table.is_het
        & np.isin(table.chain_id, table.chain_id[is_nucleotide])
        & np.isin(table.residue_name, table.residue_name[np.isin(table.name, ("C1'", "C1*"))])
    )
    by_name = (is_nucleotide | is_cap | is_modified) & (table.in_protein < 0)
    found: npt.NDArray[np.bool_] = (is_protein | by_name | (table.polymer_number > 0)) & ~is_water
    return found
