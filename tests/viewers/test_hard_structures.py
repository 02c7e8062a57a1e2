"""Structures that no shared file has: many chains, long chains, shared ids, odd residues, symmetry mates."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from provis_core.structures.chain import Chain, SelectedChain
from provis_core.structures.files.chains import load_chains
from provis_core.structures.sequence import compute_sequence_map
from tests.data import find_structure
from tests.structures.files import THREE
from tests.tiny_checkpoints import HIV_PROTEASE

from .drawings import list_selected
from .structures import at, change, drop, find_1hpv, keep, protein, read_1hpv, repeat, to_mmcif

NAMES = [THREE[letter] for letter in HIV_PROTEASE]
D_NAMES = {"ALA": "DAL", "LEU": "DLE", "VAL": "DVA", "PRO": "DPR", "THR": "DTH", "GLN": "DGN"}
Read = Callable[..., list[Chain]]


@pytest.fixture
def read(cmd: Any) -> Read:
    """The chains of a selection."""
    from plugin.viewers.pymol_chains import read_chains

    def read_all(selection: str = "all") -> list[Chain]:
        selected, problems = read_chains(cmd, selection)
        assert problems == []
        return [one.chain for one in selected]

    return read_all


def short(n_residues: int = 30) -> list[str]:
    return keep(protein(read_1hpv()), at(*range(1, n_residues + 1)))


def assert_same(mine: Chain, other: Chain) -> None:
    """Residues, letters and places, and what the model would see."""
    assert [residue.resi for residue in mine.residue_ids] == [residue.resi for residue in other.residue_ids]
    assert mine.residue_names == other.residue_names
    np.testing.assert_allclose(mine.ca_coords, other.ca_coords, atol=2e-3)
    maps = [compute_sequence_map(chain, "auto") for chain in (mine, other)]
    assert maps[0].sequence == maps[1].sequence
    np.testing.assert_array_equal(maps[0].residue_index, maps[1].residue_index)


# -- many chains, and ids that several of them share


def test_an_assembly_of_seventy_chains(cmd: Any, attn: Callable[..., Any], worker: Any) -> None:
    ids = [*"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", *(f"A{k}" for k in range(8))]
    # label ids are upper case, author ids are not
    asyms = [f"X{k}" for k in range(70)]
    parts = [(asym, 1, change(short(12), shift=(25.0 * k, 0, 0))) for k, asym in enumerate(asyms)]
    text = to_mmcif(parts, {1: NAMES[:12]}, chains=dict(zip(asyms, ids, strict=True)))
    cmd.load_raw(text, "cif", "capsid", 0, zoom=0)
    assert len(cmd.get_chains("capsid")) == 70
    drawn = attn("capsid", min_attn=0.01, wait=1)
    assert [one.chain.chain_id for one in drawn] == ids
    names = [one.name for one in drawn]
    assert len({name.lower() for name in names}) == 70
    assert set(names) <= set(cmd.get_names("objects"))
    assert len({one.sequence_map.sequence for one in drawn}) == 1
    for k, one in enumerate(drawn):
        assert one.chain.ca_coords[0, 0] == pytest.approx(drawn[0].chain.ca_coords[0, 0] + 25 * k, abs=1e-2)
    (alone,) = attn("capsid and chain A7", min_attn=0.01)
    assert alone.name == names[-1]


def test_two_chains_of_an_mmcif_file_that_have_one_author_id(
    cmd: Any, attn: Callable[..., Any], read: Read
) -> None:
    second = change(short(), lambda line: True, number=lambda number: number + 100, shift=(40, 0, 0))
    text = to_mmcif([("A", 1, short()), ("B", 1, second)], {1: NAMES[:30]}, lambda number: number % 100)
    cmd.load_raw(text, "cif", "pair", 0, zoom=0)
    assert cmd.get_chains("pair") == ["A"]
    labels = ["pair chain A segment A", "pair chain A segment B"]
    assert [chain.label for chain in read()] == labels
    drawn = attn("pair", min_attn=0.01, top=0, sele="ends")
    assert [one.name for one in drawn] == ["provis_pair_A_A_12-4", "provis_pair_A_B_12-4"]
    assert drawn[1].chain.residue_label(0) == "B/A/PRO101"
    assert drawn[0].edges.n_edges == drawn[1].edges.n_edges > 0
    assert {(segi, int(resi) > 100) for _, segi, _, resi in list_selected(cmd, "ends")} == {
        ("A", False),
        ("B", True),
    }
    (alone,) = attn("pair and segi B", min_attn=0.01)
    assert (alone.name, alone.chain.label) == ("provis_pair_A_B_12-4", labels[1])


def test_symmetry_mates(cmd: Any, attn: Callable[..., Any], worker: Any) -> None:
    cmd.load(str(find_1hpv()), "1hpv")
    cmd.symexp("mate", "1hpv", "1hpv", 4)
    objects = cmd.get_object_list("all")
    assert len(objects) > 3  # else this test shows nothing
    job = attn("polymer", wait=0)
    assert len(job.futures) == 1  # one sequence in all of them
    drawn = attn("polymer")
    assert len({one.name.lower() for one in drawn}) == len(drawn) == 2 * len(objects)
    places = {tuple(np.round(one.chain.ca_coords[0], 1).tolist()) for one in drawn}
    assert len(places) == len(drawn)


def test_chains_of_two_objects_with_the_same_id(show: Callable[..., str], read: Read) -> None:
    show(short(), "one")
    show(change(short(20), shift=(5, 0, 0)), "two")
    chains = read("chain A")
    assert [(chain.label, chain.n_residues) for chain in chains] == [("one chain A", 30), ("two chain A", 20)]


def test_a_chain_without_id(show: Callable[..., str], attn: Callable[..., Any]) -> None:
    show(change(short(), chain=" "))
    (drawn,) = attn("toy", min_attn=0.01)
    assert (drawn.chain.label, drawn.name) == ("toy chain without id", "provis_toy_nochain_12-4")
    assert drawn.chain.residue_label(0) == "/PRO1"


def test_an_assembly_in_states(cmd: Any, show: Callable[..., str], read: Read) -> None:
    for k in range(2):
        cmd.read_pdbstr("\n".join(change(short(), shift=(50 * k, 0, 0))), "unit", state=k + 1, zoom=0)
    cmd.split_states("unit", prefix="copy")
    chains = read("copy*")
    assert [chain.object_name for chain in chains] == ["copy0001", "copy0002"]
    assert chains[1].ca_coords[0, 0] - chains[0].ca_coords[0, 0] == pytest.approx(50, abs=1e-2)
    assert chains[1].label == "copy0002 chain A"


def test_an_assembly_that_shows_all_its_states(
    cmd: Any, attn: Callable[..., Any], read: Read, refuse: Callable[..., Any]
) -> None:
    """As PyMOL makes one of an mmCIF file: the first state has some of the chains, the second has others."""
    cmd.read_pdbstr("\n".join(short()), "unit", state=1, zoom=0)
    cmd.read_pdbstr("\n".join(change(short(20), chain="B", shift=(40, 0, 0))), "unit", state=2, zoom=0)
    cmd.set("all_states", 1, "unit")
    labels = ["unit chain A state 1 of 2", "unit chain B state 2 of 2"]
    assert [chain.label for chain in read()] == labels
    drawn = attn("unit", min_attn=0.01)
    assert [one.chain.label for one in drawn] == labels
    assert all(one.edges.n_edges for one in drawn)
    cmd.set("all_states", 0, "unit")
    assert [chain.label for chain in read()] == labels[:1]
    refuse(lambda: attn("chain B"), "The selection 'chain B' holds no protein in the shown state")


# -- long chains


@pytest.mark.parametrize("n_copies", [11, 43], ids=["1089 residues", "4257 residues"])
@pytest.mark.parametrize("file_format", ["pdb", "cif"])
def test_long_chains(cmd: Any, read: Read, tmp_path: Path, n_copies: int, file_format: str) -> None:
    pytest.importorskip("Bio", reason="mmCIF files are read with Biopython")
    lines = repeat(protein(read_1hpv()), n_copies)
    resolved = drop(lines, lambda line: int(line[22:26]) % 50 < 5)
    if file_format == "cif":
        text = to_mmcif([("A", 1, resolved)], {1: NAMES * n_copies})
    else:
        text = "\n".join([*resolved, "END", ""])
    path = tmp_path / f"long.{file_format}"
    path.write_text(text)
    cmd.load(str(path), "long", zoom=0)
    (chain,) = read()
    n_residues = 99 * n_copies
    numbers = [number for number in range(1, n_residues + 1) if number % 50 >= 5]
    assert [residue.number for residue in chain.residue_ids] == numbers
    assert_same(chain, load_chains(path)[0])
    found = compute_sequence_map(chain, "auto")
    whole = HIV_PROTEASE * n_copies
    if file_format == "cif":
        assert (found.sequence, found.n_unresolved) == (whole, n_residues - len(numbers))
        assert np.flatnonzero(found.residue_index >= 0).tolist() == [number - 1 for number in numbers]
    else:
        assert found.sequence == "".join(whole[number - 1] for number in numbers)
        given = compute_sequence_map(chain, seqres=whole)
        assert np.flatnonzero(given.residue_index >= 0).tolist() == [number - 1 for number in numbers]


# -- odd residues


def test_d_residues_read_as_their_mirror_images(cmd: Any, read: Read, show: Callable[..., str]) -> None:
    lines = short()
    for name, other in D_NAMES.items():
        lines = change(lines, lambda line, name=name: line[17:20] == name, record="HETATM", resn=other)
    show(lines)
    (chain,) = read()
    assert compute_sequence_map(chain).sequence == HIV_PROTEASE[:30]
    assert set(D_NAMES.values()) <= set(chain.residue_names)
    assert np.isfinite(chain.ca_coords).all()


def test_microheterogeneity_in_an_mmcif_file(cmd: Any, read: Read, tmp_path: Path) -> None:
    pytest.importorskip("Bio", reason="mmCIF files are read with Biopython")
    lines = drop(short(), at(12))
    main = change(keep(short(), at(12)), alt="A", occupancy=0.4)
    other = change(keep(short(), at(12)), alt="B", occupancy=0.6, resn="VAL", shift=(0.5, 0, 0))
    start = next(k for k, line in enumerate(lines) if int(line[22:26]) > 12)
    path = tmp_path / "toy.cif"
    path.write_text(to_mmcif([("A", 1, [*lines[:start], *main, *other, *lines[start:]])], {1: NAMES[:30]}))
    cmd.load(str(path), "toy", zoom=0)
    (chain,) = read()
    assert (chain.n_residues, chain.residue_names[11]) == (30, "VAL")
    assert_same(chain, load_chains(path)[0])
    assert compute_sequence_map(chain, "full").sequence[10:13] == "VVI"


def test_unknown_residues_among_known_ones(show: Callable[..., str], read: Read) -> None:
    show(change(short(), at(5, 6, 30), resn="UNK"))
    (chain,) = read()
    assert chain.sequence == HIV_PROTEASE[:4] + "XX" + HIV_PROTEASE[6:29] + "X"


def test_protein_and_nucleic_acid_in_one_chain(show: Callable[..., str], read: Read) -> None:
    atoms = [" P  ", " O5'", " C5'", " C4'", " C3'", " O3'", " C1'", " N9 "]
    donors = protein(read_1hpv("B"))[: len(atoms)]
    base = [change([line], name=name)[0] for line, name in zip(donors, atoms, strict=True)]
    bases = [
        line
        for k in range(4)
        for line in change(base, chain="A", number=200 + k, resn=" DA", shift=(60, 7.0 * k, 0))
    ]
    show([*short(), *bases])
    (chain,) = read()
    assert chain.sequence == HIV_PROTEASE[:30]
    show([*bases, *short()], "turned")
    (chain,) = read("turned")
    assert chain.sequence == HIV_PROTEASE[:30]


def test_a_modified_last_residue_goes_on_from_the_chain_and_a_ligand_does_not(
    show: Callable[..., str], read: Read
) -> None:
    lines = short()
    names = {" N  ": " N1 ", " C  ": " C1 ", " O  ": " O1 "}
    last = change(keep(lines, at(30)), record="HETATM", resn="QQQ")
    last = [line[:12] + names.get(line[12:16], line[12:16]) + line[16:] for line in last]
    show([*drop(lines, at(30)), *last])
    (chain,) = read()
    assert (chain.n_residues, chain.residue_names[-1], chain.sequence[-2:]) == (30, "QQQ", "DX")
    show([*drop(lines, at(30)), *change(last, shift=(30, 0, 0))], "apart")
    (chain,) = read("apart")
    assert (chain.n_residues, chain.residue_names[-1]) == (29, "ASP")


def test_what_an_mmcif_file_counts_in_the_protein_is_in_it(cmd: Any, read: Read, tmp_path: Path) -> None:
    pytest.importorskip("Bio", reason="mmCIF files are read with Biopython")
    lines = short()
    # groups at both ends without any atom of a usual backbone
    ends = [
        change([line], record="HETATM", name=f" X{k} ", resn="QQQ")[0]
        for k, line in enumerate(keep(lines, at(1)))
    ]
    text = to_mmcif([("A", 1, [*ends, *drop(lines, at(1))])], {1: ["QQQ", *NAMES[1:30]]})
    path = tmp_path / "toy.cif"
    path.write_text(text)
    cmd.load(str(path), "toy", zoom=0)
    (chain,) = read()
    (other,) = load_chains(path)
    assert chain.residue_names == other.residue_names
    assert chain.residue_names[:2] == ("QQQ", "GLN")
    np.testing.assert_allclose(chain.ca_coords, other.ca_coords, atol=2e-3)
    assert np.isnan(chain.ca_coords[0]).all()


def test_an_alphafold_model(cmd: Any, read: Read) -> None:
    pytest.importorskip("Bio", reason="mmCIF files are read with Biopython")
    path = find_structure("mmcif/AF-V9WDR2-F1-model_v4.cif.gz")
    cmd.load(str(path), "model", zoom=0)
    (chain,) = read()
    assert_same(chain, load_chains(path)[0])
    found = compute_sequence_map(chain, "auto")
    assert (found.gaps, found.n_unresolved, found.identity) == ("full", 0, 1)


# -- what cannot be used


def test_a_chain_without_any_ca(
    show: Callable[..., str], attn: Callable[..., Any], refuse: Callable[..., Any], capsys: Any
) -> None:
    without = drop(short(), lambda line: line[12:16] == " CA ")
    show(without)
    refuse(lambda: attn("toy"), "toy chain A has no CA atom in any of its 30 residues", "between CA atoms")
    show([*without, *change(short(), chain="B", shift=(40, 0, 0))], "two")
    assert [one.chain.label for one in attn("two")] == ["two chain B"]
    assert "two chain A has no CA atom" in capsys.readouterr().out


@pytest.mark.parametrize("content", ["", "nonsense\n", "ATOM      1  N   PRO A   1"])
@pytest.mark.parametrize("ending", ["pdb", "cif"])
def test_files_that_are_empty_or_damaged(
    cmd: Any, attn: Callable[..., Any], refuse: Callable[..., Any], tmp_path: Path, content: str, ending: str
) -> None:
    import pymol

    path = tmp_path / f"bad.{ending}"
    path.write_text(content)
    try:
        cmd.load(str(path), zoom=0)
    except pymol.CmdException:
        assert cmd.get_object_list("all") in ([], None)
    error = refuse(lambda: attn("bad"), "bad")
    assert "Traceback" not in str(error)
    refuse(lambda: attn(""), "")


def test_a_truncated_file_is_read_as_far_as_it_goes(cmd: Any, read: Read, tmp_path: Path) -> None:
    path = tmp_path / "cut.pdb"
    text = "\n".join(short())
    path.write_text(text[: text.index("ATOM", len(text) // 2) + 40])
    cmd.load(str(path), zoom=0)
    (chain,) = read()
    assert HIV_PROTEASE.startswith(chain.sequence)
    assert 10 < chain.n_residues < 20


def test_selected_parts(cmd: Any, show: Callable[..., str]) -> None:
    """All of a chain, atoms of some residues, and nothing of another chain."""
    from plugin.viewers.pymol_chains import read_chains

    show([*short(), *change(short(20), chain="B", shift=(40, 0, 0))])
    inside = {}
    for selection in (
        "toy",
        "chain A",
        "chain A and resi 2 and name CB",
        "name CB and not chain B",
        "name CA",
    ):
        selected: list[SelectedChain] = read_chains(cmd, selection)[0]
        inside[selection] = {one.chain.chain_id: int(one.inside.sum()) for one in selected}
    n_with_cb = 30 - HIV_PROTEASE[:30].count("G")
    assert inside == {
        "toy": {"A": 30, "B": 20},
        "chain A": {"A": 30},
        "chain A and resi 2 and name CB": {"A": 1},
        "name CB and not chain B": {"A": n_with_cb},
        "name CA": {"A": 30, "B": 20},
    }
