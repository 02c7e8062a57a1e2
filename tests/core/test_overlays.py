"""Overlays with a viewer in memory: what is shown, in which colours, and what is said of it."""

from dataclasses import replace

import numpy as np
import pytest

from provis_core.actions.contacts import ContactOptions
from provis_core.actions.sites import SiteOptions
from provis_core.actions.work.contacts import show_contacts
from provis_core.actions.work.overlays import MAX_LABELS
from provis_core.actions.work.sites import show_sites
from provis_core.errors import InputError
from provis_core.scenes.colors import CATEGORY_RGB
from provis_core.session.session import Session
from provis_core.session.settings import Settings
from provis_core.structures.atom_sorting import make_structure_atoms
from provis_core.structures.subject import Subject

from .fakes import FakeViewer, FakeWorker, make_chain

LETTERS = "ACDEFGAC"


def add_atoms(chain, *others):
    """CA and CB of each residue, 1 Å apart, and single atoms of other things."""
    rows = [
        (residue.number, name, atom, "C", place + np.array([0, shift, 0]), True)
        for residue, name, place in zip(chain.residue_ids, chain.residue_names, chain.ca_coords, strict=True)
        for atom, shift in (("CA", 0.0), ("CB", 1.0))
    ]
    rows += [(900 + k, name, "X1", element, place, False) for k, (name, element, place) in enumerate(others)]
    numbers, names, atoms, elements, coords, in_polymer = zip(*rows, strict=True)
    return make_structure_atoms(
        chain.object_name,
        chain_ids=[chain.chain_id] * len(rows),
        numbers=numbers,
        insertion_codes=[""] * len(rows),
        residue_names=names,
        atom_names=atoms,
        elements=elements,
        coords=coords,
        in_polymer=in_polymer,
    )


@pytest.fixture
def viewer():
    """Chain A with a drug at residue 2 and a zinc ion at residue 6; chain B has nothing."""
    a, b = make_chain(LETTERS), make_chain(LETTERS, "B")
    b = replace(b, ca_coords=b.ca_coords + np.float32([0, 5, 0]))
    viewer = FakeViewer(a, b)
    drug, zinc = ("DRG", "C", (4.0, -3.0, 0.0)), ("ZN", "ZN", (20.0, -3.0, 0.0))
    viewer.subjects[a.label] = Subject(a, add_atoms(a, drug, zinc))
    viewer.subjects[b.label] = Subject(b, add_atoms(b))
    return viewer


@pytest.fixture
def session(viewer, tmp_path):
    return Session(viewer, Settings(tmp_path / "settings.json"), lambda _: FakeWorker(tmp_path))


def test_parts_of_a_site_have_their_own_colours(session, viewer):
    a, b = show_sites(session, SiteOptions(quiet=False))
    assert (a.labels, a.name) == (("A/CYS2", "A/GLY6"), "provis_toy_A_site")
    assert a.legend == (("orange", "site:ligand", 1), ("red", "site:ion", 1))
    overlay = viewer.overlays["provis_toy_A_site"]
    np.testing.assert_allclose(overlay.rgb[[1, 5]], [CATEGORY_RGB["orange"], CATEGORY_RGB["red"]])
    assert np.isnan(overlay.rgb[[0, 2, 3, 4, 6, 7]]).all()
    assert np.flatnonzero(overlay.sticks).tolist() == [1, 5] and overlay.carbons
    assert (b.name, b.labels, b.legend) == ("", (), ())
    text = "\n".join(viewer.lines)
    assert "ProVis: toy chain A, site: 2 residues, a heavy atom within 4 Å of ligand, ion" in text
    assert "A/CYS2 A/GLY6" in text and "orange site:ligand (1), red site:ion (1); shown as" in text
    assert "ProVis: toy chain B, site: 0 residues" in text


def test_what_is_empty_now_removes_what_was_shown_before(session, viewer):
    show_sites(session, SiteOptions(by="ion"))
    assert list(viewer.overlays) == ["provis_toy_A_site-ion"]
    assert viewer.warnings == ["toy chain B has no site:ion. " + viewer.warnings[0].split(". ", 1)[1]]
    del viewer.chains[1]
    (a,) = show_sites(session, SiteOptions(by="site", name="mine"))
    assert a.name == "mine"
    viewer.chains[0] = replace(viewer.chains[0], inside=np.zeros(8, dtype=bool))
    (a,) = show_sites(session, SiteOptions(by="site", name="mine"))
    assert (a.name, a.removed) == ("", "mine")


def test_dashes_lead_from_the_nearest_atoms(session, viewer):
    show_sites(session, SiteOptions(by="ligand:DRG", show="dashes+labels", color="yellow"))
    overlay = viewer.overlays["provis_toy_A_site-ligand-DRG"]
    np.testing.assert_allclose(overlay.dash_start, [[4, 0, 0]])
    np.testing.assert_allclose(overlay.dash_end, [[4, -3, 0]])
    np.testing.assert_allclose(overlay.dash_rgb, [CATEGORY_RGB["yellow"]])
    assert overlay.labels == {1: "C2"} and not overlay.sticks.any()


def test_numbers_have_one_scale_for_all_chains(session, viewer, tmp_path):
    table = tmp_path / "numbers.csv"
    table.write_text("chain,resi,value\nA,1,0\nA,2,5\nB,1,10\n")
    a, b = show_sites(session, SiteOptions(by="table", file=str(table)))
    assert a.legend[0][1] == b.legend[0][1] == "table 0 to 10"
    rgb = [viewer.overlays[one.name].rgb for one in (a, b)]
    assert not np.allclose(rgb[0][0], rgb[1][0])
    assert not viewer.overlays[a.name].sticks.any()


def test_a_selection_is_a_site(session, viewer):
    viewer.chains = [replace(viewer.chains[0], inside=np.arange(8) == 3)]
    (one,) = show_sites(session, SiteOptions(site="anything", sele="mine"))
    assert one.labels == ("A/GLU4",)
    assert viewer.selections["mine"] == {("toy chain A", 3)}


def test_contacts_within_and_between_chains(session, viewer):
    a, b = show_contacts(session, ContactOptions(cutoff=5.5, min_sep=1, between="chains", top=2, quiet=False))
    assert (a.n_found, b.n_found) == (7 + 8, 7)  # the contacts between the two are drawn once
    assert a.distances.tolist() == [4, 4] and a.pairs.tolist() == [[0, 1], [1, 2]]
    assert a.partners == (None, None)
    everything = show_contacts(session, ContactOptions(cutoff=5.5, between="only", top=0))[0]
    assert everything.pairs.tolist() == [[k, k] for k in range(8)]
    assert {partner.label for partner in everything.partners} == {"toy chain B"}
    text = "\n".join(viewer.lines)
    assert "toy chain A: 15 contacts (CA-CA < 5.5 Å, |i-j| >= 1, CA-CA < 5.5 Å between chains)" in text
    assert "the closest 2 shown as provis_toy_A_contacts (top=2; top=0 shows all)" in text
    assert "closest: A/ALA1 - A/CYS2 4.0 Å" in text
    viewer.clear("provis_toy_B_contacts")
    show_contacts(session, ContactOptions(cutoff=5.5, between="only", top=0, quiet=False))
    assert viewer.lines[-1].startswith(" ProVis: toy chain B: no other chain is left (each two chains are")


def test_colours_of_contacts_count_them(session, viewer):
    show_contacts(session, ContactOptions(cutoff=5, min_sep=1, show="color"))
    rgb = viewer.overlays["provis_toy_A_contacts"].rgb
    assert np.allclose(rgb[0], rgb[7]) and np.allclose(rgb[1], rgb[6]) and not np.allclose(rgb[0], rgb[1])
    assert len(viewer.overlays["provis_toy_A_contacts"].dash_start) == 0


def test_too_many_labels_are_announced(tmp_path):
    chain = make_chain("A" * (MAX_LABELS + 20))
    viewer = FakeViewer(chain)
    session = Session(viewer, Settings(tmp_path / "s.json"), lambda _: FakeWorker(tmp_path))
    show_sites(session, SiteOptions(by="amino_acid:A", show="labels"))
    (overlay,) = viewer.overlays.values()
    assert len(overlay.labels) == MAX_LABELS
    assert viewer.warnings == [f"toy chain A: of {MAX_LABELS + 20} labels the first {MAX_LABELS} are written"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"show": "cloud"}, "«show=cloud»: cloud is not known"),
        ({"show": "dashes+clouds"}, "cloud is not known"),
        ({"palette": "rainbowe"}, "palette=rainbowe"),
        ({"top": -1}, "top=-1"),
        ({"color": "mud"}, "color=mud"),
        ({"sele": "toy"}, "sele=toy"),
    ],
)
def test_nothing_is_shown_where_an_option_is_wrong(session, viewer, options, words):
    for show, kind in ((show_sites, SiteOptions), (show_contacts, ContactOptions)):
        with pytest.raises(InputError, match=words):
            show(session, kind(**options))
    assert viewer.overlays == viewer.selections == {}
