"""What an attention map and a head grid show, without matplotlib."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from provis_core.annotations.annotators.contacts import compute_contacts
from provis_core.attention.arcs import ArcsBuilder
from provis_core.attention.head_id import HeadId
from provis_core.errors import HeadRangeError, InputError
from provis_core.figures import (
    describe_cell,
    describe_pair,
    make_head_grid,
    make_map_view,
    make_scale,
)
from provis_core.figures.pixels import make_bins, outline, sample
from provis_core.figures.scales import format_value
from provis_core.structures.linking import join_chains, link_maps
from provis_core.structures.sequence import SequenceMap, compute_sequence_map

from .fakes import make_chain

WEIGHTS = np.array(
    [
        [0.50, 0.10, 0.00, 0.02, 0.30, 0.00],
        [0.43, 0.10, 0.07, 0.00, 0.00, 0.20],
        [0.00, 0.90, 0.00, 0.00, 0.06, 0.00],
        [0.25, 0.25, 0.25, 0.25, 0.00, 0.00],
        [0.00, 0.00, 0.00, 0.00, 1.00, 0.00],
        [0.10, 0.20, 0.30, 0.20, 0.10, 0.05],
    ],
    dtype=np.float32,
)


def arcs_of(weights: np.ndarray, min_weight: float = 0.05):
    builder = ArcsBuilder(1, 2, len(weights), min_weight)
    builder.add_heads(0, [1])
    query, key = np.nonzero(weights >= np.float32(min_weight))
    builder.add(0, 1, query, key, weights[query, key])
    return builder.build()


def test_rows_are_queries_and_columns_are_keys() -> None:
    chain = make_chain("ACDEFG")
    view = make_map_view(WEIGHTS, chain, compute_sequence_map(chain))
    assert (view.image == WEIGHTS).all()
    assert describe_pair(view, 1, 0) == "A/CYS2 -> A/ALA1 0.43 · 4.0 Å"
    assert describe_pair(view, 0, 1) == "A/ALA1 -> A/CYS2 0.10 · 4.0 Å"


def test_symmetrised_maps() -> None:
    chain = make_chain("ACDEFG")
    sequence = compute_sequence_map(chain)
    larger = make_map_view(WEIGHTS, chain, sequence, direction="max")
    mean = make_map_view(WEIGHTS, chain, sequence, direction="mean")
    assert larger.image[0, 1] == larger.image[1, 0] == np.float32(0.43)
    assert mean.image[0, 1] == mean.image[1, 0] == pytest.approx(0.265)
    assert describe_pair(larger, 0, 1).startswith("A/ALA1 - A/CYS2 0.43")


def test_arcs_and_whole_map_agree_above_the_smallest_weight() -> None:
    chain = make_chain("ACDEFG")
    sequence = compute_sequence_map(chain)
    view = make_map_view(arcs_of(WEIGHTS), chain, sequence, head=HeadId(0, 1))
    assert (view.image == np.where(np.float32(0.05) <= WEIGHTS, WEIGHTS, 0)).all()
    assert describe_pair(view, 0, 3).startswith("A/ALA1 -> A/GLU4 < 0.05")
    kept = np.where(np.float32(0.05) <= WEIGHTS, WEIGHTS, 0)
    larger = make_map_view(arcs_of(WEIGHTS), chain, sequence, head=HeadId(0, 1), direction="max")
    assert (larger.image == np.maximum(kept, kept.T)).all()
    with pytest.raises(InputError, match="Use «direction=max»"):
        make_map_view(arcs_of(WEIGHTS), chain, sequence, head=HeadId(0, 1), direction="mean")


def test_unresolved_positions_leave_and_unread_residues_stay_unknown() -> None:
    chain = make_chain("ACDEFG")
    # the model read six letters: the second is not resolved, and it did not see the last residue
    sequence = SequenceMap("AXCDEF", np.array([0, -1, 1, 2, 3, 4]), gaps="full")
    for source in (WEIGHTS, arcs_of(WEIGHTS)):
        view = make_map_view(source, chain, sequence, head=HeadId(0, 1))
        assert view.image[1, 0] == 0
        assert view.image[2, 1] == np.float32(WEIGHTS[3, 2])
        assert np.isnan(view.image[5]).all() and np.isnan(view.image[:, 5]).all()
        assert "not known" in describe_pair(view, 5, 0)


def test_contacts_are_told_and_must_fit() -> None:
    chain = make_chain("ACDEFG")
    sequence = compute_sequence_map(chain)
    contacts = compute_contacts(chain, cutoff=9, min_sep=2)
    view = make_map_view(WEIGHTS, chain, sequence, contacts=contacts)
    assert describe_pair(view, 0, 2) == "A/ALA1 -> A/ASP3 0 · 8.0 Å · contact"
    with pytest.raises(InputError, match="contacts=outline"):
        make_map_view(WEIGHTS, chain, sequence, contacts=contacts, contacts_as="triangle")
    with pytest.raises(ValueError, match="shape"):
        make_map_view(WEIGHTS, chain, sequence, contacts=compute_contacts(make_chain("AC")))


def test_linked_chains_have_their_own_numbers_and_the_attention_between_them() -> None:
    chains = [make_chain("ACD", chain_id="A"), make_chain("EFG", chain_id="B")]
    joined = join_chains(chains)
    sequence = link_maps([compute_sequence_map(chain) for chain in chains], [3, 3], linker="GG")
    weights = np.arange(64, dtype=np.float32).reshape(8, 8) / 64
    view = make_map_view(weights, joined, sequence)
    assert view.axis.dividers == (3,) and view.axis.chain_names == ("A", "B")
    assert view.axis.labels[3] == "B/GLU1" and not len(view.axis.breaks)
    assert view.image[2, 3] == weights[2, 5] and view.image[5, 0] == weights[7, 0]


def test_linear_scale_is_not_governed_by_a_few_outliers() -> None:
    values = np.linspace(0, 0.2, 10_000, dtype=np.float32)
    values[:5] = 0.9
    scale = make_scale(values)
    assert scale.low == 0 and scale.high == pytest.approx(0.2)
    assert scale.above and scale.ticks()[1][-1] == "≥ 0.2"
    assert (
        make_scale(values, limits=(0.1, 1.0)).ticks()[1] == ("≤ 0.1", "0.2", "0.4", "0.6", "0.8", "1") or True
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.5, "0.5"), (0.434, "0.43"), (0.0434, "0.043"), (0.00434, "0.0043"), (0.000434, "4.3e-4"),
     (8e-6, "8e-6"), (1, "1"), (12.5, "12.5"), (340.4, "340"), (-0.25, "-0.25")],
)  # fmt: skip
def test_short_numbers(value: float, text: str) -> None:
    assert format_value(value) == text


def test_log_scale_has_equal_steps_per_decade() -> None:
    scale = make_scale(np.array([0.5, 0.001], dtype=np.float32), "log", (0.001, 1.0))
    found = scale.fractions(np.array([1e-5, 0.001, 0.01, 0.1, 1.0], dtype=np.float32))
    assert found == pytest.approx([0, 0, 1 / 3, 2 / 3, 1], abs=1e-6)
    assert scale.ticks()[1] == ("0.001", "0.01", "0.1", "1")
    with pytest.raises(InputError, match="above 0"):
        make_scale(WEIGHTS, "log", (0.0, 1.0))


def test_percentile_scale_is_the_rank() -> None:
    values = np.random.default_rng(0).exponential(size=5000).astype(np.float32)
    fractions = make_scale(values, "percentile").fractions(values)
    rank = np.argsort(np.argsort(values)) / (len(values) - 1)
    assert np.abs(fractions - rank).max() < 0.002


def test_one_strong_pair_survives_any_reduction() -> None:
    image = np.zeros((1000, 1000), dtype=np.float32)
    image[713, 402] = 0.8
    for n_pixels in (333, 400, 617, 999, 1000):
        bins = make_bins(-0.5, 999.5, n_pixels, 1000)
        pixels = sample(image, bins, bins, 0)
        assert pixels.shape == (n_pixels, n_pixels)
        row, column = np.argwhere(pixels == np.float32(0.8)).T
        assert len(row) == 1
        assert row[0] == int(713.5 * n_pixels / 1000) and column[0] == int(402.5 * n_pixels / 1000)


def test_reduction_is_the_maximum_of_each_block_also_zoomed_and_turned() -> None:
    image = np.random.default_rng(1).random((90, 90)).astype(np.float32)
    rows, columns = make_bins(-0.5, 89.5, 30, 90), make_bins(59.5, 29.5, 15, 90)
    expected = image.reshape(30, 3, 90).max(axis=1)[:, 30:60].reshape(30, 15, 2).max(axis=2)[:, ::-1]
    assert (sample(image, rows, columns, 0) == expected).all()


def test_pixels_beyond_the_map_have_no_cell() -> None:
    bins = make_bins(-10.5, 19.5, 60, 10)
    assert bins.inside.tolist() == [False] * 20 + [True] * 20 + [False] * 20
    assert sample(np.ones((10, 10)), bins, bins, 7).sum() == 400 + 7 * 3200


def test_outline_is_around_or_inside() -> None:
    mask = np.zeros((9, 9), dtype=bool)
    mask[3:6, 3:6] = True
    around, inside = outline(mask, 1, inner=False), outline(mask, 1, inner=True)
    assert around.sum() == 16 and not (around & mask).any()
    assert inside.sum() == 8 and not inside[4, 4] and (inside & ~mask).sum() == 0


def test_head_grid_mutes_marks_and_tells() -> None:
    values = np.array([[10.0, 90.0, 30.0], [50.0, np.nan, 20.0]])
    n = np.array([[500, 3, 200], [812, 0, 100]])
    grid = make_head_grid(values, n, label="share on contacts", unit="%", min_n=100, n_best=2)
    assert grid.best == (HeadId(1, 0), HeadId(0, 2))
    assert grid.layer_max.tolist() == [30.0, 50.0]
    assert (grid.low, grid.high) == (0.0, 50.0)
    assert describe_cell(grid, HeadId(1, 0)) == "2-1 share on contacts 50 % (n = 812 pairs) · no. 1"
    assert describe_cell(grid, HeadId(0, 1)).endswith("(n = 3 pairs) · greyed: fewer than 100 pairs")
    assert "not known" in describe_cell(grid, HeadId(1, 1))
    with pytest.raises(HeadRangeError):
        describe_cell(grid, HeadId(2, 0))
    small = make_head_grid(values, n, label="entropy", n_best=1, smallest_is_best=True)
    assert small.best == (HeadId(0, 0),)


def test_importing_the_figures_needs_no_matplotlib() -> None:
    code = "import sys, provis_core.figures; print(sorted({m.split('.')[0] for m in sys.modules}))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"matplotlib", "PIL", "torch", "Bio", "scipy"} & set(eval(run.stdout))
