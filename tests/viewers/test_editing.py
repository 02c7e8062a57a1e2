"""After every editing command the residues are in the order that PyMOL shows, in both PyMOLs."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from provis_core.structures.files.chains import load_chains
from tests.patience import PATIENCE
from tests.tiny_checkpoints import HIV_PROTEASE

from .editing import EDITS, NAME, read_edited
from .programs import ROOT, needs_debians
from .structures import at, change, drop, find_1hpv, keep, protein, read_1hpv

HIV = HIV_PROTEASE
RIGHT = {
    # PyMOL shows residues by their numbers; the peptide bonds say which follows which
    "altered_numbers_of_the_first_residues": [HIV],
    "numbers_turned_round_and_mutated": [f"{HIV[:19]}W{HIV[20:]}"],
    # PyMOL shows selenomethionine as ?, segments of one chain as one, and residues without coordinates
    "renamed_residues": [HIV, f"{HIV[:35]}L{HIV[36:]}"],
    "segments_altered": [HIV, HIV],
    "read_as_text_into_it": [HIV[:40]],
    # what is known without PyMOL
    "mutagenesis": [f"{HIV[:24]}W{HIV[25:]}", HIV],
    "fab": ["ACDEFGHIKLMNPQRSTVWY"],
    "builder": [f"M{HIV[4:40]}WK"],
    "capped_by_an_amine": ["AAPKW"],
    "capped_at_both_ends": ["AAPKW"],
    "two_capped_peptides_in_one_chain": ["AAPKWCDEFG"],
    "ring": ["GACDKW"],
    "fused": [HIV],
    "states_joined": [f"{HIV[:24]}W{HIV[25:]}"],
    "updated_from_another_object": [f"{HIV[:24]}W{HIV[25:]}"],
    "removed_in_the_middle_and_built_again": [HIV],
    "chain_cut_by_unbonding": [f"{HIV[:24]}W{HIV[25:]}"],
    "insertion_codes_altered": [f"{HIV[:29]}W{HIV[30:]}"],
}
OTHERWISE_SHOWN = {*list(RIGHT)[:5]}


def _check(name: str, found: dict[str, list[Any]]) -> None:
    read = [one[:3] for one in found["read"]]
    if name not in OTHERWISE_SHOWN:
        assert read == found["shown"]
    if name in RIGHT:
        assert [letters for _, _, letters in read] == RIGHT[name]


@pytest.mark.parametrize("name", EDITS)
def test_an_edited_structure_is_read_as_pymol_shows_it(cmd: Any, tmp_path: Path, name: str) -> None:
    found = read_edited(cmd, name, find_1hpv(), tmp_path)
    assert found["read"]
    _check(name, found)


@pytest.mark.parametrize("name", sorted(set(EDITS) - OTHERWISE_SHOWN))
def test_gemmi_finds_the_same_in_the_saved_file(cmd: Any, tmp_path: Path, name: str) -> None:
    gemmi = pytest.importorskip("gemmi", reason="gemmi is the independent reader")
    found = read_edited(cmd, name, find_1hpv(), tmp_path)
    for object_name in {one[0] for one in found["read"]}:
        path = tmp_path / "saved.pdb"
        cmd.save(str(path), object_name, state=-1)
        structure = gemmi.read_structure(str(path))
        structure.setup_entities()
        ours = {one[1]: one[2:] for one in found["read"] if one[0] == object_name}
        for chain in structure[0]:
            residues = [one for one in chain.get_polymer().first_conformer()]
            known = [one for one in residues if gemmi.find_tabulated_residue(one.name).is_amino_acid()]
            if known:
                letters = gemmi.one_letter_code([one.name for one in known])
                assert [letters, [str(one.seqid) for one in known]] == ours.pop(chain.name)
        assert ours == {}


@pytest.mark.parametrize("name", ["mutagenesis", "fab", "builder", "capped_by_an_amine", "fused"])
@pytest.mark.parametrize("ending", ["pdb", "cif"])
def test_the_program_reads_the_same_from_the_saved_file(
    cmd: Any, tmp_path: Path, name: str, ending: str
) -> None:
    found = read_edited(cmd, name, find_1hpv(), tmp_path)
    cmd.save(str(tmp_path / f"saved.{ending}"), NAME)
    chains = load_chains(tmp_path / f"saved.{ending}")
    read = [[one.chain_id, one.sequence, [residue.resi for residue in one.residue_ids]] for one in chains]
    assert sorted(read) == [one[1:] for one in found["read"]]


@needs_debians
def test_debians_pymol_reads_edited_structures_as_it_shows_them(tmp_path: Path) -> None:
    out = tmp_path / "read.json"
    environ = {
        "PATH": "/usr/bin:/bin",  # Debian's takes python3 from there
        "HOME": str(tmp_path),
        "PROVIS_EDITING_ROOT": str(ROOT),
        "PROVIS_EDITING_OUT": str(out),
        "PROVIS_EDITING_HPV": str(find_1hpv()),
    }
    command = ["/usr/bin/pymol", "-cqk", str(ROOT / "tests" / "viewers" / "editing.py")]
    subprocess.run(command, env=environ, cwd=tmp_path, capture_output=True, timeout=PATIENCE, check=True)
    read = json.loads(out.read_text())
    assert list(read) == list(EDITS)
    for name, found in read.items():
        _check(name, found)


NO_RESIDUES = {
    "alphatoall": "values of atoms", "assign_stereo": "a property of atoms", "deprotect": "a flag",
    "drag": "the mouse", "edit": "a pick", "flag": "a flag", "fnab": "nucleic acids",
    "get_editor_scheme": "asks", "iterate": "asks",
    "iterate_state": "asks", "look_at": "a view",
    "map_double": "maps", "map_halve": "maps", "map_set": "maps",
    "map_set_border": "maps", "map_trim": "maps", "matrix_copy": "places", "matrix_reset": "places",
    "move_on_curve": "places", "pbc_unwrap": "places", "pbc_wrap": "places", "protonate": "needs pdb2pqr",
    "push_undo": "does nothing in the open source", "redo": "does nothing in the open source",
    "reference": "places kept", "sculpt_purge": "places", "set_object_color": "a colour",
    "set_object_ttt": "places", "set_state_order": "states", "set_symmetry": "a cell", "set_title": "a title",
    "smooth": "places", "symmetry_copy": "a cell", "translate_atom": "places",
    "undo": "see mutagenesis_undone",
    "ungroup": "a group", "unpick": "a pick", "vdw_fit": "radii",
}  # fmt: skip
"""What PyMOL's modules of editing have that changes no residues."""


def test_every_editing_command_of_pymol_is_in_the_sweep() -> None:
    from pymol import cmd, creating, editing, editor

    made = {
        name
        for module in (editing, editor)
        for name, one in vars(module).items()
        if getattr(one, "__module__", "") == module.__name__ and hasattr(cmd, name) and name[0] != "_"
    }
    made |= {"copy", "create", "extract", "fragment", "join_states", "pseudoatom", "symexp", "group"}
    assert all(hasattr(creating, name) for name in ("copy", "create", "extract"))
    text = (ROOT / "tests" / "viewers" / "editing.py").read_text()
    used = {name for name in made if f"cmd.{name}(" in text or f"editor.{name}(" in text}
    assert made - used == made & set(NO_RESIDUES) - used, made - used - set(NO_RESIDUES)


def test_the_file_orders_what_no_bond_joins(
    cmd: Any, show: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in fusion proteins: a domain with numbers of its own inside of another, and residues missing."""
    from plugin.viewers.pymol_chains import read_chains

    lines = protein(read_1hpv())
    middle = change(keep(lines, at(*range(41, 70))), number=lambda number: number + 1000)
    show([*keep(lines, at(*range(1, 38))), *middle, *keep(lines, at(*range(73, 100)))])
    (one,) = read_chains(cmd, "toy")[0]
    assert one.chain.sequence == HIV[:37] + HIV[40:69] + HIV[72:]
    cmd.h_add("toy and chain A")  # hydrogens have no place in the file
    (one,) = read_chains(cmd, "toy")[0]
    assert one.chain.sequence == HIV[:37] + HIV[40:69] + HIV[72:]


def test_atoms_that_clash_do_not_change_the_order(cmd: Any, show: Callable[..., str]) -> None:
    from plugin.viewers.pymol_chains import read_chains

    lines = protein(read_1hpv())
    codes = change(lines, at(50), number=49, code="B")  # backwards: 49, 49B, 49A
    codes = change(codes, at(51), number=49, code="A")
    show(drop(codes, at(70)))
    cmd.bond("resi 10 and name C", "resi 80 and name N")
    (one,) = read_chains(cmd, "toy")[0]
    assert one.chain.sequence == HIV[:69] + HIV[70:]
    assert [residue.resi for residue in one.chain.residue_ids[48:51]] == ["49", "49B", "49A"]
    assert np.isfinite(one.chain.ca_coords).all()
