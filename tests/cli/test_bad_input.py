"""Bad input: exit status 1, one line with three parts on the standard error, and no file half written."""

from __future__ import annotations

import gzip
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import provis_core
from tests.annotations.builders import uniprot_text
from tests.patience import PATIENCE

Find = Callable[[str], Path]
Write = Callable[..., Path]


@pytest.fixture
def written(tmp_path: Path) -> Write:
    def write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def check(said, *words: str) -> None:
    assert said.status == 1 and said.out == ""
    (line,) = [one for one in said.err.splitlines() if one.startswith("provis: ")]
    assert said.err.splitlines()[-1] == line
    for word in words:
        assert word in line
    assert line.count(". ") >= 2 and "Traceback" not in said.err


def test_files_that_are_no_structures(provis, written: Write, tmp_path: Path) -> None:
    whole = gzip.compress(b"ATOM  " * 10000)
    for command in ("attn", "contacts", "sites"):
        check(provis(command, written("empty.pdb", "")), "empty.pdb begins with nothing")
        check(provis(command, written("half.pdb.gz", whole[:40])), "half.pdb.gz is a damaged gzip file")
        check(provis(command, written("text.pdb", "hello\n")), "text.pdb begins with 'hello'")
        check(provis(command, tmp_path / "none.pdb"), "none.pdb cannot be read")
        check(provis(command, written("head.pdb", "HEADER    PROTEIN\nEND\n")), "no ATOM or HETATM record")


def test_a_chain_that_is_not_there(provis, structure: Find) -> None:
    path = structure("pdb/4hhb.pdb.gz")
    check(provis("contacts", path, "--chain", "a"), "no protein chain 'a'", "A, B, C, D", "Did you mean A?")
    check(provis("attn", path, "--chain", "A,X"), "no protein chain 'X'", "A, B, C, D")


def test_a_chain_without_ca(provis, structure: Find, tmp_path: Path) -> None:
    with gzip.open(structure("pdb/1crn.pdb.gz"), "rt") as file:
        lines = [line for line in file if line[12:16] != " CA "]
    path = tmp_path / "no_ca.pdb"
    path.write_text("".join(lines))
    for command in ("attn", "contacts", "sites"):
        check(provis(command, path), "no_ca.pdb holds no protein chain with CA atoms")


def test_a_model_of_ca_atoms_alone_has_no_sites(provis, structure: Find, tmp_path: Path) -> None:
    with gzip.open(structure("pdb/1crn.pdb.gz"), "rt") as file:
        lines = [line for line in file if line[12:16] == " CA "]
    path = tmp_path / "ca.pdb"
    path.write_text("".join(lines))
    check(provis("sites", path), "not enough atoms")
    assert provis("contacts", path).status == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--by", "contcat"], ["--by contcat", "Did you mean --by contact?"]),
        (["--by", "contact"], ["--by contact", "provis contacts"]),
        (["--by", "site:ligand:XYZ"], ["has no site:ligand:XYZ", "site:ligand:HEM"]),
        (["--option", "radius=far"], ["--distance far", "A number is needed"]),
        (["--option", "radius=99"], ["--distance 99"]),
        (["--option", "radius"], ["--option radius"]),
        (["--option", "colour=red"], ["no option 'colour'"]),
        (["--by", "table"], ["--file"]),
        (["--by", "turn", "--option", "source=file"], ["turn"]),
        (["--state", "0"], ["--state 0"]),
    ],
)
def test_sites_that_cannot_be_told(provis, structure: Find, arguments: list[str], words: list[str]) -> None:
    check(provis("sites", structure("pdb/4hhb.pdb.gz"), *arguments), *words)


def test_a_table_with_unknown_residues_and_an_entry_of_another_protein(
    provis, structure: Find, written: Write
) -> None:
    path = structure("pdb/1crn.pdb.gz")
    table = written("own.csv", "resi,value\n3,1\n47,1\n52A,2\n")
    check(provis("sites", path, "--by", "table", "--option", f"file={table}"), "47 (line 3)", "52A (line 4)")
    entry = written("toy.txt", uniprot_text("MKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQAPILSRV"))
    said = provis("sites", path, "--by", "uniprot", "--option", f"file={entry}")
    check(said, "another protein", "an identity of", "--min-identity")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--min-attn", "3"], ["--min-attn 3", "Try --min-attn 0.1"]),
        (["--top", "-1"], ["--top -1"]),
        (["--min-sep", "0"], ["--min-sep 0"]),
        (["--direction", "up"], ["--direction up"]),
        (["--layer", "99"], ["--layer 99", "12 layers"]),
        (["--head", "0"], ["--head 0"]),
        (["--model", "provis_mimi"], ["provis_mimi", "Did you mean provis_mini?", "provis models"]),
        (["--model", "esm2_35m"], ["esm2_35m", "provis models fetch esm2_35m"]),
        (["--gaps", "some"], ["--gaps some"]),
        (["--seqres", "MKV"], ["seqres of 3 residues", "as --seqres (letters"]),
        (["--chain", "A", "--link"], ["one chain to link"]),
        (["--window", "-3"], ["--window -3"]),
        (["--out", "x.npz"], ["x.npz", "4 chains", "--chain A"]),
        (["--out", "x.xlsx"], ["--out 'x.xlsx'", ".csv"]),
        (["--out", "/nowhere/x.csv"], ["/nowhere"]),
    ],
)
def test_attention_that_cannot_be_computed(
    provis, structure: Find, arguments: list[str], words: list[str]
) -> None:
    check(provis("attn", structure("pdb/4hhb.pdb.gz"), *arguments), *words)


@pytest.mark.parametrize(
    "arguments", [[], ["attn"], ["attn", "x.pdb", "--layer", "four"], ["sites", "x.pdb", "--colour", "red"]]
)
def test_a_command_line_that_is_not_understood(provis, arguments: list[str]) -> None:
    said = provis(*arguments)
    assert said.status == 2 and said.out == ""
    (line,) = said.err.splitlines()
    assert line.startswith("provis") and "--help" in line


def test_a_file_that_cannot_be_written_is_not_half_there(
    provis, structure: Find, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, out = structure("pdb/1crn.pdb.gz"), tmp_path / "out" / "x.csv"
    out.parent.mkdir()
    out.write_text("what was there\n")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    check(provis("contacts", path, "--quiet", "--out", out), "x.csv cannot be written", "No space left")
    assert [one.name for one in out.parent.iterdir()] == ["x.csv"]
    assert out.read_text() == "what was there\n"


def test_a_folder_in_place_of_a_file(provis, structure: Find, tmp_path: Path) -> None:
    (tmp_path / "x.csv").mkdir()
    check(provis("contacts", structure("pdb/1crn.pdb.gz"), "--out", tmp_path / "x.csv"), "is a folder")


def test_a_reader_that_has_seen_enough(structure: Find) -> None:
    code = "import sys; from provis_core.cli import main; sys.exit(main())"
    arguments = [sys.executable, "-c", code, "contacts", str(structure("pdb/1aon.pdb.gz")), "--quiet"]
    root = Path(provis_core.__file__).parents[1]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=root, text=True)
    assert process.stdout is not None and process.stderr is not None
    assert process.stdout.readline().startswith("residue_1")
    process.stdout.close()
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait(PATIENCE) == 141
