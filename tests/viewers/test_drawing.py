"""What a drawing does to PyMOL, and what it leaves alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from provis_core.worker.tasks.attention import AttentionRequest

from .drawings import list_members, read_cylinders, take_stock
from .structures import at, change, keep, protein, read_1hpv

Attn = Callable[..., Any]


def drawings(cmd: Any) -> list[str]:
    return [name for name in cmd.get_names("objects") if cmd.get_type(name) == "object:cgo"]


def test_running_again_replaces_and_shows(cmd: Any, hpv: str, attn: Attn) -> None:
    (first,) = attn("chain A", top=50)
    before = cmd.get_names("all")
    assert before == ["1hpv", "provis_1hpv_A_12-4", "provis"]
    assert len(read_cylinders(cmd, first.name)) == 50
    cmd.disable(first.name)
    cmd.disable("provis")
    cmd.translate([5, 0, 0], object=first.name)
    (second,) = attn("chain A", top=20)
    assert cmd.get_names("all") == before
    assert cmd.get_names("all", enabled_only=1) == before
    assert cmd.count_states(second.name) == 1
    assert len(read_cylinders(cmd, second.name)) == 20
    assert np.allclose(np.reshape(cmd.get_object_ttt(second.name), (4, 4)), np.eye(4))


@pytest.mark.parametrize("hide", ["as cartoon", "hide everything"])
def test_running_again_shows_what_was_hidden(
    cmd: Any, hpv: str, attn: Attn, console: Any, tmp_path: Path, hide: str
) -> None:
    cmd.hide("everything")
    cmd.bg_color("black")

    def look() -> bytes:
        cmd.png(str(tmp_path / "view.png"), 160, 120, ray=1)
        return (tmp_path / "view.png").read_bytes()

    empty = look()
    (drawn,) = attn("chain A", top=50)
    cmd.hide("everything", "1hpv")
    seen = look()
    console(hide)
    cmd.hide("everything", "1hpv")
    assert look() == empty != seen
    attn("chain A", top=50)
    assert look() == seen and drawn.name in cmd.get_names("objects")


def test_several_heads_stay_side_by_side(cmd: Any, hpv: str, attn: Attn) -> None:
    attn("chain A", 12, 4)
    attn("chain A", 3, 2)
    assert drawings(cmd) == ["provis_1hpv_A_12-4", "provis_1hpv_A_3-2"]
    assert list_members(cmd, "provis") == drawings(cmd)


def test_the_mean_of_some_heads_is_one_drawing(
    cmd: Any, hpv: str, commands: dict[str, Any], bert: Path, capsys: Any
) -> None:
    given = {"model": str(bert), "heads": "12-4+3-2", "top": 30, "min_attn": 0.02, "wait": 1}
    (drawn,) = commands["provis_attn"]("chain A", quiet=0, **given)
    assert drawings(cmd) == [drawn.name] and "12-4" in drawn.name and "3-2" in drawn.name
    assert len(read_cylinders(cmd, drawn.name)) == 30
    assert "12-4+3-2" in capsys.readouterr().out
    commands["provis_clear"]()
    assert drawings(cmd) == []


def test_a_drawing_that_has_become_empty_goes(cmd: Any, hpv: str, attn: Attn, capsys: Any) -> None:
    attn("chain A")
    (drawn,) = attn("chain A", min_attn=0.99)
    assert (drawn.name, drawn.removed) == ("", "provis_1hpv_A_12-4")
    assert cmd.get_names("all") == ["1hpv"]
    text = capsys.readouterr().out
    assert f"the largest weight is {drawn.edges.largest:.3g} (try min_attn=0.6)" in text
    assert "the earlier provis_1hpv_A_12-4 was removed" in text


def test_nothing_of_the_users_changes(cmd: Any, hpv: str, attn: Attn, commands: dict[str, Any]) -> None:
    cmd.create("off", "1hpv and chain B", zoom=0)
    cmd.disable("off")
    cmd.select("mine", "1hpv and resi 25")
    cmd.select("pocket", "1hpv within 5 of organic", enable=0)
    cmd.pseudoatom("mark", pos=[1, 2, 3])
    cmd.group("folder", "mark")
    cmd.load_cgo([7.0, 0.0, 0.0, 0.0, 1.0], "ball", zoom=0)
    cmd.turn("x", 30)
    cmd.zoom("mine")
    cmd.set("auto_zoom", 1)
    cmd.color("red", "chain A")
    cmd.scene("one", "store")
    before = take_stock(cmd)
    attn("", direction="directed", sele="provis_ends")
    assert take_stock(cmd) == before
    attn("chain A", top=5)
    assert take_stock(cmd) == before
    commands["provis_clear"]()
    assert take_stock(cmd) == before


def test_clear_takes_our_drawings_alone(cmd: Any, hpv: str, attn: Attn, commands: dict[str, Any]) -> None:
    attn("", 12, 4)
    attn("chain A", 3, 2)
    cmd.create("ligand", "organic", zoom=0)
    cmd.group("provis", "ligand", "add")
    assert commands["provis_clear"]("*_3-2") == ["provis_1hpv_A_3-2"]
    assert commands["provis_clear"]("PROVIS_1hpv_b*") == ["provis_1hpv_B_12-4"]
    assert commands["provis_clear"]("nothing") == []
    assert commands["provis_clear"]() == ["provis_1hpv_A_12-4"]
    assert set(cmd.get_names("objects")) == {"1hpv", "provis", "ligand"}  # the group holds what is the user's
    cmd.ungroup("ligand")
    commands["provis_clear"]()
    assert cmd.get_names("objects") == ["1hpv", "ligand"]


def test_delete_takes_the_group_with_its_drawings(cmd: Any, hpv: str, attn: Attn) -> None:
    attn("")
    cmd.delete("provis")
    assert cmd.get_names("all") == ["1hpv"]
    attn("chain A")
    assert cmd.get_names("all") == ["1hpv", "provis_1hpv_A_12-4", "provis"]


def test_drawings_that_the_user_moved_are_still_ours(
    cmd: Any, hpv: str, attn: Attn, commands: dict[str, Any]
) -> None:
    attn("chain A")
    cmd.group("mine", "provis_1hpv_A_12-4", "add")
    attn("chain A", top=3)
    assert drawings(cmd) == ["provis_1hpv_A_12-4"]
    cmd.group("outer", "provis", "add")
    cmd.disable("outer")
    attn("chain A", top=3)
    assert "outer" in cmd.get_names("objects", enabled_only=1)
    cmd.set_name("provis_1hpv_A_12-4", "best_head")
    assert commands["provis_clear"]() == ["best_head"]
    assert drawings(cmd) == []


def test_one_scale_for_all_chains_of_a_command(cmd: Any, show: Callable[..., str], attn: Attn) -> None:
    show(protein(read_1hpv("A")), "one")
    show(keep(protein(read_1hpv("A")), lambda line: int(line[22:26]) < 60), "two")
    one, two = attn("", radius=1.0, top=0)
    strongest = max(one.edges.weight[0], two.edges.weight[0])
    for drawn in (one, two):
        radius = read_cylinders(cmd, drawn.name).radius
        expected = 1.0 * (0.25 + 0.75 * (drawn.edges.weight - 0.1) / (strongest - 0.1))
        assert radius == pytest.approx(expected, abs=1e-4)


def test_identical_chains_run_once(hpv: str, attn: Attn, worker: Any, monkeypatch: Any) -> None:
    sequences = []
    submit = worker.submit

    def counted(request: Any, **kwargs: Any) -> Any:
        if isinstance(request, AttentionRequest):
            sequences.append(request.sequence)
        return submit(request, **kwargs)

    monkeypatch.setattr(worker, "submit", counted)
    a, b = attn("")
    assert len(sequences) == 1
    assert (a.edges.weight == b.edges.weight).all()
    assert not np.allclose(a.chain.ca_coords, b.chain.ca_coords)


def test_cylinders_follow_a_moved_object(cmd: Any, hpv: str, attn: Attn) -> None:
    (before,) = attn("chain A")
    start = read_cylinders(cmd, before.name).start
    cmd.translate([10, -4, 2], object="1hpv")
    (after,) = attn("chain A")
    moved = read_cylinders(cmd, after.name)
    assert moved.start == pytest.approx(start + np.array([10, -4, 2]), abs=1e-3)


def test_the_shown_state_is_drawn_and_named(
    cmd: Any, attn: Attn, console: Callable[..., list[str]], bert: Path
) -> None:
    for step in range(3):
        shifted = change(protein(read_1hpv()), shift=(step * 20, 0, 0))
        cmd.read_pdbstr("\n".join(shifted), "nmr", state=step + 1)
    cmd.set("state", 2)
    text = "\n".join(console(f"provis_attn nmr, 12, 4, {bert}"))
    assert "ProVis: nmr chain A state 2 of 3, 99 observed residues" in text
    second = read_cylinders(cmd, "provis_nmr_A_12-4").start
    cmd.set("state", 3)
    attn("nmr")
    third = read_cylinders(cmd, "provis_nmr_A_12-4").start
    assert third == pytest.approx(second + np.array([20, 0, 0]), abs=1e-3)
    assert cmd.count_states("provis_nmr_A_12-4") == 1
    assert cmd.get_state() == 3


def test_residues_without_ca_have_no_cylinders(show: Callable[..., str], attn: Attn, cmd: Any) -> None:
    lines = protein(read_1hpv())
    show(lines)
    (whole,) = attn("toy", top=0)
    place = int(whole.edges.query[0])  # of the strongest pair
    cmd.delete("all")
    show([line for line in lines if not at(place + 1, name="CA")(line)])
    (drawn,) = attn("toy", top=0)
    expected = [pair for pair in zip(whole.edges.query, whole.edges.key, strict=True) if place not in pair]
    assert list(zip(drawn.edges.query, drawn.edges.key, strict=True)) == expected
    assert drawn.edges.n_candidates == 98 * 97 / 2


def test_a_reloaded_session_goes_on(cmd: Any, hpv: str, attn: Attn, commands: Any, tmp_path: Path) -> None:
    attn("")
    cmd.save(str(tmp_path / "saved.pse"))
    cmd.reinitialize()
    cmd.load(str(tmp_path / "saved.pse"))
    attn("chain A", top=3)
    assert drawings(cmd) == ["provis_1hpv_A_12-4", "provis_1hpv_B_12-4"]
    assert len(read_cylinders(cmd, "provis_1hpv_A_12-4")) == 3
    assert commands["provis_clear"]() == ["provis_1hpv_A_12-4", "provis_1hpv_B_12-4"]
    assert cmd.get_names("all") == ["1hpv"]
