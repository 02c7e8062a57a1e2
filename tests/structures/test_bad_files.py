"""What is not a structure: every error has three parts and none is a surprise."""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from provis_core.errors import InputError, ProvisError, StructureError
from provis_core.structures.files.chains import load_chain, load_chains

from .files import entity_tables, mmcif, pdb, peptide, random_letters, seqres

Write = Callable[..., Path]


def check(error: ProvisError) -> str:
    assert error.got
    assert error.need
    assert error.do
    return str(error)


@pytest.mark.parametrize(
    "text", ["", "\n\n", "not a structure\n", '{"a": 1}', "<html></html>", "loop_\n_a.b\n"]
)
def test_files_of_another_kind(written: Write, text: str) -> None:
    with pytest.raises(
        StructureError, match=r"toy\.pdb begins with .*A PDB or mmCIF file is needed"
    ) as caught:
        load_chains(written(text))
    check(caught.value)


def test_files_without_atoms(written: Write) -> None:
    with pytest.raises(StructureError, match=r"toy\.pdb has no ATOM or HETATM record") as caught:
        load_chains(written("HEADER    PROTEIN\nEND\n"))
    check(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "data_x\n",
        "data_x\nloop_\n_atom_site.id\n1\n2\n",
        "data_x\n_cell.a 'no end\n",
        "data_x\nloop_\n",
    ],
)
def test_mmcif_files_without_usable_atoms(written: Write, text: str) -> None:
    with pytest.raises(StructureError, match=r"toy\.cif (is not an mmCIF file|has no ATOM)") as caught:
        load_chains(written(text, "toy.cif"))
    check(caught.value)


def test_paths_that_lead_nowhere(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.pdb", tmp_path):
        with pytest.raises(InputError, match="cannot be read") as caught:
            load_chains(path)
        check(caught.value)


def test_damaged_archives(tmp_path: Path) -> None:
    whole = gzip.compress(pdb(peptide("ACD" * 20)).encode())
    for data in (
        whole[:-20],
        whole[: len(whole) // 2],
        b"\x1f\x8b\x08garbage",
        whole[:30] + b"xxxx" + whole[34:],
    ):
        (tmp_path / "bad.pdb.gz").write_bytes(data)
        with pytest.raises(StructureError, match=r"bad\.pdb\.gz is a damaged gzip file") as caught:
            load_chains(tmp_path / "bad.pdb.gz")
        check(caught.value)


def test_a_damaged_line_is_named(written: Write) -> None:
    lines = peptide("ACD")
    for damaged in (
        lines[4][:40],
        lines[4].replace("   3.8", "  x3.8"),
        lines[4][:22] + "****" + lines[4][26:],
        "ATOM  ",
    ):
        with pytest.raises(StructureError, match=r"Line 5 of toy\.pdb") as caught:
            load_chains(written(pdb(lines[:4], damaged, lines[5:])))
        check(caught.value)


def test_a_wrong_chain_is_answered_with_those_there_are(written: Write) -> None:
    path = written(pdb(peptide("AC", chain="H"), peptide("AC", chain="L"), peptide("AC", chain="1")))
    with pytest.raises(
        StructureError, match=r"no protein chain 'A'. Its protein chains are: H, L, 1"
    ) as caught:
        load_chain(path, "A")
    check(caught.value)


def test_whatever_happens_to_a_file_the_error_is_ours(tmp_path: Path) -> None:
    letters = random_letters(12)
    names = [line[17:20] for line in peptide(letters)[::3]]
    rows = [["ATOM", "CA", name, "A", 1, k, "A", k, "?", ".", 1, 3.8 * k] for k, name in enumerate(names, 1)]
    cif = mmcif(rows, extra=entity_tables({1: ("polypeptide(L)", names)}))
    flat = pdb(seqres(names), peptide(letters))
    chance = random.Random(7)
    path = tmp_path / "broken"
    n_errors = 0
    for text in (cif, flat):
        for _ in range(300):
            data = bytearray(text.encode())
            if chance.random() < 0.3:
                del data[chance.randrange(len(data)) :]
            for _ in range(chance.randrange(4)):
                data[chance.randrange(len(data))] = chance.choice(b"\x00\xff 'A_;#\n9-")
            path.write_bytes(bytes(data))
            try:
                load_chains(path)
            except ProvisError as error:
                n_errors += 1
                check(error)
    assert 50 < n_errors < 600
