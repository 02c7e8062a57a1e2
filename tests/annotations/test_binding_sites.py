"""Binding sites: toys known by hand, the shared table of ligand contacts, and an independent search."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pytest

from provis_core.annotations.annotators import compute_annotations
from provis_core.annotations.annotators.binding_sites import (
    PARTNER_KINDS,
    compute_binding_sites,
    compute_near_rows,
    load_additives,
)
from provis_core.errors import InputError
from tests.data import find_structure

from .builders import THREE, chain_atoms, make_atoms, make_chain, rotation, three_parts

STANDARD = set(THREE.values()) - {"UNK"}
ATP = ("A", 500, "ATP")
ZN = ("A", 501, "ZN")


def toy():
    """Ten residues, 3.8 Å apart along x; what is bound lies 3 Å below the CA of some (N, C, O are above)."""
    chain = make_chain("AAAAAAAAAA")
    others = [
        (*ATP, "PG", "P", (2 * 3.8, -3.0, 0.0)),
        (*ATP, "H1", "H", (9 * 3.8, -3.0, 0.0)),
        (*ZN, "ZN", "ZN", (5 * 3.8, -3.5, 0.0)),
        ("A", 502, "GOL", "O1", "O", (8 * 3.8, -3.0, 0.0)),
        ("A", 502, "GOL", "C1", "C", (8 * 3.8, -20.0, 0.0)),  # one oxygen alone would be a water
        ("A", 503, "HOH", "O", "O", (7 * 3.8, -3.0, 0.0)),
        ("C", 1, "DA", "P", "P", (0.0, -3.0, 0.0)),
    ]
    return chain, make_atoms(chain_atoms(chain), others)


def names(found):
    return {item.name: [int(k) for k in item.residues] for item in found}


def test_toy_known_by_hand():
    chain, atoms = toy()
    # 3 Å below a CA: 3 Å from it, 2.4 Å from its CB; the neighbours' CBs are 4.5 Å away, their CAs 4.8 Å
    assert names(compute_binding_sites(chain, atoms)) == {
        "site": [0, 2, 5],
        "site:ligand": [2],
        "site:ligand:ATP": [2],
        "site:ion": [5],
        "site:ion:ZN": [5],
        "site:nucleic": [0],
        "site:nucleic:DA": [0],
    }


def test_radius_and_ion_radius():
    chain, atoms = toy()
    assert names(compute_binding_sites(chain, atoms, distance=5.0))["site:ligand:ATP"] == [1, 2, 3]
    narrow = compute_binding_sites(chain, atoms, distance=5.0, ion_distance=1.0)
    assert "site:ion" not in names(narrow) and names(narrow)["site"] == [0, 1, 2, 3]
    assert narrow[0].method == "a heavy atom within 5 Å (1 Å of an ion) of ligand, ion, nucleic, peptide"


def test_hydrogens_and_water_are_no_partners():
    chain, atoms = toy()
    found = names(compute_binding_sites(chain, atoms, additives=()))
    assert 9 not in found["site"] and 7 not in found["site"]


def test_additives_are_left_out_and_named():
    chain, atoms = toy()
    found = compute_binding_sites(chain, atoms)
    assert "GOL" in found[0].notes[0] and 8 not in found[0].residues
    assert names(compute_binding_sites(chain, atoms, additives=()))["site:ligand:GOL"] == [8]
    assert names(compute_binding_sites(chain, atoms, additives=["atp", "zn"]))["site"] == [0, 8]


def test_kinds_choose_partners():
    chain, atoms = toy()
    assert names(compute_binding_sites(chain, atoms, kinds=["ion"])) == {
        "site": [5], "site:ion": [5], "site:ion:ZN": [5],
    }  # fmt: skip
    assert names(compute_binding_sites(chain, atoms, kinds=[])) == {"site": []}


@pytest.mark.parametrize(("length", "kind"), [(19, "peptide"), (20, "chain")])
def test_a_short_chain_is_a_peptide(length, kind):
    chain = make_chain("A" * 30)
    other = make_chain("G" * length, chain.ca_coords[:length] + np.float32([0, -3.5, 0]), chain_id="B")
    atoms = make_atoms([*chain_atoms(chain), *chain_atoms(other)])
    found = names(compute_binding_sites(chain, atoms, kinds=PARTNER_KINDS))
    assert f"site:{kind}:B" in found
    assert ("site:peptide" in names(compute_binding_sites(chain, atoms))) == (kind == "peptide")


def test_any_alternate_location_counts():
    chain = make_chain("AAA")
    protein = chain_atoms(chain)
    sites = [("A", 9, "ATP", "PG", "P", (0.0, -30.0, 0.0)), ("A", 9, "ATP", "PG", "P", (0.0, -3.0, 0.0))]
    n = len(protein)
    atoms = make_atoms(protein, sites, altlocs=[""] * n + ["A", "B"], occupancies=[1.0] * n + [0.9, 0.1])
    assert names(compute_binding_sites(chain, atoms))["site:ligand:ATP"] == [0]
    assert atoms.is_main.tolist() == [True] * (n + 1) + [False]


def test_residue_without_atoms_is_unknown():
    coords = np.array([[0, 0, 0], [np.nan] * 3, [7.6, 0, 0]])
    chain = make_chain("AAA", coords)
    found = compute_binding_sites(
        chain, make_atoms(chain_atoms(chain), [(*ATP, "PG", "P", (0.0, -3.0, 0.0))])
    )
    assert found[0].valid.tolist() == [True, False, True] and found[0].values.tolist() == [True, False, False]
    assert any("1 residues with fewer than two heavy atoms" in note for note in found[0].notes)


def test_ca_only_model_is_refused():
    chain = make_chain("AAA")
    only_ca = [atom for atom in chain_atoms(chain) if atom[3] == "CA"]
    with pytest.raises(InputError) as error:
        compute_binding_sites(chain, make_atoms(only_ca))
    assert three_parts(error.value)


@pytest.mark.parametrize(
    "options", [{"distance": 0}, {"distance": float("nan")}, {"ion_distance": 21}, {"kinds": ["water"]}]
)
def test_bad_options(options):
    chain, atoms = toy()
    with pytest.raises(InputError) as error:
        compute_binding_sites(chain, atoms, **options)
    assert three_parts(error.value)


def test_rotation_changes_nothing():
    import dataclasses

    chain, atoms = toy()
    turn = rotation().astype(np.float32).T
    moved = dataclasses.replace(atoms, coords=atoms.coords @ turn + np.float32([50, -9, 3]))
    moved_chain = dataclasses.replace(chain, ca_coords=chain.ca_coords @ turn + np.float32([50, -9, 3]))
    assert names(compute_binding_sites(moved_chain, moved)) == names(compute_binding_sites(chain, atoms))


def test_the_user_can_change_the_additives(own_home):
    from provis_core.system.paths import config_dir

    assert "SO4" in load_additives()
    config_dir().mkdir(parents=True, exist_ok=True)
    path = config_dir() / "additives.json"
    path.write_text(json.dumps({"additives": {"mine": {"atp": "hydrolysed"}}}))
    assert load_additives() == {"ATP": "hydrolysed"}
    chain, atoms = toy()
    assert 8 in compute_binding_sites(chain, atoms)[0].residues
    path.write_text("{}")
    with pytest.raises(InputError) as error:
        load_additives()
    assert three_parts(error.value) and str(path) in str(error.value)


def test_a_list_of_additives_that_is_not_there(tmp_path):
    with pytest.raises(InputError):
        load_additives(tmp_path / "none.json")


def test_options_as_text_from_a_command(load):
    subject = load("pdb/4hhb.pdb.gz")[0]
    found = compute_annotations("site", subject, kinds="ligand, chain", distance=4.5, additives="none")
    shown = {item.name for item in found}
    assert {"site:ligand:HEM", "site:chain:B"} <= shown and "site:ion" not in shown
    assert [item.name for item in compute_annotations("site:ligand", subject)] == [
        "site:ligand",
        "site:ligand:HEM",
    ]
    with pytest.raises(InputError) as error:
        compute_annotations("site:ligand:ATP", subject)
    assert "site:ligand:HEM" in str(error.value)


def test_equal_to_biopython_on_real_structures(load, structures):
    import gzip

    pdb = pytest.importorskip("Bio.PDB", reason="the reference is Biopython's NeighborSearch")
    for name, ligand in (("4hhb", "HEM"), ("1rx1", "NAP")):
        path = find_structure(f"pdb/{name}.pdb.gz")
        with gzip.open(path, "rt") as file:
            model = pdb.PDBParser(QUIET=True).get_structure(name, file)[0]
        heavy = [atom for atom in model.get_atoms() if atom.element not in {"H", "D"}]
        search = pdb.NeighborSearch(heavy)
        near = {
            found.get_full_id()[2:4]
            for residue in model.get_residues()
            if residue.get_resname() == ligand
            for atom in residue
            for found in search.search(atom.coord, 4.0, "R")
            if found.id[0] == " "
        }
        ours = set()
        for subject in load(f"pdb/{name}.pdb.gz"):
            for item in compute_binding_sites(subject.chain, subject.atoms):
                if item.name == f"site:ligand:{ligand}":
                    ids = [subject.chain.residue_ids[k] for k in item.residues]
                    ours |= {(one.chain, (" ", one.number, one.insertion_code or " ")) for one in ids}
        assert ours == near and ours


# what the shared table calls otherwise than we do, with the rule that explains it
IN_POLYMER = "a modified residue of a protein or nucleic acid chain, which the table takes for a ligand"
DIFFERENT_KIND = {
    **{(f"{form}/1fdo", "ligand:CSE"): IN_POLYMER for form in ("mmcif", "pdb")},
    **{(f"{form}/2p0r", "ligand:AR7"): IN_POLYMER for form in ("mmcif", "pdb")},
    **{(f"{form}/4opj", "ligand:TCY"): IN_POLYMER for form in ("mmcif", "pdb")},
    **{("mmcif/4wvp", f"ligand:{name}"): IN_POLYMER for name in ("NLB", "OMT", "3V3", "3V2", "BTN", "OIC")},
    **{("pdb/7hvp", f"ligand:{name}"): IN_POLYMER for name in ("JG3", "VME")},
    (
        "pdb/1h2t",
        "nucleic:7MG",
    ): "free cap analogue beside the chains, which the table takes for nucleic acid",
}
OTHER_RESIDUES = {
    (
        "mmcif/9rsa",
        "ligand:ADU",
    ): "in chain A four atoms of the ligand are modelled; the table has chain B only"
}
ADDITIVES_IN_CONTACT = {  # components of our list that touch a chain; the table leaves out all of them
    "1PE", "ACT", "BME", "CL", "DMS", "EDO", "EOH", "FMT", "GOL", "IMD", "K", "MES", "MOH", "MPD", "MRD",
    "NA", "NH4", "NO3", "PEG", "PG4", "PO4", "SO4", "TMO", "TRS", "UNL",
}  # fmt: skip
NOT_IN_TABLE = {
    "OXY": "molecular oxygen, which the table counts as an additive and we do not",
    "TCY": "see above: nucleic here",
    "7MG": "see above: ligand here",
}


@dataclass
class Comparison:
    """Our sites and those of the shared table, by file and ``kind:RESNAME``."""

    equal: set[tuple[str, str]] = field(default_factory=set)
    other_residues: set[tuple[str, str]] = field(default_factory=set)
    different_kind: set[tuple[str, str]] = field(default_factory=set)
    not_in_table: Counter = field(default_factory=Counter)


def compare(load, expected_contacts, radius: float, ion_radius: float) -> Comparison:
    """All residues of any location; the additives of our list are counted here."""
    result = Comparison()
    for item in expected_contacts:
        ours: dict[str, dict[str, set[str]]] = {}
        subjects = load(item["file"])
        for subject in subjects:
            found = compute_binding_sites(
                subject.chain,
                subject.atoms,
                distance=radius,
                ion_distance=ion_radius,
                kinds=["ligand", "ion", "nucleic"],
                additives=(),
            )
            for site in found:
                if site.name.count(":") == 2:
                    key = site.name.removeprefix("site:").replace("ion:", "metal:")
                    _add(ours, key, subject.chain, site.values)
        entry = item["file"].split(".")[0]
        for key in ours.keys() - item["contacts"].keys():
            result.not_in_table[key.split(":")[1]] += 1
        for key, chains in item["contacts"].items():
            expected = {chain: set(residues) for chain, residues in chains.items()}
            if key not in ours:
                result.different_kind.add((entry, key))
                ours[key] = _by_name(subjects, key.split(":")[1], radius)
            same = ours[key] == expected
            (result.equal if same else result.other_residues).add((entry, key))
    return result


def test_equal_to_the_shared_table(load, expected_contacts):
    """4.5 Å, ions 3.0 Å, as the table states them."""
    additives = load_additives()
    found = compare(load, expected_contacts, 4.5, 3.0)
    n_keys = sum(len(item["contacts"]) for item in expected_contacts)
    print(f"{len(found.equal)} of {n_keys} keys of {len(expected_contacts)} files equal the table")
    assert (n_keys, len(expected_contacts)) == (345, 177)
    assert found.different_kind == set(DIFFERENT_KIND)
    assert found.other_residues == set(OTHER_RESIDUES)
    assert len(found.equal) == n_keys - len(OTHER_RESIDUES)
    assert found.not_in_table.keys() - additives.keys() == set(NOT_IN_TABLE)
    assert found.not_in_table.keys() & additives.keys() == ADDITIVES_IN_CONTACT


@pytest.mark.parametrize(("radius", "ion_radius"), [(4.4, 3.0), (4.6, 3.0), (4.5, 2.9), (4.5, 3.1)])
def test_the_table_tells_a_tenth_of_an_angstrom(load, expected_contacts, radius, ion_radius):
    found = compare(load, expected_contacts, radius, ion_radius)
    print(f"{radius} Å, ions {ion_radius} Å: {len(found.other_residues)} keys differ")
    assert found.other_residues > set(OTHER_RESIDUES)


def _by_name(subjects, name, radius):
    """The same residues for every component of a name, whatever its kind."""
    found: dict[str, dict[str, set[str]]] = {}
    for subject in subjects:
        rows = [row for row, other in enumerate(subject.atoms.residue_names) if other == name]
        near = compute_near_rows(subject.chain, subject.atoms, np.array(rows), radius)
        _add(found, name, subject.chain, near.any(axis=1))
    return found[name]


def _add(found, key, chain, values):
    shown = {
        f"{chain.residue_ids[k].resi}:{chain.residue_names[k]}"
        for k in np.flatnonzero(values)
        if chain.residue_names[k] in STANDARD
    }
    if shown:
        found.setdefault(key, {}).setdefault(chain.chain_id, set()).update(shown)


def test_what_the_table_counts_and_our_list_leaves_out(expected_contacts):
    """By name; all are solvents, buffers, glycols or detergents, which the table kept."""
    known = {key.split(":")[1] for item in expected_contacts for key in item["contacts"]}
    assert sorted(known & load_additives().keys()) == [
        "2PE", "BCN", "BOG", "BTB", "BU2", "C8E", "DIO", "HTG", "HTO", "LDA",
    ]  # fmt: skip
