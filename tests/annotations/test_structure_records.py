"""SITE, MODRES, DBREF, HELIX and SHEET of both formats; the CIF reader against Biopython's."""

from __future__ import annotations

import gzip
import sys

import pytest

from provis_core.annotations.annotators.site_records import compute_site_records
from provis_core.errors import InputError, ProvisError, StructureError
from provis_core.structures.chain import ResidueId
from provis_core.structures.components import WATERS
from provis_core.structures.files.chains import read_structure
from provis_core.structures.files.cif import read_cif
from provis_core.structures.files.records import read_block_records, read_header_records
from provis_core.structures.files.text import load_structure_text, object_name
from provis_core.structures.records import SiteRecord, StructureRecords
from tests.data import check_count

from .builders import make_chain, three_parts

PDB = f"""\
REMARK 800 SITE_IDENTIFIER: AC1
REMARK 800 EVIDENCE_CODE: SOFTWARE
REMARK 800 SITE_DESCRIPTION: BINDING SITE FOR RESIDUE GOL A
REMARK 800  301
REMARK 800 SITE_IDENTIFIER: CAT
REMARK 800 SITE_DESCRIPTION: CATALYTIC TRIAD
DBREF  1TOY A    1    20  UNP    P12345   TOY_HUMAN        4     23
DBREF1 1TOY B    1    20  UNP                  A0A024R3B9_HUMAN
DBREF2 1TOY B     {"A0A024R3B9":<22}     {101:>10}  {120:>10}
MODRES 1TOY ASN A    3  ASN  GLYCOSYLATION SITE
MODRES 1TOY SEP A    5A SER  PHOSPHOSERINE
HELIX    1   1 ALA A    2  ALA A    6  1                                   5
SHEET    1   A 2 ALA A   8  ALA A  10  0
SITE     1 AC1  5 ALA A   2  ALA A   4A HOH A 400  ALA B   2
SITE     2 AC1  5 ALA A  -1
SITE     1 CAT  1 ALA A   7
"""

CIF = """\
data_TOY
_struct_ref.id 1
_struct_ref.db_name UNP
_struct_ref_seq.ref_id 1
_struct_ref_seq.pdbx_strand_id A
_struct_ref_seq.seq_align_beg 2
_struct_ref_seq.seq_align_end 21
_struct_ref_seq.pdbx_seq_align_beg_ins_code ?
_struct_ref_seq.pdbx_seq_align_end_ins_code ?
_struct_ref_seq.pdbx_db_accession P12345
_struct_ref_seq.db_align_beg 4
_struct_ref_seq.db_align_end 23
_struct_ref_seq.pdbx_auth_seq_align_beg 1
_struct_ref_seq.pdbx_auth_seq_align_end 20
loop_
_struct_site.id
_struct_site.details
AC1 'BINDING SITE FOR RESIDUE GOL A 301'
CAT
;CATALYTIC
TRIAD
;
loop_
_struct_site_gen.site_id
_struct_site_gen.auth_comp_id
_struct_site_gen.auth_asym_id
_struct_site_gen.auth_seq_id
_struct_site_gen.pdbx_auth_ins_code
AC1 ALA A 2 ?
AC1 ALA A 4 A
AC1 HOH A 400 ?
AC1 ALA B 2 ?
AC1 ALA A -1 ?
CAT ALA A 7 ?
#
loop_
_struct_conf.conf_type_id
_struct_conf.beg_auth_asym_id
_struct_conf.beg_auth_seq_id
_struct_conf.pdbx_beg_PDB_ins_code
_struct_conf.end_auth_asym_id
_struct_conf.end_auth_seq_id
_struct_conf.pdbx_end_PDB_ins_code
HELX_P A 2 ? A 6 ?
TURN_TY1_P A 7 ? A 8 ?
"""


def test_the_same_from_both_formats():
    pdb = read_header_records(PDB.splitlines(), "toy.pdb")
    cif = read_block_records(read_cif(CIF, "toy.cif")[0], "toy.cif")
    a2, a4 = ResidueId("A", 2), ResidueId("A", 4, "A")
    expected = (
        (a2, "ALA"),
        (a4, "ALA"),
        (ResidueId("A", 400), "HOH"),
        (ResidueId("B", 2), "ALA"),
        (ResidueId("A", -1), "ALA"),
    )
    for records in (pdb, cif):
        assert [site.name for site in records.sites] == ["AC1", "CAT"]
        assert records.sites[0].residues == expected
        assert records.sites[0].description == "BINDING SITE FOR RESIDUE GOL A 301"
        assert records.helices == ((a2, ResidueId("A", 6)),)
    assert cif.sites[1].description == "CATALYTIC\nTRIAD"
    assert pdb.strands == ((ResidueId("A", 8), ResidueId("A", 10)),)
    assert [(item.residue, item.name, item.parent, item.details) for item in pdb.modified] == [
        (ResidueId("A", 3), "ASN", "ASN", "GLYCOSYLATION SITE"),
        (ResidueId("A", 5, "A"), "SEP", "SER", "PHOSPHOSERINE"),
    ]


def test_references_of_both_formats():
    short, long = read_header_records(PDB.splitlines(), "toy.pdb").references
    assert (short.database, short.accession, short.database_begin, short.database_end) == (
        "UNP",
        "P12345",
        4,
        23,
    )
    assert (short.begin, short.end) == (ResidueId("A", 1), ResidueId("A", 20))
    assert (long.chain_id, long.accession, long.database_begin, long.database_end) == (
        "B",
        "A0A024R3B9",
        101,
        120,
    )
    (cif,) = read_block_records(read_cif(CIF, "toy.cif")[0], "toy.cif").references
    assert (cif.begin, cif.end) == (short.begin, short.end)
    assert (cif.database_begin, cif.database_end) == (4, 23)
    assert (cif.seq_begin, cif.seq_end) == (2, 21)


def test_sites_on_a_chain():
    chain = make_chain("A" * 10)
    found = compute_site_records(chain, read_header_records(PDB.splitlines(), "toy.pdb"))
    assert [item.name for item in found] == ["site_record", "site_record:AC1", "site_record:CAT"]
    assert found[1].residues.tolist() == [1] and found[2].residues.tolist() == [6]
    assert found[0].residues.tolist() == [6]  # AC1 is for glycerol
    assert "AC1 (GOL)" in found[0].notes[0]
    assert found[1].notes[0] == "BINDING SITE FOR RESIDUE GOL A 301" and "4A, -1" in found[1].notes[1]
    everything = compute_site_records(chain, read_header_records(PDB.splitlines(), "toy.pdb"), additives=())
    assert everything[0].residues.tolist() == [1, 6]


def test_no_sites():
    (found,) = compute_site_records(make_chain("AAA"), StructureRecords("toy"))
    assert not found.values.any() and found.valid.all()
    other = StructureRecords("toy", (SiteRecord("X", "", ((ResidueId("B", 1), "ALA"),)),))
    assert len(compute_site_records(make_chain("AAA"), other)) == 1


def test_sites_equal_the_shared_table(structures, expected_contacts):
    """All members but water, of all chains and of ligands; the table has SITE records of PDB files only."""
    n_sites = 0
    for item in expected_contacts:
        if not item["file"].startswith("pdb"):
            continue
        records = read_structure(structures / item["file"]).records
        found = {
            site.name: {f"{one.chain}:{one.resi}:{name}" for one, name in site.residues if name not in WATERS}
            for site in records.sites
        }
        found = {name: members for name, members in found.items() if members}
        assert found == {name: set(members) for name, members in item["site_records"].items()}, item["file"]
        n_sites += len(found)
    assert n_sites > 500


def test_pdb_and_mmcif_say_the_same(structures):
    """Of the 42 entries that are there in both formats."""
    n_pairs = 0
    for path in sorted(structures.glob("mmcif/*.cif.gz")):
        other = structures / "pdb" / path.name.replace(".cif", ".pdb")
        if not other.is_file():
            continue
        n_pairs += 1
        cif, pdb = read_structure(path).records, read_structure(other).records
        assert {(s.name, frozenset(s.residues)) for s in cif.sites} == {
            (s.name, frozenset(s.residues)) for s in pdb.sites
        }
        assert {(m.residue, m.name, m.parent) for m in cif.modified} == {
            (m.residue, m.name, m.parent) for m in pdb.modified
        }
        assert set(cif.helices) == set(pdb.helices) and set(cif.strands) == set(pdb.strands)
        assert _spans(cif) == _spans(pdb), path.name
    check_count(n_pairs, 42)


def _spans(records):
    return {
        (one.chain_id, one.database, one.accession, one.begin, one.end, one.database_begin, one.database_end)
        for one in records.references
    }


CATEGORIES = (
    "_atom_site", "_struct_site_gen", "_struct_site", "_struct_ref", "_struct_ref_seq",
    "_pdbx_struct_mod_residue", "_struct_conf", "_struct_sheet_range", "_pdbx_poly_seq_scheme",
    "_entity", "_entity_poly", "_entity_poly_seq",
)  # fmt: skip


@pytest.fixture(params=["gemmi", "chempy"])
def parser(request, monkeypatch):
    """Each of the two that `read_cif` knows."""
    pytest.importorskip(request.param, reason="chempy comes with PyMOL")
    if request.param == "chempy":
        monkeypatch.setitem(sys.modules, "gemmi", None)
    return request.param


def test_cif_parsers_equal_biopython(structures, parser):
    """All categories of all files; Biopython does not tell a quoted dot from an unknown value."""
    dictionary = pytest.importorskip("Bio.PDB.MMCIF2Dict", reason="the reference is Biopython's MMCIF2Dict")
    n_values = 0
    paths = sorted(structures.glob("mmcif/*.cif.gz"))
    for path in paths if parser == "gemmi" else paths[::6]:
        with gzip.open(path, "rt") as file:
            text = file.read()
        with gzip.open(path, "rt") as file:
            expected: dict[str, dict[str, list[str]]] = {}
            for key, values in dictionary.MMCIF2Dict(file).items():
                category, _, column = key.partition(".")
                known = ["" if value in {"?", "."} else value for value in values]
                expected.setdefault(category, {})[column] = known
        expected.pop("data_")
        if parser == "chempy":  # it takes _diffrn_radiation.wavelength_id for _diffrn_radiation_wavelength.id
            expected = {category: expected[category] for category in expected.keys() & set(CATEGORIES)}
        (block,) = read_cif(text, path.name)
        (head,) = read_cif(text, path.name, atoms=False)
        for category, table in expected.items():
            found = block.columns(category, table)
            # lines of old files are filled with blanks
            assert _trimmed(found) == _trimmed(table), (path.name, category)
            if category != "_atom_site":
                assert head.columns(category, table) == found
            n_values += sum(map(len, found.values()))
    check_count(n_values, 500_000, at_least=True)


def _trimmed(table):
    return {
        item: [
            "\n".join(line.rstrip() for line in value.split("\n")) if "\n" in value else value
            for value in column
        ]
        for item, column in table.items()
    }


def test_cif_syntax(parser):
    lines = [
        "# hello", "data_x", "loop_", "_A.b", "_a.C", "'it's' \"x # y\"", "? .", ";one", " two", ";", "'.'",
        "_d.e 5", "data_y", "_d.f 6", "",
    ]  # fmt: skip
    first, second = read_cif("\n".join(lines), "toy.cif")
    assert (first.name, second.name) == ("x", "y")
    assert first.columns("_a", ["b", "c", "nothing"]) == {
        "b": ["it's", "", "one\n two"],
        "c": ["x # y", "", "."],
    }
    assert first.columns("_d", ["e", "f"]) == {"e": ["5"]}
    assert second.columns("_D", ["F"]) == {"F": ["6"]}
    assert first.columns("_no_such_table", ["e"]) == {}


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "data_x\nloop_\n_a.b\n_a.c\n1 2 3\n",
        "data_x\n_a.b 1 2\n",
        "data_x\nloop_\n_a.b\n_a.c\n1 2\n3",
    ],
)
def test_damaged_cif(parser, text):
    with pytest.raises(StructureError) as error:
        read_cif(text, "toy.cif")
    assert three_parts(error.value)


@pytest.mark.parametrize("content", [b"", b"hello world\n", b"\x1f\x8b\x08\x00broken"])
def test_files_that_are_no_structure(tmp_path, content):
    path = tmp_path / "bad.pdb"
    path.write_bytes(content)
    with pytest.raises(StructureError) as error:
        load_structure_text(path)
    assert three_parts(error.value) and "bad.pdb" in str(error.value)


def test_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError) as error:
        read_structure(tmp_path / "none.pdb")
    assert three_parts(error.value) and isinstance(error.value, ProvisError)


def test_object_name():
    assert [object_name(name) for name in ("a/1HPV.pdb.gz", "x.cif", "model.v2.ent", "plain")] == [
        "1HPV", "x", "model.v2", "plain",
    ]  # fmt: skip
