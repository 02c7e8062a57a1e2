"""What annotations are made of, out of ChimeraX: all atoms of a structure, secondary structure, the file."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import numpy as np

from provis_core.structures.atom_sorting import make_structure_atoms
from provis_core.structures.atoms import StructureAtoms, defer_structure_atoms
from provis_core.structures.chain import Chain
from provis_core.structures.components import CAPS
from provis_core.structures.files.sources import find_source_file
from provis_core.structures.subject import SecondaryStructure, Subject

from .chimerax_chains import ReadChain
from .chimerax_models import ChimeraxModels

__all__ = ["read_subjects"]

_CODES: Final = ("", "H", "S")  # ChimeraX's ss_type: coil, helix, strand


def read_subjects(models: ChimeraxModels, wanted: Sequence[ReadChain], siblings: Any) -> list[Subject]:
    """Read what annotations can be made of; each structure is read once.

    Parameters
    ----------
    models : ChimeraxModels
    wanted : sequence of ReadChain
        As they are now.
    siblings : mapping of str to list of Chain
        All protein chains of each structure, by its key.

    Returns
    -------
    list of Subject
        In the coordinate set and alternate locations that are shown; all coordinates are those in the scene.
    """
    atoms: dict[str, StructureAtoms] = {}
    subjects = []
    for one in wanted:
        chain, key = one.chain, one.chain.object_key
        structure = models.need(chain)
        atoms.setdefault(key, _read_atoms(structure, chain.object_name))
        found = find_source_file(chain, models.files(structure))
        subjects.append(
            Subject(
                chain=chain,
                atoms=atoms[key],
                partners=tuple(other for other in siblings[key] if not _is_same(other, chain)),
                records=found[1] if found else None,
                secondary_structure=_secondary_structure(structure, one.residues),
                path=found[0] if found else None,
            )
        )
    return subjects


def _is_same(one: Chain, other: Chain) -> bool:
    return (one.chain_id, one.segment_id) == (other.chain_id, other.segment_id)


def _read_atoms(structure: Any, name: str) -> StructureAtoms:
    """All atoms of a structure; they are sorted into residues when they are first looked at."""
    from chimerax.atomic import Residue

    atoms = structure.atoms
    residues = atoms.residues
    names = [str(one) for one in residues.names]
    in_chain = residues.polymer_types != Residue.PT_NONE
    # a cap is in the polymer although it is none of its residues
    linked = {int(pointer) for chain in structure.chains for pointer in chain.existing_residues.pointers}
    is_cap = np.isin(names, sorted(CAPS)) & np.isin(residues.pointers, sorted(linked))
    make = partial(
        make_structure_atoms,
        name,
        chain_ids=[str(one).strip() for one in residues.chain_ids],
        numbers=[int(one) for one in residues.numbers],
        insertion_codes=[str(one).strip() for one in residues.insertion_codes],
        residue_names=names,
        atom_names=[str(one) for one in atoms.names],
        elements=[str(one) for one in atoms.element_names],
        coords=atoms.scene_coords,
        in_polymer=(in_chain | is_cap).tolist(),
        altlocs=[str(one).strip() for one in atoms.alt_locs],
        occupancies=[float(one) for one in atoms.occupancies],
        b_factors=[float(one) for one in atoms.bfactors],
    )
    return defer_structure_atoms(make)


def _secondary_structure(structure: Any, residues: Any) -> SecondaryStructure | None:
    """ChimeraX's assignment; None where there is none at all."""
    if not structure.residues.ss_types.any():
        return None
    return SecondaryStructure(tuple(_CODES[k] for k in residues.ss_types), "helix_strand", "ChimeraX")
