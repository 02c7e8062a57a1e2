"""Hard cases of PDB files that the tests write."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from provis_core.errors import InputError, StructureError
from provis_core.structures.files.chains import load_chain, load_chains
from provis_core.structures.sequence import compute_sequence_map

from .files import THREE, atom, pdb, peptide, random_letters, residue, seqres

Write = Callable[..., Path]


def numbers(chain) -> list[str]:
    return [residue_id.resi for residue_id in chain.residue_ids]


def test_names_of_file_and_chain(written: Write, tmp_path: Path) -> None:
    text = pdb(peptide("ACDE"))
    assert load_chain(written(text, "1abc.pdb"), "A").object_name == "1abc"
    (tmp_path / "my.model.ENT.gz").write_bytes(gzip.compress(text.encode()))
    chain = load_chain(tmp_path / "my.model.ENT.gz", "A")
    assert (chain.object_name, chain.sequence, chain.polymer) == ("my.model", "ACDE", None)
    # what a file is is told by its content
    assert load_chain(written("\n" + text, "1abc.cif"), "A").sequence == "ACDE"
    np.testing.assert_allclose(chain.ca_coords[:, 0], 3.8 * np.arange(4), atol=1e-3)


def test_the_right_edge_of_old_files_is_no_sequence(written: Write) -> None:
    """Until 1996 each line ended with the id of the entry and a line number, as in PyMOL's own 1HPV."""
    names = [THREE[letter] for letter in "ACDE" * 4]
    records = [f"{line:<72}1HPV {136 + k}" for k, line in enumerate(seqres(names))]
    chain = load_chain(written(pdb(records, peptide("ACDE" * 4))), "A")
    assert chain.polymer is not None
    assert chain.polymer.residue_names == tuple(names)


def test_negative_numbers_and_insertion_codes_in_any_order(written: Write) -> None:
    places = [(-3, " "), (0, " "), (52, "B"), (52, "A"), (52, " "), (20, " "), (-7, "Z"), (53, " ")]
    lines = [residue("ALA", number, k, code=code) for k, (number, code) in enumerate(places)]
    chain = load_chain(written(pdb(*lines)), "A")
    assert numbers(chain) == ["-3", "0", "52B", "52A", "52", "20", "-7Z", "53"]


def test_of_other_locations_the_one_with_the_highest_occupancy_counts(written: Write) -> None:
    lines = [
        peptide("A"),
        [atom("N", "SER", 2, 2.6)],
        [
            atom("CA", "SER", 2, 3.8, alt="A", occupancy=0.3),
            atom("CA", "SER", 2, 4.0, alt="B", occupancy=0.7),
        ],
        [atom("C", "SER", 2, 5.0)],
        # a tie goes by name, not by the place in the file
        [
            atom("CA", "GLY", 3, 7.7, alt="B", occupancy=0.5),
            atom("CA", "GLY", 3, 7.6, alt="A", occupancy=0.5),
        ],
        peptide("C", 4, 3),
        # a location at the end of the chain
        [atom("CA", "ALA", 1, 0.5, alt="C", occupancy=1.5)],
    ]
    chain = load_chain(written(pdb(*lines)), "A")
    assert chain.sequence == "ASGC"
    np.testing.assert_allclose(chain.ca_coords[:, 0], [0.5, 4.0, 7.6, 11.4], atol=1e-3)


def test_of_two_residues_at_one_place_the_one_with_the_highest_occupancy_counts(written: Write) -> None:
    isoleucine = residue("ILE", 3, 2, alt="B", occupancy=0.5)
    leucine = residue("LEU", 3, 2, alt="A", occupancy=0.5)
    lines = [
        peptide("A"),
        residue("PRO", 2, 1, alt="A", occupancy=0.4),
        residue("SER", 2, 1, alt="B", occupancy=0.6),
        [line for pair in zip(isoleucine, leucine, strict=True) for line in pair],
        peptide("ACDEFGHIKLMNPQRSTVWY", 4, 3),
    ]
    names = ["ALA", "PRO", "ILE", *map(THREE.__getitem__, "ACDEFGHIKLMNPQRSTVWY")]
    chain = load_chain(written(pdb(seqres(names), *lines)), "A")
    assert chain.residue_names[:3] == ("ALA", "SER", "LEU")
    # the model reads what is drawn
    full = compute_sequence_map(chain, "full")
    assert (full.sequence[:3], full.n_unresolved, full.n_left_out) == ("ASL", 0, 0)
    assert full.identity == 21 / 23


def test_modified_residues_are_of_the_chain_and_ligands_are_not(written: Write) -> None:
    lines = [
        residue("MSE", 1, 0, het=True),
        peptide("AC", 2, 1),
        residue("SEP", 4, 3, het=True),
        residue("XYZ", 5, 4, het=True),  # no component that anybody knows, but a link of the chain
        peptide("D", 6, 5),
        "TER",
        [atom("CA", "CA", 7, 50.0, het=True, element="CA")],
        residue("GLU", 8, 20, het=True),  # a free amino acid
        [atom("C1", "GOL", 9, 60.0, het=True), atom("O", "HOH", 10, 70.0, het=True)],
    ]
    chain = load_chain(written(pdb(*lines)), "A")
    assert chain.sequence == "MACSXD"
    # the same without TER, as many programs write it
    without = [item for item in lines if item != "TER"]
    assert load_chain(written(pdb(*without)), "A").residue_ids == chain.residue_ids
    # a modified residue alone between two gaps is before TER
    lines[1] = peptide("AC", 2, 10)
    assert load_chain(written(pdb(*lines)), "A").sequence == "MACSXD"


def test_a_ligand_with_the_number_of_a_residue_is_another_thing(written: Write) -> None:
    lines = [peptide("ACD"), atom("C1", "LIG", 2, 50, het=True, alt="B"), atom("CA", "GLU", 3, 60, het=True)]
    chain = load_chain(written(pdb(*lines)), "A")
    assert (chain.sequence, numbers(chain)) == ("ACD", ["1", "2", "3"])
    assert len(load_chains(written(pdb(*lines)))) == 1


def test_d_residues_caps_and_names_of_force_fields(written: Write) -> None:
    names = ["DAL", "DPN", "MED", "UNK", "HIE", "CYX", "NALA", "HSE", "LYSH"]
    lines = [
        [atom("C", "ACE", 0, -2.5, het=True)],
        [line for k, name in enumerate(names) for line in residue(name, k + 1, k, het=name[0] == "D")],
        [atom("N", "NH2", 10, 33.0, het=True)],
    ]
    chain = load_chain(written(pdb(*lines)), "A")
    assert chain.residue_names == tuple(names)
    assert chain.sequence == "AFMXHCAHK"
    # caps are no positions of the whole sequence either
    chain = load_chain(written(pdb(seqres(["ACE", *names[:2], "ALA", "NH2"]), *lines[:2])), "A")
    assert chain.polymer is not None
    assert chain.polymer.sequence == "AFA"


def test_ca_only_models_and_residues_without_ca(written: Write) -> None:
    only = [line for k in range(4) for line in residue("GLY", k + 1, k, parts="CA")]
    assert load_chain(written(pdb(*only)), "A").sequence == "GGGG"
    lines = [peptide("AC"), residue("ASP", 3, 2, parts="N CB"), peptide("E", 4, 3)]
    chain = load_chain(written(pdb(*lines)), "A")
    assert chain.sequence == "ACDE"
    assert np.isnan(chain.ca_coords).any(axis=1).tolist() == [False, False, True, False]
    assert compute_sequence_map(chain).n_positions == 4
    no_ca = [line for k in range(4) for line in residue("GLY", k + 1, k, parts="N C", chain="B")]
    assert [c.chain_id for c in load_chains(written(pdb(peptide("AC"), *no_ca)))] == ["A"]
    with pytest.raises(
        StructureError, match=r"no protein chain 'B', which is 4 x GLY.*Its protein chains are: A"
    ):
        load_chain(written(pdb(peptide("AC"), *no_ca)), "B")
    with pytest.raises(StructureError, match=r"toy.pdb holds no protein chain with CA atoms: 4 x GLY"):
        load_chains(written(pdb(*no_ca)))


def test_old_files_without_elements_and_with_line_numbers(written: Write) -> None:
    lines = [*peptide("ACM"), atom("CA", "CA", 9, 50.0, het=True, element="CA")]
    bare = [line[:72].rstrip() for line in lines]
    assert load_chain(written(pdb(*bare)), "A").sequence == "ACM"
    counted = [f"{line[:72]:<72}1ABC{k:4d}" for k, line in enumerate(lines)]
    assert load_chain(written(pdb(*counted)), "A").sequence == "ACM"
    short = [line[:54] for line in lines]
    assert load_chain(written(pdb(*short)), "A").sequence == "ACM"


def test_models_and_frames(written: Write) -> None:
    for start, end in (("MODEL        {}", "ENDMDL"), ("REMARK {}", "END")):
        frames = [[start.format(k), *peptide("ACD", place=10 * k), end] for k in (1, 2, 3)]
        path = written("\n".join(line for frame in frames for line in frame) + "\n")
        chain = load_chain(path, "A", state=3)
        assert (chain.state, chain.n_states, chain.n_residues) == (3, 3, 3)
        assert chain.ca_coords[0, 0] == pytest.approx(3.8 * 30, abs=1e-3)
        assert load_chain(path, "A").label == "toy chain A state 1 of 3"
        for state in (0, 4):
            with pytest.raises(InputError, match="The file has 3 models"):
                load_chain(path, "A", state=state)


def test_chains_without_id_are_told_apart_by_segment(written: Write) -> None:
    lines = [peptide("ACD", chain=" ", segment="PROA"), peptide("EFG", chain=" ", segment="PROB")]
    path = written(pdb(*lines))
    assert [(c.chain_id, c.segment_id, c.sequence) for c in load_chains(path)] == [
        ("", "PROA", "ACD"),
        ("", "PROB", "EFG"),
    ]
    assert load_chain(path, "PROB").label == "toy segment PROB"
    with pytest.raises(StructureError, match=r"2 protein chains with the id ''.*no id \(segment PROA\)"):
        load_chain(path)
    one = written(pdb(peptide("ACD", chain=" ")))
    assert load_chain(one).label == "toy chain without id"
    # CHARMM-GUI writes one chain id for all segments; elsewhere a segment beside a chain id says nothing
    shared = written(
        pdb(peptide("ACD", chain="P", segment="PROA"), peptide("EFG", chain="P", segment="PROB"))
    )
    assert [c.segment_id for c in load_chains(shared)] == ["PROA", "PROB"]
    assert load_chain(shared, "PROB").sequence == "EFG"
    assert load_chain(written(pdb(peptide("ACD", segment="1ABC"))), "A").segment_id == ""


def test_mixed_chains_and_nucleic_acids(written: Write) -> None:
    dna = [atom("P", name, k + 10, 100 + 6 * k, chain="A") for k, name in enumerate(["DA", "DC", "DG"])]
    rna = [atom("P", name, k, 100 + 6 * k, chain="R") for k, name in enumerate(["A", "C", "G", "U"])]
    path = written(pdb(seqres([*map(THREE.get, "ACD"), "DA", "DC"]), peptide("ACD"), dna, "TER", rna))
    (chain,) = load_chains(path)
    assert (chain.chain_id, chain.sequence) == ("A", "ACD")
    assert chain.polymer is not None
    assert chain.polymer.sequence == "ACD"
    with pytest.raises(StructureError, match="no protein chain 'R', which is 4 x nucleic acid"):
        load_chain(path, "R")
    with pytest.raises(StructureError, match=r"holds no protein chain with CA atoms: 4 x nucleic acid"):
        load_chains(written(pdb(rna)))


def test_more_than_62_chains(written: Write) -> None:
    ids = [f"{a}{b}" for a in "ABCDEFGHIJ" for b in "ABCDEFGHIJ"]
    path = written(pdb(*(peptide("ACD", place=10 * k, chain=name) for k, name in enumerate(ids))))
    chains = load_chains(path)
    assert [chain.chain_id for chain in chains] == ids
    assert load_chain(path, "CJ").ca_coords[0, 0] == pytest.approx(3.8 * 290, abs=1e-3)
    # names of four letters are not taken for long chain ids
    four = written(pdb(peptide("A", chain="B"), [line for line in residue("CYSH", 2, 1, chain="B")]))
    assert load_chain(four, "B").residue_names == ("ALA", "CYSH")


def test_chains_that_share_an_id_are_not_run_together(written: Write) -> None:
    path = written(pdb(*(item for k in range(3) for item in (peptide("ACD", place=10 * k), "TER"))))
    chains = load_chains(path)
    assert [numbers(chain) for chain in chains] == [["1", "2", "3"]] * 3
    with pytest.raises(StructureError, match="3 protein chains with the id 'A'"):
        load_chain(path, "A")


@pytest.mark.parametrize("n_residues", [1000, 4000, 12000])
def test_long_chains(written: Write, n_residues: int) -> None:
    letters = random_letters(n_residues)
    lines = []
    for k, letter in enumerate(letters):
        number = k + 1
        # hybrid-36, as cctbx and PyMOL write what has no room in four digits
        text = str(number) if number < 10000 else "A" + np.base_repr(number - 10000, 36).rjust(3, "0")
        lines += residue(THREE[letter], text, k % 200, parts="CA", y=3.8 * (k // 200))
    kept = [line for k, line in enumerate(lines) if k % 500 < 480]
    chain = load_chain(written(pdb(seqres([THREE[letter] for letter in letters]), kept)), "A")
    assert chain.residue_ids[-1].number == n_residues - 20
    found = compute_sequence_map(chain, "auto")
    assert (found.gaps, found.sequence, found.n_unresolved) == ("full", letters, n_residues // 25)
    assert [k for k, index in enumerate(found.residue_index) if index < 0][:2] == [480, 481]
