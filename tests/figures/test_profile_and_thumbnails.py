"""Residue profiles and thumbnails as they are drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from provis_core.attention.head_id import HeadId
from provis_core.figures import draw_profile, draw_thumbnails, make_thumbnails
from provis_core.figures.residue_axis import join_axes
from provis_core.figures.theme import make_color_table

from .test_drawing import artists, pixel_at, pixels
from .views import make_arcs, make_profile

Make = Callable[..., Any]


def test_bars_are_as_high_as_the_attention_and_strips_lie_under_them(new_figure: Make) -> None:
    view = make_profile(60, given=False)
    figure = new_figure(7, 2.2, 200)
    drawing = draw_profile(figure, view)
    image = pixels(figure)
    high, per_point = drawing.axes.get_ylim()[1], 200 / 72
    for index in range(60):
        value = float(view.received[index])
        if value > 0.05 * high:
            below = pixel_at(figure, drawing.axes, index, value - 0.02 * high)
            assert below.tolist() == [0x00, 0x72, 0xB2], index
        assert drawing.pick(index - 0.4) == index
        x, y = drawing.axes.transData.transform((index, 0))
        for lane, strip in enumerate(view.strips):
            row = image.shape[0] - 1 - int(y - (lane * 6.5 + 4) * per_point)
            expected = np.full(3, 255) if np.isnan(strip.rgb[index, 0]) else np.round(255 * strip.rgb[index])
            assert np.abs(image[row, int(x)] - expected).max() <= 1, (index, lane)
    assert drawing.pick(60.2) is None


def test_named_residues_are_the_strongest_and_do_not_touch(new_figure: Make) -> None:
    view = make_profile(400)
    figure = new_figure(7, 2.2, 100)
    drawing = draw_profile(figure, view)
    pixels(figure)
    names = [text for text in drawing.axes.texts if text.get_visible()]
    assert names[0].get_text() == view.axis.short[view.top[0]] and len(names) > 3
    boxes = [text.get_window_extent() for text in names]
    assert not any(one.overlaps(other) for k, one in enumerate(boxes) for other in boxes[:k])
    assert {text.get_text() for text in names} <= {view.axis.short[index] for index in view.top}


@pytest.mark.parametrize("top", [(98, 3), (99, 4), (100,), (101, 90)])
def test_names_keep_off_the_line_between_two_chains(new_figure: Make, top: tuple[int, ...]) -> None:
    one = make_profile(100)
    view = replace(
        one,
        axis=join_axes([one.axis, one.axis]),
        received=np.tile(one.received, 2),
        given=None if one.given is None else np.tile(one.given, 2),
        strips=(),
        top=top,
    )
    figure = new_figure(7, 2.2, 100)
    drawing = draw_profile(figure, view)
    pixels(figure)
    line = drawing.axes.transData.transform((99.5, 0))[0]
    names = [text for text in drawing.axes.texts if text.get_visible() and text.get_text() in view.axis.short]
    assert len(names) == len(top)
    for text in names:
        box = text.get_window_extent()
        assert not box.x0 < line < box.x1


def test_an_updated_profile_is_the_same_as_a_new_one(new_figure: Make) -> None:
    figure = new_figure(7, 2.2)
    drawing = draw_profile(figure, make_profile(60))
    first = pixels(figure)
    kinds = sorted(type(item).__name__ for item in artists(figure))
    marks = np.zeros(60, dtype=bool)
    marks[7] = True
    drawing.mark(marks)
    assert (pixels(figure) != first).any()
    drawing.update(make_profile(90, given=False))
    pixels(figure)
    drawing.update(make_profile(60))
    assert (pixels(figure) == first).all()
    assert sorted(type(item).__name__ for item in artists(figure)) == kinds


def test_thumbnails_show_the_pairs_of_each_head(new_figure: Make) -> None:
    view = make_thumbnails(make_arcs(), size=20)
    figure = new_figure(5, 4, 200)
    drawing = draw_thumbnails(figure, view, palette="magma")
    pixels(figure)
    table = make_color_table("magma", "#ffffff").astype(int)
    for layer in range(3):
        for head in range(4):
            assert drawing.pick(head + 0.4, layer - 0.4) == HeadId(layer, head)
            for row, column in [(3, 3), (10, 4), (17, 12), (8, 16)]:
                place = head - 0.5 + (column + 0.5) / 20, layer - 0.5 + (row + 0.5) / 20
                found = pixel_at(figure, drawing.axes, *place)
                expected = table[view.images[layer, head, row, column]]
                if not view.known[layer, head]:
                    expected = np.full(3, 0xEC)
                assert np.abs(found - expected).max() <= 1
    assert not view.known[2, 3]


def test_updating_thumbnails_leaves_nothing_behind(new_figure: Make) -> None:
    figure = new_figure()
    drawing = draw_thumbnails(figure, make_thumbnails(make_arcs()))
    first = pixels(figure)
    kinds = sorted(type(item).__name__ for item in artists(figure))
    drawing.choose([HeadId(1, 1)])
    drawing.update(make_thumbnails(make_arcs(5, 6, seed=3)), palette="viridis")
    assert (pixels(figure) != first).any()
    drawing.choose([])
    drawing.update(make_thumbnails(make_arcs()), palette="blue_orange")
    assert (pixels(figure) == first).all()
    assert sorted(type(item).__name__ for item in artists(figure)) == kinds
