"""Residues of all kinds from a viewer's columns and from files."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from provis_core.errors import InputError, StructureError
from provis_core.structures.atom_sorting import make_structure_atoms, residue_kind
from provis_core.structures.atoms import StructureAtoms, defer_structure_atoms
from provis_core.structures.chain import ResidueId
from provis_core.structures.files.subjects import load_subjects
from tests.data import check_count

from .builders import chain_atoms, make_atoms, make_chain


@pytest.mark.parametrize(
    ("name", "atoms", "elements", "in_polymer", "kind"),
    [
        ("HOH", ["O"], ["O"], False, "water"),
        ("HOH", ["O"], ["O"], True, "water"),
        ("ALA", ["N", "CA"], ["N", "C"], True, "protein"),
        ("ARG", ["N", "CA"], ["N", "C"], False, "ligand"),
        ("ACE", ["C", "O"], ["C", "O"], True, "protein"),
        ("XYZ", ["CA"], ["C"], True, "protein"),
        ("DA", ["P"], ["P"], True, "nucleic"),
        ("DC", ["P", "C1'"], ["P", "C"], False, "nucleic"),
        ("5MC", ["P", "C1'", "C3'"], ["P", "C", "C"], True, "nucleic"),
        ("5MC", ["P", "C1*", "C3*"], ["P", "C", "C"], True, "nucleic"),
        ("GTP", ["P", "C1'", "C3'"], ["P", "C", "C"], False, "ligand"),
        ("ZN", ["ZN"], ["ZN"], False, "ion"),
        ("CL", ["CL"], ["CL"], False, "ion"),
        ("NH4", ["N", "H1"], ["N", "H"], False, "ligand"),
        ("XE", ["XE"], ["XE"], False, "ligand"),
        ("SF4", ["FE1", "S1"], ["FE", "S"], False, "ligand"),
    ],
)
def test_kind_of_a_residue(name, atoms, elements, in_polymer, kind):
    assert residue_kind(name, atoms, elements, in_polymer) == kind


def columns(**changes):
    """Two locations of a CA, one residue of two names, a ligand and a water of the same number."""
    base = {
        "chain_ids": ["A"] * 7,
        "numbers": [1, 1, 2, 2, 2, 9, 9],
        "insertion_codes": [""] * 7,
        "residue_names": ["ALA", "ALA", "SER", "THR", "SER", "LIG", "HOH"],
        "atom_names": ["CA", "CA", "CA", "CA", "CB", "C1", "O"],
        "elements": ["C", "C", "C", "C", "C", "C", "O"],
        "coords": np.arange(21).reshape(7, 3),
        "in_polymer": [True] * 5 + [False] * 2,
        "altlocs": ["A", "B", "A", "B", "A", "", ""],
        "occupancies": [0.4, 0.6, 0.5, 0.5, 0.5, 1, 1],
    }
    return {**base, **changes}


def test_locations_and_microheterogeneity():
    atoms = make_structure_atoms("toy", **columns())
    assert atoms.residue_names == ("ALA", "SER", "LIG", "HOH")
    assert atoms.kinds == ("protein", "protein", "ligand", "water")
    assert atoms.atom_rows.tolist() == [0, 0, 1, 1, 1, 2, 3]
    # the higher occupancy; of equal ones the first name
    assert atoms.is_main.tolist() == [False, True, True, False, True, True, True]
    other = make_structure_atoms("toy", **columns(occupancies=[0.5, 0.5, 0.3, 0.7, 0.3, 1, 1]))
    assert other.residue_names[1] == "THR"
    assert other.is_main.tolist() == [True, False, False, True, False, True, True]


def test_atoms_with_one_name_are_kept():
    """Some programs call all atoms of a ligand C."""
    atoms = make_structure_atoms(
        "toy",
        **columns(
            residue_names=["LIG"] * 7,
            numbers=[1] * 7,
            atom_names=["C"] * 7,
            altlocs=[""] * 7,
            in_polymer=[False] * 7,
        ),
    )
    assert atoms.is_main.all() and atoms.n_rows == 1


def test_rows_of_a_chain():
    chain = make_chain("ACD")
    atoms = make_atoms(chain_atoms(chain)[5:], [("A", 3, "HOH", "O", "O", (99.0, 0.0, 0.0))])
    assert atoms.rows_of(chain).tolist() == [-1, 0, 1]
    assert atoms.rows_of(make_chain("ACD", chain_id="B")).tolist() == [-1, -1, -1]
    moved = make_chain("ACD", chain.ca_coords + np.float32([0, 1, 0]))
    assert atoms.rows_of(moved).tolist() == [-1, -1, -1]
    assert np.isnan(atoms.atom_coords(atoms.rows_of(chain), "CA")[0]).all()


def test_segments_tell_chains_apart():
    import dataclasses

    chain = make_chain("AA")
    other = make_chain("AA", chain.ca_coords + np.float32([0, 50, 0]))
    protein = [*chain_atoms(chain), *chain_atoms(other)]
    atoms = make_atoms(protein, segment_ids=["P1"] * 10 + ["P2"] * 10)
    assert atoms.rows_of(dataclasses.replace(chain, segment_id="P1")).tolist() == [0, 1]
    assert atoms.rows_of(dataclasses.replace(other, segment_id="P2")).tolist() == [2, 3]


@pytest.mark.parametrize(
    "name", ["4hhb", "1a4w", "1lcd", "7hvp", "1aon", "2jo4", "1rb8", "1h2t", "1ubi_ca", "1j59"]
)
def test_every_residue_of_a_chain_is_found(load, structures, name):
    for path in structures.glob(f"*/{name}.*.gz"):
        for subject in load(f"{path.parent.name}/{path.name}"):
            rows = subject.atoms.rows_of(subject.chain)
            has_ca = np.isfinite(subject.chain.ca_coords).all(axis=1)
            assert (rows >= 0).all()
            ca = subject.atoms.atom_coords(rows, "CA")
            assert np.array_equal(ca[has_ca], subject.chain.ca_coords[has_ca])
            assert {subject.atoms.kinds[row] for row in rows} == {"protein"}


def test_kinds_of_a_complex(load, structures):
    """Lac repressor headpiece with DNA (1LCD) and haemoglobin (4HHB)."""
    kinds = Counter(load("mmcif/1lcd.cif.gz")[0].atoms.kinds)
    assert kinds["nucleic"] == 22 and kinds["protein"] == 51
    for path in structures.glob("*/4hhb.*.gz"):
        atoms = load(f"{path.parent.name}/{path.name}")[0].atoms
        shown = Counter(zip(atoms.kinds, atoms.residue_names, strict=True))
        assert shown["ligand", "HEM"] == 4 and shown["ligand", "PO4"] == 2
        assert Counter(atoms.kinds)["protein"] == 574


def test_the_same_from_pdb_and_mmcif(load, structures):
    """Kinds of all residues, of entries that are there in both formats."""
    n_pairs = 0
    for name in ("4hhb", "1a4w", "1u19", "1xda", "2p0r", "4opj", "5ugo", "1en2", "1fdo"):
        files = [f"pdb/{name}.pdb.gz", f"mmcif/{name}.cif.gz"]
        if not all((structures / file).is_file() for file in files):
            continue
        n_pairs += 1
        tables = [load(file)[0].atoms for file in files]
        one, other = (Counter(zip(a.residue_ids, a.residue_names, a.kinds, strict=True)) for a in tables)
        assert one == other, name
    check_count(n_pairs, 5, at_least=True)


def test_errors_are_those_of_the_reader(tmp_path):
    with pytest.raises(InputError):
        load_subjects(tmp_path / "none.pdb")
    (tmp_path / "empty.pdb").write_text("")
    with pytest.raises(StructureError):
        load_subjects(tmp_path / "empty.pdb")


def test_ids_are_what_the_user_reads():
    atoms = make_structure_atoms("toy", **columns(insertion_codes=["A"] * 7, numbers=[-5] * 7))
    assert atoms.residue_ids[0] == ResidueId("A", -5, "A")


def test_deferred_atoms_are_made_once_by_the_thread_that_looks_first():
    ran_on, made = [], make_structure_atoms("toy", **columns())

    def make():
        ran_on.append(threading.current_thread().name)
        time.sleep(0.05)  # the others come meanwhile
        return made

    deferred = defer_structure_atoms(make)
    assert isinstance(deferred, StructureAtoms)
    assert ran_on == []
    with ThreadPoolExecutor(4, thread_name_prefix="other") as pool:
        found = list(
            pool.map(lambda name: getattr(deferred, name), ["kinds", "coords", "n_rows", "is_heavy"])
        )
    assert len(ran_on) == 1
    assert ran_on[0].startswith("other")
    assert found[:3] == [made.kinds, pytest.approx(made.coords), made.n_rows]
    for field in dataclasses.fields(StructureAtoms):
        assert getattr(deferred, field.name) is getattr(made, field.name)
    assert dataclasses.replace(deferred, object_name="other").kinds == made.kinds
    with pytest.raises(AttributeError, match="no_such_thing"):
        deferred.no_such_thing  # noqa: B018


def test_deferred_atoms_that_cannot_be_made_are_an_error_each_time():
    def fail():
        raise ValueError("no atoms")

    deferred = defer_structure_atoms(fail)
    for _ in range(2):
        with pytest.raises(ValueError, match="no atoms"):
            deferred.n_rows  # noqa: B018
