"""Files of programs that know no polymers, or spell what they know in their own way.

Each kind was met with files of PyMOL, biotite, OpenMM, gemmi, ProDy and tleap. All hold the same: two chains
of twelve residues and a ligand at residues 3 to 5 of chain A.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from provis_core.annotations.annotators import compute_annotations
from provis_core.structures.files.chains import load_chain, load_chains
from provis_core.structures.files.subjects import load_subjects
from provis_core.viewers.file_viewer import FileViewer

from .files import THREE, atom, pdb, peptide

Write = Callable[..., Path]
Row = dict[str, object]

LETTERS = "ACDEFGHIKLMN"
CASES = Path(__file__).parents[3] / "shared" / "cases"
HIV_SITE = ["8", "25", "27", "28", "47", "48", "49", "50", "81", "82", "84"]


def rows() -> list[Row]:
    """The atoms, as the archive writes them."""
    found: list[Row] = []
    for y, chain in ((0.0, "A"), (30.0, "B")):
        for k, letter in enumerate(LETTERS, 1):
            for name, offset in (("N", -1.24), ("CA", 0.0), ("C", 1.23)):
                found.append(_row("ATOM", name, THREE[letter], chain, k, 3.8 * k + offset, y))
    found += [_row("HETATM", f"C{k}", "LIG", "A", ".", 3.8 * k, 3.5, "B", 900) for k in (3, 4, 5)]
    return found


def _row(
    group: str, name: str, residue: str, chain: str, place: object, x: float, y: float, asym: str = "",
    number: int = 0,
) -> Row:  # fmt: skip
    return {
        "group_PDB": group, "type_symbol": name[0], "label_atom_id": name, "label_alt_id": ".",
        "label_comp_id": residue, "label_asym_id": asym or chain, "label_entity_id": 2 if number else 1,
        "label_seq_id": place, "auth_asym_id": chain, "auth_seq_id": number or place,
        "pdbx_PDB_ins_code": "?", "Cartn_x": round(x, 3), "Cartn_y": y, "Cartn_z": 0, "occupancy": 1,
        "B_iso_or_equiv": 20, "pdbx_PDB_model_num": 1,
    }  # fmt: skip


ENTITIES = """\
loop_
_entity.id
_entity.type
1 polymer
2 non-polymer
_entity_poly.entity_id 1
_entity_poly.type polypeptide(L)
"""


def cif(atoms: list[Row], head: str = "", name: str = "toy") -> str:
    """A data block."""
    lines = [f"data_{name}", head, "loop_", *(f"_atom_site.{item}" for item in atoms[0])]
    return "\n".join([*lines, *(" ".join(map(str, row.values())) for row in atoms), "#", ""])


def changed(ligand: Row | None = None, **everywhere: object) -> list[Row]:
    """The atoms with other values, in all of them or in those of the ligand."""
    return [
        {**row, **everywhere, **((ligand or {}) if row["group_PDB"] == "HETATM" else {})} for row in rows()
    ]


def without(atoms: list[Row], *items: str) -> list[Row]:
    return [{item: value for item, value in row.items() if item not in items} for row in atoms]


def by_pymol() -> str:
    atoms = [
        {**row, "label_seq_id": row["auth_seq_id"]} for row in changed(label_asym_id=".", label_entity_id=".")
    ]
    return cif(without(atoms, "auth_seq_id"))


def by_biotite() -> str:
    return cif(changed({"label_seq_id": 900, "label_asym_id": "A", "label_entity_id": 1}))


KINDS: dict[str, Callable[[], str]] = {
    "archive": lambda: cif(rows(), ENTITIES),
    "PyMOL: no entities, residue numbers as label_seq_id": by_pymol,
    "biotite: the ligand in the polymer": by_biotite,
    "the ligand in a polymer that is described": lambda: cif(
        changed({"label_seq_id": 900, "label_entity_id": 1}),
        ENTITIES + "loop_\n_entity_poly_seq.entity_id\n_entity_poly_seq.num\n_entity_poly_seq.mon_id\n"
        + "".join(f"1 {k} {THREE[letter]}\n" for k, letter in enumerate(LETTERS, 1)),
    ),
    "gemmi: no label_seq_id": lambda: cif(changed(label_seq_id="."), ENTITIES),
    "OpenMM: unknown entity": lambda: cif(changed(label_entity_id="?"), ENTITIES),
    "a ligand without a number": lambda: cif(changed({"auth_seq_id": "."}), ENTITIES),
    "a ligand with a number that is none": lambda: cif(changed({"auth_seq_id": "L1"}), ENTITIES),
    "other case": lambda: (
        cif(rows(), ENTITIES).replace("_atom_site.", "_Atom_Site.").replace("Cartn", "cartn")
    ),
    "uncertainties": lambda: cif([{**row, "Cartn_z": "0.000(2)", "occupancy": "1.00(1)"} for row in rows()]),
    "no author": lambda: cif(
        without(
            [{**row, "label_seq_id": row["auth_seq_id"]} for row in rows()], "auth_seq_id", "auth_asym_id"
        )
    ),
    "little": lambda: cif(
        without(
            rows(), "occupancy", "B_iso_or_equiv", "pdbx_PDB_model_num", "pdbx_PDB_ins_code", "type_symbol"
        )
    ),
    "twice the same item": lambda: cif(rows(), ENTITIES + "_entry.id a\n_entry.id b\n"),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_the_site_and_the_chains_of_every_kind(written: Write, kind: str) -> None:
    subjects = load_subjects(written(KINDS[kind](), "toy.cif"))
    assert [(one.chain.chain_id, one.chain.sequence) for one in subjects] == [("A", LETTERS), ("B", LETTERS)]
    (site, *parts) = compute_annotations("site", subjects[0])
    assert [subjects[0].chain.residue_label(k) for k in site.residues] == ["A/ASP3", "A/GLU4", "A/PHE5"]
    assert [part.name for part in parts] == ["site:ligand", "site:ligand:LIG"]
    assert not compute_annotations("site", subjects[1])[0].values.any()


def test_the_insertion_code_in_the_number(written: Write) -> None:
    atoms = [{**row, "auth_seq_id": "4A"} if row["auth_seq_id"] == 5 else row for row in rows()]
    chain = load_chain(written(cif(atoms, ENTITIES), "toy.cif"), "A")
    assert [residue.resi for residue in chain.residue_ids[3:6]] == ["4", "4A", "6"]
    assert chain.residue_label(4) == "A/PHE4A"


def test_objects_that_are_not_read_are_named(written: Write) -> None:
    one = [row for row in rows() if row["auth_asym_id"] == "A"]
    two = [row for row in rows() if row["auth_asym_id"] == "B"]
    path = written("data_empty\n_a.b 1\n" + cif(one, name="one") + cif(two, name="two"), "both.cif")
    with pytest.warns(
        UserWarning, match=r"both.cif holds other objects, which are not read: two \(chain B\)"
    ):
        (chain,) = load_chains(path)
    assert chain.chain_id == "A"
    said: list[str] = []
    viewer = FileViewer(path, write=said.append, warn=said.append)
    assert [selected.chain.chain_id for selected in viewer.read_chains("")] == ["A"]
    assert len(said) == 1 and "two (chain B)" in said[0]


def test_molecules_that_only_ter_tells_apart(written: Write) -> None:
    """As tleap writes them: no chain ids, numbers that go on, TER between."""
    first, second = peptide(LETTERS, chain=" "), peptide(LETTERS, 13, 30, chain=" ")
    ligand = [atom("C1", "LIG", 25, 3.8 * 2, y=3.5, chain=" ", het=True)]
    path = written(pdb(first, "TER", second, "TER", ligand))
    subjects = load_subjects(path)
    assert [(one.chain.label, one.chain.sequence) for one in subjects] == [
        ("toy segment 1", LETTERS),
        ("toy segment 2", LETTERS),
    ]
    assert load_chain(path, "2").residue_ids[0].number == 13
    sites = [compute_annotations("site", subject)[0] for subject in subjects]
    assert [site.residues.tolist() for site in sites] == [[2], []]
    # the CB contacts of each are its own
    assert [one.atoms.rows_of(one.chain).min() >= 0 for one in subjects if one.atoms] == [True, True]


def test_ter_at_a_gap_does_not_end_a_chain(written: Write) -> None:
    lines = [peptide("ACDE"), "TER", peptide("FGHI", 20, 19), "TER"]
    (chain,) = load_chains(written(pdb(*lines)))
    assert chain.sequence == "ACDEFGHI"
    # nor does it where the two are bonded
    (chain,) = load_chains(written(pdb(peptide("ACDE"), "TER", peptide("FGHI", 5, 4))))
    assert chain.sequence == "ACDEFGHI"
    # with numbers that go on, but no bond, they are two
    assert len(load_chains(written(pdb(peptide("ACDE"), "TER", peptide("FGHI", 5, 40))))) == 2


def test_copies_under_one_id_each_have_their_atoms(written: Write) -> None:
    lines = [(peptide("ACD", place=10 * k), "TER") for k in range(3)]
    subjects = load_subjects(written(pdb(*(item for pair in lines for item in pair))))
    assert [one.chain.label for one in subjects] == [f"toy chain A segment {k}" for k in (1, 2, 3)]
    assert all(one.atoms and one.atoms.rows_of(one.chain).min() >= 0 for one in subjects)


@pytest.mark.parametrize("kind", ["cif", "pdb"])
def test_the_work_grows_with_the_number_of_chains_and_not_with_its_square(written: Write, kind: str) -> None:
    def count(n_chains: int) -> int:
        names = [f"{a}{b}" for a in "ABCDEFGHIJ" for b in "ABCDEFGHIJ"][:n_chains]
        if kind == "cif":
            atoms = [
                {**row, "auth_asym_id": name, "label_asym_id": name, "Cartn_y": 40 * k}
                for k, name in enumerate(names)
                for row in rows()[:36]
            ]
            text = cif(atoms, ENTITIES)
        else:
            text = pdb(
                *([*peptide(LETTERS, chain=name, place=20 * k), "TER"] for k, name in enumerate(names))
            )
        path = written(text, f"many.{kind}")
        n_calls = 0

        def see(frame: object, event: str, argument: object) -> None:
            nonlocal n_calls
            n_calls += event in ("call", "c_call")

        sys.setprofile(see)
        try:
            subjects = load_subjects(path)
            for subject in subjects:
                compute_annotations("site", subject)
                compute_annotations("contact", subject)
        finally:
            sys.setprofile(None)
        assert len(subjects) == n_chains
        return n_calls

    count(2)  # what is read once
    assert count(80) < 2.6 * count(40)
