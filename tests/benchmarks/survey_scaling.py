"""Time and memory of a survey against the number of proteins and their length, as a picture.

    python tests/benchmarks/survey_scaling.py scaling.png [--numbers 32 128 512 2048] [--lengths 50 100 ...]

A small random model (2 layers of 4 heads, 32 dimensions), proteins on random walks with all features
(contacts, binding sites, modified residues, secondary structure, amino acids) and 99 shifts. Each point is a
process of its own, after one protein has warmed it up. Time is CPU seconds; memory is the highest of the
process minus what it held just before, from Linux's /proc.

``counting``  `count_blocks`: read, run, counted, written, 32 proteins a block
``tables``    `write_tables` of these counts: a feature at a time is in memory
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from provis_core.figures.charts import Chart, Line, draw_charts
from provis_core.figures.figure_files import save_drawn
from provis_core.models import load_model
from provis_core.survey.plan import make_plan
from provis_core.survey.protocol import Protocol
from provis_core.survey.results import Results
from provis_core.survey.running import count_blocks, find_open_blocks, open_folder
from provis_core.survey.tables import write_tables
from tests.benchmarks.head_cost import read_status
from tests.tiny_checkpoints import write_tiny_esm

PROTOCOL = Protocol(block=32, min_arcs=1)
LENGTH, N_PROTEINS = 100, 32
"""Of the points that vary the other one."""


def write_proteins(path: Path, number: int, length: int) -> Path:
    """Proteins with labels, as JSON lines."""
    rng = np.random.default_rng(0)
    with path.open("w") as file:
        for k in range(number):
            walk = np.cumsum(rng.normal(size=(length, 3)) * 2, axis=0).round(2)
            record = {
                "id": f"p{k}",
                "sequence": "".join(rng.choice(list("ACDEFGHIKLMNPQRSTVWY"), length)),
                "ca_coords": walk.tolist(),
                "ss": "".join(rng.choice(list("HETC"), length)),
                "binding_site": sorted(rng.choice(length, length // 15, replace=False).tolist()),
                "ptm": [int(rng.integers(length))],
            }
            file.write(json.dumps(record) + "\n")
    return path


def measure(folder: Path, number: int, length: int) -> dict[str, tuple[float, float]]:
    """CPU seconds and extra megabytes of both steps."""
    model = load_model(folder, device="cpu")
    with tempfile.TemporaryDirectory() as temporary:
        inside = Path(temporary)

        def survey(name: str, number: int, length: int) -> dict[str, tuple[float, float]]:
            plan = make_plan([write_proteins(inside / f"{name}.jsonl", number, length)], model, PROTOCOL, {})
            out = inside / name
            open_folder(out, plan)
            counting = track(lambda: count_blocks(model, plan, out, find_open_blocks(out, plan)))
            return {"counting": counting, "tables": track(lambda: write_tables(Results.load(out, plan), out))}

        survey("warm", 2, LENGTH)
        return survey("own", number, length)


def track(work: Any) -> tuple[float, float]:
    """CPU seconds of some work, and how many megabytes more it needed."""
    gc.collect()
    Path("/proc/self/clear_refs").write_text("5")
    before, start = read_status("VmRSS"), time.process_time()
    work()
    return time.process_time() - start, (read_status("VmHWM") - before) / 1e6


def draw(points: dict[str, list[tuple[int, dict[str, tuple[float, float]]]]], path: Path) -> None:
    """Milliseconds for each protein, and memory, against either."""
    rows = []
    for axis, found in points.items():
        x = np.array([size for size, _ in found], dtype=np.float64)
        numbers = x if axis == "proteins" else np.full(len(x), N_PROTEINS)
        charts = []
        for k, label in enumerate(("CPU, ms per protein", "Extra memory, MB")):
            lines = []
            for step in ("counting", "tables"):
                values = np.array([one[step][k] for _, one in found])
                lines.append(Line(step, x, 1e3 * values / numbers if k == 0 else values))
            charts.append(Chart("", tuple(lines), x_label=axis.capitalize(), y_label=label))
        rows.append(charts)
    words = (
        f"Above: proteins of {LENGTH} residues; below: {N_PROTEINS} proteins. Small random model, one core."
    )
    save_drawn(path, lambda: draw_charts(rows, height=55, footnote=words), title="Cost of a survey")


def main() -> None:
    """Measure, print and draw."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("path", nargs="?", type=Path, default=Path("scaling.png"))
    parser.add_argument("--numbers", nargs="+", type=int, default=[32, 128, 512, 2048])
    parser.add_argument("--lengths", nargs="+", type=int, default=[50, 100, 200, 400, 800])
    parser.add_argument("--point", nargs=3, metavar=("FOLDER", "NUMBER", "LENGTH"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.point:
        import torch

        torch.set_num_threads(1)
        folder, number, length = asked.point
        print(json.dumps(measure(Path(folder), int(number), int(length))))
        return
    print("| proteins | residues | step | CPU seconds | extra memory, MB |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as temporary:
        folder = write_tiny_esm(temporary, n_layers=2, n_heads=4, hidden_size=32)
        points = {
            "proteins": list(run_points(folder, [(number, LENGTH) for number in asked.numbers], 0)),
            "residues": list(run_points(folder, [(N_PROTEINS, length) for length in asked.lengths], 1)),
        }
    draw(points, asked.path)


def run_points(
    folder: Path, sizes: list[tuple[int, int]], axis: int
) -> Iterable[tuple[int, dict[str, tuple[float, float]]]]:
    """Each point in a process of its own."""
    for size in sizes:
        command = [sys.executable, __file__, "--point", str(folder), *map(str, size)]
        found = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
        for step, (seconds, megabytes) in found.items():
            print(f"| {size[0]} | {size[1]} | {step} | {seconds:.2f} | {megabytes:.0f} |", flush=True)
        yield size[axis], found


if __name__ == "__main__":
    main()
