"""Small, empty and odd input is drawn without a warning."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from provis_core.attention.arcs import ArcsBuilder
from provis_core.attention.head_id import HeadId
from provis_core.figures import (
    draw_attention_map,
    draw_head_grid,
    draw_profile,
    draw_thumbnails,
    make_head_grid,
    make_map_view,
    make_profile_view,
    make_thumbnails,
)
from provis_core.structures.chain import Chain, ResidueId
from provis_core.structures.sequence import SequenceMap, compute_sequence_map

from .views import make_chain, make_view

Make = Callable[..., Any]


def tiny_chain(n: int) -> Chain:
    ids = tuple(ResidueId("", -1 - k, "") for k in range(n))
    return Chain("$toy_$x", "", ids, ("ALA",) * n, np.full((n, 3), np.nan))


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("scale", ["linear", "log", "percentile"])
@pytest.mark.parametrize("fill", [0.0, 0.5, np.nan])
def test_the_smallest_maps(new_figure: Make, n: int, scale: str, fill: float) -> None:
    chain = tiny_chain(n)
    weights = np.full((n, n), fill, dtype=np.float32)
    view = make_map_view(weights, chain, compute_sequence_map(chain), scale=scale, title="$a_b$")
    figure = new_figure()
    drawing = draw_attention_map(figure, view)
    figure.canvas.draw()
    assert drawing.pick(0.0, n - 1) == (n - 1, 0)
    labels = [tick.get_text() for tick in drawing.axes.get_xticklabels()]
    assert labels and set(labels) <= {"-1", "-2", "-3"}


def test_a_head_without_pairs(new_figure: Make) -> None:
    chain = make_chain(60)
    builder = ArcsBuilder(2, 2, 60, 0.05)
    builder.add_heads(0, [0])
    arcs = builder.build()
    for scale in ("linear", "log", "percentile"):
        view = make_map_view(arcs, chain, compute_sequence_map(chain), head=HeadId(0, 0), scale=scale)
        figure = new_figure()
        draw_attention_map(figure, view)
        figure.canvas.draw()
    figure = new_figure()
    draw_thumbnails(figure, make_thumbnails(arcs))
    figure.canvas.draw()


@pytest.mark.parametrize("shape", [(1, 1), (1, 12), (12, 1)])
@pytest.mark.parametrize("fill", [0.0, -3.0, np.nan, 1e-9, 1e9])
def test_grids_of_one_value(new_figure: Make, shape: tuple[int, int], fill: float) -> None:
    for min_n in (0, 10):
        grid = make_head_grid(np.full(shape, fill), np.ones(shape), label="x", min_n=min_n, reference=fill)
        figure = new_figure()
        drawing = draw_head_grid(figure, grid)
        figure.canvas.draw()
        assert drawing.pick(0, 0) == HeadId(0, 0)
        assert bool(grid.best) == (min_n == 0 and np.isfinite(fill))


def test_profiles_of_nothing(new_figure: Make) -> None:
    chain = make_chain(9)
    sequence_map = SequenceMap("AAA", np.array([-1, -1, -1]), gaps="full")
    for received in (np.zeros(3), np.full(3, np.nan)):
        view = make_profile_view(received, chain, sequence_map, given=received)
        figure = new_figure()
        draw_profile(figure, view)
        figure.canvas.draw()
        assert view.top == ()


def test_zoom_beyond_the_map_and_into_one_residue(new_figure: Make) -> None:
    figure = new_figure()
    drawing = draw_attention_map(figure, make_view(60))
    for low, high in ((-50, 200), (59.6, 80), (10.2, 10.4), (-9, -3)):
        drawing.axes.set_xlim(low, high)
        drawing.axes.set_ylim(high, low)
        figure.canvas.draw()
    drawing.reset_zoom()
    figure.canvas.draw()


def test_figures_without_room(new_figure: Make) -> None:
    for width, height in ((0.4, 0.4), (3, 0.3), (0.3, 3)):
        figure = new_figure(width, height)
        draw_attention_map(figure, make_view(60))
        figure.canvas.draw()
        figure = new_figure(width, height)
        draw_head_grid(figure, make_head_grid(np.ones((3, 3)), np.ones((3, 3)), label="x"))
        figure.canvas.draw()
