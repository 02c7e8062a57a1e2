"""Small chains, atoms and files that the tests write themselves, and where the shared data are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from provis_core.structures.atom_sorting import make_structure_atoms
from provis_core.structures.atoms import StructureAtoms
from provis_core.structures.chain import Chain, ResidueId

THREE = {
    "A": "ALA", "R": "ARG", "N": "ASN", "D": "ASP", "C": "CYS", "Q": "GLN", "E": "GLU", "G": "GLY",
    "H": "HIS", "I": "ILE", "L": "LEU", "K": "LYS", "M": "MET", "F": "PHE", "P": "PRO", "S": "SER",
    "T": "THR", "W": "TRP", "Y": "TYR", "V": "VAL", "X": "UNK",
}  # fmt: skip

Atom = tuple[str, int, str, str, str, tuple[float, float, float]]
"""Chain, number, residue name, atom name, element, coordinates."""


def make_chain(
    letters: str,
    coords: np.ndarray | None = None,
    *,
    chain_id: str = "A",
    first: int = 1,
    ids: Sequence[ResidueId] | None = None,
    names: Sequence[str] | None = None,
) -> Chain:
    """A chain on the x axis, 3.8 Å from CA to CA, unless coordinates are given."""
    n = len(letters)
    line = np.column_stack([3.8 * np.arange(n), np.zeros(n), np.zeros(n)])
    return Chain(
        object_name="toy",
        chain_id=chain_id,
        residue_ids=tuple(ids or (ResidueId(chain_id, first + k) for k in range(n))),
        residue_names=tuple(names or (THREE[letter] for letter in letters)),
        ca_coords=line if coords is None else coords,
    )


def chain_atoms(chain: Chain) -> list[Atom]:
    """N, CA, C, O of each residue with a CA, and CB but for glycine."""
    offsets = {
        "N": (-1.2, 0.8, 0.0),
        "CA": (0.0, 0.0, 0.0),
        "C": (1.2, 0.8, 0.0),
        "O": (1.2, 2.0, 0.0),
        "CB": (0.0, -0.9, 1.2),
    }
    atoms: list[Atom] = []
    for residue, name, place in zip(chain.residue_ids, chain.residue_names, chain.ca_coords, strict=True):
        for atom, offset in offsets.items():
            if np.isfinite(place).all() and not (atom == "CB" and name == "GLY"):
                xyz = tuple(float(value) for value in place + np.array(offset))
                atoms.append((residue.chain, residue.number, name, atom, atom[0], xyz))  # type: ignore[arg-type]
    return atoms


def make_atoms(
    protein: Sequence[Atom], others: Sequence[Atom] = (), **columns: Sequence[object]
) -> StructureAtoms:
    """Atoms of a polymer and of what is around it."""
    atoms = [*protein, *others]
    return make_structure_atoms(
        "toy",
        chain_ids=[atom[0] for atom in atoms],
        numbers=[atom[1] for atom in atoms],
        insertion_codes=[""] * len(atoms),
        residue_names=[atom[2] for atom in atoms],
        atom_names=[atom[3] for atom in atoms],
        elements=[atom[4] for atom in atoms],
        coords=[atom[5] for atom in atoms],
        in_polymer=[True] * len(protein) + [False] * len(others),
        **columns,  # type: ignore[arg-type]
    )


def random_walk(n: int, seed: int = 0) -> np.ndarray:
    """CA coordinates of a compact toy: a random walk of 3.8 Å steps that is pulled to the middle."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(size=(n, 3))
    place, coords = np.zeros(3), []
    for step in steps:
        pulled = step - 0.01 * place
        place = place + 3.8 * pulled / np.linalg.norm(pulled)
        coords.append(place)
    return np.array(coords)


def rotation(seed: int = 3) -> np.ndarray:
    """A rotation matrix."""
    matrix, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    return matrix * np.linalg.det(matrix)


def three_parts(error: object) -> bool:
    """Whether a message says what we got, what we need and what to do."""
    return all(getattr(error, part, "") for part in ("got", "need", "do"))


UNIPROT_TEXT = """\
ID   TOY_HUMAN               Reviewed;          {length} AA.
AC   P12345; Q00001;
DE   RecName: Full=Toy protein;
FT   INIT_MET        1
FT                   /note="Removed"
FT   CHAIN           2..{length}
FT                   /note="Toy protein"
FT                   /id="PRO_0000000001"
FT   ACT_SITE        5
FT                   /note="Proton donor"
FT                   /evidence="ECO:0000250"
FT   BINDING         7..9
FT                   /ligand="ATP"
FT                   /ligand_id="ChEBI:CHEBI:30616"
FT   BINDING         12
FT                   /ligand="Mg(2+)"
FT                   /note="catalytic; shared with
FT                   dimeric partner"
FT   MOD_RES         14
FT                   /note="Phosphoserine"
FT   DISULFID        3..18
FT   TRANSMEM        <20..24
FT                   /note="Helical"
FT   SITE            ?
FT                   /note="Cleavage"
FT   VAR_SEQ         P12345-2:1..4
FT                   /note="Missing (in isoform 2)"
SQ   SEQUENCE   {length} AA;  4000 MW;  0000000000000000 CRC64;
{sequence}
//
"""


def uniprot_text(sequence: str) -> str:
    """An entry in UniProt's text format, with features up to position 24."""
    lines = []
    for start in range(0, len(sequence), 60):
        row = sequence[start : start + 60]
        lines.append("     " + " ".join(row[k : k + 10] for k in range(0, len(row), 10)))
    return UNIPROT_TEXT.format(length=len(sequence), sequence="\n".join(lines))
