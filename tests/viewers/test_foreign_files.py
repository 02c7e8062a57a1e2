"""What other programs write: simulations with their names and numbers, mmCIF of libraries and of PyMOL."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from provis_core.annotations.annotators import compute_annotations
from provis_core.viewers.viewer import Viewer
from tests.tiny_checkpoints import HIV_PROTEASE

from .structures import at, change, drop, keep, protein, read_1hpv, to_mmcif

WATERS = ("SOL", "TIP3", "OPC", "HOH")
IONS = {"NA+": "NA", "CLA": "CLA", "SOD": "SOD", "POT": "POT"}


@pytest.fixture
def viewer(cmd: Any) -> Viewer:
    """PyMOL, as ProVis sees it."""
    from plugin.viewers.pymol_viewer import PymolViewer

    return PymolViewer(cmd)


@pytest.fixture
def frame(show: Callable[..., str]) -> str:
    """A frame without chain ids, in which water and ions count from 1 as the protein does."""
    lines = change(protein(read_1hpv()), chain=" ")
    lines = change(lines, at(69), resn="HIE")
    lines = change(lines, at(67, 95), resn="CYX")
    oxygen = keep(lines, at(1, name="N"))
    for name in WATERS:
        for number in (1, 25, 50):
            lines += change(oxygen, record="HETATM", name=" O  ", resn=f"{name:<4}"[:4], number=number)
    for k, (name, atom) in enumerate(IONS.items()):
        lines += change(oxygen, record="HETATM", name=f"{atom:<4}", resn=f"{name:<4}", number=10 + k)
    # each water and ion somewhere else
    n_protein = len(lines) - 3 * len(WATERS) - len(IONS)
    others = [change([line], shift=(0, 0, 10.0 * k)) for k, line in enumerate(lines[n_protein:], 10)]
    return show([*lines[:n_protein], *(one for line in others for one in line)], "md")


def _others(cmd: Any, selection: str) -> int:
    return int(
        cmd.count_atoms(f"({selection}) and resn {'+'.join([*WATERS, 'NA', 'CLA', 'SOD', 'POT'])}+NA\\+")
    )


def test_water_with_the_numbers_of_residues_is_none(cmd: Any, viewer: Viewer, frame: str) -> None:
    assert _others(cmd, "md") == 3 * len(WATERS) + len(IONS)  # else this test shows nothing
    (selected,) = viewer.read_chains("md")
    chain = selected.chain
    assert chain.sequence == HIV_PROTEASE
    indices = [0, 9, 10, 24, 49]
    name = viewer.select_residues("ends", [(chain, indices)])
    words = viewer.name_residues(chain, indices)
    for selection in (name, words):
        assert cmd.count_atoms(f"({selection}) and name CA and polymer") == len(indices)
        assert _others(cmd, selection) == 0
    rgb = np.full((chain.n_residues, 3), 0.25, dtype=np.float32)
    white = cmd.get_color_index("white")
    cmd.color("white")
    viewer.color_residues(chain, rgb)
    assert cmd.count_atoms("color white") == 3 * len(WATERS) + len(IONS)
    viewer.clear()
    assert cmd.count_atoms("color white") == cmd.count_atoms("all")
    assert white == cmd.get_color_index("white")


def test_water_that_is_selected_marks_no_residue(cmd: Any, viewer: Viewer, frame: str) -> None:
    (selected,) = viewer.read_chains("md")
    cmd.select("picked", "resn SOL+OPC")
    assert not viewer.read_marked(selected.chain).any()
    cmd.select("picked", "resn SOL or (polymer and resi 25 and name CB)")
    assert np.flatnonzero(viewer.read_marked(selected.chain)).tolist() == [24]


def test_secondary_structure_of_a_residue_is_not_that_of_water(cmd: Any, viewer: Viewer, frame: str) -> None:
    cmd.alter("polymer and resi 25+50", "ss='H'")
    (selected,) = viewer.read_chains("md")
    codes = viewer.read_subjects([selected.chain])[0].secondary_structure
    assert codes is not None
    assert [k for k, code in enumerate(codes.codes) if code == "H"] == [24, 49]


def test_water_and_ions_are_known_by_their_atoms(viewer: Viewer, frame: str) -> None:
    (selected,) = viewer.read_chains("md")
    atoms = viewer.read_subjects([selected.chain])[0].atoms
    assert atoms is not None
    kinds = {"protein": 99, "water": 3 * len(WATERS), "ion": len(IONS)}
    assert {kind: atoms.kinds.count(kind) for kind in dict.fromkeys(atoms.kinds)} == kinds


def test_a_ligand_that_a_library_counts_in_the_protein(cmd: Any, viewer: Viewer) -> None:
    """As biotite and others write it: one entity and one label id per author chain."""
    lines = protein(read_1hpv())
    ligand = change(keep(read_1hpv(" "), lambda line: line[17:20] == "478"), chain="A")
    assert len(ligand) == 35
    cmd.load_raw(to_mmcif([("A", 1, [*lines, *ligand])], {}), "cif", "toy", 0, zoom=0)
    custom: set[str] = set()
    cmd.iterate("all", "add(custom)", space={"add": custom.add})
    assert custom == {"1"}  # else this test shows nothing
    (selected,) = viewer.read_chains("all")
    assert selected.chain.sequence == HIV_PROTEASE
    subject = viewer.read_subjects([selected.chain])[0]
    site = compute_annotations("site", subject)[0]
    places = np.array([[float(line[k : k + 8]) for k in (30, 38, 46)] for line in ligand])
    near = set()
    for line in lines:
        apart = places - [float(line[k : k + 8]) for k in (30, 38, 46)]
        if np.linalg.norm(apart, axis=1).min() <= 4:
            near.add(int(line[22:26]))
    assert {int(index) + 1 for index in np.flatnonzero(site.values)} == near
    assert len(near) > 8


def test_all_objects_of_an_mmcif_file(
    cmd: Any, viewer: Viewer, tmp_path: Path, show: Callable[..., str]
) -> None:
    show(protein(read_1hpv()), "one")
    show(keep(protein(read_1hpv("B")), at(*range(1, 31))), "two")
    cmd.save(str(tmp_path / "both.cif"), "all")
    cmd.delete("all")
    cmd.load(str(tmp_path / "both.cif"))
    assert cmd.get_names("objects") == ["one", "two"]
    for selection, expected in {
        "": ["one chain A", "two chain B"],
        "chain B": ["two chain B"],
        "chain A": ["one chain A"],
        "two": ["two chain B"],
    }.items():
        assert [one.chain.label for one in viewer.read_chains(selection)] == expected
    (two,) = viewer.read_chains("two")
    assert viewer.read_again(two.chain).residue_ids == two.chain.residue_ids
    assert len(viewer.read_subjects([two.chain])[0].partners) == 0
    rgb = np.full((30, 3), 0.25, dtype=np.float32)
    assert viewer.clear() == []
    viewer.color_residues(two.chain, rgb)
    assert len(viewer.clear()) == 1


def test_modified_ligands_at_a_side_chain_are_no_residues(cmd: Any, viewer: Viewer) -> None:
    lines = protein(read_1hpv())
    sugar = change(keep(lines, at(34)), record="HETATM", resn="NAG", number=401, shift=(3, 0, 0))
    sugar = change(drop(sugar, at(401, name="CA")), name=" C1 ")
    cmd.load_raw(to_mmcif([("A", 1, [*lines, *sugar[:1]])], {}), "cif", "toy", 0, zoom=0)
    cmd.bond("resi 34 and name CG", "resi 401")
    (selected,) = viewer.read_chains("all")
    assert selected.chain.sequence == HIV_PROTEASE


# -- chains that only TER tells apart


def _two_molecules() -> list[str]:
    """As tleap writes a dimer: no chain ids, numbers go on, each chain ends with a second oxygen."""
    first = change(protein(read_1hpv()), chain=" ")
    carbon, there = (
        np.array([float(line[k : k + 8]) for k in (30, 38, 46)])
        for line in (keep(first, at(99, name="C"))[0], keep(first, at(99, name="O"))[0])
    )
    # on the other side of the carbon than the oxygen
    shift = tuple((2 * (carbon - there)).tolist())
    oxygen = change(keep(first, at(99, name="O")), name=" OXT", shift=shift)
    second = change(first, number=lambda number: number + 99, shift=(30, 0, 0))
    return [*first, *oxygen, "TER", *second]


def test_two_molecules_in_one_chain_are_told_once(
    cmd: Any, viewer: Viewer, show: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    show(_two_molecules())
    viewer.read_chains("all")
    said = capsys.readouterr().out
    assert (
        "toy chain without id holds 2 molecules: one ends and another begins between /PHE99 and /PRO100"
        in said
    )
    viewer.read_chains("all")
    assert capsys.readouterr().out == ""
    command, *_ = said.split("for example: ")[1].split(" (then: sort)")
    cmd.do([command, "sort"])
    capsys.readouterr()
    chains = [one.chain for one in viewer.read_chains("all")]
    assert [(chain.chain_id, chain.sequence) for chain in chains] == [("", HIV_PROTEASE), ("B", HIV_PROTEASE)]
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("told", [True, False])
def test_an_end_without_a_second_oxygen_is_told_by_the_file(
    cmd: Any, viewer: Viewer, tmp_path: Path, capsys: pytest.CaptureFixture[str], told: bool
) -> None:
    """PyMOL forgets TER, so the file that the object came from is looked into; a break alone is no end."""
    lines = [line for line in _two_molecules() if line[12:16].strip() != "OXT" and (told or line != "TER")]
    path = tmp_path / "cut.pdb"
    path.write_text("\n".join([*lines, "END", ""]))
    cmd.load(str(path))
    cmd.set_name("cut", "renamed")
    viewer.read_chains("all")
    said = capsys.readouterr().out
    words = (
        "renamed chain without id holds 2 molecules: one ends and another begins between /PHE99 and /PRO100"
    )
    assert (words in said) is told
    assert ("molecules" in said) is told


def test_a_break_is_no_second_molecule(
    viewer: Viewer, show: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    show(drop(protein(read_1hpv()), at(40, 41, 42)))
    viewer.read_chains("all")
    lines = [line for line in _two_molecules() if line != "TER"]  # an end that was built in a gap, as in 1UWY
    show(change(lines, lambda line: int(line[22:26]) > 99, number=lambda number: number + 10), "built")
    viewer.read_chains("built")
    assert "molecules" not in capsys.readouterr().out
