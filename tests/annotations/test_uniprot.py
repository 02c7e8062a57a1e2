"""UniProt's three formats, and the way from its positions to residues."""

from __future__ import annotations

import json

import numpy as np
import pytest

from provis_core.annotations.annotators import compute_annotations
from provis_core.annotations.annotators._uniprot_formats import UniProtEntry, load_uniprot, parse_uniprot
from provis_core.annotations.annotators.uniprot import compute_uniprot_features, map_to_uniprot
from provis_core.errors import InputError
from provis_core.structures.chain import ResidueId
from provis_core.structures.files.cif import read_cif
from provis_core.structures.files.text import load_structure_text
from provis_core.structures.records import SequenceReference, StructureRecords
from provis_core.structures.subject import Subject
from tests.data import check_count

from .builders import make_chain, three_parts, uniprot_text

SEQUENCE = "MKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQAPILSRVGDGTQDNLSGAEKAVQVKVKALPDAQFEVV"
OTHER = "GSHMADEEKLPPGWEKRMSRSSGRVYYFNHITNASQWERPSGNSSSGGKNGQGEPARVRCSHLLVKHSQS"

OLD_TEXT = """\
ID   TOY_HUMAN      STANDARD;      PRT;    12 AA.
AC   P12345;
FT   ACT_SITE      5      5       Proton donor (By
FT                                similarity).
FT   DISULFID      3      9
FT   DOMAIN       <1     >8       Toy.
FT   SITE          ?      4
SQ   SEQUENCE   12 AA;  1 MW;  0000000000000000 CRC64;
     MKTAYIAKQR QI
//
"""

JSON = {
    "primaryAccession": "P12345",
    "secondaryAccessions": ["Q00001"],
    "uniProtkbId": "TOY_HUMAN",
    "features": [
        {
            "type": "Binding site",
            "location": {
                "start": {"value": 7, "modifier": "EXACT"},
                "end": {"value": 9, "modifier": "EXACT"},
            },
            "description": "",
            "ligand": {"name": "ATP", "id": "ChEBI:CHEBI:30616"},
        },
        {
            "type": "Disulfide bond",
            "location": {
                "start": {"value": 3, "modifier": "EXACT"},
                "end": {"value": 18, "modifier": "EXACT"},
            },
        },
        {
            "type": "Signal",
            "location": {
                "start": {"value": 1, "modifier": "EXACT"},
                "end": {"value": None, "modifier": "UNKNOWN"},
            },
        },
        {
            "type": "Alternative sequence",
            "location": {"sequence": "P12345-2", "start": {"value": 1}, "end": {"value": 4}},
        },
    ],
    "sequence": {"value": SEQUENCE, "length": len(SEQUENCE)},
}

GFF = """\
##gff-version 3
##sequence-region P12345 1 70
P12345\tUniProtKB\tBinding site\t7\t9\t.\t.\t.\tLigand=ATP;Note=with a comma%2C here\t
P12345\tUniProtKB\tModified residue\t14\t14\t.\t.\t.\tNote=Phosphoserine;Ontology_term=ECO:1\t
P12345\tUniProtKB\tSignal peptide\t1\t?\t.\t.\t.\t.\t
"""


def residues(found, name):
    return next([int(k) for k in item.residues] for item in found if item.name == name)


def test_text_of_today():
    (entry,) = parse_uniprot(uniprot_text(SEQUENCE), "toy.txt")
    assert (
        entry.accessions == ("P12345", "Q00001") and entry.name == "TOY_HUMAN" and entry.sequence == SEQUENCE
    )
    shown = [(item.name, item.begin, item.end, item.description) for item in entry.features]
    assert shown == [
        ("initiator_methionine", 1, 1, "Removed"),
        ("chain", 2, 70, "Toy protein"),
        ("active_site", 5, 5, "Proton donor"),
        ("binding_site", 7, 9, "ATP"),
        ("binding_site", 12, 12, "Mg(2+), catalytic; shared with dimeric partner"),
        ("modified_residue", 14, 14, "Phosphoserine"),
        ("disulfide_bond", 3, 18, ""),
        ("transmembrane", 20, 24, "Helical"),
    ]
    assert entry.notes == (
        "1 features of other isoforms are left out",
        "1 features without a known position are left out",
    )


def test_text_of_before_2019():
    (entry,) = parse_uniprot(OLD_TEXT, "old.txt")
    shown = [(item.name, item.begin, item.end, item.description) for item in entry.features]
    assert shown == [
        ("active_site", 5, 5, "Proton donor (By similarity)"),
        ("disulfide_bond", 3, 9, ""),
        ("domain", 1, 8, "Toy"),
    ]
    assert entry.notes == ("1 features without a known position are left out",)


def test_json_of_one_entry_and_of_a_search():
    (entry,) = parse_uniprot(json.dumps(JSON), "toy.json")
    assert entry.label == "P12345 TOY_HUMAN" and entry.sequence == SEQUENCE
    assert [(item.name, item.begin, item.end) for item in entry.features] == [
        ("binding_site", 7, 9), ("disulfide_bond", 3, 18),
    ]  # fmt: skip
    assert len(entry.notes) == 2
    (again,) = parse_uniprot(json.dumps({"results": [JSON]}), "search.json")
    assert again == entry


def test_gff_with_and_without_sequence():
    (entry,) = parse_uniprot(GFF, "toy.gff")
    assert [(item.name, item.begin, item.end, item.description) for item in entry.features] == [
        ("binding_site", 7, 9, "ATP, with a comma, here"), ("modified_residue", 14, 14, "Phosphoserine"),
    ]  # fmt: skip
    assert not entry.sequence and len(entry.notes) == 1
    (entry,) = parse_uniprot(
        f"{GFF}##FASTA\n>sp|P12345|TOY_HUMAN Toy\n{SEQUENCE[:40]}\n{SEQUENCE[40:]}\n", "toy.gff"
    )
    assert entry.sequence == SEQUENCE


@pytest.mark.parametrize(
    "text", ["", "hello", "{", '{"a": 1}', "ID   TOY\nSQ   \n//\n", "##gff-version 3\nP1\tUniProtKB\n"]
)
def test_files_that_are_not_from_uniprot(text):
    with pytest.raises(InputError) as error:
        parse_uniprot(text, "bad.txt")
    assert three_parts(error.value) and "bad.txt" in str(error.value)


def test_missing_file(tmp_path):
    with pytest.raises(InputError) as error:
        load_uniprot(tmp_path / "none.txt")
    assert three_parts(error.value)


def test_features_by_alignment_with_a_gap_and_a_tag():
    """Residues 2 to 60 of the entry, 28 to 33 not resolved, behind a tag of three, numbered from 101."""
    kept = [*range(1, 27), *range(33, 60)]
    letters = "GSH" + "".join(SEQUENCE[k] for k in kept)
    ids = [ResidueId("A", 98 + k) for k in range(3)] + [ResidueId("A", 100 + k) for k in kept]
    coords = np.zeros((len(letters), 3))
    coords[:, 0] = [3.8 * residue.number for residue in ids]
    chain = make_chain(letters, coords, ids=ids)
    (entry,) = parse_uniprot(uniprot_text(SEQUENCE), "toy.txt")
    mapped = map_to_uniprot(chain, entry)
    assert mapped.positions.tolist() == [0, 0, 0, *(k + 1 for k in kept)]
    assert mapped.identity == 1.0 and "alignment" in mapped.method and "100.0%" in mapped.method
    found = compute_uniprot_features(chain, entry)
    numbers = {item.name: [chain.residue_ids[k].number - 99 for k in item.residues] for item in found}
    assert numbers["uniprot:active_site"] == [5] and numbers["uniprot:binding_site"] == [7, 8, 9, 12]
    assert numbers["uniprot:disulfide_bond"] == [3, 18] and numbers["uniprot:transmembrane"] == [
        20,
        21,
        22,
        23,
        24,
    ]
    assert numbers["uniprot:ptm"] == [3, 14, 18]
    assert "uniprot:initiator_methionine" not in numbers
    assert found[0].valid.tolist() == [False] * 3 + [True] * len(kept)
    assert any("3 of 56 residues are not in P12345 TOY_HUMAN" in note for note in found[0].notes)


def test_mutations_count_and_modified_residues_are_their_parents():
    letters = SEQUENCE[:50]
    mutant = letters[:4] + "W" + letters[5:9] + "W" + letters[10:]
    (entry,) = parse_uniprot(uniprot_text(SEQUENCE), "toy.txt")
    assert map_to_uniprot(make_chain(mutant), entry).identity == pytest.approx(48 / 50)
    names = list(make_chain(letters).residue_names)
    names[13 - 1] = "SEP"
    chain = make_chain(letters, names=names)
    assert chain.sequence[12] == "S" and map_to_uniprot(chain, entry).identity == 1.0


def test_another_protein_is_refused_with_its_identity():
    (entry,) = parse_uniprot(uniprot_text(SEQUENCE), "toy.txt")
    with pytest.raises(InputError) as error:
        compute_uniprot_features(make_chain(OTHER), entry)
    assert three_parts(error.value)
    assert (
        "another protein" in error.value.got
        and "identity of" in error.value.got
        and "P12345" in error.value.got
    )
    assert "90%" in error.value.need


def test_real_chains_are_not_taken_for_other_proteins(load):
    """Placements by chance: none of 132 pairs of unrelated chains passes."""
    names = ("1crn", "1rx1", "4hhb", "1het", "1ake", "3eiy", "1lol", "2igd", "1a8o", "1orc", "7taa", "1n7g")
    chains = [load(f"pdb/{name}.pdb.gz")[0].chain for name in names]
    for chain in chains:
        for other in chains:
            entry = UniProtEntry(("P00001",), "", other.sequence, ())
            if other is chain:
                assert map_to_uniprot(chain, entry).identity == 1.0
            else:
                with pytest.raises(InputError):
                    map_to_uniprot(chain, entry)


def test_limit_can_be_lowered_and_is_checked():
    (entry,) = parse_uniprot(uniprot_text(SEQUENCE), "toy.txt")
    letters = "".join("A" if k % 5 == 0 else letter for k, letter in enumerate(SEQUENCE))
    with pytest.raises(InputError) as error:
        map_to_uniprot(make_chain(letters), entry)
    assert "identity" in str(error.value)
    assert map_to_uniprot(make_chain(letters), entry, min_identity=0.5).identity > 0.7
    with pytest.raises(InputError):
        map_to_uniprot(make_chain(SEQUENCE), entry, min_identity=90)


def reference(first, last, begin, accession="P12345"):
    end = begin + last - first
    return SequenceReference("A", "UNP", accession, ResidueId("A", first), ResidueId("A", last), begin, end)


def test_numbering_of_the_file_places_what_alignment_could_not():
    """A repeat: only the file knows which of the two it is."""
    repeat = "LEEKLKALEEKLKA"
    entry = UniProtEntry(("P12345",), "", repeat + repeat, parse_uniprot(GFF, "toy.gff")[0].features)
    chain = make_chain(repeat)
    records = StructureRecords("toy.pdb", references=(reference(1, 14, 15),))
    mapped = map_to_uniprot(chain, entry, records)
    assert (
        mapped.positions.tolist() == list(range(15, 29))
        and "numbering of the structure file" in mapped.method
    )


def test_gff_needs_the_numbering_of_the_file():
    (entry,) = parse_uniprot(GFF, "toy.gff")
    chain = make_chain(SEQUENCE[2:30])
    with pytest.raises(InputError) as error:
        compute_uniprot_features(chain, entry)
    assert three_parts(error.value) and "without its sequence" in str(error.value)
    records = StructureRecords("toy.pdb", references=(reference(1, 28, 3),))
    found = compute_uniprot_features(chain, entry, records)
    assert residues(found, "uniprot:binding_site") == [4, 5, 6]
    assert "its sequence is not in the file" in found[0].method
    other = StructureRecords("toy.pdb", references=(reference(1, 28, 3, "P99999"),))
    with pytest.raises(InputError):
        compute_uniprot_features(chain, entry, other)


def test_numbering_that_disagrees_is_not_believed():
    """Somebody renumbered the chain: the file's numbers put it elsewhere, the alignment does not."""
    (entry,) = parse_uniprot(uniprot_text(SEQUENCE), "toy.txt")
    chain = make_chain(SEQUENCE[:40], first=11)
    records = StructureRecords("toy.pdb", references=(reference(1, 60, 1),))
    mapped = map_to_uniprot(chain, entry, records)
    assert mapped.positions.tolist() == list(range(1, 41)) and "alignment" in mapped.method


def test_insertion_codes_make_the_numbering_of_a_pdb_file_useless():
    ids = [ResidueId("A", 1 + k) for k in range(20)] + [ResidueId("A", 20, "A")]
    chain = make_chain(SEQUENCE[:21], ids=[*ids[:20], ids[20]])
    (entry,) = parse_uniprot(GFF, "toy.gff")
    records = StructureRecords("toy.pdb", references=(reference(1, 20, 1),))
    with pytest.raises(InputError):
        map_to_uniprot(chain, entry, records)
    (entry,) = parse_uniprot(uniprot_text(SEQUENCE), "toy.txt")
    assert map_to_uniprot(chain, entry, records).positions.tolist() == list(range(1, 22))


def test_numbering_of_mmcif_by_place_in_the_polymer():
    ids = [ResidueId("A", 60, code) for code in ("", "A", "B", "C")] + [
        ResidueId("A", 70 + k) for k in range(36)
    ]
    chain = make_chain(SEQUENCE[4:44], ids=ids)
    records = StructureRecords(
        "toy.cif",
        references=(SequenceReference("A", "UNP", "P12345", ids[0], ids[-1], 5, 44, 3, 42),),
        seq_ids={residue: k + 3 for k, residue in enumerate(ids)},
    )
    (entry,) = parse_uniprot(uniprot_text(SEQUENCE), "toy.txt")
    mapped = map_to_uniprot(chain, entry, records)
    assert mapped.positions.tolist() == list(range(5, 45)) and "numbering" in mapped.method


def test_file_and_alignment_agree_on_real_structures(load, structures):
    """Against the stretch of the UniProt sequence that mmCIF files quote."""
    n_residues = 0
    for name in ("4hhb", "1ake", "1rx1", "1u19", "2w83", "1a4w", "5ugo", "3pqr", "1g50"):
        path = structures / "mmcif" / f"{name}.cif.gz"
        if not path.is_file():
            continue
        items = ("db_name", "pdbx_db_accession", "pdbx_align_begin", "pdbx_seq_one_letter_code")
        table = read_cif(load_structure_text(path)[0], name)[0].columns("_struct_ref", items)
        for database, accession, begin, code in zip(*table.values(), strict=True):
            sequence = "X" * (int(begin or 1) - 1) + "".join(code.split())
            if database != "UNP" or not sequence.isalpha():
                continue
            entry = UniProtEntry((accession,), "", sequence, ())
            for subject in load(f"mmcif/{name}.cif.gz"):
                ours = {
                    item.accession
                    for item in subject.records.references
                    if item.chain_id == subject.chain.chain_id
                }
                if accession not in ours or subject.chain.n_residues < 30:
                    continue
                by_file = map_to_uniprot(subject.chain, entry, subject.records)
                assert "numbering of the structure file" in by_file.method
                aligned = map_to_uniprot(subject.chain, entry)
                both = (by_file.positions > 0) & (aligned.positions > 0)
                assert np.array_equal(by_file.positions[both], aligned.positions[both])
                n_residues += int(both.sum())
    check_count(n_residues, 2000, at_least=True)


def test_as_a_command_gives_it(tmp_path):
    path = tmp_path / "P12345.txt"
    path.write_text(uniprot_text(SEQUENCE) + uniprot_text(OTHER).replace("P12345; Q00001", "P67890"))
    subject = Subject(make_chain(SEQUENCE))
    with pytest.raises(InputError) as error:
        compute_annotations("uniprot", subject, file=str(path))
    assert "2 entries" in str(error.value) and "accession=" in str(error.value)
    found = compute_annotations("uniprot:binding_site", subject, file=str(path), accession="p12345")
    assert [item.name for item in found] == ["uniprot:binding_site"]
    assert "P12345.txt" in found[0].source and "Described as: ATP" in found[0].notes[-1]
    records = StructureRecords("toy.pdb", references=(reference(1, 70, 1, "P67890"),))
    chosen = compute_annotations("uniprot", Subject(make_chain(OTHER), records=records), file=str(path))
    assert "P67890" in chosen[0].source
    with pytest.raises(InputError):
        compute_annotations("uniprot", subject)
    with pytest.raises(InputError) as error:
        compute_annotations("uniprot:lipidation", subject, file=str(path), accession="P12345")
    assert "uniprot:active_site" in str(error.value)


def test_entry_without_a_feature_on_the_chain():
    entry = UniProtEntry(("P12345",), "", SEQUENCE, ())
    with pytest.raises(InputError) as error:
        compute_uniprot_features(make_chain(SEQUENCE), entry)
    assert three_parts(error.value)
