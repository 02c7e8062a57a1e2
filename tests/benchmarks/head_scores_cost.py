"""What it costs to score all heads of a scan on a property, as a ratio to reading the scan from disk.

    python tests/benchmarks/head_scores_cost.py [--residues 1000] [--layers 30] [--heads 16] [--per-row 1.0]
        [--contacts 6]

The scan is made up: each row of each head has on average ``--per-row`` pairs with attention >= 0.3 and three
times as many >= 0.05, half of them within 30 residues of the query, where contacts are. Each residue is in
``--contacts`` contacts (six for a protein of that size), half of them within 30 residues. CPU seconds are the
least of three; memory is the highest extra memory of numpy's arrays while it runs.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from provis_core.annotations.annotation import Annotation
from provis_core.attention.arcs import ArcsBuilder
from provis_core.attention.head_scan import HeadMetric, HeadScan, TopPairs
from provis_core.scoring.head_scoring import compute_head_scores
from provis_core.structures.sequence import SequenceMap


def make_scan(n_layers: int, n_heads: int, n: int, per_row: float) -> HeadScan:
    """A scan of random arcs."""
    rng = np.random.default_rng(0)
    builder = ArcsBuilder(n_layers, n_heads, n, 0.05)
    for layer in range(n_layers):
        builder.add_heads(layer, range(n_heads))
        size = int(4 * per_row * n)
        for head in range(n_heads):
            query = rng.integers(0, n, size)
            near = rng.random(size) < 0.5
            key = np.where(near, query + rng.integers(-30, 31, size), rng.integers(0, n, size)) % n
            place = np.unique(query * n + key)
            weight = np.where(rng.random(len(place)) < 0.25, 0.4, 0.1).astype(np.float32)
            builder.add(layer, head, place // n, place % n, weight)
    shape = (n_layers, n_heads)
    pairs = []
    for _ in range(2):
        i = rng.integers(0, n - 6, (*shape, 2 * n)).astype(np.int32)
        j = (i + 6 + rng.integers(0, n, i.shape) % (n - 6 - i)).astype(np.int32)
        pairs.append(TopPairs(i, j, np.zeros(i.shape, np.float32)))
    return HeadScan(
        model="random",
        sequence="A" * n,
        metrics={"special_tokens": HeadMetric(np.full(shape, 0.2 * n), np.full(shape, float(n)), "share")},
        received=rng.random((*shape, n), dtype=np.float32),
        arcs=builder.build(),
        top_pairs=pairs[0],
        notes=(),
        windows=np.array([[0, n]]),
        plain_pairs=pairs[1],
    )


def make_contacts(n: int, per_residue: float) -> Annotation:
    """Random contacts."""
    rng = np.random.default_rng(1)
    size = int(n * per_residue / 2)
    i = rng.integers(0, n, size)
    step = np.where(rng.random(size) < 0.5, rng.integers(6, 31, size), rng.integers(6, n, size))
    values = np.zeros((n, n), dtype=bool)
    keep = i + step < n
    values[i[keep], (i + step)[keep]] = True
    return Annotation("contact", "pair", values | values.T, np.ones(n, bool), "", "random", min_separation=6)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--residues", type=int, default=1000)
    parser.add_argument("--layers", type=int, default=30)
    parser.add_argument("--heads", type=int, default=16)
    parser.add_argument("--per-row", type=float, default=1.0)
    parser.add_argument("--contacts", type=float, default=6.0)
    arguments = parser.parse_args()
    n = arguments.residues
    scan = make_scan(arguments.layers, arguments.heads, n, arguments.per_row)
    contacts = make_contacts(n, arguments.contacts)
    site = np.random.default_rng(2).random(n) < 0.05
    sites = Annotation("site", "residue", site, np.ones(n, bool), "walk", "random")
    sequence_map = SequenceMap(scan.sequence, np.arange(n))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scan.npz"
        scan.save(path)
        n_bytes = path.stat().st_size
        reading = best_of_three(lambda: HeadScan.load(path))
    print(
        f"{arguments.layers} layers of {arguments.heads} heads, {n} residues, {scan.arcs.n_arcs} arcs, "
        f"{int((contacts.values.sum()) / 2)} contacts, file of {n_bytes / 1e6:.0f} MB\n"
    )
    print("| what | CPU seconds | times reading the scan | extra memory, MB |")
    print("|---|---|---|---|")
    print(f"| reading the scan | {reading:.2f} | 1.0 | |")
    for what, annotation in (("sites", sites), ("contacts", contacts)):
        for shifts in (True, False):
            seconds = best_of_three(
                lambda annotation=annotation, shifts=shifts: compute_head_scores(
                    scan, sequence_map, annotation, shifts=shifts
                )
            )
            tracemalloc.start()
            compute_head_scores(scan, sequence_map, annotation, shifts=shifts)
            memory = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            label = f"{what}{'' if shifts else ' without shifts'}"
            print(f"| {label} | {seconds:.2f} | {seconds / reading:.1f} | {memory / 1e6:.0f} |")


def best_of_three(run) -> float:
    """Seconds."""
    times = []
    for _ in range(3):
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    return min(times)


if __name__ == "__main__":
    main()
