"""The same structures by others.

PDB files by gemmi, which finds the polymers by its own rules; mmCIF files, whose syntax we leave to gemmi, by
Biopython.
"""

from __future__ import annotations

import functools
import gzip
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


def is_mmcif(path: Path) -> bool:
    """Whether it is one of the mmCIF files."""
    return path.name.endswith(".cif.gz")


@functools.cache
def tables(path: Path) -> tuple[dict[str, list[str]], list[list[IndependentChain]]]:
    """Everything but the atoms of an mmCIF file, and its protein chains by model."""
    dictionary = pytest.importorskip("Bio.PDB.MMCIF2Dict", reason="Biopython is the independent reader")
    with gzip.open(path, "rt") as file:
        found = dictionary.MMCIF2Dict(file)
    kept = {key: values for key, values in found.items() if not key.startswith("_atom_site")}
    return kept, _chains_of_tables(found)


def columns(path: Path, category: str, *items: str) -> list[tuple[str, ...]]:
    """Rows of a table of an mmCIF file; none where it lacks an item."""
    found, _ = tables(path)
    names = [f"{category}.{item}" for item in items]
    return list(zip(*(found[name] for name in names), strict=True)) if found.keys() >= {*names} else []


def _read_pdb(path: Path) -> Any:
    """A PDB file; of one before 1996, whose last columns count lines (``1HPV 186``), what is before these."""
    lines = gzip.decompress(path.read_bytes()).decode("latin-1").splitlines()
    code = next((line[62:66] for line in lines if line.startswith("HEADER")), "")
    is_old = all(line[72:76] == code for line in lines if line.startswith("ATOM"))
    return gemmi.read_pdb_string("\n".join(line[:72] for line in lines) if is_old else "\n".join(lines))


def n_models(path: Path) -> int:
    """How many models a file has."""
    return len(tables(path)[1]) if is_mmcif(path) else len(_read_pdb(path))


def protein_chains(path: Path, state: int = 1) -> list[IndependentChain]:
    """The protein chains of a model."""
    if is_mmcif(path):
        return tables(path)[1][state - 1]
    structure = _read_pdb(path)
    structure.setup_entities()
    found = []
    for chain in structure[state - 1]:
        polymer = chain.get_polymer()
        if len(polymer) and polymer.check_polymer_type() in PEPTIDES:
            entity = structure.get_entity_of(polymer)
            names = [gemmi.Entity.first_mon(item) for item in entity.full_sequence] if entity else []
            found.append(_read_chain(chain.name, polymer, [name for name in names if name not in CAPS]))
    return found


def _chains_of_tables(found: dict[str, list[str]]) -> list[list[IndependentChain]]:
    from Bio.Data.PDBData import protein_letters_3to1_extended as known

    types = dict(zip(found["_entity_poly.entity_id"], found["_entity_poly.type"], strict=True))
    listed: dict[str, dict[int, str]] = {}
    for entity, place, name in zip(
        *(found[f"_entity_poly_seq.{item}"] for item in ("entity_id", "num", "mon_id")), strict=True
    ):
        listed.setdefault(entity, {}).setdefault(int(place), name)
    items = (
        "pdbx_PDB_model_num", "label_entity_id", "label_asym_id", "label_seq_id", "auth_asym_id",
        "auth_seq_id", "pdbx_PDB_ins_code", "label_comp_id", "label_atom_id", "label_alt_id", "occupancy",
        "Cartn_x", "Cartn_y", "Cartn_z",
    )  # fmt: skip
    places = found["_atom_site.label_seq_id"]
    for item, values in ("auth_seq_id", places), ("pdbx_PDB_ins_code", "?"), ("occupancy", "1"):
        found.setdefault(f"_atom_site.{item}", [*values] * (len(places) // len(values)))
    models: dict[str, dict[str, dict[str, list[tuple[str, ...]]]]] = {}
    for model, entity, asym, place, *atom in zip(*(found[f"_atom_site.{one}"] for one in items), strict=True):
        chains = models.setdefault(model, {})
        if place != "." and "polypeptide" in types.get(entity, "") and atom[3] not in CAPS:
            chains.setdefault(asym, {}).setdefault(place, []).append((entity, *atom))
    return [
        [
            _chain_of_rows(list(places.values()), listed, known)
            for places in chains.values()
            if any(row[5] == "CA" for rows in places.values() for row in rows)
        ]
        for chains in models.values()
    ]


def _chain_of_rows(
    residues: list[list[tuple[str, ...]]], listed: dict[str, dict[int, str]], known: dict[str, str]
) -> IndependentChain:
    ids, names, coords = [], [], []
    for rows in residues:
        alphas = [row for row in rows if row[5] == "CA"]
        best = min(alphas or rows, key=lambda row: (-float(row[7]), row[6].replace(".", "")))
        ids.append((int(best[2]), best[3].replace("?", "")))
        names.append(best[4])
        coords.append([float(value) for value in best[8:]] if alphas else [np.nan] * 3)
    entity, chain_id = residues[0][0][:2]
    return IndependentChain(
        chain_id,
        ids,
        names,
        "".join(known.get(f"{name:<3}", "?") for name in names),
        np.array(coords, dtype=np.float32),
        [name for _, name in sorted(listed[entity].items()) if name not in CAPS],
    )


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
