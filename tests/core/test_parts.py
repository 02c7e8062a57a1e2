"""What the model sees of the chains of a command: gaps, a given sequence, and chains that are linked."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from provis_core.attention.profile import compute_profile
from provis_core.errors import InputError, StructureError
from provis_core.structures.chain import SelectedChain
from provis_core.structures.given_sequences import read_given
from provis_core.structures.polymer import PolymerSequence
from provis_core.targets.targets import make_targets, read_chain_again
from tests.core.fakes import FakeViewer, make_chain

WHOLE = PolymerSequence(("GLY", "ALA", "CYS", "ASP", "GLU"), "SEQRES", np.array([-1, 0, 1, 2, -1]))


def selected(*chains):
    return [SelectedChain(chain, np.arange(chain.n_residues) > 0) for chain in chains]


def test_the_whole_sequence_is_taken_where_it_is_known():
    known, unknown = make_chain("ACD", polymer=WHOLE), make_chain("EF", "B")
    targets, skipped = make_targets(selected(known, unknown))
    assert [target.sequence_map.sequence for target in targets] == ["GACDE", "EF"]
    assert skipped == []
    targets, skipped = make_targets(selected(known, unknown), "full")
    assert [target.sequence_map.sequence for target in targets] == ["GACDE"]
    assert "nothing tells the whole sequence of toy chain B" in str(skipped[0])
    targets, _ = make_targets(selected(known, unknown), "observed")
    assert [target.sequence_map.sequence for target in targets] == ["ACD", "EF"]
    with pytest.raises(InputError, match="gaps=some"):
        make_targets(selected(known), "some")


def test_every_chain_takes_the_given_sequence_that_fits(tmp_path: Path):
    chains = selected(make_chain("ACDEFGACDD", "A"), make_chain("FFGGEEDDCC", "B"))
    file = tmp_path / "both.fasta"
    file.write_text(">one note\nggFFGGEED\nDCC*\n\n>two\nACDEFGACDDAA\n>three\nAAAAAAAAAAAA\n")
    targets, skipped = make_targets(chains, seqres=str(file))
    assert skipped == []
    assert [target.sequence_map.sequence for target in targets] == ["ACDEFGACDDAA", "GGFFGGEEDDCC"]
    assert [target.sequence_map.n_unresolved for target in targets] == [2, 2]
    assert targets[0].sequence_map.source == "given sequence two"
    targets, skipped = make_targets(chains, seqres="acdefgac dd aa")
    assert [target.chain.chain_id for target in targets] == ["A"]
    assert "The seqres of 12 residues agrees with" in str(skipped[0]) and "toy chain B" in str(skipped[0])
    with pytest.raises(InputError, match="The seqres of 8 residues agrees with"):
        make_targets(chains, seqres="WWWWWWWW")
    file.write_text(">one\nWWWWWWWW\n>two\nYYYYYYYY\n")
    with pytest.raises(InputError, match="None of the 2 sequences of seqres is that of toy chain A"):
        make_targets(chains, seqres=str(file))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("ACDE", "begins with 'ACDE'"),
        ("", "begins with ''"),
        (">one\nAC-DE\n", "The sequence of one in wrong.fasta has gaps"),
        (">one\nAC?DE\n", "has the characters '?'"),
        (f">one\n{'A' * 50_001}\n", "has 50,001 letters"),
        (">one\n>two\nAC\n", "sequence of one in wrong.fasta is empty"),
        (None, "cannot be read"),
    ],
)
def test_what_is_no_sequence(tmp_path: Path, content: str | None, words: str):
    file = tmp_path / "wrong.fasta"
    if content is not None:
        file.write_text(content)
    with pytest.raises(InputError) as caught:
        read_given(str(file))
    assert words in str(caught.value)
    assert caught.value.got and caught.value.need and caught.value.do


def test_the_seqres_of_a_structure_file(tmp_path: Path):
    file = tmp_path / "toy.pdb"
    atom = "ATOM      1  CA  ALA A   1       0.000   0.000   0.000  1.00 20.00           C"
    file.write_text(f"SEQRES   1 A    4  GLY ALA CYS ASP\nSEQRES   1 B    2   DA  DG\n{atom}\n")
    assert read_given(str(file)) == (("toy.pdb chain A", "GACD"),)
    (target,), _ = make_targets(selected(make_chain("ACD")), seqres=str(file))
    assert target.sequence_map.description == (
        "4 residues of the full sequence (given sequence toy.pdb chain A), 1 not resolved"
    )
    file.write_text(f"HEADER\n{atom}\n")
    with pytest.raises(InputError, match=r"toy.pdb lists no protein sequence"):
        read_given(str(file))


def test_fasta_text_and_letters():
    assert read_given(">a b\nAC\nDE\n>c\nFF") == (("a", "ACDE"), ("c", "FF"))
    assert read_given(" ac\tde* ") == (("", "ACDE"),)


def test_linked_chains_are_one_part_and_are_read_again_as_one():
    chains = [make_chain("ACD", "A"), make_chain("EF", "B")]
    targets, skipped = make_targets(selected(*chains), link=True)
    (target,) = targets
    assert skipped == []
    assert target.chain.members == tuple(chains)
    assert target.selected.inside.tolist() == [False, True, True, False, True]
    assert target.sequence_map.sequence == "ACD" + 25 * "G" + "EF"
    assert target.chain.label == "toy chains A + B"
    many, _ = make_targets(selected(*(make_chain("ACD", chain_id) for chain_id in "ABCDEFGHIJ")), link=True)
    assert many[0].chain.label == "toy chains A + B + C + D + E + F + G + H and 2 more"
    models = [replace(chain, n_states=20, state=3) for chain in chains]
    assert make_targets(selected(*models), link=True)[0][0].chain.label == "toy chains A + B state 3 of 20"
    others = [*chains, replace(chains[0], object_name="other"), *models[:1], replace(chains[1], chain_id="")]
    named = [chain.label for chain in others]
    assert make_targets(selected(*others), link=True)[0][0].chain.label == (
        f"{' + '.join(named[:4])} and 1 more"
    )
    viewer = FakeViewer(*chains)
    assert read_chain_again(viewer, target.chain).members == tuple(chains)
    viewer.objects.clear()
    with pytest.raises(StructureError, match="toy was deleted"):
        read_chain_again(viewer, target.chain)
    with pytest.raises(InputError, match="There is one chain to link"):
        make_targets(selected(chains[0]), link=True)


def test_a_linker_has_no_part_in_what_residues_receive_and_give():
    targets, _ = make_targets(selected(make_chain("ACD", "A"), make_chain("EFG", "B")), link=True)
    (target,) = targets
    n = target.sequence_map.n_positions
    weights = np.zeros((n, n), dtype=np.float32)
    weights[0, 1], weights[-1, 1] = 0.25, 0.5  # from both chains
    weights[3:28, 1] = 0.9
    weights[0, 3:28] = 0.01
    profile = compute_profile(None, weights, target.sequence_map, target.chain.n_residues)
    assert profile.received.tolist() == [0, 0.75, 0, 0, 0, 0]
    assert profile.given.tolist() == [0.25, 0, 0, 0, 0, 0.5]


ALIGNED = "TTCCPSIVARSNFNVC----RLPGTPEAICATYTGCIIIPGATCPGDYAN"
PIR = ">P1;crambin\nplant seed protein\n  TTCCPSIVAR SNFNVCRLPG*\n"
GENBANK = """\
LOCUS       X1                 8 aa            linear   PLN 01-JAN-2000
DEFINITION  toy.
ACCESSION   X1
VERSION     X1.1
FEATURES             Location/Qualifiers
ORIGIN
        1 acdefghi
//
"""
SWISS = """\
ID   TOY_HUMAN               Reviewed;           8 AA.
AC   P12345;
DT   01-JAN-2000, integrated into UniProtKB/Swiss-Prot.
DT   01-JAN-2000, sequence version 1.
DT   01-JAN-2000, entry version 1.
DE   RecName: Full=Toy;
OS   Homo sapiens (Human).
OC   Eukaryota.
OX   NCBI_TaxID=9606;
SQ   SEQUENCE   8 AA;  900 MW;  0000000000000000 CRC64;
     ACDEFGHI
//
"""
XML = """\
<?xml version="1.0" encoding="UTF-8"?>
<uniprot xmlns="http://uniprot.org/uniprot">
<entry dataset="Swiss-Prot" created="2000-01-01" modified="2000-01-01" version="1">
<accession>P12345</accession><name>TOY_HUMAN</name>
<protein><recommendedName><fullName>Toy</fullName></recommendedName></protein>
<sequence length="8" mass="900" checksum="0" modified="2000-01-01" version="1">ACDEFGHI</sequence>
</entry></uniprot>
"""


def test_a_row_of_an_alignment_is_no_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for typed in (ALIGNED, ALIGNED.lower(), ALIGNED.replace("-", ".")):
        with pytest.raises(InputError, match=r"has gaps\. A sequence without gaps is needed"):
            read_given(typed)
    with pytest.raises(InputError, match="cannot be read"):
        read_given("my-sequences.fasta")
    # unless there is a file of that name
    monkeypatch.chdir(tmp_path)
    Path("SEQUENCES-OF-TOY").write_text(">one\nACDEF\n")
    assert read_given("SEQUENCES-OF-TOY")[0].letters == "ACDEF"


@pytest.mark.parametrize(
    ("text", "kind", "name", "letters"),
    [
        (PIR, "PIR", "crambin", "TTCCPSIVARSNFNVCRLPG"),
        (GENBANK, "GenBank", "X1.1", "ACDEFGHI"),
        (SWISS, "UniProt text", "P12345", "ACDEFGHI"),
        (XML, "UniProt XML", "P12345", "ACDEFGHI"),
    ],
)
def test_other_formats_by_biopython(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, kind: str, name: str, letters: str
):
    file = tmp_path / "toy.txt"
    file.write_text(text)
    monkeypatch.setitem(sys.modules, "Bio", None)  # as in PyMOL's Python
    with pytest.raises(InputError, match=f"toy.txt is in the format {kind}") as caught:
        read_given(str(file))
    assert "FASTA" in str(caught.value)
    monkeypatch.undo()
    pytest.importorskip("Bio", reason="Biopython reads these formats")
    assert read_given(str(file)) == ((name, letters),)


def test_a_gene_gives_its_proteins(tmp_path: Path):
    pytest.importorskip("Bio", reason="Biopython reads GenBank files")
    file = tmp_path / "toy.gb"
    features = """\
FEATURES             Location/Qualifiers
     CDS             1..12
                     /protein_id="AAA1.1"
                     /translation="ACDE"
"""
    first = f"LOCUS       {'X1':<16}{12:>12} bp    DNA     linear   PLN 01-JAN-2000"
    gene = "\n".join([first, *GENBANK.splitlines()[1:], ""])
    gene = gene.replace("FEATURES             Location/Qualifiers\n", features)
    file.write_text(gene.replace("acdefghi", "gcttgtgatgaa"))
    assert read_given(str(file)) == (("AAA1.1", "ACDE"),)
