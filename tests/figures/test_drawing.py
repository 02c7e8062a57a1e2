"""Drawn pictures: what is under the mouse is what was drawn there, and an update leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from provis_core.attention.head_id import HeadId
from provis_core.figures import DARK, draw_attention_map, draw_head_grid, make_map_view
from provis_core.figures.theme import make_color_table
from provis_core.structures.sequence import compute_sequence_map

from .views import make_chain, make_grid, make_view

Make = Callable[..., Any]


def pixels(figure: Any) -> np.ndarray:
    """Red, green and blue of the drawn figure, the upper row first."""
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[..., :3].astype(int)


def pixel_at(figure: Any, axes: Any, x: float, y: float) -> np.ndarray:
    """The pixel at a place in data coordinates, of a figure that is drawn."""
    column, row = axes.transData.transform((x, y))
    image = np.asarray(figure.canvas.buffer_rgba())
    return image[image.shape[0] - 1 - int(row), int(column), :3].astype(int)


def artists(figure: Any) -> list[Any]:
    return figure.findobj()


@pytest.mark.parametrize("scale", ["linear", "log", "percentile"])
def test_a_map_shows_each_weight_at_its_residues(new_figure: Make, scale: str) -> None:
    view = make_view(40, contacts=None, scale=scale)
    figure = new_figure(5, 4.5, 150)
    drawing = draw_attention_map(figure, view, palette="viridis")
    pixels(figure)
    table = make_color_table("viridis", "#ffffff").astype(int)
    fractions = view.scale.fractions(view.image)
    for row in range(0, 40, 3):
        for column in range(0, 40, 3):
            found = pixel_at(figure, drawing.axes, column, row)
            expected = table[int(255 * fractions[row, column] + 0.5)]
            assert np.abs(found - expected).max() <= 1, (row, column)
            assert drawing.pick(column + 0.4, row - 0.4) == (row, column)
    assert drawing.pick(-0.6, 3) is None and drawing.pick(3, 39.6) is None


@pytest.mark.parametrize("dpi", [72, 100, 200, 300])
def test_one_strong_pair_of_a_long_chain_is_a_dot_that_can_be_picked(new_figure: Make, dpi: int) -> None:
    n = 1000
    weights = np.full((n, n), 1e-4, dtype=np.float32)
    pairs = [(713, 402), (0, 999), (999, 0), (50, 50), (640, 641)]
    for query, key in pairs:
        weights[query, key] = 0.8
    chain = make_chain(n)
    view = make_map_view(weights, chain, compute_sequence_map(chain), limits=(0, 0.8))
    figure = new_figure(4, 4, dpi)
    drawing = draw_attention_map(figure, view, palette="viridis")
    image = pixels(figure)
    high = make_color_table("viridis").astype(int)[-1]
    box = drawing.axes.bbox
    inside = image[
        image.shape[0] - round(box.y1) : image.shape[0] - round(box.y0), round(box.x0) : round(box.x1)
    ]
    bright = (np.abs(inside - high).max(axis=2) <= 1).sum()
    # each a point wide and high, but for the frame that covers half of those in the corners
    assert bright >= (len(pairs) - 2) * int(dpi / 72) ** 2
    for query, key in pairs:
        assert drawing.pick(key + 0.2, query - 0.2) == (query, key)
        # the dot is where its residues are, but for the rounding of its edges to pixels
        x, y = drawing.axes.transData.transform((key, query))
        row, column = image.shape[0] - 1 - int(y), int(x)
        around = image[row - 1 : row + 2, column - 1 : column + 2]
        assert query in (0, n - 1) or (np.abs(around - high).max(axis=2) <= 1).any()
    assert drawing.pick(200, 300) == (300, 200)  # of equally weak pairs the one that was pointed at


def test_strips_and_marks_stand_beside_their_residues(new_figure: Make) -> None:
    view = make_view(60)
    figure = new_figure(5, 4.5, 200)
    drawing = draw_attention_map(figure, view)
    marks = np.zeros(60, dtype=bool)
    marks[[10, 44]] = True
    drawing.mark(marks)
    pixels(figure)
    box, per_point = drawing.axes.bbox, 200 / 72
    image = np.asarray(figure.canvas.buffer_rgba())[..., :3].astype(int)

    def beside(index: int, points: float) -> tuple[np.ndarray, np.ndarray]:
        """Pixels above the column and to the right of the row of a residue."""
        x, y = drawing.axes.transData.transform((index, index))
        above = image[image.shape[0] - 1 - int(box.y1 + points * per_point), int(x)]
        right = image[image.shape[0] - 1 - int(y), int(box.x1 + points * per_point)]
        return above, right

    mark_color = np.array([0x00, 0x9E, 0x73])
    for index in range(60):
        for pixel in beside(index, 2.2):
            assert (np.abs(pixel - mark_color).max() <= 1) == bool(marks[index])
        for lane, points in ((0, 7.0), (1, 14.0)):
            rgb = view.strips[lane].rgb[index]
            expected = np.full(3, 255) if np.isnan(rgb[0]) else np.round(255 * rgb)
            for pixel in beside(index, points):
                assert np.abs(pixel - expected).max() <= 1, (index, lane)


def test_a_break_of_the_numbering_has_a_notch(new_figure: Make) -> None:
    figure = new_figure(5, 4.5, 200)
    view = make_view(60)
    drawing = draw_attention_map(figure, view)
    image = pixels(figure)
    assert view.axis.breaks.tolist() == [4, 31]
    for index in range(1, 60):
        x, y = drawing.axes.transData.transform((index - 0.5, index - 0.5))
        above = image[image.shape[0] - 1 - int(drawing.axes.bbox.y1 + 6), int(x)]
        right = image[image.shape[0] - 1 - int(y), int(drawing.axes.bbox.x1 + 6)]
        for pixel in (above, right):
            assert (pixel.sum() < 400) == (index in (4, 31))


def test_repainting_shows_the_same_as_a_full_drawing(new_figure: Make) -> None:
    figure = new_figure(5, 4.5, 100)
    drawing = draw_attention_map(figure, make_view(60))
    plain = pixels(figure)
    marks = np.zeros(60, dtype=bool)
    marks[[3, 30, 59]] = True
    for _ in range(2):
        drawing.mark(marks)
        drawing.show_box(slice(5, 20), slice(30, 35))
        region = drawing.repaint()
        repainted = np.asarray(figure.canvas.buffer_rgba())[..., :3].astype(int)
        # where a tick meets the frame its end shines through
        assert np.abs(repainted - pixels(figure)).max() <= 16
        changed = np.argwhere((repainted != plain).any(axis=2))
        rows = figure.bbox.height - changed[:, 0]
        assert region.y0 <= rows.min() and rows.max() <= region.y1 + 1
        assert region.x0 <= changed[:, 1].min() and changed[:, 1].max() <= region.x1
        drawing.mark(np.zeros(60, dtype=bool))
        drawing.show_box(None, None)
        drawing.repaint()
        assert np.abs(np.asarray(figure.canvas.buffer_rgba())[..., :3] - plain).max() <= 16


@pytest.mark.parametrize(("size", "dpi"), [((5.0, 4.5), 100), ((3.4, 3.6), 72), ((6.0, 6.0), 200)])
def test_redrawing_another_head_shows_the_same_as_a_full_drawing(
    new_figure: Make, size: tuple[float, float], dpi: int
) -> None:
    views = [
        make_view(60, title="a model with a long name, head 12-4, Å§_|"),
        make_view(60, scale="log", title="head 1-1"),
        make_view(60, scale="log", limits=(0.0003, 0.7), title="head (2-1), gjpqy"),
        make_view(60, limits=(0, 0.15), title="head 10-12"),
        make_view(60, scale="percentile", title="by rank"),
        make_view(60, strips=(), title="other strips"),
        make_view(99, title="other residues"),
        make_view(99, direction="max", title="other words"),
    ]
    figure = new_figure(*size, dpi)
    drawing = draw_attention_map(figure, views[0])
    drawing.redraw()
    marks = np.zeros(60, dtype=bool)
    marks[[0, 7]] = True
    drawing.mark(marks)
    for view in [*views[:4], *views]:
        drawing.update(view)
        drawing.redraw()
        redrawn = np.asarray(figure.canvas.buffer_rgba())[..., :3].astype(int)
        # where a tick meets the frame its end shines through
        different = np.abs(redrawn - pixels(figure)).max(axis=2)
        assert different.max() <= 24, (view.title, np.argwhere(different > 24)[:3])
    drawing.axes.set_xlim(3, 20)
    drawing.redraw()
    assert (np.asarray(figure.canvas.buffer_rgba())[..., :3] == pixels(figure)).all()
    figure.set_size_inches(4, 4)
    drawing.redraw()
    assert (np.asarray(figure.canvas.buffer_rgba())[..., :3] == pixels(figure)).all()


def test_contacts_in_the_other_triangle(new_figure: Make) -> None:
    view = make_view(50, direction="max", contacts_as="triangle", strips=())
    figure = new_figure(5, 4.5, 150)
    drawing = draw_attention_map(figure, view)
    pixels(figure)
    assert view.contacts is not None and view.contacts.any()
    for row, column in np.argwhere(np.tri(50, k=-1, dtype=bool)):
        dark = pixel_at(figure, drawing.axes, column, row).sum() < 400
        assert dark == bool(view.contacts[row, column])


def test_an_update_reuses_everything(new_figure: Make) -> None:
    figure = new_figure()
    drawing = draw_attention_map(figure, make_view(60))
    first = pixels(figure)
    kinds = sorted(type(item).__name__ for item in artists(figure))
    axes = list(figure.axes)
    drawing.update(make_view(60, scale="log"))
    assert (pixels(figure) != first).any()
    for _ in range(5):
        drawing.update(make_view(60, title=""), palette="magma")
        drawing.show_box(slice(3, 9), slice(20, 30))
        drawing.show_box(None, None)
        pixels(figure)
    drawing.update(make_view(60), palette="blue_orange")
    assert (pixels(figure) == first).all()
    assert figure.axes == axes
    assert sorted(type(item).__name__ for item in artists(figure)) == kinds


def test_zoom_stays_on_the_same_residues_and_ticks_follow_it(new_figure: Make) -> None:
    figure = new_figure()
    drawing = draw_attention_map(figure, make_view(60))
    drawing.axes.set_xlim(9.5, 19.5)
    drawing.update(make_view(60, scale="log"))
    pixels(figure)
    assert drawing.axes.get_xlim() == (9.5, 19.5)
    labels = [tick.get_text() for tick in drawing.axes.get_xticklabels()]
    assert [make_chain(60).residue_ids[k].resi for k in range(10, 20)][: len(labels)] == labels
    drawing.update(make_view(61))
    assert drawing.axes.get_xlim() == (-0.5, 60.5)


def test_a_dragged_box_is_two_ranges_of_residues(new_figure: Make) -> None:
    drawing = draw_attention_map(new_figure(), make_view(60))
    assert drawing.pick_box(10.2, 3.4, 5.0, 1.8) == (slice(2, 4), slice(5, 11))
    assert drawing.pick_box(-9, -9, 200, 200) == (slice(0, 60), slice(0, 60))
    assert drawing.pick_box(-9, -9, -3, -2) is None


def test_a_head_grid_shows_and_picks_each_head(new_figure: Make) -> None:
    grid = make_grid(12, 16)
    figure = new_figure(5, 4, 150)
    drawing = draw_head_grid(figure, grid, palette="cividis")
    pixels(figure)
    table = make_color_table("cividis").astype(int)
    for layer in range(12):
        for head in range(16):
            assert drawing.pick(head + 0.4, layer - 0.4) == HeadId(layer, head)
            found = pixel_at(figure, drawing.axes, head + 0.35, layer + 0.3)
            expected = np.full(3, 0xDC)
            if not grid.muted[layer, head]:
                expected = table[round(255 * grid.values[layer, head] / grid.high)]
            assert np.abs(found - expected).max() <= 4, (layer, head)
    assert drawing.pick(16.0, 3) is None


def test_updating_a_grid_and_choosing_heads_leaves_nothing_behind(new_figure: Make) -> None:
    figure = new_figure(theme=DARK)
    drawing = draw_head_grid(figure, make_grid(), theme=DARK)
    first = pixels(figure)
    kinds = sorted(type(item).__name__ for item in artists(figure))
    drawing.choose([HeadId(3, 4), HeadId(1, 1)], ["#ff0000", "#00ff00"])
    assert (pixels(figure) != first).any()
    drawing.update(make_grid(6, 8, seed=2), palette="magma")
    pixels(figure)
    drawing.choose([])
    drawing.update(make_grid(), palette="viridis")
    assert (pixels(figure) == first).all()
    assert sorted(type(item).__name__ for item in artists(figure)) == kinds
