"""Colours and sticks on the user's atoms, and how they come off again, in real PyMOL."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from provis_core.errors import StructureError
from provis_core.scenes.scene import Overlay
from provis_core.structures.chain import Chain

from .drawings import take_stock
from .structures import change, protein, read_1hpv

RED, BLUE = (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)
_ATOM = "(model, segi, chain, resi, name, alt, state)"


@pytest.fixture
def viewer(session: Any) -> Any:
    """PyMOL, as ProVis sees it, and with what it remembers."""
    return session.viewer


@pytest.fixture
def chain(viewer: Any, hpv: str) -> Chain:
    """Chain A of 1HPV."""
    return viewer.read_chains("chain A")[0].chain  # type: ignore[no-any-return]


def look(cmd: Any) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """What the user sees of each atom."""
    seen: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    cmd.iterate("all", f"put({_ATOM}, (color, reps, label))", space={"put": seen.__setitem__})
    return seen


def look_by_index(cmd: Any) -> dict[int, tuple[int, int]]:
    """Colours and representations of each atom, by what does not change with the id of its chain."""
    seen: dict[int, tuple[int, int]] = {}
    cmd.iterate("1hpv", "put(index, (color, reps))", space={"put": seen.__setitem__})
    return seen


def make_overlay(name: str, chain: Chain, residues: list[int], rgb: Any, **options: Any) -> Overlay:
    colors = np.full((chain.n_residues, 3), np.nan, dtype=np.float32)
    colors[residues] = rgb
    sticks = np.zeros(chain.n_residues, dtype=np.bool_)
    sticks[options.pop("sticks", [])] = True
    nothing = np.empty((0, 3), dtype=np.float32)
    values = {"labels": {}, "dash_start": nothing, "dash_end": nothing, "dash_rgb": nothing, **options}
    return Overlay(name, chain, colors, sticks, **values)


def color_of(cmd: Any, selection: str) -> set[str]:
    colors: set[int] = set()
    cmd.iterate(selection, "add(color)", space={"add": colors.add})
    return {f"{index & 0xFFFFFF:06x}" if index >= 0x40000000 else str(index) for index in colors}


def prepare(cmd: Any) -> None:
    """What a user may have made of a structure."""
    cmd.color("marine", "chain A")
    cmd.color("0x123456", "chain A and resi 25")
    cmd.util.cnc("chain A and resi 30-40")
    cmd.show("sticks", "chain A and resi 8")
    cmd.hide("everything", "chain A and resi 82")
    cmd.label("chain A and resi 50 and name CA", "'mine'")
    cmd.select("mine", "chain A and resi 25", enable=0)


def test_an_overlay_shows_and_comes_off(cmd: Any, viewer: Any, chain: Chain) -> None:
    prepare(cmd)
    before, stock = look(cmd), take_stock(cmd)
    viewer.show_overlay(make_overlay("provis_a", chain, [24, 49], RED, sticks=[7, 24, 48, 81]))
    assert color_of(cmd, "chain A and resi 25+50") == {"ff0000"}
    assert not cmd.count_atoms("color 0xff0000 and not (chain A and resi 25+50)")
    assert cmd.count_atoms("rep sticks and chain A and resi 25 and name CG") == 1
    assert cmd.count_atoms("rep sticks and chain A and resi 25 and name N+C+O") == 0
    assert cmd.count_atoms("rep sticks and chain A and resi 49 and name N+CA+C+O") == 4  # a glycine
    assert viewer.shown_names() == ["provis_a"]
    assert {key: value for key, value in take_stock(cmd).items() if key != "settings"} == {
        key: value for key, value in stock.items() if key != "settings"
    }
    assert viewer.clear() == ["provis_a"]
    assert look(cmd) == before
    assert take_stock(cmd) == stock
    assert viewer.shown_names() == viewer.clear() == []


def test_carbons_alone(cmd: Any, viewer: Any, chain: Chain) -> None:
    viewer.show_overlay(make_overlay("provis_a", chain, [24], RED, carbons=True))
    assert color_of(cmd, "chain A and resi 25 and elem C") == {"ff0000"}
    assert "ff0000" not in color_of(cmd, "chain A and resi 25 and not elem C")


def test_the_same_name_replaces(cmd: Any, viewer: Any, chain: Chain) -> None:
    before = look(cmd)
    viewer.show_overlay(make_overlay("provis_a", chain, [1, 2], RED, sticks=[1, 2]))
    viewer.show_overlay(make_overlay("provis_a", chain, [2, 3], BLUE, sticks=[2, 3]))
    assert not cmd.count_atoms("color 0xff0000")
    assert color_of(cmd, "chain A and resi 3-4") == {"0000ff"}
    assert cmd.count_atoms("rep sticks and chain A and resi 2") == 0
    viewer.clear()
    assert look(cmd) == before


def test_what_the_user_changes_meanwhile_stays(cmd: Any, viewer: Any, chain: Chain) -> None:
    before = look(cmd)
    viewer.show_overlay(make_overlay("provis_a", chain, [24, 25], RED, sticks=[24, 25]))
    viewer.show_overlay(make_overlay("provis_b", chain, [24, 25], BLUE))
    cmd.color("yellow", "chain A and resi 25 and name CB")
    cmd.hide("sticks", "chain A and resi 26")
    cmd.show("spheres", "chain A and resi 25 and name CG")
    viewer.clear("provis_b")
    assert color_of(cmd, "chain A and resi 25 and name CB") == {str(cmd.get_color_index("yellow"))}
    assert color_of(cmd, "chain A and resi 25 and name CA") == {"ff0000"}
    viewer.clear()
    after = look(cmd)
    changed = {key[4] for key in before if after[key][0] != before[key][0]}
    assert changed == {"CB"}
    assert cmd.count_atoms("rep spheres and chain A and resi 25") == 1
    assert cmd.count_atoms("rep sticks and chain A and resi 25-26") == 0


def test_atoms_that_are_gone_or_new_do_not_matter(cmd: Any, viewer: Any, chain: Chain) -> None:
    prepare(cmd)
    before = look(cmd)
    viewer.show_overlay(make_overlay("provis_a", chain, list(range(10, 60)), RED, sticks=list(range(10, 60))))
    cmd.remove("chain A and resi 12-20")
    cmd.alter("chain A and resi 30", "resi = '930'")
    cmd.sort()
    viewer.clear()
    after = look(cmd)
    kept = {key for key in before if key in after}
    assert len(kept) < len(before)
    assert {key: after[key] for key in kept} == {key: before[key] for key in kept}


def test_an_object_that_is_gone_is_forgotten(cmd: Any, viewer: Any, chain: Chain) -> None:
    viewer.show_overlay(make_overlay("provis_a", chain, [24], RED))
    cmd.delete("1hpv")
    assert viewer.shown_names() == viewer.clear() == []
    with pytest.raises(StructureError, match="1hpv chain A was deleted or renamed"):
        viewer.color_residues(chain, np.zeros((chain.n_residues, 3), dtype=np.float32))


def test_another_object_of_the_same_name_is_not_touched(cmd: Any, viewer: Any, chain: Chain) -> None:
    viewer.show_overlay(make_overlay("provis_a", chain, [24], RED, sticks=[24]))
    cmd.delete("1hpv")
    cmd.fab("ACDEF", "1hpv")
    before = look(cmd)
    viewer.clear()
    assert look(cmd) == before


def test_an_object_that_was_renamed_is_found(cmd: Any, viewer: Any, chain: Chain) -> None:
    prepare(cmd)
    before = look(cmd)
    viewer.show_overlay(make_overlay("provis_a", chain, [24, 49], RED, sticks=[24]))
    cmd.set_name("1hpv", "protease")
    assert viewer.clear() == ["provis_a"]
    cmd.set_name("protease", "1hpv")
    assert look(cmd) == before


@pytest.mark.parametrize("expression", ["chain='Q'", "segi='Q'", "chain, segi = 'Q', 'R'"])
def test_a_chain_that_has_another_id_now_is_found(
    cmd: Any, viewer: Any, chain: Chain, expression: str
) -> None:
    prepare(cmd)
    other = viewer.read_chains("chain B")[0].chain
    before = look_by_index(cmd)
    viewer.show_overlay(make_overlay("provis_a", chain, [24, 49], RED, sticks=[24]))
    viewer.show_overlay(make_overlay("provis_b", other, [24, 49], RED, sticks=[24]))
    cmd.alter("chain A and polymer", expression)  # without sort: the indices stay
    assert set(viewer.clear()) == {"provis_a", "provis_b"}
    assert look_by_index(cmd) == before


def test_objects_of_several_states(cmd: Any, viewer: Any) -> None:
    lines = protein(read_1hpv())
    for name, discrete in (("plain", 0), ("discrete", 1)):
        for step in range(3):
            shifted = "\n".join(change(lines, shift=(step, 0, 0)))
            cmd.read_pdbstr(shifted, name, state=step + 1, discrete=discrete)
    cmd.color("red", "plain and resi 5")
    cmd.color("blue", "discrete and resi 25 and state 2")
    cmd.set("state", 2)
    before = look(cmd)
    for name in ("plain", "discrete"):
        chain = viewer.read_chains(name)[0].chain
        viewer.show_overlay(make_overlay(f"provis_{name}", chain, [4, 24], BLUE, sticks=[4, 24]))
        assert color_of(cmd, f"{name} and resi 25") == {"0000ff"}
    cmd.set("state", 3)
    assert viewer.clear() == ["provis_plain", "provis_discrete"]
    assert look(cmd) == before


def test_a_reloaded_session_gives_back_what_was_there(
    cmd: Any, viewer: Any, chain: Chain, tmp_path: Path
) -> None:
    prepare(cmd)
    before = look(cmd)
    viewer.show_overlay(make_overlay("provis_a", chain, [24, 49], RED, sticks=[24]))
    viewer.show_overlay(make_overlay("provis_b", chain, [49, 50], BLUE))
    cmd.save(str(tmp_path / "saved.pse"))
    cmd.reinitialize()
    assert viewer.shown_names() == []
    cmd.load(str(tmp_path / "saved.pse"))
    assert color_of(cmd, "chain A and resi 25") == {"ff0000"}
    assert viewer.clear() == ["provis_a", "provis_b"]
    assert look(cmd) == before


def test_what_a_session_holds_is_its_own(cmd: Any, viewer: Any, chain: Chain) -> None:
    prepare(cmd)
    before = look(cmd)
    viewer.show_overlay(make_overlay("provis_a", chain, [24, 49], RED, sticks=[24]))
    for kept in cmd.get_session()["provis_layers"].values():  # whoever has it may change it
        kept["own_colors"].clear()
        kept["sticks"].clear()
        kept["layers"][0][1].clear()
    viewer.clear()
    assert look(cmd) == before


@pytest.mark.parametrize(
    "entry",
    [
        "text",
        7,
        None,
        ["a list"],
        {"format": 2, "chains": []},
        {("1hpv", "1HPV", "B"): "text"},
        {("1hpv", "1HPV", "B"): {"layers": [("provis_b", {}, set())]}},
        {("1hpv", "1HPV", "B"): {"layers": ["provis_b"], "own_colors": {}, "sticks": set()}},
        {("1hpv", "1HPV", "B"): {"layers": [("provis_b", {"CA": 3}, ())], "own_colors": {}, "sticks": ()}},
        {("1hpv", "1HPV", "B"): {"layers": [(3, {}, ())], "own_colors": {}, "sticks": ()}},
        {("1hpv", "1HPV", "B"): {"layers": [], "own_colors": {}, "sticks": "all"}},
        {("1hpv", "1HPV", "B"): {"layers": [], "own_colors": {(1, 2): 3}, "sticks": {(1, 2)}}},
        {
            ("1hpv", "1HPV", "B"): {
                "layers": [],
                "own_colors": {("1", "PRO", "CA", "", 0): 2**40},
                "sticks": set(),
            }
        },
        {("1hpv", 3, "B"): {"layers": [], "own_colors": {}, "sticks": set()}},
    ],
)
def test_a_damaged_entry_of_a_session_costs_only_what_it_tells(
    cmd: Any, viewer: Any, chain: Chain, capsys: pytest.CaptureFixture[str], entry: Any
) -> None:
    prepare(cmd)
    before = look(cmd)
    viewer.keep_state("panel", "kept")
    viewer.show_overlay(make_overlay("provis_a", chain, [24, 49], RED, sticks=[24]))
    painted, session = look(cmd), cmd.get_session()
    whole = session["provis_layers"]
    session["provis_layers"] = {**whole, **entry} if isinstance(entry, dict) else entry
    for name in ("_session_save_tasks", "_session_restore_tasks"):  # in the order that loses most
        getattr(cmd._pymol, name).sort(key=lambda task: "layers" not in task.__name__)
    cmd.reinitialize()
    assert viewer.shown_names() == []
    viewer.keep_state("panel", "other")
    capsys.readouterr()
    cmd.set_session(session)
    said = capsys.readouterr().out
    assert look(cmd) == painted and viewer.kept_state("panel") == "kept"
    assert said.count("ProVis: ") == 1 and "Traceback" not in said
    for words in ("colours and sticks", "is needed", "hide sticks"):
        assert words in said
    if isinstance(entry, dict):  # the chain that is told of well can be cleared
        assert viewer.clear() == ["provis_a"]
        assert look(cmd) == before
    else:
        assert viewer.clear() == []
        assert look(cmd) == painted
    viewer.show_overlay(make_overlay("provis_c", chain, [3], BLUE))
    assert "text" not in str(cmd.get_session()["provis_layers"])


def test_a_profile_colours_whole_residues_again_and_again(cmd: Any, viewer: Any, chain: Chain) -> None:
    prepare(cmd)
    before = look(cmd)
    rgb = np.random.default_rng(0).random((chain.n_residues, 3)).astype(np.float32)
    rgb[10] = np.nan
    (name,) = viewer.color_residues(chain, rgb)
    assert name == "provis_1hpv_A_profile"
    for index in (0, 50, 98):
        expected = "".join(f"{round(255 * float(c)):02x}" for c in rgb[index])
        assert color_of(cmd, f"chain A and polymer and resi {index + 1}") == {expected}
    viewer.color_residues(chain, np.tile(np.float32(RED), (chain.n_residues, 1)))
    assert color_of(cmd, "chain A and polymer") == {"ff0000"}
    viewer.color_residues(chain, rgb * np.nan)
    assert look(cmd) == before
    viewer.color_residues(chain, rgb)
    assert viewer.clear("*_profile") == [name]
    assert look(cmd) == before


def test_labels_and_dashes_are_objects_of_ours(cmd: Any, viewer: Any, chain: Chain) -> None:
    before, stock = look(cmd), take_stock(cmd)
    start, end = chain.ca_coords[[0, 5]], chain.ca_coords[[20, 30]]
    options = {"dash_start": start, "dash_end": end, "dash_rgb": np.float32([RED, BLUE])}
    viewer.show_overlay(make_overlay("provis_a", chain, [], RED, labels={24: "ASP25"}, **options))
    assert sorted(viewer.shown_names()) == ["provis_a", "provis_a_labels"]
    from .drawings import read_cylinders

    dashes = read_cylinders(cmd, "provis_a")
    first = dashes.start_rgb[:, 0] == 1
    assert np.allclose(dashes.start[first][0], start[0], atol=1e-3)
    assert np.allclose(dashes.end[first][-1], end[0], atol=1e-3)
    lengths = np.linalg.norm(dashes.end - dashes.start, axis=1)
    gaps = np.linalg.norm(dashes.start[first][1:] - dashes.end[first][:-1], axis=1)
    assert np.allclose(lengths, 0.35, atol=0.03) and np.allclose(gaps, 0.35, atol=0.03)
    viewer.show_overlay(make_overlay("provis_a", chain, [3], RED))
    assert viewer.shown_names() == ["provis_a"] and cmd.get_names("all") == ["1hpv", "provis"]
    viewer.clear()
    assert look(cmd) == before
    assert take_stock(cmd) == stock


@pytest.mark.parametrize("name", ["provis_a_labels", "PROVIS_A_labels"])
def test_labels_beside_an_object_of_the_user(cmd: Any, viewer: Any, chain: Chain, name: str) -> None:
    cmd.pseudoatom(name, pos=[1, 2, 3])
    before = set(cmd.get_names("all"))
    for _ in range(3):
        viewer.show_overlay(make_overlay("provis_a", chain, [24], RED, labels={24: "ASP25"}))
    assert len(set(cmd.get_names("objects")) - before) == 2  # the labels, and the group
    assert cmd.count_atoms(f"%{name}") == 1
    assert len(viewer.clear("provis_a")) == 2
    assert set(cmd.get_names("all")) == before


def test_completion_knows_overlays(
    cmd: Any, viewer: Any, chain: Chain, commands: dict[str, Callable[..., Any]]
) -> None:
    viewer.color_residues(chain, np.zeros((chain.n_residues, 3), dtype=np.float32))
    assert cmd._parser.complete("provis_clear provis_1hpv_A_pro") == "provis_clear provis_1hpv_A_profile"
