"""The same structures by gemmi, which finds the polymers by its own rules."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

gemmi = pytest.importorskip("gemmi", reason="gemmi is the independent reader")

# groups at the ends of polymers that are no residues of the sequence; none of them has a CA here
CAPS = ("ACE", "NH2", "BTN")
PEPTIDES = (gemmi.PolymerType.PeptideL, gemmi.PolymerType.PeptideD)


@dataclass(frozen=True)
class IndependentChain:
    """What a chain has to be equal to; lower-case letters are of residues that gemmi calls modified."""

    chain_id: str
    residue_ids: list[tuple[int, str]]
    residue_names: list[str]
    letters: str
    ca_coords: npt.NDArray[np.float32]
    polymer: list[str]


def read(path: Path) -> Any:
    """A structure with its polymers found."""
    structure = gemmi.read_structure(str(path))
    structure.setup_entities()
    return structure


def protein_chains(structure: Any, state: int = 1) -> list[IndependentChain]:
    """The protein chains of a model."""
    found = []
    for chain in structure[state - 1]:
        polymer = chain.get_polymer()
        if len(polymer) and polymer.check_polymer_type() in PEPTIDES:
            entity = structure.get_entity_of(polymer)
            names = [gemmi.Entity.first_mon(item) for item in entity.full_sequence] if entity else []
            found.append(_read_chain(chain.name, polymer, [name for name in names if name not in CAPS]))
    return found


def _read_chain(chain_id: str, polymer: Any, names: list[str]) -> IndependentChain:
    residues: dict[tuple[int, str], list[Any]] = {}
    for residue in polymer:
        if residue.name not in CAPS:
            residues.setdefault((residue.seqid.num, residue.seqid.icode.strip()), []).append(residue)
    chosen = [_choose(group) for group in residues.values()]
    return IndependentChain(
        chain_id,
        list(residues),
        [name for name, _ in chosen],
        "".join(gemmi.find_tabulated_residue(name).one_letter_code.strip() or "?" for name, _ in chosen),
        np.array([position for _, position in chosen], dtype=np.float32).reshape(-1, 3),
        names,
    )


def _choose(residues: list[Any]) -> tuple[str, list[float]]:
    """Name and CA of the location with the highest occupancy, ties by name."""
    atoms = [(residue.name, atom) for residue in residues for atom in residue]
    alphas = [(name, atom) for name, atom in atoms if atom.name == "CA"]
    name, best = min(alphas or atoms, key=lambda item: (-item[1].occ, item[1].altloc.replace("\0", "")))
    return name, best.pos.tolist() if alphas else [np.nan] * 3
