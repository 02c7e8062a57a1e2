"""What annotations are made of, from real PyMOL: the same sites and contacts as from the file itself."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from provis_core.annotations.annotators import compute_annotations
from provis_core.errors import InputError, StructureError
from provis_core.structures.files.subjects import load_subjects
from provis_core.viewers.viewer import Viewer
from tests.data import HOW, find_structure
from tests.data import STRUCTURES as FOLDER

from .programs import ROOT, needs_debians
from .structures import find_1hpv
from .subjects import annotate, read_subjects

ALL = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.glob("*/*.gz")) if FOLDER.is_dir() else []


@pytest.fixture
def viewer(cmd: Any) -> Viewer:
    """PyMOL, as ProVis sees it."""
    from plugin.viewers.pymol_viewer import PymolViewer

    return PymolViewer(cmd)


EXPLAINED = {
    # PyMOL applies SCALE matrices that do not belong to the cell, so that its coordinates are others
    "mmcif/1k6p.cif.gz",
    "pdb/1k6p.pdb.gz",
    # a peptide of links without the usual backbone, which only the file calls a polymer
    "mmcif/4wvp.cif.gz",
}
HARD = [
    "mmcif/1a4w.cif.gz",  # insertion codes, a peptide inhibitor
    "pdb/1u19.pdb.gz",  # palmitoyl on cysteines, a cap
    "mmcif/1xda.cif.gz",  # myristoyl on lysines
    "pdb/2jo4.pdb.gz",  # caps, several models
    "pdb/7hvp.pdb.gz",  # an inhibitor of modified links
    "mmcif/4opj.cif.gz",  # nucleic acids
    "mmcif/1lcd.cif.gz",
    "pdb/1ejg.pdb.gz",  # microheterogeneity
    "mmcif/7z9t.cif.gz",  # chain ids of two letters
    "pdb/1lzh.pdb.gz",  # CA atoms alone
]
SAMPLE = sorted({*ALL[::7], *HARD} & {*ALL} - EXPLAINED)


@pytest.mark.skipif(not ALL, reason=f"structures are {HOW}")
@pytest.mark.parametrize("name", SAMPLE)
def test_sites_and_contacts_equal_those_of_the_file(cmd: Any, viewer: Viewer, name: str) -> None:
    cmd.load(str(FOLDER / name), "obj", zoom=0)
    expected = {subject.chain.residue_ids: subject for subject in load_subjects(FOLDER / name)}
    found = read_subjects(viewer)
    assert {subject.chain.residue_ids for subject in found} == expected.keys()
    for subject in found:
        other = expected[subject.chain.residue_ids]
        assert len(subject.partners) == len(other.partners)
        assert annotate(subject) == annotate(other)


OTHER = """\
import json, sys
sys.path.insert(0, {root!r})
from plugin.viewers.pymol_viewer import PymolViewer
from tests.viewers.subjects import annotate, read_subjects
viewer, found = PymolViewer(cmd), {{}}
for path in {paths!r}:
    cmd.reinitialize()
    cmd.load(path, "obj", zoom=0)
    found[path] = [annotate(subject) for subject in read_subjects(viewer)]
print("RESULT", json.dumps(found))
"""


@needs_debians
@pytest.mark.skipif(not ALL, reason=f"structures are {HOW}")
def test_the_same_in_debians_pymol(
    cmd: Any, viewer: Viewer, run_script: Callable[..., str], tmp_path: Path
) -> None:
    names = ("pdb/4hhb.pdb.gz", "mmcif/4opj.cif.gz", "pdb/7hvp.pdb.gz")
    paths = [str(find_structure(name)) for name in names]
    script = tmp_path / "sites.py"
    script.write_text(OTHER.format(root=str(ROOT), paths=paths))
    there = json.loads(run_script("debian", script).split("RESULT ")[1])
    for path in paths:
        cmd.reinitialize()
        cmd.load(path, "obj", zoom=0)
        assert there[path] == json.loads(json.dumps([annotate(one) for one in read_subjects(viewer)])) != []


def test_coordinates_are_those_on_the_screen(cmd: Any, viewer: Viewer, hpv: str) -> None:
    before = annotate(read_subjects(viewer)[0])
    assert "A/ASP25" in before["site:ligand:478"]
    chain = viewer.read_chains("chain A")[0].chain
    cmd.translate([10, 0, 5], object="1hpv")
    cmd.rotate("x", 30, object="1hpv")
    cmd.create("other", "1hpv and chain B")
    moved = viewer.read_subjects([chain])[0]  # the chain was read before
    assert not np.allclose(moved.chain.ca_coords, chain.ca_coords)
    assert np.array_equal(
        moved.atoms.atom_coords(moved.atoms.rows_of(moved.chain), "CA"), moved.chain.ca_coords
    )
    assert annotate(moved) == before
    assert [partner.label for partner in moved.partners] == ["1hpv chain B"]


def test_the_shown_state_is_read(cmd: Any, viewer: Viewer, hpv: str) -> None:
    cmd.create("two", "1hpv", 1, 1)
    cmd.create("two", "1hpv", 1, 2)
    cmd.alter_state(2, "two and organic", "x = x + 100")
    cmd.delete("1hpv")
    assert "site:ligand:478" in annotate(read_subjects(viewer)[0])
    cmd.set("state", 2)
    (subject, _) = read_subjects(viewer)
    assert subject.chain.state == 2
    assert "site:ligand:478" not in annotate(subject)


def test_a_chain_that_is_gone_is_refused(cmd: Any, viewer: Viewer, hpv: str) -> None:
    chain = viewer.read_chains("chain A")[0].chain
    cmd.alter("chain A and resi 25", "resn = 'ASN'")
    with pytest.raises(StructureError, match="The residues of 1hpv chain A have changed"):
        viewer.read_subjects([chain])[0]
    cmd.delete("1hpv")
    with pytest.raises(StructureError, match="1hpv chain A was deleted or renamed"):
        viewer.read_subjects([chain])[0]


def test_secondary_structure_is_that_of_pymol(cmd: Any, viewer: Viewer, hpv: str) -> None:
    cmd.alter("chain A and resi 10-12", "ss = 'H'")
    (subject, _) = read_subjects(viewer)
    assert subject.secondary_structure is not None and subject.secondary_structure.source == "PyMOL"
    shown: dict[str, str] = {}
    cmd.iterate("chain A and name CA", "put(resi, ss)", space={"put": shown.__setitem__})
    for name, code in (("helix", "H"), ("strand", "S")):
        (found,) = compute_annotations(name, subject)
        numbers = [subject.chain.residue_ids[index].resi for index in found.residues]
        assert numbers == [resi for resi, ss in shown.items() if ss == code] != []
    with pytest.raises(InputError, match="has no turn"):
        compute_annotations("turn", subject)
    cmd.alter("all", "ss = ''")
    assert read_subjects(viewer)[0].secondary_structure is None


def test_the_file_is_found_by_its_name_and_its_residues(
    cmd: Any, viewer: Viewer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(find_1hpv(), tmp_path / "1hpv.pdb")
    cmd.read_pdbstr(find_1hpv().read_text(), "1hpv")  # a file that is loaded is remembered
    monkeypatch.chdir(tmp_path / "..")
    cmd.set("fetch_path", str(tmp_path / ".."))
    assert read_subjects(viewer)[0].path is None
    with pytest.raises(InputError, match="needs the structure file it came from"):
        compute_annotations("site_record", read_subjects(viewer)[0])
    cmd.set("fetch_path", str(tmp_path))
    (subject, _) = read_subjects(viewer)
    assert subject.path == tmp_path / "1hpv.pdb"
    assert subject.records is not None and len(subject.records.helices) == 2
    (tmp_path / "1hpv.cif").write_text("data_damaged\nloop_\n_a.b\n_a.c\n1\n")  # this one comes first
    assert read_subjects(viewer)[0].path == tmp_path / "1hpv.pdb"
    text = (tmp_path / "1hpv.pdb").read_text()
    (tmp_path / "1hpv.pdb").write_text(text.replace("LEU", "VAL").replace("ILE", "THR"))
    assert read_subjects(viewer)[0].path is None  # another protein of this name


def test_atoms_are_sorted_into_residues_when_pymol_is_not_asked_any_more(cmd: Any, viewer: Viewer) -> None:
    cmd.load(str(find_1hpv()), "1hpv")
    chain = viewer.read_chains("1hpv and chain A")[0].chain
    subject = dataclasses.replace(viewer.read_subjects([chain])[0], positions=np.arange(99))
    assert subject.atoms is not None
    assert "coords" not in vars(subject.atoms)  # that would take long where there are many
    expected = compute_annotations("site", viewer.read_subjects([chain])[0])[0].residues.tolist()
    cmd.delete("1hpv")
    assert compute_annotations("site", subject)[0].residues.tolist() == expected
    assert len(expected) > 10
    assert len(subject.atoms.coords) > 1500
