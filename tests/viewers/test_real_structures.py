"""Real structures with what is hard to read: PyMOL's chains equal those of the file, read without PyMOL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from provis_core.chain import Chain
from provis_core.structures.structure_files import load_chains

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "structures"

FILES = {
    "mmcif/1a4w.cif.gz": "insertion codes, unresolved residues, chains of an enzyme and an inhibitor",
    "pdb/1a4w.pdb.gz": "the same in the other format",
    "mmcif/1ema.cif.gz": "a chromophore in the chain that has no usual backbone",
    "mmcif/1cbn.cif.gz": "two residues in one place",
    "pdb/1ejg.pdb.gz": "two residues in one place, hydrogens, alternate locations",
    "mmcif/1lcd.cif.gz": "three models, with DNA",
    "pdb/1l2y.pdb.gz": "38 models",
    "pdb/1lzh.pdb.gz": "CA atoms alone",
    "mmcif/1o1z.cif.gz": "negative numbers",
    "pdb/3htn.pdb.gz": "selenomethionine, alternate locations, gaps",
    "pdb/3ems.pdb.gz": "free amino acids as ligands",
    "pdb/1uwy.pdb.gz": "a last residue without CA",
    "mmcif/7z9t.cif.gz": "chain ids of two letters",
    "pdb/1igy.pdb.gz": "an antibody: four chains, insertion codes, glycans",
    "mmcif/4opj.cif.gz": "protein and nucleic acid",
}

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no structures in {FOLDER}")


def _join(chains: list[Chain]) -> dict[str, list[tuple[Any, ...]]]:
    """Number, name and place of each residue, by chain; segments of one chain follow each other."""
    joined: dict[str, list[tuple[Any, ...]]] = {}
    for chain in chains:
        places = np.nan_to_num(chain.ca_coords.astype(float), nan=-9999)
        rows = zip((residue.resi for residue in chain.residue_ids), chain.residue_names, strict=True)
        joined.setdefault(chain.chain_id, []).extend(
            (*row, place) for row, place in zip(rows, places, strict=True)
        )
    return joined


@pytest.mark.parametrize("name", FILES, ids=lambda name: f"{name}: {FILES[name]}")
def test_chains_equal_those_of_the_file(cmd: Any, name: str) -> None:
    from plugin.viewers.pymol_chains import read_chains

    cmd.load(str(FOLDER / name), "loaded", zoom=0)
    selected, problems = read_chains(cmd, "loaded")
    assert problems == []
    got, expected = _join([one.chain for one in selected]), _join(list(load_chains(FOLDER / name)))
    assert got.keys() == expected.keys()
    for chain_id, residues in expected.items():
        assert [row[:2] for row in got[chain_id]] == [row[:2] for row in residues]
        assert np.allclose([row[2] for row in got[chain_id]], [row[2] for row in residues], atol=2e-3)
