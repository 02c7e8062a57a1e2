"""Relevance in real PyMOL: colours, cylinders, a selection, and that all of it comes off again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.data import find_structure

from .drawings import read_cylinders, take_stock

pytestmark = pytest.mark.torch


@pytest.fixture
def explain(commands: dict[str, Any], bert: Path) -> Callable[..., Any]:
    """``provis_explain`` as a Python function, on the tiny BERT, in few steps."""

    def run(selection: str = "", target: str = "", **options: Any) -> Any:
        return commands["provis_explain"](selection, target, **{"model": str(bert), "steps": 8, **options})

    return run


def colors_of(cmd: Any, selection: str) -> list[tuple[float, float, float]]:
    """Colours of the CA atoms."""
    found: list[int] = []
    cmd.iterate(f"({selection}) and name CA", "put(color)", space={"put": found.append})
    return [cmd.get_color_tuple(color) for color in found]


def test_residues_get_the_colours_of_their_relevance_and_their_own_back(
    cmd: Any, hpv: str, explain: Callable[..., Any], commands: dict[str, Any]
) -> None:
    before = take_stock(cmd)
    others = colors_of(cmd, "chain B")
    (one,) = explain("chain A", "V82A")
    assert one.relevance.prediction == "V82A"
    values = one.values
    assert values.shape == (99,) and np.isfinite(values).all()
    high = np.percentile(np.abs(values), 98)
    colors = np.array(colors_of(cmd, "chain A"))
    for value, color in zip(values, colors, strict=True):
        part = min(1.0, abs(value) / high)
        end = np.array([213, 94, 0] if value > 0 else [0, 114, 178]) / 255
        np.testing.assert_allclose(color, 1 - part * (1 - end), atol=0.02)
    assert colors_of(cmd, "chain B") == others
    explain("chain A", "V82A", which="for", sele="why", top=5)
    assert cmd.count_atoms("why and name CA") == 5
    cmd.delete("why")
    commands["provis_clear"]("*_profile")
    assert take_stock(cmd) == before


def test_pairs_of_a_head_are_drawn_and_cleared_in_any_order(
    cmd: Any, hpv: str, explain: Callable[..., Any], commands: dict[str, Any]
) -> None:
    before = take_stock(cmd)
    (one,) = explain("chain A", "V82A", head="12-4", pairs=1)
    colored, drawn = one.names
    assert drawn == "provis_1hpv_A_12-4_relevance"
    cylinders = read_cylinders(cmd, drawn)
    assert 0 < len(cylinders) <= 100
    relevance = one.relevance
    pairs, heads = relevance.pairs.sum(axis=1), relevance.heads[11, 3]
    assert np.corrcoef(pairs, heads)[0, 1] > 0.5  # the rest came from special tokens
    commands["provis_clear"](colored)
    assert colors_of(cmd, "chain A") == colors_of(cmd, "chain A")
    commands["provis_clear"](drawn)
    assert take_stock(cmd) == before


def test_numbers_are_those_of_the_structure_and_bad_ones_change_nothing(
    cmd: Any, hpv: str, explain: Callable[..., Any], refuse: Callable[..., Any]
) -> None:
    cmd.alter("chain B", "resi=str(int(resi)+100)")
    (one,) = explain("chain B", "residue:182")
    assert one.relevance.prediction == "residue:82"
    refuse(lambda: explain("chain A", "L82A"), "the residue 82 of 1hpv chain A is V", "target=V82A")
    refuse(lambda: explain("chain A", "V182A"), "no residue 182")
    refuse(lambda: explain("chain A", "Membrane"), "classifier of sequences", "masked language model")
    refuse(lambda: explain("chain A", "V82A", baseline="AAA"), "a sequence of 3 letters")
    refuse(lambda: explain("chain A", "V82A", head="13-1"), "layer=13")
    refuse(lambda: explain("chain A", "V82A", window=50), "not stitched together")
    refuse(lambda: explain("chain A", "residue:182A"), "no residue 182A")


def test_what_the_console_says(hpv: str, console: Callable[..., list[str]], bert: Path) -> None:
    lines = console(f"provis_explain chain A, V82A, {bert}, steps=8")
    text = "\n".join(lines)
    assert "why V82A" in text and "f(chain)" in text and "white at 0" in text and "most: A/" in text
    text = "\n".join(console(f"provis_targets model={bert}"))
    assert "V82A:masked" in text and "provis_explain target=" in text


SEGMENTS = ((37, 61), (74, 96), (111, 133))
"""The first transmembrane segments of bovine rhodopsin in UniProt (P02699); 1U19 has its numbers."""


def test_a_membrane_protein_is_coloured_by_why_it_is_one(
    cmd: Any, commands: dict[str, Any], refuse: Callable[..., Any]
) -> None:
    """The bundled model and its readout, on rhodopsin: what speaks for the membrane lies in its helices."""
    from provis_core.structures.sequence import compute_sequence_map

    cmd.load(str(find_structure("pdb/1u19.pdb.gz")), "1u19")
    cmd.remove("not (chain A and polymer and resi 1-140)")  # three of the seven, for time
    before = take_stock(cmd)
    seen: dict[str, Any] = {"model": "provis_mini", "gaps": "observed"}
    (told,) = commands["provis_targets"]("chain A", **seen)
    table = told.tables["membrane"]
    assert [row[0] for row in table.rows] == ["Membrane", "Soluble"]
    logit, share, other, other_share = table.rows[0][1:]
    assert logit > table.rows[1][1] and share > 0.9 > 0.1 > other_share and other < table.rows[1][3]
    (one,) = commands["provis_explain"]("chain A", "Membrane", **seen, steps=8, sele="why", top=20)
    chain, relevance = one.chain, one.relevance
    assert relevance.score == pytest.approx(logit, abs=1e-2)
    assert relevance.baseline_score == pytest.approx(other, abs=1e-2)
    numbers = np.array([residue.number for residue in chain.residue_ids])
    inside = np.any([(numbers >= low) & (numbers <= high) for low, high in SEGMENTS], axis=0)
    known = np.isfinite(one.values)
    assert measure_auroc(one.values[known], inside[known]) > 0.55
    positions = compute_sequence_map(chain, "observed").residue_index
    best = relevance.heads[11, 1]
    assert measure_auroc(best, inside[positions]) > 0.8
    assert cmd.count_atoms("why and name CA") == 20
    refuse(
        lambda: commands["provis_explain"]("chain A", "Membran e", "provis_mini"), "no such class", "Membrane"
    )
    cmd.delete("why")
    commands["provis_clear"]("*_profile")
    assert take_stock(cmd) == before


def measure_auroc(values: Any, inside: Any) -> float:
    order = values[inside][:, None] - values[~inside]
    return float((order > 0).mean() + (order == 0).mean() / 2)
