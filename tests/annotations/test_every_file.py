"""Every structure of the shared data: contacts against Biopython, and every annotation without a surprise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from provis_core.annotations.annotators import compute_annotations, known_annotators
from provis_core.annotations.annotators.contacts import compute_contacts, compute_reference_coords
from provis_core.errors import ProvisError
from provis_core.structures.files.chains import load_chains
from provis_core.structures.subject import Subject
from tests.data import check_count

from .builders import three_parts

Load = Callable[[str], tuple[Subject, ...]]


@pytest.fixture(scope="module")
def names(structures: Path) -> list[str]:
    """All coordinate files, as `load` calls them."""
    paths = sorted([*structures.glob("pdb/*.pdb.gz"), *structures.glob("mmcif/*.cif.gz")])
    check_count(len(paths), 299)
    return [f"{path.parent.name}/{path.name}" for path in paths]


def compute_reference(coords: np.ndarray, cutoff: float) -> set[tuple[int, int]]:
    """Pairs i < j at least six apart and nearer than the cut-off, by Biopython's NeighborSearch."""
    pdb = pytest.importorskip("Bio.PDB", reason="the reference is Biopython's NeighborSearch")
    atoms = [
        pdb.Atom.Atom(str(k), place.astype("d"), 0.0, 1.0, " ", str(k), k, "C")
        for k, place in enumerate(coords)
        if np.isfinite(place).all()
    ]
    found = pdb.NeighborSearch(atoms).search_all(cutoff, "A") if len(atoms) > 1 else []
    pairs = {tuple(sorted((int(a.name), int(b.name)))) for a, b in found}
    return {  # the search has the cut-off itself as well, the paper has not
        (i, j)
        for i, j in pairs
        if j - i >= 6 and np.linalg.norm(coords[i].astype("d") - coords[j].astype("d")) < cutoff
    }


def test_contacts_of_every_chain_are_those_of_biopython(load: Load, names: list[str]) -> None:
    n_chains, n_pairs, shifted = 0, 0, {7.9: 0, 8.1: 0}
    for name in names:
        for subject in load(name):
            for atom in ("CA", "CB"):
                coords = compute_reference_coords(subject.chain, atom, subject.atoms)
                expected = compute_reference(coords, 8.0)
                found = compute_contacts(subject.chain, atom=atom, atoms=subject.atoms)
                assert np.array_equal(found.values, found.values.T)
                assert set(zip(*np.nonzero(np.triu(found.values)), strict=True)) == expected, (name, atom)
                assert np.array_equal(found.valid, np.isfinite(coords).all(axis=1))
                n_chains, n_pairs = n_chains + 1, n_pairs + len(expected)
                for cutoff in shifted:  # the comparison sees a tenth of an Å
                    other = compute_contacts(subject.chain, atom=atom, atoms=subject.atoms, cutoff=cutoff)
                    shifted[cutoff] += set(zip(*np.nonzero(np.triu(other.values)), strict=True)) != expected
    print(f"{n_pairs} contacts of {n_chains} chains (CA and CB) equal Biopython's; moved: {shifted}")
    check_count(n_chains, 2 * 565)
    check_count(n_pairs, 300_000, at_least=True)
    assert min(shifted.values()) > 0.8 * n_chains


def test_every_annotation_of_every_chain_is_there_or_says_why(load: Load, names: list[str]) -> None:
    said: Counter[str] = Counter()
    for name in names:
        for subject in load(name):
            for annotator in known_annotators():
                # mkdssp would run for each file; what it says is compared in its own tests
                options = {"source": "file"} if annotator.name == "secondary_structure" else {}
                try:
                    found = compute_annotations(annotator.name, subject, **options)
                except ProvisError as error:
                    assert three_parts(error), (name, annotator.name)
                    said[f"{annotator.name}: refused"] += 1
                    continue
                assert found and all(item.n_residues == subject.chain.n_residues for item in found)
                said[annotator.name] += 1
    print(f"annotations: {dict(sorted(said.items()))}")
    check_count(said["contact"], 565)
    for always in ("amino_acid", "ptm", "table: refused", "uniprot: refused"):  # no file was named
        assert said[always] == said["contact"]
    check_count(said["site"], 500, at_least=True)


def test_the_chains_are_those_of_load_chains(load: Load, names: list[str]) -> None:
    for name in names[::10]:
        chains = [subject.chain for subject in load(name)]
        path = load(name)[0].path if chains else None
        if path is not None:
            assert [chain.residue_ids for chain in load_chains(path)] == [
                chain.residue_ids for chain in chains
            ]


def test_both_formats_of_an_entry_have_the_same_contacts_and_sites(load: Load, names: list[str]) -> None:
    """With the same sequences (tests/structures), this is all that a heads table is made of."""
    stems = [name.split("/")[1].split(".")[0] for name in names]
    both = sorted(stem for stem, n in Counter(stems).items() if n == 2)
    check_count(len(both), 42)
    n_compared = 0
    different = set()
    for stem in both:
        one, other = (
            {(subject.chain.chain_id, subject.chain.segment_id): subject for subject in load(name)}
            for name in (f"pdb/{stem}.pdb.gz", f"mmcif/{stem}.cif.gz")
        )
        by_id = {chain_id: subject for (chain_id, _), subject in other.items()}
        for (chain_id, _), subject in one.items():
            for by in ("contact", "site"):
                found, theirs = (compute_annotations(by, each) for each in (subject, by_id[chain_id]))
                n_compared += 1
                names_and_values = [
                    {item.name: item.values.tolist() for item in each} for each in (found, theirs)
                ]
                if names_and_values[0] != names_and_values[1]:
                    different.add((stem, chain_id, by))
    check_count(n_compared, 100, at_least=True)
    assert different == set()
