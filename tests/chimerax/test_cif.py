"""Tables of mmCIF files by ChimeraX's parser, which its Python has in place of gemmi."""

from __future__ import annotations

import pytest

from provis_core.errors import StructureError
from provis_core.structures.files import cif
from provis_core.structures.files.text import load_structure_text
from tests.data import HOW, STRUCTURES, structure_files

TABLES = {
    "_atom_site": ("Cartn_x", "auth_asym_id", "auth_seq_id", "pdbx_PDB_ins_code", "label_comp_id"),
    "_pdbx_poly_seq_scheme": ("pdb_strand_id", "asym_id", "seq_id", "mon_id", "pdb_ins_code"),
    "_struct_site": ("id", "details"),
    "_struct_ref_seq": ("pdbx_db_accession", "pdbx_strand_id", "db_align_beg"),
    "_struct_conf": ("conf_type_id", "beg_auth_seq_id"),
    "_entity_poly": ("entity_id", "type", "pdbx_seq_one_letter_code"),
    "_no_such_table": ("id",),
}


pytestmark = pytest.mark.usefixtures("session")


@pytest.mark.skipif(not STRUCTURES.is_dir(), reason=f"structures are {HOW}")
def test_they_are_those_of_gemmi() -> None:
    paths = [path for path in structure_files() if ".cif" in path.name][::6]
    assert paths
    for path in paths:
        text, _ = load_structure_text(path)
        theirs, ours = cif._read_by_gemmi(text, path.name), cif._read_by_chimerax(text)
        assert [one.name.lower() for one in ours] == [one.name.lower() for one in theirs]
        for category, items in TABLES.items():
            assert ours[0].columns(category, items) == theirs[0].columns(category, items), (path, category)


def test_what_is_unknown_is_empty_and_blocks_are_apart() -> None:
    text = "data_a\nloop_\n_x.id\n_x.b\n1 '2 3'\n3 ?\n#\n_y.q .\ndata_b\n_x.id 7\n"
    first, second = cif._read_by_chimerax(text)
    assert first.columns("_X", ("id", "b", "none")) == {"id": ["1", "3"], "b": ["2 3", ""]}
    assert first.columns("_y", ("q",)) == {"q": [""]}
    assert second.columns("_x", ("id", "b")) == {"id": ["7"]}


def test_it_is_taken_where_there_is_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cif.importlib.util, "find_spec", lambda name: name == "chimerax" or None)
    (block,) = cif.read_cif("data_a\n_x.id 7\n", "a.cif")
    assert block.columns("_x", ("id",)) == {"id": ["7"]}
    with pytest.raises(StructureError):
        cif.read_cif("no data here", "a.cif")
