"""``link=1``: attention between chains, from one sequence of all of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.models.eager import compute_eager_attention
from tests.tiny_checkpoints import HIV_PROTEASE

from .drawings import list_selected, read_cylinders
from .structures import ca_of, change, keep, protein, read_1hpv

LINKER = 25


@pytest.fixture(scope="module")
def attention(bert: Path) -> np.ndarray:
    """Attention of head 12-4 on both chains with the linker, by transformers; the linker cut out."""
    weights = compute_eager_attention(bert, HIV_PROTEASE + LINKER * "G" + HIV_PROTEASE)[11, 3]
    kept = [*range(99), *range(99 + LINKER, 198 + LINKER)]
    return weights[np.ix_(kept, kept)]


def test_pairs_between_two_chains(
    cmd: Any, hpv: str, attn: Callable[..., Any], attention: np.ndarray, capsys: pytest.CaptureFixture[str]
) -> None:
    (drawn,) = attn("polymer", link=1, top=0, sele="ends", quiet=0)
    both = np.maximum(attention, attention.T)
    expected = {(i, j) for i in range(198) for j in range(i + 1, 198) if both[i, j] >= 0.1}
    pairs = list(zip(drawn.edges.query.tolist(), drawn.edges.key.tolist(), strict=True))
    assert len(pairs) == len(expected)
    assert set(pairs) == expected
    assert any(i < 99 <= j for i, j in pairs)  # else this test shows nothing
    assert drawn.edges.weight.tolist() == pytest.approx([both[pair] for pair in pairs], abs=1e-5)
    assert drawn.name == "provis_1hpv_A-B_12-4"
    coords = np.array([ca_of(read_1hpv(chain), number) for chain in "AB" for number in range(1, 100)])
    cylinders = read_cylinders(cmd, drawn.name)
    assert cylinders.start == pytest.approx(coords[[i for i, _ in pairs]], abs=1e-3)
    assert cylinders.end == pytest.approx(coords[[j for _, j in pairs]], abs=1e-3)
    ends = {("AB"[k // 99], str(k % 99 + 1)) for pair in pairs for k in pair}
    assert {(chain, resi) for _, _, chain, resi in list_selected(cmd, "ends")} == ends
    said = capsys.readouterr().out
    assert "1hpv chains A + B, 2 chains in one sequence with 25 linker residues, each 99" in said
    i, j = pairs[0]
    names = [drawn.chain.residue_label(k) for k in (i, j)]
    assert f"strongest: {names[0]} - {names[1]} {both[i, j]:.2f}" in said


def test_a_part_of_each_chain_and_chains_of_two_objects(
    cmd: Any, attn: Callable[..., Any], show: Callable[..., str], attention: np.ndarray
) -> None:
    show(protein(read_1hpv("A")), "one")
    show(change(protein(read_1hpv("B")), chain="A"), "two")
    (drawn,) = attn("(one and resi 1-40) or (two and resi 50-99)", link=1, top=0, min_attn=0.05, sele="ends")
    both = np.maximum(attention, attention.T)
    allowed = [*range(40), *range(99 + 49, 198)]
    expected = {(i, j) for i in allowed for j in allowed if i < j and both[i, j] >= 0.05}
    assert set(zip(drawn.edges.query.tolist(), drawn.edges.key.tolist(), strict=True)) == expected
    assert drawn.chain.object_name == "one+two"
    selected = set()
    cmd.iterate("ends", "add((model, resi))", space={"add": selected.add})
    assert selected == {(("one", "two")[k // 99], str(k % 99 + 1)) for pair in expected for k in pair}


def test_segments_are_linked_by_their_names(attn: Callable[..., Any], show: Callable[..., str]) -> None:
    lines = keep(change(protein(read_1hpv()), chain=" ", segment="PROA"), lambda line: int(line[22:26]) < 31)
    show(lines + change(lines, segment="PROB", shift=(40, 0, 0)))
    (drawn,) = attn("toy", link=1, min_attn=0)
    assert drawn.name == "provis_toy_PROA-PROB_12-4"
    assert [drawn.chain.residue_label(k) for k in (0, 30)] == ["PROA/PRO1", "PROB/PRO1"]


def test_what_cannot_be_linked(attn: Callable[..., Any], hpv: str, refuse: Callable[..., Any]) -> None:
    refuse(lambda: attn("chain A", link=1), "There is one chain to link, 1hpv chain A", "Two or more")


def test_a_member_that_goes_meanwhile(
    cmd: Any, hpv: str, attn: Callable[..., Any], commands: dict[str, Any], refuse: Callable[..., Any]
) -> None:
    cmd.create("other", "chain B")
    attn("(1hpv and chain A) or other", link=1, wait=0)
    cmd.delete("other")
    refuse(commands["provis_wait"], "other chain B was deleted or renamed")
