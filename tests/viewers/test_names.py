"""Names of drawings, selections of their ends, and the group, however odd the user's names are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .drawings import list_members, list_selected, read_cylinders
from .structures import at, change, keep, protein, read_1hpv

Attn = Callable[..., Any]
Show = Callable[..., str]


@pytest.fixture
def short() -> list[str]:
    """The first 40 residues of chain A."""
    return keep(protein(read_1hpv()), lambda line: int(line[22:26]) <= 40)


def several(lines: list[str], *chains: str) -> list[str]:
    """Copies of a chain under several ids, apart from each other."""
    return [
        line
        for number, chain in enumerate(chains)
        for line in [*change(lines, chain=chain, shift=(40 * number, 0, 0)), "TER"]
    ]


def names(drawn: list[Any]) -> list[str]:
    assert all(item.name for item in drawn)
    return [item.name for item in drawn]


def test_chains_that_pymol_would_confuse(cmd: Any, show: Show, attn: Attn, short: list[str]) -> None:
    show(several(short, "A", "a", "'", " "), "x1")
    drawn = attn("")
    by_chain = {item.chain.chain_id: item.name for item in drawn}
    assert by_chain["A"] == "provis_x1_A_12-4"
    assert by_chain["a"] == "provis_x1_a_2_12-4"
    assert by_chain[""] == "provis_x1_nochain_12-4"
    assert len({name.lower() for name in by_chain.values()}) == 4
    assert set(by_chain.values()) < set(cmd.get_names("objects"))
    for item in drawn:
        start = read_cylinders(cmd, item.name).start
        assert start == pytest.approx(item.chain.ca_coords[item.edges.query], abs=1e-3)
    assert names(attn("chain a")) == [by_chain["a"]]  # the same by itself


def test_two_chains_whose_names_would_be_the_same(cmd: Any, show: Show, attn: Attn, short: list[str]) -> None:
    show(change(short, chain="B"), "x1_A")
    show(short, "x1")
    cmd.alter("x1", "chain='A-B'")
    assert names(attn("")) == ["provis_x1_A_B_12-4", "provis_x1_A_B_12-4_2"]


def test_a_prime_in_a_chain_id(cmd: Any, show: Show, attn: Attn, short: list[str]) -> None:
    show(short, "x1")
    cmd.alter("x1", 'chain="A\'"')
    (drawn,) = attn("x1", sele="ends")
    assert drawn.name == "provis_x1_A__12-4"
    assert len(list_selected(cmd, "ends")) == len(drawn.edges.residues)


@pytest.mark.parametrize("name", ["a-b", "a.b", "a+b", "1ABC", "protein", "my structure (2)", "x^2", "_odd"])
def test_odd_names_of_objects(cmd: Any, show: Show, attn: Attn, short: list[str], name: str) -> None:
    show(short, "tmp")
    cmd.set_name("tmp", name)
    (real,) = (one for one in cmd.get_names("all") if one != "tmp")
    (drawn,) = attn(f"%{real}", sele="ends")
    assert drawn.name == f"provis_{real}_A_12-4"
    assert drawn.name in cmd.get_names("objects")
    assert {row[0] for row in list_selected(cmd, "ends")} == {real}


def test_an_object_called_provis(cmd: Any, show: Show, attn: Attn, commands: Any, short: list[str]) -> None:
    show(short, "provis")
    (drawn,) = attn("provis")
    assert cmd.get_names("all") == ["provis", "provis_provis_A_12-4", "provis_attention"]
    assert cmd.get_type("provis") == "object:molecule"
    cmd.set_name("provis", "renamed")
    attn("renamed")
    assert sorted(commands["provis_clear"]()) == ["provis_provis_A_12-4", "provis_renamed_A_12-4"]
    assert cmd.get_names("all") == ["renamed"]
    assert drawn.name == "provis_provis_A_12-4"


def test_a_selection_called_provis(cmd: Any, show: Show, attn: Attn, commands: Any, short: list[str]) -> None:
    show(short, "x1")
    cmd.select("provis", "x1 and resi 7", enable=0)
    attn("x1")
    assert cmd.count_atoms("provis") == cmd.count_atoms("x1 and resi 7")
    assert list_members(cmd, "provis_attention") == ["provis_x1_A_12-4"]
    assert commands["provis_clear"]() == ["provis_x1_A_12-4"]
    assert cmd.get_names("all") == ["x1", "provis"]


@pytest.mark.parametrize("kind", ["molecule", "selection", "other case"])
def test_our_name_is_the_users(cmd: Any, show: Show, attn: Attn, short: list[str], kind: str) -> None:
    show(short, "x1")
    taken = "PROVIS_X1_A_12-4" if kind == "other case" else "provis_x1_A_12-4"
    if kind == "selection":
        cmd.select(taken, "x1 and resi 3", enable=0)
    else:
        show(short, taken)
    n_atoms = cmd.count_atoms(taken)
    for _ in range(2):
        assert names(attn("%x1")) == ["provis_x1_A_12-4_2"]
    assert cmd.count_atoms(taken) == n_atoms
    assert cmd.get_names("all").count("provis_x1_A_12-4_2") == 1


def test_a_name_of_the_users_choice(
    cmd: Any, show: Show, attn: Attn, commands: Any, short: list[str]
) -> None:
    show(several(short, "A", "B"), "x1")
    assert names(attn("chain A", name="contacts")) == ["contacts"]
    assert names(attn("", name="my heads")) == ["my_heads_x1_A", "my_heads_x1_B"]
    assert names(attn("chain A", name="x1")) == ["x1_2"]
    assert cmd.get_type("x1") == "object:molecule"
    assert names(attn("chain B", name="contacts", top=2)) == ["contacts"]
    assert len(read_cylinders(cmd, "contacts")) == 2
    assert len(commands["provis_clear"]()) == 4
    assert cmd.get_names("all") == ["x1"]


def test_ends_are_selected_exactly(cmd: Any, show: Show, attn: Attn) -> None:
    lines = change(protein(read_1hpv()), number=lambda number: number - 10)  # -9 to 89
    lines = change(lines, at(31), number=30, code="A")
    show(several(lines, "A", "B"), "x1")
    show(several(change(protein(read_1hpv()), segment="SEG1"), "A"), "x2")
    drawn = attn("(x1 and chain A) or (x2 and resi 10-60)", top=0, sele="ends")
    assert len(drawn) == 2
    expected = {
        (item.chain.object_name, item.chain.segment_id, "A", item.chain.residue_ids[index].resi)
        for item in drawn
        for index in {*item.edges.query.tolist(), *item.edges.key.tolist()}
    }
    assert list_selected(cmd, "ends") == expected
    numbers = {row[3] for row in expected if row[0] == "x1"}
    assert {"-9", "30", "30A"} & numbers  # else this test shows less than it should
    assert any(number.startswith("-") for number in numbers)


def test_ends_of_one_object_and_segment_alone(cmd: Any, show: Show, attn: Attn, short: list[str]) -> None:
    segments = [*change(short, segment="S1"), "TER", *change(short, segment="S2", shift=(50, 0, 0))]
    show(segments, "x1")
    show(change(short, segment="S1"), "x2")
    (drawn,) = attn("x1 and segi S1", sele="ends")
    numbers = {drawn.chain.residue_ids[index].resi for index in drawn.edges.residues}
    assert list_selected(cmd, "ends") == {("x1", "S1", "A", number) for number in numbers}


def test_the_ends_can_be_shown(cmd: Any, hpv: str, console: Callable[..., list[str]], bert: Any) -> None:
    cmd.hide("everything")
    console(f"provis_attn chain A, 12, 4, {bert}, top=10, sele=ends", "show sticks, ends")
    shown = list_selected(cmd, "rep sticks")
    assert shown == list_selected(cmd, "ends")
    assert 10 <= len(shown) <= 20
    assert cmd.count_atoms("rep sticks") == cmd.count_atoms("byres ends")
    assert "ends" not in cmd.get_names("all", enabled_only=1)  # the user's active selection stays active


def test_the_selection_is_made_anew(cmd: Any, hpv: str, attn: Attn) -> None:
    cmd.select("ends", "chain B", enable=0)
    attn("chain A", sele="ends", top=3)
    assert 3 <= len(list_selected(cmd, "ends")) <= 6
    assert {row[2] for row in list_selected(cmd, "ends")} == {"A"}
    attn("chain A", sele="ends", min_attn=0.99)
    assert cmd.count_atoms("ends") == 0
