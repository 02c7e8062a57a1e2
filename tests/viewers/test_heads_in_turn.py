"""Heads drawn one after the other: those of one chain that have the same colours replace each other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def draw(cmd: Any, attn: Callable[..., Any], capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Draw a head of chain A of 1HPV; gives what is said."""
    cmd.load("$PYMOL_DATA/tut/1hpv.pdb", "1hpv")

    def run(head: int, **options: Any) -> str:
        capsys.readouterr()
        attn("1hpv and chain A", 2, head, **{"min_attn": 0.02, "top": 20, "quiet": 0, "wait": 1, **options})
        return capsys.readouterr().out

    return run


def seen(cmd: Any) -> set[str]:
    return {name for name in cmd.get_names("objects", enabled_only=1) if name.startswith("provis_")}


def test_the_next_head_hides_the_last_one_and_says_so(cmd: Any, draw: Callable[..., str]) -> None:
    assert "hidden" not in draw(1, labels=2)
    assert seen(cmd) == {"provis_1hpv_A_2-1", "provis_1hpv_A_2-1_labels"}
    said = draw(2)
    assert "hidden, not deleted, for the colours are the same: provis_1hpv_A_2-1;" in said
    assert seen(cmd) == {"provis_1hpv_A_2-2"}
    assert {"provis_1hpv_A_2-1", "provis_1hpv_A_2-1_labels"} <= set(cmd.get_names("objects"))
    cmd.enable("provis_1hpv_A_2-1")  # as a click on its name
    assert "hidden" not in draw(2, top=10)  # the same head once more leaves it
    assert "provis_1hpv_A_2-1" in seen(cmd)


def test_heads_in_colours_of_their_own_or_with_a_name_are_seen_together(
    cmd: Any, draw: Callable[..., str]
) -> None:
    draw(1, palette="solid_orange")
    draw(2, palette="solid_sky")
    draw(3, name="provis_mine")
    draw(1, palette="solid_sky", name="provis_other")
    assert seen(cmd) == {"provis_1hpv_A_2-1", "provis_1hpv_A_2-2", "provis_mine", "provis_other"}


def test_a_session_knows_the_colours(cmd: Any, draw: Callable[..., str], tmp_path: Path) -> None:
    draw(1)
    cmd.save(str(tmp_path / "one.pse"))
    cmd.reinitialize()
    cmd.load(str(tmp_path / "one.pse"))
    draw(2)
    assert seen(cmd) == {"provis_1hpv_A_2-2"}
