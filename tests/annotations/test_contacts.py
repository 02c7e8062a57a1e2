"""Contacts: known answers, an independent neighbour search, and what must not change them."""

from __future__ import annotations

import numpy as np
import pytest

from provis_core.annotations.annotators import compute_annotations
from provis_core.annotations.annotators.contacts import (
    compute_chain_contacts,
    compute_contacts,
    compute_reference_coords,
)
from provis_core.errors import InputError
from provis_core.structures.neighbours import compute_neighbours
from provis_core.structures.subject import Subject
from tests.patience import measure_work

from .builders import chain_atoms, make_atoms, make_chain, random_walk, rotation, three_parts

REAL = (
    "pdb/1crn.pdb.gz",
    "pdb/4hhb.pdb.gz",
    "pdb/1aon.pdb.gz",
    "mmcif/1a4w.cif.gz",
    "pdb/2jo4.pdb.gz",
    "pdb/7hvp.pdb.gz",
)


def hairpin() -> np.ndarray:
    """Eight residues out and eight back, the two strands 5 Å apart: i touches 15 - i and its neighbours."""
    out = np.column_stack([3.8 * np.arange(8), np.zeros(8), np.zeros(8)])
    return np.concatenate([out, np.add(out[::-1], [0, 5, 0])])


def test_hairpin_known_by_hand():
    found = compute_contacts(make_chain("A" * 16, hairpin()))
    expected = np.zeros((16, 16), dtype=bool)
    for i in range(16):
        for j in range(16):
            across = i < 8 <= j or j < 8 <= i
            shift = abs(
                i + j - 15
            )  # 5 Å across and 3.8 Å along for each step: sqrt(25 + 14.4) < 8, two steps are 9.1
            expected[i, j] = across and shift <= 1 and abs(i - j) >= 6
    assert np.array_equal(found.values, expected)
    assert found.valid.all() and found.min_separation == 6 and found.kind == "pair"
    assert found.method == "CA-CA < 8 Å, |i-j| >= 6"
    assert found.residues.tolist() == np.flatnonzero(expected.any(axis=1)).tolist()


def test_cutoff_is_exclusive_and_separation_inclusive():
    chain = make_chain("AAA", np.array([[0, 0, 0], [100, 0, 0], [8, 0, 0]]))
    assert not compute_contacts(chain, min_sep=1).values.any()
    assert compute_contacts(chain, cutoff=8.001, min_sep=2).values.sum() == 2
    assert not compute_contacts(chain, cutoff=8.001, min_sep=3).values.any()


def test_residue_without_ca_is_unknown():
    coords = hairpin()
    coords[3] = np.nan
    found = compute_contacts(make_chain("A" * 16, coords))
    assert found.valid.tolist() == [k != 3 for k in range(16)]
    assert not found.values[3].any() and not found.values[:, 3].any()
    full = compute_contacts(make_chain("A" * 16, hairpin()))
    known = np.ix_(found.valid, found.valid)
    assert np.array_equal(found.values[known], full.values[known])
    assert "1 of 16" in found.notes[0]


def test_separation_counts_positions_where_they_are_given():
    coords = np.array([[0, 0, 0], [4, 0, 0]])
    chain = make_chain("AA", coords)
    assert not compute_contacts(chain).values.any()
    assert compute_contacts(chain, positions=np.array([0, 6])).values.sum() == 2
    with pytest.raises(InputError):
        compute_contacts(chain, positions=np.array([0]))


def test_rotation_and_shift_change_nothing():
    coords = random_walk(150)
    found = compute_contacts(make_chain("A" * 150, coords))
    moved = compute_contacts(make_chain("A" * 150, coords @ rotation().T + [10, -200, 35]))
    assert found.values.sum() > 50
    assert np.array_equal(found.values, moved.values)


def test_permuting_residues_permutes_contacts():
    coords = random_walk(80)
    order = np.random.default_rng(5).permutation(80)
    found = compute_contacts(make_chain("A" * 80, coords))
    permuted = compute_contacts(make_chain("A" * 80, coords[order]), positions=order)
    assert np.array_equal(permuted.values, found.values[np.ix_(order, order)])


def test_cb_takes_ca_of_glycine_and_nothing_else():
    chain = make_chain("AGA")
    atoms = make_atoms([atom for atom in chain_atoms(chain) if atom[1:4:2] != (3, "CB")])
    coords = compute_reference_coords(chain, "CB", atoms)
    assert coords[0].tolist() == pytest.approx([0, -0.9, 1.2])
    assert coords[1].tolist() == chain.ca_coords[1].tolist()
    assert np.isnan(coords[2]).all()
    virtual = compute_reference_coords(chain, "CB-virtual", atoms)
    assert np.isfinite(virtual).all() and virtual[0].tolist() == coords[0].tolist()
    assert compute_contacts(chain, atom="CB", atoms=atoms).valid.tolist() == [True, True, False]


def test_virtual_cb_is_where_real_cbs_are(load):
    distances = []
    for name in ("pdb/1crn.pdb.gz", "pdb/1het.pdb.gz", "pdb/1ake.pdb.gz"):  # 4HHB has a bad geometry
        for subject in load(name):
            chain, atoms = subject.chain, subject.atoms
            real = atoms.atom_coords(atoms.rows_of(chain), "CB")
            without = make_atoms_without_cb(subject)
            made = compute_reference_coords(chain, "CB-virtual", without)
            apart = np.linalg.norm(made - real, axis=1)
            distances.append(apart[np.isfinite(apart)])
    distances = np.concatenate(distances)
    assert len(distances) > 500 and np.median(distances) < 0.12 and np.percentile(distances, 99) < 0.4


def make_atoms_without_cb(subject: Subject):
    """The same atoms, with every CB renamed."""
    import dataclasses

    names = np.where(subject.atoms.atom_names == "CB", "XB", subject.atoms.atom_names)
    return dataclasses.replace(subject.atoms, atom_names=names)


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("atom", ["CA", "CB"])
def test_equal_to_biopython_on_real_structures(load, name, atom):
    neighbours = pytest.importorskip(
        "Bio.PDB.NeighborSearch", reason="the reference is Biopython's NeighborSearch"
    )
    from Bio.PDB.Atom import Atom

    for subject in [subject for subject in load(name) if subject.chain.n_residues > 25][:4]:
        chain = subject.chain
        coords = compute_reference_coords(chain, atom, subject.atoms)
        atoms = [
            Atom(str(k), place.astype("d"), 0.0, 1.0, " ", str(k), k, "C")
            for k, place in enumerate(coords)
            if np.isfinite(place).all()
        ]
        expected = np.zeros((chain.n_residues, chain.n_residues), dtype=bool)
        for a, b in neighbours.NeighborSearch(atoms).search_all(8.0, "A"):
            i, j = int(a.name), int(b.name)
            near = np.linalg.norm(coords[i].astype("d") - coords[j].astype("d")) < 8
            expected[i, j] = expected[j, i] = near and abs(i - j) >= 6
        found = compute_contacts(chain, atom=atom, atoms=subject.atoms)
        assert expected.any()
        assert np.array_equal(found.values, expected)


def test_contacts_between_chains():
    one, other = (
        make_chain("AAAA"),
        make_chain("GGG", np.array([[0, 6, 0], [0, 60, 0], [np.nan] * 3]), chain_id="B"),
    )
    found = compute_chain_contacts(one, other)
    assert found.values.tolist() == [[True, False, False], [True, False, False], [False] * 3, [False] * 3]
    assert found.valid.all() and found.column_valid.tolist() == [True, True, False]
    assert found.name == "contact:B" and found.column_source == other.label
    back = compute_chain_contacts(other, one)
    assert np.array_equal(back.values, found.values.T)


def test_interface_of_haemoglobin_equals_a_distance_matrix(load):
    subjects = load("pdb/4hhb.pdb.gz")
    a, b = subjects[0].chain, subjects[1].chain
    apart = np.linalg.norm(a.ca_coords[:, None].astype("d") - b.ca_coords[None].astype("d"), axis=-1)
    assert np.array_equal(compute_chain_contacts(a, b).values, apart < 8)
    found = compute_annotations("contact", subjects[0], between=True)
    assert [item.name for item in found] == ["contact", "contact:B", "contact:C", "contact:D"]


@pytest.mark.parametrize(
    "options",
    [{"cutoff": 0}, {"cutoff": 51}, {"cutoff": float("nan")}, {"min_sep": 0}, {"atom": "O"}, {"atom": "CB"}],
)
def test_bad_options(options):
    with pytest.raises(InputError) as error:
        compute_contacts(make_chain("AAAA"), **options)
    assert three_parts(error.value)


def test_atoms_of_another_place_are_refused():
    chain = make_chain("AAAA")
    elsewhere = make_chain("AAAA", np.add(chain.ca_coords, [0, 0, 9]))
    with pytest.raises(InputError):
        compute_contacts(chain, atom="CB", atoms=make_atoms(chain_atoms(elsewhere)))


def test_empty_chain():
    found = compute_contacts(make_chain(""))
    assert found.values.shape == (0, 0) and not found.notes


@pytest.mark.parametrize("cutoff", [0.5, 3.0, 8.0, 100.0])
def test_neighbours_equal_all_distances(cutoff):
    rng = np.random.default_rng(1)
    a, b = rng.normal(scale=6, size=(70, 3)), rng.normal(loc=(4, 0, 0), scale=6, size=(90, 3))
    a[5] = np.nan
    i, j, distance = compute_neighbours(a, b, cutoff)
    apart = np.linalg.norm(a[:, None] - b[None], axis=-1)
    expected = np.argwhere(apart <= cutoff)
    assert np.array_equal(np.column_stack([i, j]), expected)
    assert distance == pytest.approx(apart[i, j])


def test_the_work_grows_with_the_residues_not_with_their_square():
    seconds = []
    for n in (8, 16):  # a lattice of 5 Å is as dense as a protein
        grid = 5.0 * np.stack(np.meshgrid(*[np.arange(n)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
        chain = make_chain("A" * len(grid), grid)
        seconds.append(measure_work(lambda chain=chain: compute_contacts(chain)))
    assert seconds[1] < 30 * seconds[0] + 0.05, seconds  # eight times the residues: 64 times with the square
