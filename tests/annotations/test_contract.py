"""What holds for every annotator that is registered, also for those that are written after this test."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import provis_core
from provis_core.annotations.annotation import Annotator
from provis_core.annotations.annotators import compute_annotations, find_annotator, known_annotators
from provis_core.errors import InputError
from provis_core.structures.chain import ResidueId
from provis_core.structures.records import ModifiedResidue, SiteRecord, StructureRecords
from provis_core.structures.subject import SecondaryStructure, Subject

from .builders import chain_atoms, make_atoms, make_chain, random_walk, rotation, three_parts, uniprot_text

LETTERS = "MKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQAPILSRV"
ANNOTATORS = known_annotators()


@pytest.fixture
def subject() -> Subject:
    """A chain of which everything is known, with one residue that has no coordinates."""
    coords = random_walk(len(LETTERS))
    coords[7] = np.nan
    chain = make_chain(LETTERS, coords)
    near = tuple(float(value) for value in coords[3] + [0, 0, 3.0])
    protein = chain_atoms(chain)
    others = [("A", 900, "HEM", "FE", "FE", near), ("A", 900, "HEM", "NA", "N", near)]
    return Subject(
        chain=chain,
        atoms=make_atoms(protein, others, b_factors=[20.0] * (len(protein) + 2)),
        partners=(make_chain("ACD", coords[:3], chain_id="B"),),
        records=StructureRecords(
            "toy.pdb",
            sites=(SiteRecord("AC1", "ACTIVE", ((ResidueId("A", 3), "THR"),)),),
            modified=(ModifiedResidue(ResidueId("A", 4), "ALA", "ALA", "SOMETHING"),),
            helices=((ResidueId("A", 3), ResidueId("A", 9)),),
        ),
        secondary_structure=SecondaryStructure(("H",) * len(LETTERS), "helix_strand", "toy"),
    )


@pytest.fixture
def options(tmp_path: Path) -> dict[str, dict[str, str]]:
    """Files for the annotators that need one."""
    (tmp_path / "toy.txt").write_text(uniprot_text(LETTERS))
    (tmp_path / "toy.csv").write_text("resi,value\n3,1.5\n4,2.5\n")
    return {"uniprot": {"file": str(tmp_path / "toy.txt")}, "table": {"file": str(tmp_path / "toy.csv")}}


def every_annotator(function):
    return pytest.mark.parametrize("annotator", ANNOTATORS, ids=[annotator.name for annotator in ANNOTATORS])(
        function
    )


def test_all_files_are_registered():
    folder = Path(provis_core.__file__).parent / "annotations" / "annotators"
    files = [path.stem for path in folder.glob("*.py") if not path.stem.startswith("_")]
    assert len(ANNOTATORS) == len(files) >= 9
    names = [name for annotator in ANNOTATORS for name in (annotator.name, *annotator.parts)]
    assert len(names) == len(set(names)) and names == [name.lower() for name in names]


@every_annotator
def test_annotations_fit_the_chain(annotator: Annotator, subject, options):
    found = compute_annotations(annotator.name, subject, **options.get(annotator.name, {}))
    assert found and len({item.name for item in found}) == len(found)
    for item in found:
        assert item.n_residues == subject.chain.n_residues
        assert item.values.shape == ((item.n_residues,) if item.kind == "residue" else (item.n_residues,) * 2)
        assert item.values.dtype in (np.bool_, np.float32)
        assert item.source and item.method and all(note for note in item.notes)
        assert item.name.split(":")[0] in (annotator.name, *annotator.parts)
        assert not item.values.flags.writeable and not item.valid.flags.writeable
        unknown = item.values[~item.valid]
        assert np.isnan(unknown).all() if item.is_numeric else not unknown.any()
    assert any(item.residues.size for item in found)


@every_annotator
def test_twice_gives_the_same_and_the_input_is_kept(annotator: Annotator, subject, options):
    before = subject.chain.ca_coords.copy()
    first, second = (
        compute_annotations(annotator.name, subject, **options.get(annotator.name, {})) for _ in range(2)
    )
    assert [item.name for item in first] == [item.name for item in second]
    assert all(
        np.array_equal(a.values, b.values, equal_nan=a.is_numeric) for a, b in zip(first, second, strict=True)
    )
    assert np.array_equal(before, subject.chain.ca_coords, equal_nan=True)


@every_annotator
def test_turning_the_structure_changes_nothing(annotator: Annotator, subject, options):
    turn, shift = rotation().astype(np.float32).T, np.float32([12, -40, 7])
    moved = dataclasses.replace(
        subject,
        chain=dataclasses.replace(subject.chain, ca_coords=subject.chain.ca_coords @ turn + shift),
        atoms=dataclasses.replace(subject.atoms, coords=subject.atoms.coords @ turn + shift),
    )
    for a, b in zip(
        compute_annotations(annotator.name, subject, **options.get(annotator.name, {})),
        compute_annotations(annotator.name, moved, **options.get(annotator.name, {})),
        strict=True,
    ):
        assert a.name == b.name and np.array_equal(a.values, b.values, equal_nan=a.is_numeric)


@every_annotator
def test_an_unknown_option_is_refused(annotator: Annotator, subject):
    with pytest.raises(InputError) as error:
        compute_annotations(annotator.name, subject, colour="red")
    assert three_parts(error.value) and "colour" in str(error.value)


@every_annotator
def test_a_bare_chain_is_enough_or_the_message_says_what_is_missing(annotator: Annotator, subject, options):
    bare = Subject(subject.chain)
    try:
        found = compute_annotations(annotator.name, bare, **options.get(annotator.name, {}))
    except InputError as error:
        assert three_parts(error)
    else:
        assert found and not annotator.needs


@every_annotator
def test_help_is_there(annotator: Annotator):
    assert annotator.summary and len(annotator.summary) < 90 and annotator.hint
    assert all(hasattr(Subject(make_chain("A")), need) for need in annotator.needs)
    assert find_annotator(annotator.name.upper()) is annotator


def test_parts_lead_to_their_annotator():
    assert find_annotator("helix").name == "secondary_structure"
    assert find_annotator("site:ligand:HEM").name == "site"


def test_a_near_name_is_suggested(subject):
    with pytest.raises(InputError) as error:
        compute_annotations("contcat", subject)
    assert "by=contact" in error.value.do
    with pytest.raises(InputError) as error:
        compute_annotations("contact", subject, cutof=3)
    assert "cutoff" in error.value.do


@pytest.mark.parametrize(
    ("options", "same_as"),
    [
        ({"cutoff": "10", "min_sep": "4", "between": "yes"}, {"cutoff": 10.0, "min_sep": 4, "between": True}),
        ({"cutoff": 10, "between": "0"}, {"cutoff": 10.0, "between": False}),
    ],
)
def test_options_may_be_text(subject, options, same_as):
    one, other = (
        compute_annotations("contact", subject, **options),
        compute_annotations("contact", subject, **same_as),
    )
    assert [item.name for item in one] == [item.name for item in other]
    assert np.array_equal(one[0].values, other[0].values) and one[0].method == other[0].method


@pytest.mark.parametrize(
    "options",
    [
        {"cutoff": "far"},
        {"cutoff": "nan"},
        {"cutoff": None},
        {"min_sep": "6.5"},
        {"between": "maybe"},
        {"atom": 3},
    ],
)
def test_options_of_the_wrong_type(subject, options):
    with pytest.raises(InputError) as error:
        compute_annotations("contact", subject, **options)
    assert three_parts(error.value) and next(iter(options)) in str(error.value)


def test_light_room():
    """Annotations work where there is nothing but numpy: inside the viewer."""
    heavy = "Bio torch transformers scipy matplotlib sklearn statsmodels pandas"
    code = (
        "import sys\n"
        f"for name in '{heavy}'.split(): sys.modules[name] = None\n"
        "import provis_core.annotations.annotators as a\n"
        "import provis_core.structures.files.records, provis_core.structures.atoms\n"
        "assert a.known_annotators()\n"
    )
    root = Path(provis_core.__file__).parents[1]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root)
