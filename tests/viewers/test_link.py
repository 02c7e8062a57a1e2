"""What ties a panel to real PyMOL: selections, names, the view, pictures, a text in the session."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from plugin.viewers.pymol_link import PymolLink
from plugin.viewers.pymol_viewer import PymolViewer
from provis_core.errors import CacheError, StructureError
from provis_core.structures.chain import Chain

from .drawings import list_selected, take_stock
from .structures import at, change, keep, protein, read_1hpv


@pytest.fixture
def viewer(cmd: Any) -> PymolViewer:
    """A new one, with a link of its own."""
    return PymolViewer(cmd)


@pytest.fixture
def chain(hpv: str, viewer: PymolViewer) -> Chain:
    """Chain A of 1HPV."""
    return viewer.read_chains(f"{hpv} and chain A")[0].chain


def _marked(viewer: PymolViewer, chain: Chain) -> list[str]:
    return [chain.residue_ids[index].resi for index in np.flatnonzero(viewer.read_marked(chain))]


# -- names -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("indices", [[0], [24, 25, 26], [0, 2, 3, 98], range(99), [5, 3, 4]])
def test_a_name_selects_just_these_residues(
    cmd: Any, viewer: PymolViewer, chain: Chain, indices: Any
) -> None:
    name = viewer.name_residues(chain, list(indices))
    expected = {("1hpv", chain.segment_id, "A", chain.residue_ids[index].resi) for index in indices}
    assert list_selected(cmd, name) == expected


def test_names_are_short(viewer: PymolViewer, chain: Chain) -> None:
    middle = f"/1hpv/{chain.segment_id}/A"
    assert viewer.name_residues(chain) == middle
    assert viewer.name_residues(chain, [24, 25, 26, 29]) == f"{middle}/25-27+30"


def test_names_of_what_is_numbered_oddly(cmd: Any, viewer: PymolViewer, show: Callable[..., str]) -> None:
    lines = change(keep(protein(read_1hpv()), at(*range(1, 40))), number=lambda number: number - 5)
    lines = change(lines, at(20), number=19, code="A")
    lines = change(lines, at(22), number=500)
    chain = viewer.read_chains(show(lines, "my-odd.name"))[0].chain
    coded = next(index for index, residue in enumerate(chain.residue_ids) if residue.insertion_code)
    around = [index for index in range(coded - 3, coded + 4) if index != coded]
    for indices in ([0, 1, 2, 3, 4, 5, 6], around, [coded], [25, 26, 27, 28], list(range(chain.n_residues))):
        expected = {chain.residue_ids[index].resi for index in indices}
        found = list_selected(cmd, viewer.name_residues(chain, indices))
        assert {residue[3] for residue in found} == expected
        name = viewer.select_residues("picked", [(chain, indices)])
        assert {residue[3] for residue in list_selected(cmd, name)} == expected


def test_names_of_a_chain_without_letter(cmd: Any, viewer: PymolViewer, show: Callable[..., str]) -> None:
    lines = protein(read_1hpv())
    name = show([*change(lines, chain=" "), "TER", *change(lines, chain="B")])
    chain = next(one.chain for one in viewer.read_chains(name) if not one.chain.chain_id)
    found = list_selected(cmd, viewer.name_residues(chain, [0, 1]))
    assert found == {(name, chain.segment_id, "", "1"), (name, chain.segment_id, "", "2")}


# -- the user's selection ----------------------------------------------------------------------------------


def test_marks_follow_the_active_selection(cmd: Any, viewer: PymolViewer, chain: Chain) -> None:
    assert _marked(viewer, chain) == []
    cmd.select("sele", "1hpv and resi 25-27")  # in both chains
    assert _marked(viewer, chain) == ["25", "26", "27"]
    cmd.select("sele", "/1hpv//A/26/CB or /1hpv//A/30-31/CA")
    assert _marked(viewer, chain) == ["26", "30", "31"]
    cmd.select("mine", "/1hpv//A/50")  # becomes the active one
    assert _marked(viewer, chain) == ["50"]
    cmd.disable("mine")
    assert _marked(viewer, chain) == []
    cmd.enable("sele")
    assert _marked(viewer, chain) == ["26", "30", "31"]
    cmd.select("sele", "chain B")
    assert _marked(viewer, chain) == []
    cmd.delete("sele")
    assert _marked(viewer, chain) == []


def test_as_many_atoms_elsewhere_are_seen(cmd: Any, viewer: PymolViewer, chain: Chain) -> None:
    cmd.select("sele", "/1hpv//A/10/CA")
    assert _marked(viewer, chain) == ["10"]
    cmd.select("sele", "/1hpv//A/11/CA")
    assert _marked(viewer, chain) == ["11"]


def test_what_did_not_change_is_the_same_array(cmd: Any, viewer: PymolViewer, chain: Chain) -> None:
    cmd.select("sele", "/1hpv//A/10-20")
    first = viewer.read_marked(chain)
    assert viewer.read_marked(chain) is first
    other = viewer.read_chains("1hpv and chain B")[0].chain
    assert not viewer.read_marked(other).any()
    assert viewer.read_marked(chain).sum() == 11


def test_our_own_selections_are_no_marks(cmd: Any, viewer: PymolViewer, chain: Chain) -> None:
    viewer.select_residues("provis_query", [(chain, range(5, 9))])
    assert _marked(viewer, chain) == []
    cmd.select("sele", "/1hpv//A/30")
    for _ in range(2):
        viewer.select_residues("provis_query", [(chain, range(5, 9))])
        viewer.select_residues("provis_key", [(chain, range(50, 59))])
        viewer.read_again(chain)
        viewer.read_subjects([chain])[0]
        assert _marked(viewer, chain) == ["30"]  # what was active stays active
    viewer.drop_selections(["provis_query", "provis_key", "gone"])
    assert cmd.get_names("selections") == ["sele"]
    assert _marked(viewer, chain) == ["30"]


# -- what there is ---------------------------------------------------------------------------------------


def test_enabled_molecules_are_listed_and_can_be_read(cmd: Any, viewer: PymolViewer, chain: Chain) -> None:
    assert viewer.list_objects() == {"1hpv": "%1hpv"}
    cmd.set_name("1hpv", "a-b.c")  # minus and point are in no plain name
    cmd.fab("ACDEF", "made")
    cmd.pseudoatom("water", resn="HOH")
    cmd.load_cgo([2.0, 1.0, 6.0], "lines")
    cmd.select("picked", "all")
    objects = viewer.list_objects()
    assert list(objects) == ["a-b.c", "made", "water"]
    assert {one.chain.object_name for one in viewer.read_chains(objects["a-b.c"])} == {"a-b.c"}
    assert [one.chain.sequence for one in viewer.read_chains(objects["made"])] == ["ACDEF"]
    with pytest.raises(StructureError):
        viewer.read_chains(objects["water"])
    cmd.disable("made")
    assert "made" not in viewer.list_objects()


# -- whether it is there -----------------------------------------------------------------------------------


def test_deleting_renaming_and_losing_the_chain_is_seen(cmd: Any, viewer: PymolViewer, chain: Chain) -> None:
    assert viewer.is_there(chain)
    cmd.set_name("1hpv", "other")
    assert not viewer.is_there(chain)
    cmd.set_name("other", "1hpv")
    assert viewer.is_there(chain)
    cmd.remove("chain A")
    assert not viewer.is_there(chain)
    cmd.delete("1hpv")
    assert not viewer.is_there(chain)
    cmd.select("1hpv", "none")  # a selection of that name is no object
    assert not viewer.is_there(chain)


# -- the view ----------------------------------------------------------------------------------------------


def test_the_view_goes_to_the_residues(cmd: Any, viewer: PymolViewer, chain: Chain) -> None:
    for zoom in (False, True):
        before = take_stock(cmd)
        distance = cmd.get_view()[11]
        command = viewer.center_residues(chain, [24, 29], zoom)
        view = cmd.get_view()
        low, high = cmd.get_extent("/1hpv//A/25+30")
        np.testing.assert_allclose(view[12:15], np.add(low, high) / 2, atol=1)  # of a box of 10 Å
        assert (view[11] != distance) == zoom
        cmd.reset()
        cmd.do(command, echo=0)
        np.testing.assert_allclose(cmd.get_view()[12:15], view[12:15], atol=1e-4)
        after = take_stock(cmd)
        assert {**after, "view": 0} == {**before, "view": 0}
        cmd.reset()


def test_a_picture_appears_when_it_is_complete(viewer: PymolViewer, chain: Chain, tmp_path: Path) -> None:
    path = tmp_path / "view.png"
    path.write_bytes(b"an earlier one")
    viewer.save_image(path, 64, 48)
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big") == (64, 48)
    with pytest.raises(CacheError, match="cannot be written"):
        viewer.save_image(tmp_path / "absent" / "view.png", 64, 48)
    assert [entry.name for entry in tmp_path.iterdir()] == ["view.png"]


# -- the session -------------------------------------------------------------------------------------------


def test_a_text_goes_with_the_session(cmd: Any, viewer: PymolViewer, chain: Chain, tmp_path: Path) -> None:
    assert viewer.kept_state("panel") == ""
    viewer.keep_state("panel", '{"head": "12-4", "Å": 1}')
    path = tmp_path / "saved.pse"
    cmd.save(str(path))
    viewer.keep_state("panel", "changed")
    cmd.reinitialize()
    cmd.load(str(path))
    assert viewer.kept_state("panel") == '{"head": "12-4", "Å": 1}'
    assert cmd.get_object_list() == ["1hpv"]
    viewer.keep_state("panel", "")
    assert viewer.kept_state("panel") == ""
    assert "provis" not in cmd.get_session()


def test_a_session_without_our_text_leaves_none(
    cmd: Any, viewer: PymolViewer, hpv: str, tmp_path: Path
) -> None:
    cmd.save(str(tmp_path / "plain.pse"))
    viewer.keep_state("panel", "now")
    cmd.load(str(tmp_path / "plain.pse"))
    assert viewer.kept_state("panel") == ""


@pytest.mark.parametrize("value", [None, 7, ["panel"], {"panel": 3}, {1: "x"}, {"panel": None}, "text"])
def test_what_others_left_under_our_name_is_told_and_does_no_harm(
    cmd: Any, viewer: PymolViewer, hpv: str, capsys: pytest.CaptureFixture[str], value: Any
) -> None:
    session = cmd.get_session()
    session["provis"] = {**value, "other": "kept"} if isinstance(value, dict) else value
    capsys.readouterr()
    cmd.set_session(session)
    said = capsys.readouterr().out
    assert said.count("ProVis: ") == 1
    for words in ("panel cannot be read", "are needed", "choose chain, model and head"):
        assert words in said
    assert viewer.kept_state("panel") == ""
    assert viewer.kept_state("other") == ("kept" if isinstance(value, dict) else "")
    assert cmd.get_object_list() == ["1hpv"]


def test_a_new_link_takes_the_place_of_the_old(cmd: Any) -> None:
    counts = []
    for _ in range(3):
        PymolLink(cmd, print)
        counts.append((len(cmd._pymol._session_save_tasks), len(cmd._pymol._session_restore_tasks)))
    assert len(set(counts)) == 1
