import numpy as np
import pytest

from provis_core.errors import StructureError
from provis_core.structures.chain import Chain, ResidueId
from provis_core.structures.sequence import AMINO_ACIDS, ONE_LETTER, compute_sequence_map, one_letter

from .fakes import make_chain


def test_the_twenty_amino_acids_have_twenty_letters():
    standard = [name for name, letter in ONE_LETTER.items() if letter in AMINO_ACIDS][:20]
    assert "".join(sorted(one_letter(name) for name in standard)) == AMINO_ACIDS


def test_letters_agree_with_biopython():
    data = pytest.importorskip("Bio.Data.PDBData", reason="Biopython is the reference for component names")
    extended = {name.strip(): letter for name, letter in data.protein_letters_3to1_extended.items()}
    for name, letter in ONE_LETTER.items():
        # two names mean another residue to a force field (CHARMM, Amber) than in the dictionary
        if name in extended and name not in ("HSE", "GLH"):
            assert extended[name] == letter, name
    for name in data.protein_letters_3to1:
        assert ONE_LETTER[name] == data.protein_letters_3to1[name]


def test_unknown_residues_are_x_and_case_does_not_matter():
    assert one_letter("UNK") == "X"
    assert one_letter(" mse ") == "M"


def test_every_observed_residue_is_one_position(chain):
    sequence_map = compute_sequence_map(chain)
    assert sequence_map.sequence == "ACDEFG"
    assert sequence_map.residue_index.tolist() == list(range(6))
    assert sequence_map.n_unresolved == 0
    with pytest.raises(ValueError, match="read-only"):
        sequence_map.residue_index[0] = 3


def test_a_chain_without_a_known_residue_is_refused():
    with pytest.raises(StructureError, match=r"toy chain A has no amino acid that ProVis knows \(UNK\)"):
        compute_sequence_map(make_chain("XX"))


def test_labels_are_what_a_user_reads():
    chain = Chain(
        "7abc",
        "H",
        (ResidueId("H", 52, "A"), ResidueId("H", -3)),
        ("GLY", "MSE"),
        np.zeros((2, 3)),
        state=3,
        n_states=20,
    )
    assert chain.residue_label(0) == "H/GLY52A"
    assert chain.residue_label(1) == "H/MSE-3"
    assert chain.label == "7abc chain H state 3 of 20"
    assert make_chain("AC", "", segment_id="PROA").label == "toy segment PROA"
    assert make_chain("AC", "").label == "toy chain without id"


def test_arrays_of_different_length_are_a_bug_that_is_caught():
    with pytest.raises(ValueError, match="same length"):
        Chain("x", "A", (ResidueId("A", 1),), ("ALA",), np.zeros((2, 3)))
