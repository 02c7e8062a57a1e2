"""What is drawn equals what transformers and Biopython say, computed here without any code of ours."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.models.eager import compute_eager_attention

from .drawings import Cylinders, read_cylinders
from .structures import find_1hpv

LAYER, HEAD = 12, 4
MIN_ATTN = 0.05
RADIUS = 0.4
PALETTES = Path(__file__).resolve().parents[2] / "resources" / "palettes.json"


def _read_by_biopython() -> tuple[str, np.ndarray]:
    """Sequence and CA coordinates of chain A."""
    from Bio.PDB import PDBParser
    from Bio.SeqUtils import seq1

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        chain = PDBParser(QUIET=True).get_structure("1hpv", find_1hpv())[0]["A"]
    residues = [residue for residue in chain if residue.id[0] == " "]
    return (
        "".join(seq1(residue.get_resname()) for residue in residues),
        np.array([residue["CA"].coord for residue in residues], dtype=np.float64),
    )


@pytest.fixture(scope="module")
def attention(bert: Path, esm: Path) -> dict[str, np.ndarray]:
    """Attention of the head by transformers, (n, n) for each family."""
    sequence, _ = _read_by_biopython()
    return {
        "bert": compute_eager_attention(bert, sequence)[LAYER - 1, HEAD - 1],
        "esm": compute_eager_attention(esm, sequence)[LAYER - 1, HEAD - 1],
    }


def _expect_pairs(weights: np.ndarray, direction: str) -> dict[tuple[int, int], float]:
    """Weight of each pair that passes, by place in the sequence."""
    pairs = {}
    for i in range(len(weights)):
        for j in range(len(weights)):
            there, back = float(weights[i, j]), float(weights[j, i])
            if direction == "directed":
                weight, is_pair = there, i != j
            else:
                weight, is_pair = {"max": max(there, back), "mean": (there + back) / 2}[direction], i < j
            if is_pair and weight >= MIN_ATTN:
                pairs[i, j] = weight
    return pairs


def _shift_aside(pair: tuple[int, int], expected: dict[tuple[int, int], float], radius: float) -> float:
    """How far a cylinder lies beside the line from CA to CA: where both directions of a pair are drawn."""
    return radius if (pair[1], pair[0]) in expected else 0.0


@pytest.mark.parametrize("direction", ["max", "mean", "directed"])
@pytest.mark.parametrize("family", ["bert", "esm"])
def test_pairs_ends_weights_and_looks(
    cmd: Any,
    hpv: str,
    attn: Callable[..., Any],
    attention: dict[str, np.ndarray],
    request: pytest.FixtureRequest,
    family: str,
    direction: str,
) -> None:
    _, coords = _read_by_biopython()
    expected = _expect_pairs(attention[family], direction)
    assert len(expected) >= 50

    folder = str(request.getfixturevalue(family))
    options = {"direction": direction, "top": 0, "min_attn": MIN_ATTN, "radius": RADIUS}
    (drawn,) = attn("chain A", LAYER, HEAD, model=folder, **options)

    edges = drawn.edges
    pairs = list(zip(edges.query.tolist(), edges.key.tolist(), strict=True))
    assert drawn.name == "provis_1hpv_A_12-4"
    assert edges.n_passed == len(pairs) == len(expected)
    assert set(pairs) == set(expected)
    assert [expected[pair] for pair in pairs] == pytest.approx(edges.weight.tolist(), abs=1e-5)

    cylinders = read_cylinders(cmd, drawn.name)
    assert len(cylinders) == len(expected)
    weights = np.array([expected[pair] for pair in pairs])
    fraction = (weights - MIN_ATTN) / (weights.max() - MIN_ATTN)
    assert cylinders.radius == pytest.approx(RADIUS * (0.25 + 0.75 * fraction), abs=1e-4)
    for place, pair in enumerate(pairs):
        aside = _shift_aside(pair, expected, cylinders.radius[place])
        _check_ends(cylinders, place, coords[list(pair)], aside)
    table = json.loads(PALETTES.read_text())["palettes"]["blue_orange"]
    steps = np.array([[int(step[k : k + 2], 16) / 255 for k in (1, 3, 5)] for step in table])
    place = np.linspace(0, 1, len(steps))
    colors = np.stack([np.interp(fraction, place, steps[:, k]) for k in range(3)], axis=1)
    assert cylinders.end_rgb == pytest.approx(colors, abs=1e-3)
    if direction == "directed":
        assert np.ptp(cylinders.start_rgb, axis=0).max() == 0  # one grey for all ends that attend
        assert np.ptp(cylinders.start_rgb[0]) == 0
    else:
        assert cylinders.start_rgb == pytest.approx(colors, abs=1e-3)


def _check_ends(cylinders: Cylinders, place: int, coords: np.ndarray, aside: float) -> None:
    """The ends of a cylinder are two CA atoms, or lie beside them, square to the line between them."""
    ends = np.stack([cylinders.start[place], cylinders.end[place]])
    step = ends - coords
    if aside == 0:
        assert np.abs(step).max() < 1e-3
    else:
        assert np.abs(step[0] - step[1]).max() < 1e-3
        assert np.linalg.norm(step[0]) == pytest.approx(aside, abs=1e-3)
        assert step[0] @ (coords[1] - coords[0]) == pytest.approx(0, abs=1e-2)


def test_a_part_of_the_chain_is_drawn_from_the_attention_over_all_of_it(
    hpv: str, attn: Callable[..., Any], attention: dict[str, np.ndarray]
) -> None:
    (drawn,) = attn("chain A and resi 20-60", LAYER, HEAD, top=0, min_attn=MIN_ATTN)
    expected = {
        pair: weight
        for pair, weight in _expect_pairs(attention["bert"], "max").items()
        if all(20 <= place + 1 <= 60 for place in pair)
    }
    pairs = zip(drawn.edges.query.tolist(), drawn.edges.key.tolist(), strict=True)
    assert dict(zip(pairs, drawn.edges.weight.tolist(), strict=True)) == pytest.approx(expected, abs=1e-5)
    assert 10 < len(expected) < len(_expect_pairs(attention["bert"], "max"))
