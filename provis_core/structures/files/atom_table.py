"""The atoms of one model of a coordinate file, as columns.

Both file formats are read into this table; everything that follows knows no format.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields

import numpy as np
import numpy.typing as npt

from ..polymer import PolymerSequence
from ..records import StructureRecords

__all__ = ["AtomTable", "StructureFile"]

Text = npt.NDArray[np.str_]


@dataclass(frozen=True, eq=False)
class AtomTable:
    """Atoms in the order of the file; each array has the shape ``(n_atoms,)`` unless said otherwise.

    Attributes
    ----------
    name, alternate, residue_name, chain_id, segment_id, insertion_code, element : numpy.ndarray of str
        Without blanks around them; empty where the file says nothing. `chain_id` is the author's;
        `segment_id` is the segment of a PDB file and the ``label_asym_id`` of an mmCIF file.
    number : numpy.ndarray of int64
        Author residue number.
    coords : numpy.ndarray, shape (n_atoms, 3), dtype float32
        Å; NaN where the file says nothing.
    occupancy : numpy.ndarray of float32
        1 where the file says nothing.
    b_factor : numpy.ndarray of float32
        Å², or a score such as pLDDT in its place; NaN where the file says nothing.
    is_het : numpy.ndarray of bool
        ``HETATM``.
    n_ter : numpy.ndarray of int64
        Number of ``TER`` records of this chain before the atom, in the model; always 0 in mmCIF.
    before_ter : numpy.ndarray of bool
        Whether a ``TER`` record of this chain stands after the atom; always False in mmCIF.
    polymer_number : numpy.ndarray of int64
        ``label_seq_id``: 1-based place in the polymer; 0 where the file does not describe that polymer.
    in_protein : numpy.ndarray of int8
        1 where the file says that the atom is of a protein polymer, 0 where it is of something else, -1
        where it does not say.
    """

    name: Text
    alternate: Text
    residue_name: Text
    chain_id: Text
    segment_id: Text
    insertion_code: Text
    element: Text
    number: npt.NDArray[np.int64]
    coords: npt.NDArray[np.float32]
    occupancy: npt.NDArray[np.float32]
    b_factor: npt.NDArray[np.float32]
    is_het: npt.NDArray[np.bool_]
    n_ter: npt.NDArray[np.int64]
    before_ter: npt.NDArray[np.bool_]
    polymer_number: npt.NDArray[np.int64]
    in_protein: npt.NDArray[np.int8]

    def __post_init__(self) -> None:
        for column in fields(self):
            array = getattr(self, column.name)
            if len(array) != len(self.name):
                raise ValueError(f"{column.name} has {len(array)} rows, not {len(self.name)}")
            array.flags.writeable = False

    @property
    def n_atoms(self) -> int:
        """Number of atoms."""
        return len(self.name)


@dataclass(frozen=True, eq=False)
class StructureFile:
    """What a coordinate file holds that ProVis uses.

    Attributes
    ----------
    atoms : AtomTable
        Of one model.
    n_states : int
        Number of models in the file.
    records : StructureRecords
    polymers : mapping of str to PolymerSequence
        Whole polymer sequences by author chain id (PDB) or ``label_asym_id`` (mmCIF).
    polymer_numbers : mapping of str to sequence of int
        mmCIF only: the ``_entity_poly_seq.num`` of each position of that sequence.
    skipped : tuple of str
        mmCIF only: other data blocks with atoms, which were not read, with their chains.
    """

    atoms: AtomTable
    n_states: int
    records: StructureRecords
    polymers: Mapping[str, PolymerSequence] = field(default_factory=dict)
    polymer_numbers: Mapping[str, Sequence[int]] = field(default_factory=dict)
    skipped: tuple[str, ...] = ()
