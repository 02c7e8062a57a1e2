"""Secondary structure: PyMOL's codes, DSSP's codes, the program itself, and the records of a file."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys

import numpy as np
import pytest

from provis_core.annotations.annotators import compute_annotations
from provis_core.annotations.annotators._dssp import load_dssp, parse_dssp, run_dssp
from provis_core.annotations.annotators.secondary_structure import (
    compute_secondary_structure,
    read_secondary_structure,
)
from provis_core.errors import InputError, InstallError, StructureError
from provis_core.structures.alignment import align_to_letters
from provis_core.structures.chain import ResidueId
from provis_core.structures.files.chains import load_chains
from provis_core.structures.records import StructureRecords
from provis_core.structures.subject import SecondaryStructure, Subject
from tests.data import SHARED, check_count, find_structure

from ..structures.files import THREE
from .builders import make_chain, three_parts

needs_mkdssp = pytest.mark.skipif(shutil.which("mkdssp") is None, reason="mkdssp is not installed")

STANDARD = frozenset(THREE.values())

TABLE = """\
==== Secondary Structure Definition by the program DSSP, NKI version 4.0 ====
  #  RESIDUE AA STRUCTURE BP1 BP2  ACC
    1    1 A A              0   0   75
    2    2 A A  E     -A   34   0A  21
    3    3 A A  H  > S+     0   0   54
    4        !*             0   0    0
    5    5AA A  T 3  S+     0   0   54
    6   -6 A A  P  > S+     0   0   54
    7    1 B A  G  > S+     0   0   54
"""

MMCIF = """\
data_toy
loop_
_struct_conf.conf_type_id
_struct_conf.beg_auth_asym_id
_struct_conf.beg_auth_seq_id
_struct_conf.pdbx_beg_PDB_ins_code
_struct_conf.end_auth_asym_id
_struct_conf.end_auth_seq_id
_struct_conf.pdbx_end_PDB_ins_code
HELX_RH_AL_P AAA 2 ? AAA 4 ?
STRN AAA 6 ? AAA 7 ?
TURN_TY1_P AAA 8 ? AAA 8 ?
STRN BBB 1 ? BBB 2 ?
"""


def by_name(found):
    return {item.name: "".join("01"[int(value)] for value in item.values) for item in found}


def test_eight_states_are_four_classes():
    chain = make_chain("A" * 10)
    found = compute_secondary_structure(chain, SecondaryStructure(tuple("HGIEBTSP -"), "dssp", "toy"))
    assert by_name(found) == {
        "helix": "1110000000", "strand": "0001100000", "turn": "0000011000", "other": "0000000111",
    }  # fmt: skip
    assert np.sum([item.values for item in found], axis=0).tolist() == [1] * 10


def test_pymol_knows_helix_and_strand():
    chain = make_chain("A" * 5)
    assignment = SecondaryStructure(("H", "S", "", "L", None), "helix_strand", "PyMOL")
    found = compute_secondary_structure(chain, assignment)
    assert by_name(found) == {"helix": "10000", "strand": "01000"}
    assert found[0].valid.tolist() == [True] * 4 + [False] and found[0].source == "PyMOL"
    assert "1 of 5 residues have no assignment" in found[0].notes[0]


@pytest.mark.parametrize("name", ["turn", "other"])
def test_turn_is_refused_where_only_helix_and_strand_are_known(name):
    chain = make_chain("AAA")
    subject = Subject(chain, secondary_structure=SecondaryStructure(("H", "S", ""), "helix_strand", "PyMOL"))
    assert compute_annotations("helix", subject)[0].values.tolist() == [True, False, False]
    with pytest.raises(InputError) as error:
        compute_annotations(name, subject)
    assert three_parts(error.value) and "helix, strand" in error.value.need and "mkdssp" in error.value.do


@pytest.mark.parametrize(
    "assignment",
    [
        SecondaryStructure(("H", "S"), "helix_strand", "toy"),
        SecondaryStructure(("H", "T", ""), "helix_strand", "toy"),
        SecondaryStructure(("H", "X", " "), "dssp", "toy"),
        SecondaryStructure(("H", "E", " "), "stride", "toy"),
    ],
)
def test_bad_codes(assignment):
    with pytest.raises(InputError) as error:
        compute_secondary_structure(make_chain("AAA"), assignment)
    assert three_parts(error.value)


def test_classic_table(tmp_path):
    ids = [ResidueId("A", 1), ResidueId("A", 2), ResidueId("A", 3), ResidueId("A", 4), ResidueId("A", 5, "A")]
    chain = make_chain("AAAAAA", ids=[*ids, ResidueId("A", -6)])
    path = tmp_path / "toy.dssp"
    path.write_text(TABLE)
    found = load_dssp(path, chain)
    assert found.codes == (" ", "E", "H", None, "T", "P") and found.source == "toy.dssp"
    turn = compute_annotations("turn", Subject(chain), file=str(path))[0]
    assert turn.residues.tolist() == [4] and not turn.valid[3]


def test_mmcif_of_long_chain_ids():
    found = parse_dssp(MMCIF, make_chain("A" * 9, chain_id="AAA"), "toy.cif")
    assert found.codes == (" ", "H", "H", "H", " ", "E", "E", "T", " ")


@pytest.mark.parametrize("text", ["hello", TABLE, MMCIF])
def test_output_of_something_else(text):
    with pytest.raises(StructureError) as error:
        parse_dssp(text, make_chain("AAA", chain_id="Z"), "other.dssp")
    assert three_parts(error.value)


def test_records_of_the_file():
    chain = make_chain("A" * 8)
    a = [ResidueId("A", number) for number in range(12)]
    # the second helix ends in a residue that is not resolved, the third is of another chain
    helices = ((a[1], a[2]), (a[7], a[11]), (ResidueId("B", 4), ResidueId("B", 5)))
    records = StructureRecords("toy.pdb", helices=helices, strands=((a[4], a[5]),))
    assert read_secondary_structure(chain, records).codes == ("H", "H", "", "S", "S", "", "H", "H")
    with pytest.raises(InputError) as error:
        read_secondary_structure(chain, StructureRecords("toy.pdb"))
    assert three_parts(error.value)


def test_no_source_at_all():
    for source in ("auto", "viewer", "mkdssp", "file", "stride"):
        with pytest.raises(InputError) as error:
            compute_annotations("helix", Subject(make_chain("AAA")), source=source)
        assert three_parts(error.value)


def test_a_program_that_is_not_there_and_one_that_fails(tmp_path, load):
    subject = load("pdb/1crn.pdb.gz")[0]
    with pytest.raises(InstallError) as error:
        run_dssp(subject.path, subject.chain, program="no-such-mkdssp")
    assert three_parts(error.value)
    broken = tmp_path / "mkdssp"
    broken.write_text(f"#!{sys.executable}\nimport sys\nsys.exit('it is broken')\n")
    broken.chmod(0o755)
    with pytest.raises(StructureError) as error:
        run_dssp(subject.path, subject.chain, program=str(broken))
    assert three_parts(error.value) and "it is broken" in str(error.value)


def test_the_old_command_line(tmp_path, load):
    """mkdssp 3 takes -i and -o."""
    subject = load("pdb/1crn.pdb.gz")[0]
    old = tmp_path / "mkdssp"
    old.write_text(
        f"#!{sys.executable}\nimport sys, pathlib\n"
        "if sys.argv[1:] == ['--version']:\n    print('mkdssp version 3.0.0')\n    sys.exit(0)\n"
        "assert sys.argv[1] == '-i' and sys.argv[3] == '-o'\n"
        f"pathlib.Path(sys.argv[4]).write_text({TABLE!r})\n"
    )
    old.chmod(0o755)
    found = run_dssp(subject.path, subject.chain, program=str(old))
    assert found.codes[:3] == (" ", "E", "H") and found.source == "mkdssp 3.0.0"


@needs_mkdssp
def test_crambin_has_its_two_helices(load):
    """46 residues; helices 7-19 and 23-30, strands 1-4 and 32-35, a last turn of helix at 42-44."""
    subject = load("pdb/1crn.pdb.gz")[0]
    found = {item.name: item for item in compute_annotations("secondary_structure", subject)}
    numbers = {
        name: {subject.chain.residue_ids[k].number for k in item.residues} for name, item in found.items()
    }
    assert set(range(8, 18)) | set(range(23, 30)) <= numbers["helix"] <= set(range(6, 31)) | {42, 43, 44}
    assert {2, 3, 33, 34} <= numbers["strand"] and found["helix"].source.startswith("mkdssp ")
    assert np.sum([item.values for item in found.values()], axis=0).tolist() == [1] * 46


@needs_mkdssp
def test_equal_to_published_three_states(load, structures):
    """FLIP's secondary structure of the same chains, which another version of DSSP made."""
    path = SHARED / "sites" / "flip_secondary_structure" / "ss3.jsonl.gz"
    if not path.is_file():
        pytest.skip(f"no {path}")
    with gzip.open(path, "rt") as file:
        published = {item["id"]: item for item in map(json.loads, file)}
    n_equal = n_compared = 0
    for name in (
        "pdb/1tii.pdb.gz",
        "pdb/1u19.pdb.gz",
        "pdb/3gwiA.pdb.gz",
        "pdb/2w83.pdb.gz",
        "mmcif/2w83.cif.gz",
        "pdb/1ahsA.pdb.gz",
    ):
        for subject in load(name):
            item = published.get(f"{name.split('/')[1][:4]}-{subject.chain.chain_id}")
            if item is None:
                continue
            codes = run_dssp(subject.path, subject.chain).codes
            places = align_to_letters(subject.chain, item["sequence"])
            for code, place in zip(codes, places.tolist(), strict=True):
                if code is not None and place >= 0 and item["mask"][place] == "1":
                    three = {"H": "H", "G": "H", "I": "H", "E": "E", "B": "E"}.get(code, "C")
                    n_equal += three == item["ss3"][place]
                    n_compared += 1
    assert n_compared > 700 and n_equal / n_compared > 0.995


@needs_mkdssp
def test_long_chain_ids_and_chains_without_id(load, tmp_path):
    subject = load("mmcif/7z9t.cif.gz")[0]
    assert len(subject.chain.chain_id) == 3
    long = run_dssp(subject.path, subject.chain)
    assert {"H", "E", "T"} <= set(long.codes)
    with gzip.open(load("pdb/1crn.pdb.gz")[0].path, "rt") as file:
        lines = [f"{line[:21]} {line[22:]}" if line.startswith(("ATOM", "TER")) else line for line in file]
    path = tmp_path / "noid.pdb"
    path.write_text("".join(lines))
    from provis_core.structures.files.subjects import load_subjects

    (blank,) = load_subjects(path)
    (named,) = load("pdb/1crn.pdb.gz")
    assert blank.chain.chain_id == ""
    assert run_dssp(path, blank.chain).codes == run_dssp(named.path, named.chain).codes


@needs_mkdssp
def test_equal_to_mkdssp_on_the_whole_file(structures, tmp_path):
    """Also around modified residues, of which these have MSE, TPO, SEP, PTR, PCA and others.

    Of a whole file with two amino acids in one place (1EN2) mkdssp loses these residues, and we do not.
    """
    n_modified = n_files = 0
    for path in sorted(structures.glob("pdb/*.pdb.gz"), key=lambda path: path.stat().st_size)[:120]:
        with gzip.open(path, "rt", errors="replace") as file:
            text = file.read()
        if not text.startswith("HEADER") or "\nMODRES" not in text:
            continue
        whole, target = tmp_path / "whole.pdb", tmp_path / "whole.dssp"
        whole.write_text(text)
        target.unlink(missing_ok=True)
        command = ["mkdssp", "--output-format", "dssp", str(whole), str(target)]
        if subprocess.run(command, capture_output=True, check=False).returncode or not target.is_file():
            continue  # mkdssp itself fails on it
        n_files += 1
        for chain in load_chains(path):
            expected = parse_dssp(target.read_text(), chain, "whole").codes
            codes = run_dssp(path, chain).codes
            if "MICROHETEROGENEITY" in text:
                assert expected.count(None) > codes.count(None) == 0
                continue
            assert codes == expected, (path.name, chain.chain_id)
            n_modified += sum(
                name not in STANDARD and code is not None
                for name, code in zip(chain.residue_names, expected, strict=True)
            )
    check_count(n_files, 5, at_least=True)
    check_count(n_modified, 10, at_least=True)


@needs_mkdssp
def test_modified_residues_of_a_written_file(tmp_path, load, structures):
    """The same in a file without the rest of its records, and with a chain that has no id."""
    path = find_structure("pdb/1rx1.pdb.gz")
    with gzip.open(path, "rt") as file:
        lines = file.read().splitlines()
    kept = [line for line in lines if line.startswith(("ATOM", "TER")) and line[12:16] != " SD "]
    # methionine 42 as selenomethionine
    changed = [
        f"HETATM{line[6:17]}MSE{line[20:]}" if line[17:20] == "MET" and line[22:26] == "  42" else line
        for line in kept
    ]
    residues = list(dict.fromkeys((line[17:20], line[22:27]) for line in changed if line[:3] != "TER"))
    names = [name for name, _ in residues]
    for chain_id in "A", " ":
        head = [
            f"SEQRES {k // 13 + 1:3d} {chain_id} {len(names):4d}  " + " ".join(names[k : k + 13])
            for k in range(0, len(names), 13)
        ]
        head.append(f"MODRES 1RX1 MSE {chain_id}   42  MET  SELENOMETHIONINE")
        toy = tmp_path / "toy.pdb"
        body = [f"{line[:21]}{chain_id}{line[22:]}" for line in changed]
        toy.write_text("\n".join([*head, "HETNAM     MSE SELENOMETHIONINE", *body, "END", ""]))
        (chain,) = load_chains(toy)
        codes = run_dssp(toy, chain).codes
        (original,) = load("pdb/1rx1.pdb.gz")
        assert chain.residue_names[41] == "MSE" and codes[41] is not None
        assert codes == run_dssp(original.path, original.chain).codes


@needs_mkdssp
def test_records_and_mkdssp_tell_much_the_same(load):
    """HELIX and SHEET were mostly made by DSSP or something like it."""
    (subject,) = load("pdb/1rx1.pdb.gz")
    ours = dict(by_name(compute_annotations("secondary_structure", subject, source="mkdssp")))
    theirs = by_name(compute_annotations("secondary_structure", subject, source="file"))
    for name in ("helix", "strand"):
        same = np.mean([a == b for a, b in zip(ours[name], theirs[name], strict=True)])
        assert same > 0.85


def test_mkdssp_is_not_needed_to_import():
    code = "import provis_core.annotations.annotators as a; print(len(a.known_annotators()))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env={"PATH": ""}
    )
    assert done.returncode == 0 or "No module named" in done.stderr
