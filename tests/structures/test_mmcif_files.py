"""Hard cases of mmCIF files that the tests write."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import provis_core
from provis_core.errors import StructureError
from provis_core.structures.files.chains import load_chain, load_chains
from provis_core.structures.sequence import compute_sequence_map

from .files import entity_tables, mmcif, pdb, peptide

Write = Callable[..., Path]


def rows(
    names: list[str], *, asym: str = "A", entity: int = 1, chain: str = "A", numbers: list[int] | None = None,
    places: list[int] | None = None,
) -> list[list[object]]:  # fmt: skip
    """CA atoms of a polymer."""
    places = places or list(range(1, len(names) + 1))
    return [
        ["ATOM", "CA", name, asym, entity, place, chain, number, "?", ".", 1, 3.8 * place]
        for name, place, number in zip(names, places, numbers or places, strict=True)
    ]


def test_the_file_tells_the_place_of_each_residue(written: Write) -> None:
    polymer = ["ACE", "GLY", "GLY", "GLY", "PRO/SER", "MSE", "UNK", "GLY", "NH2"]
    atoms = [
        ["HETATM", "CH3", "ACE", "A", 1, 1, "A", 0, "?", ".", 1, 0.0],
        # the second of three glycines is not there, which nothing else tells
        *rows(["GLY", "GLY"], places=[2, 4], numbers=[-5, 7]),
        ["ATOM", "CA", "PRO", "A", 1, 5, "A", 7, "A", "A", 0.4, 19.0],
        ["ATOM", "CA", "SER", "A", 1, 5, "A", 7, "A", "B", 0.6, 19.1],
        ["HETATM", "CA", "MSE", "A", 1, 6, "A", 8, "?", ".", 1, 22.8],
        ["ATOM", "CA", "UNK", "A", 1, 7, "A", 9, "?", ".", 1, 26.6],
        ["HETATM", "N", "NH2", "A", 1, 9, "A", 11, "?", ".", 1, 30.0],
        # a free amino acid and water under the same author id
        ["HETATM", "CA", "GLU", "B", 2, ".", "A", 8, "?", ".", 1, 22.8],
        ["HETATM", "O", "HOH", "C", 3, ".", "A", 9, "?", ".", 1, 50.0],
    ]
    path = written(mmcif(atoms, extra=entity_tables({1: ("polypeptide(L)", polymer)})), "toy.cif")
    (chain,) = load_chains(path)
    assert [residue.resi for residue in chain.residue_ids] == ["-5", "7", "7A", "8", "9"]
    assert (chain.sequence, chain.segment_id) == ("GGSMX", "")
    full = compute_sequence_map(chain, "full")
    assert (full.sequence, full.source) == ("GGGSMXG", "_entity_poly_seq")
    assert full.residue_index.tolist() == [0, -1, 1, 2, 3, 4, -1]
    assert full.description == "7 residues of the full sequence (_entity_poly_seq), 2 not resolved"


def test_more_than_62_chains_and_ids_of_several_letters(written: Write) -> None:
    ids = [f"{kind}{k}" for kind in ("A", "a", "Heavy-") for k in range(40)]
    atoms = [row for k, name in enumerate(ids) for row in rows(["ALA", "CYS"], asym=f"X{k}", chain=name)]
    path = written(
        mmcif(atoms, extra=entity_tables({1: ("polypeptide(L)", ["ALA", "CYS", "ASP"])})), "toy.cif"
    )
    chains = load_chains(path)
    assert [chain.chain_id for chain in chains] == ids
    assert load_chain(path, "a7").label == "toy chain a7"
    assert load_chain(path, "Heavy-39").residue_label(1) == "Heavy-39/CYS2"
    with pytest.raises(StructureError, match=r"no protein chain 'HEAVY-39'. Its protein chains are: A0, A1"):
        load_chain(path, "HEAVY-39")


def test_two_polymers_under_one_author_id_and_other_polymers(written: Write) -> None:
    atoms = [
        *rows(["ALA", "CYS"], asym="A"),
        *rows(["GLY", "GLY"], asym="B", numbers=[1, 2], entity=2),
        *rows(["DA", "DC"], asym="C", entity=3, chain="D"),
        *rows(["DPN", "DAL"], asym="E", entity=4, chain="E"),
    ]
    tables = entity_tables(
        {
            1: ("polypeptide(L)", ["ALA", "CYS"]),
            2: ("polypeptide(L)", ["GLY"] * 3),
            3: ("polydeoxyribonucleotide", ["DA", "DC"]),
            4: ("polypeptide(D)", ["DPN", "DAL"]),
        }
    )
    path = written(mmcif(atoms, extra=tables), "toy.cif")
    found = [(chain.chain_id, chain.segment_id, chain.sequence) for chain in load_chains(path)]
    assert found == [("A", "A", "AC"), ("A", "B", "GG"), ("E", "", "FA")]
    assert compute_sequence_map(load_chains(path)[1], "full").sequence == "GGG"


def test_files_of_other_programs_without_entities(written: Write) -> None:
    atoms = rows(["ALA", "MSE", "GLY"])
    atoms.append(["HETATM", "O", "HOH", "A", 1, ".", "A", 9, "?", ".", 1, 50.0])
    chain = load_chain(written(mmcif(atoms), "toy.cif"), "A")
    assert (chain.sequence, chain.polymer) == ("AMG", None)
    # PyMOL writes no label_seq_id, others no auth columns
    text = mmcif([[*row[:5], ".", *row[6:]] for row in atoms])
    assert load_chain(written(text, "toy.cif"), "A").sequence == "AMG"
    label_only = mmcif(rows(["ALA", "MSE", "GLY"])).replace("_atom_site.auth_", "_atom_site.my_")
    chain = load_chain(written(label_only, "toy.cif"), "A")
    assert (chain.sequence, chain.residue_ids[-1].number) == ("AMG", 3)


def test_a_single_atom_and_missing_values(written: Write) -> None:
    items = {
        "group_PDB": "ATOM", "label_atom_id": "CA", "label_comp_id": "ALA", "auth_asym_id": "?",
        "auth_seq_id": 5, "Cartn_x": 1.5, "Cartn_y": "?", "Cartn_z": 2, "occupancy": ".", "type_symbol": "C",
    }  # fmt: skip
    text = "data_one\n" + "".join(f"_atom_site.{key} {value}\n" for key, value in items.items())
    with pytest.raises(StructureError, match="holds no protein chain with CA atoms"):
        load_chains(written(text.replace("CA ALA", "CB ALA").replace("_id CA", "_id CB"), "one.cif"))
    (chain,) = load_chains(written(text, "one.cif"))
    assert (chain.chain_id, chain.sequence, chain.residue_ids[0].number) == ("", "A", 5)
    assert np.isnan(chain.ca_coords).tolist() == [[False, True, False]]


@pytest.mark.parametrize("parser", ["gemmi", "chempy"])
def test_pymols_own_parser_is_as_good(written: Write, monkeypatch: pytest.MonkeyPatch, parser: str) -> None:
    if parser == "chempy":
        pytest.importorskip("chempy", reason="chempy comes with PyMOL")
        monkeypatch.setitem(sys.modules, "gemmi", None)
    tables = entity_tables({1: ("polypeptide(L)", ["GLY", "ALA", "SER"])})
    path = written(mmcif(rows(["GLY", "ALA", "SER"]), extra=tables), "toy.cif")
    (chain,) = load_chains(path)
    assert chain.sequence == "GAS"
    assert compute_sequence_map(chain, "full").source == "_entity_poly_seq"


def test_without_a_parser_pdb_files_are_read_and_mmcif_files_refused_in_words(written: Write) -> None:
    paths = written(pdb(peptide("GAS"))), written(mmcif(rows(["GLY", "ALA", "SER"])), "toy.cif")
    code = (
        "import sys\n"
        "for name in 'Bio gemmi chempy scipy torch'.split(): sys.modules[name] = None\n"
        "from provis_core.errors import InstallError\n"
        "from provis_core.structures.files.subjects import load_subjects\n"
        f"print([subject.chain.sequence for subject in load_subjects({str(paths[0])!r})])\n"
        f"try: load_subjects({str(paths[1])!r})\n"
        "except InstallError as error: print(error)\n"
    )
    root = Path(provis_core.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    first, second = done.stdout.strip().splitlines()
    assert first == "['GAS']"
    assert "toy.cif is an mmCIF file" in second and "gemmi is needed" in second
