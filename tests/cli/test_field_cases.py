"""The program on each input of ``../shared/cases``; tests/viewers/test_field_cases.py has them in PyMOL."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import shutil
from pathlib import Path

import pytest

from provis_core.structures.files.chains import load_chains
from tests.data import CHECKOUT
from tests.models.local_hub import LocalHub, make_environ

from .conftest import Provis

CASES = CHECKOUT.parent / "shared" / "cases"
CRAMBIN = "TTCCPSIVARSNFNVCRLPGTPEAICATYTGCIIIPGATCPGDYAN"
SITE = ["A/ARG8", "A/ASP25", "A/GLY27", "A/ALA28", "A/ILE47", "A/GLY48", "A/GLY49", "A/ILE50"]
SITE += ["A/PRO81", "A/VAL82", "A/ILE84"]
WITH_SITE = {
    "05_cif_ligand_in_polymer/dimer.pdb": 21,
    "05_cif_ligand_in_polymer/saved_by_pymol.cif": 21,
    "05_cif_ligand_in_polymer/saved_by_biotite.cif": 21,
    "06_cif_without_label_seq_id/converted_by_gemmi.cif": 11,
    "06_cif_without_label_seq_id/in.pdb": 11,
    "07_cif_unknown_entity/entity_unknown.cif": 11,
    "08_cif_auth_seq_id/ligand_without_number.cif": 11,
    "08_cif_auth_seq_id/code_in_number.cif": 11,
    "09_cif_item_case/lower_case.cif": 11,
}
"""Rows of the table: residues of both chains' sites."""


@pytest.fixture(autouse=True)
def cases() -> Path:
    """Where they are."""
    if not CASES.is_dir():
        pytest.skip(f"no {CASES}")
    return CASES


def test_sites_of_all_files(provis: Provis) -> None:
    for name, n_rows in WITH_SITE.items():
        said = provis("sites", CASES / name, "--by", "site")
        assert [row[0] for row in said.rows if row[0].startswith("A/")] == SITE, name
        assert len(said.rows) == n_rows and {row[3] for row in said.rows} == {"ligand:KNI"}, name
        assert "11 of 99 residues" in said.err and "unresolved" not in said.err
        for chain in load_chains(CASES / name):
            assert chain.n_residues == 99 and "X" not in chain.sequence
    (chain,) = load_chains(CASES / "08_cif_auth_seq_id" / "code_in_number.cif")
    assert [one.resi for one in chain.residue_ids if one.insertion_code] == ["19A"]


def test_other_objects_waters_and_molecules(provis: Provis) -> None:
    said = provis("contacts", CASES / "10_cif_several_blocks" / "two_objects.cif")
    assert "33 of 46 residues" in said.err and "not read: two (chain B)" in said.err
    (frame,) = load_chains(CASES / "12_md_water_shares_numbers" / "frame.pdb")
    assert frame.sequence == CRAMBIN
    said = provis("contacts", CASES / "13_md_chains_by_TER" / "tleap.pdb")
    assert said.err.count("of 99 residues") == 2
    assert not any({"99", "100"} == {row[k].split("/")[1][3:] for k in (0, 1)} for row in said.rows)


def test_words_that_were_unclear(provis: Provis, tmp_path: Path) -> None:
    crambin, folder = CASES / "01_mutagenesis" / "1crn.pdb", CASES / "21_unclear_words"
    said = provis("attn", crambin, "--model", folder / "esm2_t6_8M_UR50D.pt", "--layer", 2, "--head", 3)
    assert said.status and "fair-esm's own format" in said.err and "provis models fetch esm2_8m" in said.err
    gapped = f"{CRAMBIN[:16]}----{CRAMBIN[16:]}"
    said = provis("attn", crambin, "--layer", 12, "--head", 4, "--seqres", gapped)
    assert said.status and "has gaps" in said.err and "No such file" not in said.err
    said = provis("attn", crambin, "--layer", 12, "--head", 4, "--seqres", folder / "crambin.pir")
    assert said.status == 0 and "46 residues" in said.err  # and none of them from the title


@pytest.mark.skipif(
    importlib.util.find_spec("huggingface_hub") is None, reason="huggingface_hub not installed"
)
def test_a_repository_of_the_hub_by_its_name(
    provis: Provis, provis_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with contextlib.closing(LocalHub()) as hub:
        for name, value in make_environ(hub).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("PROVIS_HOME", str(provis_home))
        said = provis("models", "fetch", "lab/tiny")
        assert said.status == 0 and "is ready" in said.err + said.out
        (weights,) = provis_home.rglob("model.safetensors")
        assert (
            hashlib.sha256(weights.read_bytes()).digest()
            == hashlib.sha256(hub.files["model.safetensors"]).digest()
        )
        shutil.rmtree(weights.parent)
