"""What the pictures of a large chain cost, as ratios of one run to the usual way with matplotlib.

    python tests/benchmarks/figure_cost.py [--residues 1000] [--layers 12] [--heads 40] [--repeats 9]

Needs numpy and matplotlib; the numbers are random. All times are of the Agg canvas (6 x 6 inches) on one
thread, medians of interleaved repeats.

``new axes``     the figure is cleared; imshow of the whole map, colour bar, contour of the contacts; drawn
``head switch``  `make_map_view` from the whole map, `MapDrawing.update`, `MapDrawing.redraw`
``whole figure`` the same with the whole figure drawn, as when another chain is shown
``draw alone``   the whole figure drawn again, nothing changed
``marks``        `MapDrawing.mark` and `MapDrawing.repaint`: other residues are selected
``hover``        `MapDrawing.pick` and `describe_pair`, once
``thumbnails``   `make_thumbnails` of all heads, against a loop that fills each head's map and takes the
                 maximum of its blocks
"""

from __future__ import annotations

import argparse
import itertools
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from provis_core.attention.arcs import Arcs, ArcsBuilder
from provis_core.attention.head_id import HeadId
from provis_core.figures import describe_pair, draw_attention_map, make_map_view, make_thumbnails
from provis_core.structures.sequence import compute_sequence_map
from tests.figures.views import make_chain, make_contacts, make_strips, make_weights


def measure(ways: dict[str, Callable[[], Any]], repeats: int) -> dict[str, tuple[float, float]]:
    """Median and longest time of each way in ms."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for way in ways.values():
        way()
    for _ in range(repeats):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            times[name].append(1000 * (time.perf_counter() - start))
    return {name: (statistics.median(values), max(values)) for name, values in times.items()}


def map_ways(n: int, dpi: int) -> dict[str, Callable[[], Any]]:
    """The ways to show another head, and what follows the mouse."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    chain, contacts, strips = make_chain(n), make_contacts(n), make_strips(make_chain(n))
    sequence_map = compute_sequence_map(chain)
    maps = itertools.cycle([make_weights(n), np.ascontiguousarray(make_weights(n).T)])

    naive = Figure(figsize=(6, 6), dpi=dpi)
    FigureCanvasAgg(naive)

    def new_axes() -> None:
        naive.clear()
        axes = naive.add_subplot()
        image = axes.imshow(next(maps), vmin=0, vmax=0.2)
        naive.colorbar(image)
        axes.contour(contacts.values, levels=[0.5], linewidths=0.5)
        naive.canvas.draw()

    figure = Figure(figsize=(6, 6), dpi=dpi)
    FigureCanvasAgg(figure)

    def view() -> Any:
        return make_map_view(next(maps), chain, sequence_map, contacts=contacts, strips=strips, title="head")

    drawing = draw_attention_map(figure, view())

    def head_switch() -> None:
        drawing.update(view())
        drawing.redraw()

    def whole_figure() -> None:
        drawing.update(view())
        figure.canvas.draw()

    places = itertools.cycle(range(n - 20))

    def marks() -> None:
        marked = np.zeros(n, dtype=bool)
        start = next(places)
        marked[start : start + 20] = True
        drawing.mark(marked)
        drawing.repaint()

    def hover() -> None:
        pair = drawing.pick(next(places) + 0.3, next(places) - 0.2)
        assert pair is not None
        describe_pair(drawing.view, *pair)

    return {
        "new axes": new_axes,
        "head switch": head_switch,
        "whole figure": whole_figure,
        "draw alone": figure.canvas.draw,
        "marks": marks,
        "hover": hover,
    }


def random_arcs(n_layers: int, n_heads: int, n: int, per_row: int) -> Arcs:
    """So many pairs of each row of each head."""
    rng = np.random.default_rng(0)
    builder = ArcsBuilder(n_layers, n_heads, n, 0.05)
    head, query = (axis.ravel() for axis in np.mgrid[:n_heads, :n])
    for layer in range(n_layers):
        builder.add_heads(layer, range(n_heads))
        for k in range(per_row):
            key = rng.integers(k * n // per_row, (k + 1) * n // per_row, len(head))
            builder.add(layer, head, query, key, rng.uniform(0.05, 0.5, len(head)).astype(np.float32))
    return builder.build()


def naive_thumbnails(arcs: Arcs, size: int) -> np.ndarray:
    """One dense map after another."""
    n = arcs.n_positions
    edges = np.arange(n) * size // n
    starts = np.flatnonzero(np.diff(edges, prepend=-1))
    small = np.zeros((arcs.n_layers, arcs.n_heads, size, size), dtype=np.float32)
    for layer, head in itertools.product(range(arcs.n_layers), range(arcs.n_heads)):
        full = np.zeros((n, n), dtype=np.float32)
        query, key, weight = arcs.select(HeadId(layer, head), arcs.min_weight)
        full[query, key] = weight
        small[layer, head] = np.maximum.reduceat(np.maximum.reduceat(full, starts, axis=0), starts, axis=1)
    return small


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--residues", type=int, default=1000)
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--heads", type=int, default=40)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--dpi", type=int, default=100)
    arguments = parser.parse_args()

    import matplotlib

    print(
        f"{arguments.residues} residues, {arguments.dpi} dpi, matplotlib {matplotlib.__version__}, "
        f"numpy {np.__version__}, Python {platform.python_version()}, median of {arguments.repeats}\n"
    )
    found = measure(map_ways(arguments.residues, arguments.dpi), arguments.repeats)
    # a scan keeps at most 20 pairs of each row; half of that is usual
    arcs = random_arcs(arguments.layers, arguments.heads, arguments.residues, per_row=10)
    heads = f"{arguments.layers} x {arguments.heads} heads, {arcs.n_arcs / 1e6:.1f} M pairs"
    small = measure(
        {
            f"thumbnails, dense maps ({heads})": lambda: naive_thumbnails(arcs, 48),
            f"thumbnails ({heads})": lambda: make_thumbnails(arcs, size=48),
        },
        max(3, arguments.repeats // 3),
    )
    print("| what | ms | longest | times less than the usual way |")
    print("|---|---|---|---|")
    for table, usual in ((found, "new axes"), (small, next(iter(small)))):
        for name, (median, longest) in table.items():
            print(f"| {name} | {median:.2f} | {longest:.2f} | {table[usual][0] / median:.1f} |")


if __name__ == "__main__":
    main()
