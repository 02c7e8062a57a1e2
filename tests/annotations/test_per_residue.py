"""Modified residues, amino acids, B-factors and other numbers per residue."""

from __future__ import annotations

import numpy as np
import pytest

from provis_core.annotations.annotation import Annotation
from provis_core.annotations.annotators import compute_annotations
from provis_core.annotations.annotators.amino_acid import AMINO_ACID_CLASSES, compute_amino_acids
from provis_core.annotations.annotators.modified import compute_modified_residues
from provis_core.annotations.annotators.per_residue import (
    compute_b_factors,
    compute_membership,
    compute_numbers,
)
from provis_core.errors import InputError
from provis_core.structures.chain import ResidueId
from provis_core.structures.components import AMINO_ACIDS
from provis_core.structures.records import ModifiedResidue, StructureRecords
from provis_core.structures.subject import Subject

from .builders import chain_atoms, make_atoms, make_chain, three_parts


def members(found):
    return {item.name: item.residues.tolist() for item in found}


def test_modified_by_name():
    names = ["ALA", "SEP", "MSE", "HIE", "UNK", "SEP", "XYZ", "SEC", "TPO"]
    chain = make_chain("A" * 9, names=names)
    found = compute_modified_residues(chain)
    assert members(found) == {"ptm": [1, 5, 6, 8], "ptm:SEP": [1, 5], "ptm:TPO": [8], "ptm:XYZ": [6]}
    assert found[0].notes == (
        "1 selenomethionines are not counted",
        "Components that ProVis does not know: XYZ",
    )
    assert members(compute_modified_residues(chain, selenomethionine=True))["ptm:MSE"] == [2]


def test_modified_by_record():
    listed = [
        ModifiedResidue(ResidueId("A", 2), "ASN", "ASN", "GLYCOSYLATION SITE"),
        ModifiedResidue(ResidueId("A", 3), "MSE", "MET", "SELENOMETHIONINE"),
        ModifiedResidue(ResidueId("A", 4), "SEP", "SER", "PHOSPHOSERINE"),  # mutated by the user since
        ModifiedResidue(ResidueId("B", 1), "ASN", "ASN", "GLYCOSYLATION SITE"),
    ]
    records = StructureRecords("toy.pdb", modified=tuple(listed))
    chain = make_chain("ANMS", names=["ALA", "ASN", "MSE", "SER"])
    found = compute_modified_residues(chain, records)
    assert members(found) == {"ptm": [1], "ptm:ASN": [1]}
    assert found[1].notes == ("GLYCOSYLATION SITE",) and "toy.pdb" in found[0].source


def test_none_is_modified():
    (found,) = compute_modified_residues(make_chain(AMINO_ACIDS))
    assert not found.values.any() and found.valid.all()


def test_modres_of_real_files_are_all_found(load):
    """Every MODRES on a chain, and residues that the file has no MODRES for, which are named here."""
    without_record = set()
    for name in (
        "3hvp",
        "7hvp",
        "1dmp",
        "2p0r",
        "4y08",
        "1igt",
        "1u19",
        "2i39A",
        "3htn",
        "1j1b",
        "1h2t",
        "1atp",
        "1oky",
    ):
        try:
            subjects = load(f"pdb/{name}.pdb.gz")
        except InputError:  # not among the shared files
            continue
        for subject in subjects:
            found = compute_modified_residues(subject.chain, subject.records, selenomethionine=True)[0]
            ours = {subject.chain.residue_ids[k] for k in found.residues}
            listed = {item.residue for item in subject.records.modified} & set(subject.chain.residue_ids)
            assert listed <= ours
            names = dict(zip(subject.chain.residue_ids, subject.chain.residue_names, strict=True))
            without_record |= {(name, names[residue]) for residue in ours - listed}
    assert without_record == {
        ("3hvp", "ABA"), ("7hvp", "JG3"), ("7hvp", "VME"), ("1dmp", "CSO"), ("2p0r", "AR7"),
    }  # fmt: skip


def test_amino_acids_and_classes():
    chain = make_chain(AMINO_ACIDS + "X", names=None)
    found = {item.name: item for item in compute_amino_acids(chain)}
    assert len(found) == 20 + len(AMINO_ACID_CLASSES)
    for k, letter in enumerate(AMINO_ACIDS):
        assert found[f"amino_acid:{letter}"].residues.tolist() == [k]
    for name, letters in AMINO_ACID_CLASSES.items():
        assert {AMINO_ACIDS[k] for k in found[f"amino_acid:{name}"].residues} == set(letters)
    assert not found["amino_acid:K"].valid[20] and "1 residues" in found["amino_acid:K"].notes[0]


def test_classes_hang_together():
    charged = set(AMINO_ACID_CLASSES["positive"]) | set(AMINO_ACID_CLASSES["negative"])
    assert charged == set(AMINO_ACID_CLASSES["charged"]) <= set(AMINO_ACID_CLASSES["polar"])
    assert set(AMINO_ACID_CLASSES["tiny"]) < set(AMINO_ACID_CLASSES["small"])
    assert set(AMINO_ACID_CLASSES["aliphatic"]) < set(AMINO_ACID_CLASSES["hydrophobic"])
    everything = set("".join(AMINO_ACID_CLASSES.values()))
    assert everything == set(AMINO_ACIDS)


def test_modified_residue_counts_as_its_parent():
    chain = make_chain("MS", names=["MSE", "SEP"])
    found = members(compute_amino_acids(chain))
    assert found["amino_acid:M"] == [0] and found["amino_acid:S"] == [1]
    assert [item.name for item in compute_annotations("amino_acid:m", Subject(chain))] == ["amino_acid:M"]


def test_b_factors_known_by_hand():
    chain = make_chain("AG")
    protein = chain_atoms(chain)  # five atoms and four
    atoms = make_atoms(protein, b_factors=[1, 2, 3, 4, 5, 10, 20, 30, 40])
    assert compute_b_factors(chain, atoms).values.tolist() == [2, 20]
    assert compute_b_factors(chain, atoms, atom="mean").values.tolist() == [3, 25]
    with pytest.raises(InputError) as error:
        compute_b_factors(chain, make_atoms(protein))
    assert three_parts(error.value)
    with pytest.raises(InputError):
        compute_b_factors(chain, atoms, atom="CB")


def test_b_factors_are_of_the_main_location():
    chain = make_chain("G")
    protein = [*chain_atoms(chain), ("A", 1, "GLY", "CA", "C", (0.0, 0.5, 0.0))]
    altlocs, occupancies = ["", "A", "", "", "B"], [1, 0.7, 1, 1, 0.3]
    atoms = make_atoms(protein, altlocs=altlocs, occupancies=occupancies, b_factors=[10, 20, 30, 40, 900])
    assert compute_b_factors(chain, atoms).values.tolist() == [20]
    assert compute_b_factors(chain, atoms, atom="mean").values.tolist() == [25]


def test_confidence_of_a_predicted_model(load):
    (subject,) = load("pdb/AF-Q96PD2-F1-model_v4.pdb.gz")
    found = compute_annotations("b_factor", subject)[0]
    assert found.valid.all() and 0 < found.values.min() < 50 < 90 < found.values.max() <= 100


def test_numbers_as_given():
    found = compute_numbers(make_chain("AAA"), [1, float("nan"), 3], name="conservation", source="me")
    assert (
        found.valid.tolist() == [True, False, True] and found.is_numeric and found.residues.tolist() == [0, 2]
    )
    for values in ([1, 2], [1, 2, float("inf")], ["a", "b", "c"]):
        with pytest.raises(InputError) as error:
            compute_numbers(make_chain("AAA"), values, name="conservation", source="me")
        assert three_parts(error.value)


def test_selection_of_the_viewer():
    found = compute_membership(make_chain("AAAA"), [2, 0, 2], name="selection:active", source="PyMOL")
    assert found.values.tolist() == [True, False, True, False]
    assert not compute_membership(make_chain("AA"), [], name="selection:x", source="PyMOL").values.any()
    with pytest.raises(InputError) as error:
        compute_membership(make_chain("AAAA"), [4], name="selection:x", source="PyMOL")
    assert three_parts(error.value)


def test_annotation_hides_what_is_not_valid():
    found = Annotation("x", "residue", np.array([True, True]), np.array([True, False]), "me", "by hand")
    assert found.values.tolist() == [True, False]
    numbers = Annotation("x", "residue", np.array([1.0, 2.0]), np.array([True, False]), "me", "by hand")
    assert numbers.values.dtype == np.float32 and np.isnan(numbers.values[1])
    pairs = Annotation("x", "pair", np.ones((2, 2), dtype=bool), np.array([True, False]), "me", "by hand")
    assert pairs.values.tolist() == [[True, False], [False, False]]


@pytest.mark.parametrize(
    ("kind", "values"),
    [("residue", np.ones(3)), ("pair", np.ones((2, 3))), ("pair", np.ones(2)), ("other", np.ones(2))],
)
def test_annotation_of_the_wrong_shape(kind, values):
    with pytest.raises(ValueError):
        Annotation("x", kind, values, np.ones(2, dtype=bool), "me", "by hand")
