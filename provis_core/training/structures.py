"""Chains of known structure for the evaluation: letters, CA positions, ligand-binding residues."""
# ruff: noqa: TID253

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from Bio.Align import PairwiseAligner
from Bio.Data.PDBData import protein_letters_3to1_extended
from Bio.PDB.MMCIFParser import MMCIFParser
from Bio.PDB.PDBParser import PDBParser
from numpy.typing import NDArray

__all__ = [
    "LabelledChain",
    "compute_contacts",
    "drop_near_duplicates",
    "load_helix_chains",
    "load_structure_chains",
    "read_chain",
]


@dataclass(frozen=True)
class LabelledChain:
    """A sequence and what is known about its residues.

    Attributes
    ----------
    name : str
        File stem or database id.
    sequence : str
        One-letter codes of the residues that have a CA atom.
    ca_coords : ndarray, shape=(n_residues, 3), dtype=float32, or None
        CA positions in Å.
    binding : ndarray, shape=(n_residues,), dtype=bool, or None
        Whether a residue touches a ligand; None if the structure has no ligand.
    helix : ndarray, shape=(n_residues,), dtype=bool, or None
        Whether a residue is helical by DSSP.
    """

    name: str
    sequence: str
    ca_coords: NDArray[np.float32] | None = None
    binding: NDArray[np.bool_] | None = None
    helix: NDArray[np.bool_] | None = None

    def contacts(self) -> NDArray[np.bool_]:
        """Tell which pairs are in contact at any separation, shape=(n_residues, n_residues).

        Raises
        ------
        ValueError
            If the chain has no coordinates.
        """
        if self.ca_coords is None:
            raise ValueError(f"{self.name} has no coordinates; contacts need them.")
        return compute_contacts(self.ca_coords)


def compute_contacts(ca_coords: NDArray[np.float32], cutoff: float = 8.0) -> NDArray[np.bool_]:
    """Tell which pairs have CA atoms closer than `cutoff` Å at any separation, shape=(n, n)."""
    difference = ca_coords[:, None, :] - ca_coords[None, :, :]
    close: NDArray[np.bool_] = (difference**2).sum(-1) < cutoff**2
    return close


def read_chain(path: Path, sites: dict[str, set[str]] | None = None) -> LabelledChain:
    """Read the first model's longest protein chain of a PDB or mmCIF file (``.gz`` or plain).

    Parameters
    ----------
    path : Path
        The file.
    sites : dict, optional
        Chain id -> residues touching a ligand as ``number+insertion code``. Without it `binding` is None.
    """
    raw = path.read_bytes()
    lines = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode().splitlines(keepends=True)
    text = "".join(line for line in lines if not line.startswith("ANISOU"))
    stem = path.name.removesuffix(".gz")
    parser_type: Any = MMCIFParser if stem.endswith(".cif") else PDBParser
    structure = parser_type(QUIET=True).get_structure(stem, io.StringIO(text))
    best = max(next(iter(structure)), key=lambda chain: len(_protein_residues(chain)))
    residues = _protein_residues(best)
    binding = None
    if sites is not None:
        near = sites.get(best.id, set())
        binding = np.array([f"{r.id[1]}{r.id[2].strip()}" in near for r in residues], dtype=np.bool_)
    return LabelledChain(
        name=stem.rsplit(".", 1)[0],
        sequence="".join(protein_letters_3to1_extended[r.resname.strip()] for r in residues),
        ca_coords=np.array([r["CA"].coord for r in residues], dtype=np.float32).reshape(-1, 3),
        binding=binding,
    )


def _protein_residues(chain: Any) -> list[Any]:
    return [r for r in chain if r.resname.strip() in protein_letters_3to1_extended and "CA" in r]


def drop_near_duplicates(chains: Sequence[LabelledChain], identity: float = 0.4) -> list[LabelledChain]:
    """Keep the first of any chains that share more than `identity` of the shorter one's residues."""
    aligner_type: Any = PairwiseAligner
    aligner = aligner_type(mode="global", match_score=1.0, mismatch_score=-0.5, gap_score=-0.5)
    aligner.end_gap_score = 0.0
    kept = list[LabelledChain]()
    for chain in chains:
        for other in kept:
            counts = aligner.align(chain.sequence, other.sequence)[0].counts()
            if counts.identities > identity * min(len(chain.sequence), len(other.sequence)):
                break
        else:
            kept.append(chain)
    return kept


def load_structure_chains(data: Path, min_length: int = 40, max_length: int = 500) -> list[LabelledChain]:
    """Load the experimental structures with one protein chain, one of each group of near-duplicates.

    Parameters
    ----------
    data : Path
        Folder that holds ``structures/`` and ``sites/``.
    min_length, max_length : int
        Residues that a chain may have.
    """
    path = data / "sites/structure_ligand_contacts/contacts.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        sites = {entry["file"]: _merge_sites(entry["contacts"]) for entry in map(json.loads, lines)}
    chains, seen = list[LabelledChain](), set[str]()
    with (data / "structures/manifest.tsv").open(encoding="utf-8") as table:
        rows = list(csv.DictReader(table, delimiter="\t"))
    for row in rows:
        stem = Path(row["file"]).name.split(".")[0].lower()
        n_residues = int(row["protein_residues"])
        wanted = row["kind"] in ("rcsb-entry", "single-chain-stripped") and row["protein_chains"] == "1"
        if not wanted or stem in seen or not min_length <= n_residues <= max_length:
            continue
        seen.add(stem)
        chain = read_chain(data / "structures" / row["file"], sites.get(row["file"]))
        if min_length <= len(chain.sequence) <= max_length:
            chains.append(chain)
    return drop_near_duplicates(chains)


def _merge_sites(contacts: dict[str, dict[str, list[str]]]) -> dict[str, set[str]]:
    """Join the residues of all ligands, per chain; metal ions are ligands here, nucleic acids too."""
    merged = dict[str, set[str]]()
    for chains in contacts.values():
        for chain, residues in chains.items():
            merged.setdefault(chain, set()).update(residue.split(":")[0] for residue in residues)
    return merged


def load_helix_chains(
    data: Path, n_chains: int, min_length: int = 40, max_length: int = 500
) -> list[LabelledChain]:
    """Load the first fully resolved chains of FLIP's secondary-structure test split (DSSP)."""
    chains = list[LabelledChain]()
    with gzip.open(data / "sites/flip_secondary_structure/ss3.jsonl.gz", "rt", encoding="utf-8") as lines:
        for entry in map(json.loads, lines):
            fits = entry["split"] == "test" and min_length <= len(entry["sequence"]) <= max_length
            if fits and "0" not in entry["mask"]:
                helix = np.array([state == "H" for state in entry["ss3"]], dtype=np.bool_)
                chains.append(LabelledChain(name=entry["id"], sequence=entry["sequence"], helix=helix))
            if len(chains) == n_chains:
                break
    return chains
