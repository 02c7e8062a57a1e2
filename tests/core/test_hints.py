"""What the panel says of its drawing, and what cannot be chosen now."""

from __future__ import annotations

import re

import numpy as np
import pytest

from provis_core.attention.head_id import HeadId
from provis_core.inspection.hints import describe_legend, find_obstacles

from .inspecting import TWENTY, wait


def test_pairs_of_all_heads_are_counted(inspector, viewer):
    inspector.choose.options(min_attn=0.2)
    n_one = inspector.readings.edges.n_edges
    assert describe_legend(inspector).startswith(f"{n_one} pairs are drawn. Colours: ")
    for head in ((0, 1), (0, 0)):
        inspector.choose.head(HeadId(*head), add=True)
    wait(inspector.session)
    on_screen = sum(scene.edges.n_edges for scene in viewer.scenes.values())
    own = viewer.scenes["provis_toy_A_1-1"].edges.n_edges
    assert on_screen > n_one
    words = describe_legend(inspector)
    assert words.startswith(
        f"{on_screen} pairs of 3 heads are drawn, {own} of them of 1-1. Colours: blue 2-1,"
    )
    inspector.choose.options(top=2)
    words = describe_legend(inspector)
    n_passed = sum(edges.n_passed for edges in inspector.drawn.values())
    assert words.startswith(f"6 pairs of 3 heads are drawn, 2 of them of 1-1; {n_passed - 6} weaker ones")


def test_one_pair_is_one(inspector):
    inspector.choose.options(top=1)
    assert describe_legend(inspector).startswith("1 pair is drawn, ")


def test_colours_mean_heads_where_several_are_shown(inspector):
    assert not {"color_by", "palette"} & find_obstacles(inspector).keys()
    inspector.choose.head(HeadId(0, 1), add=True)
    assert "colours mean heads" in find_obstacles(inspector)["color_by"]
    inspector.choose.head(HeadId(0, 1))
    assert not {"color_by", "palette"} & find_obstacles(inspector).keys()


@pytest.mark.parametrize("min_sep", [1, 6])
@pytest.mark.parametrize("direction", ["max", "mean", "directed"])
def test_no_pair_tells_the_largest_weight(inspector, worker, min_sep, direction):
    inspector.choose.options(min_attn=1.0, min_sep=min_sep, direction=direction)
    wait(inspector.session)
    weights = worker.answers[TWENTY][1, 0]
    both = {"max": np.maximum, "mean": lambda a, b: (a + b) / 2, "directed": lambda a, _: a}[direction](
        weights, weights.T
    )
    apart = np.abs(np.subtract.outer(np.arange(20), np.arange(20)))
    words = describe_legend(inspector)
    assert words.startswith("0 pairs are drawn. The largest weight of 2-1")
    told = float(re.search(r" is ([0-9.]+[0-9])", words).group(1))
    assert told == pytest.approx(both[apart >= min_sep].max(), abs=5e-4)
    assert ("at least 6 apart" in words) == (min_sep == 6)
    inspector.choose.options(min_attn=told - 1e-3)
    wait(inspector.session)
    assert inspector.readings.edges.n_edges >= 1


def test_no_pair_of_a_chain_without_a_map(inspector):
    inspector.choose.options(window=10, min_attn=1.0)
    wait(inspector.session)
    assert inspector.readings.weights is None
    largest = inspector.readings.scan.arcs.select(HeadId(1, 0), 0.05)[2].max()
    assert f"is {largest:.3g}" in describe_legend(inspector)


def test_what_cannot_be_done_says_why(inspector, viewer):
    assert find_obstacles(inspector).keys() == {"site_shown"}
    inspector.choose.options(min_attn=1.0)
    assert "export" in find_obstacles(inspector)
    inspector.clear()
    assert {"export", "clear"} <= find_obstacles(inspector).keys()
    inspector.choose.box(slice(0, 3), slice(4, 8))
    assert "clear" not in find_obstacles(inspector)
    viewer.objects.clear()
    inspector.read_marks()
    found = find_obstacles(inspector)
    assert found.keys() >= {"chain", "save", "export", "copy", "clear", "profile", "site", "site_shown"}
    assert all(found.values())
