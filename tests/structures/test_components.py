"""Component names: the file of parents is what its script makes, and agrees with gemmi's table."""

from __future__ import annotations

import json

import numpy as np
import pytest

from provis_core.structures.chain import Chain, ResidueId
from provis_core.structures.components import (
    AMINO_ACIDS,
    CAPS,
    NUCLEOTIDES,
    WATERS,
    is_amino_acid,
    one_letter,
)
from provis_core.structures.polymer import PolymerSequence

from . import make_residue_parents

# gemmi's letter is that of the amino acid a residue looks like, ours that of the dictionary's parent
OTHER_PARENTS = {"PCA": ("Q", "E")}


def test_the_file_is_what_the_script_writes() -> None:
    bio = pytest.importorskip("Bio", reason="the parents come from Biopython")
    made = make_residue_parents.make()
    kept = json.loads(make_residue_parents.TARGET.read_text(encoding="utf-8"))
    if bio.__version__ not in kept["source"]:
        pytest.skip(f"made with another Biopython than {bio.__version__}")
    assert kept == made


def test_every_residue_with_a_parent_reads_as_its_parent() -> None:
    data = pytest.importorskip("Bio.Data.PDBData", reason="Biopython carries the dictionary's parents")
    other = {
        name for name, letter in data.protein_letters_3to1_extended.items() if one_letter(name) != letter
    }
    # names that mean a histidine (CHARMM) and a protonated glutamate (Amber)
    assert other == {"HSE", "GLH"}
    assert len(data.protein_letters_3to1_extended) > 1000


def test_the_table_agrees_with_gemmi() -> None:
    gemmi = pytest.importorskip("gemmi", reason="gemmi is the independent table")
    differences, n_compared = {}, 0
    for name in data_names():
        info = gemmi.find_tabulated_residue(name)
        letter = info.one_letter_code.strip().upper()
        if info.is_amino_acid() and letter not in ("", "X"):
            n_compared += 1
            if one_letter(name) != letter:
                differences[name] = (one_letter(name), letter)
    assert differences == OTHER_PARENTS
    assert n_compared > 100


def data_names() -> list[str]:
    groups = json.loads(make_residue_parents.TARGET.read_text(encoding="utf-8"))["letters"]
    return [
        name
        for group in ("dictionary", "d_residues")
        for names in groups[group].values()
        for name in names.split()
    ]


def test_the_mirror_images_of_nineteen_are_there() -> None:
    assert set(make_residue_parents.D_RESIDUES) == set(AMINO_ACIDS) - {"G"}
    for letter, name in make_residue_parents.D_RESIDUES.items():
        assert one_letter(name) == letter
        assert is_amino_acid(name.lower())


def test_what_is_no_amino_acid() -> None:
    for name in [*CAPS, *NUCLEOTIDES, *WATERS, "GOL", "HEM", "CA", ""]:
        assert not is_amino_acid(name)
        assert one_letter(name) == "X"
    assert is_amino_acid("UNK")
    assert one_letter("UNK") == "X"


def test_polymers_are_read_only_and_consistent() -> None:
    polymer = PolymerSequence.from_components(["ACE", "ALA", "MSE", "DA", "NH2"], "SEQRES")
    assert (polymer.residue_names, polymer.sequence, polymer.n_positions) == (("ALA", "MSE"), "AM", 2)
    with pytest.raises(ValueError, match="2 residue names but 1"):
        PolymerSequence(("ALA", "MSE"), "SEQRES", np.array([0]))
    exact = PolymerSequence(("ALA", "MSE"), "SEQRES", np.array([-1, 1]))
    with pytest.raises(ValueError, match="names residue 1 of a chain of 1"):
        Chain("toy", "A", (ResidueId("A", 1),), ("ALA",), np.zeros((1, 3)), polymer=exact)
