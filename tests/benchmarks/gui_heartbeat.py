"""Does PyMOL's window stay alive while a cold model loads and runs? A 20 Hz clock on its GUI thread tells.

In each round the real PyMOL is started twice under Xvfb with a chain of 1000 residues. In one, ProVis draws
the attention of the last layer of a model of ESM-2 150M's size (random weights), with nothing in memory and
nothing in the cache; in the other, the control, it does nothing for as long. A tick is late by the time by
which it comes more than 50 ms after the one before it. The goal: ProVis makes the latest tick at most 100 ms
later than in the control.

    python -m tests.benchmarks.gui_heartbeat [--pymol wheel|debian] [--rounds 3] [--first]

On a machine with other work, ``--first`` (Linux, as root) lets PyMOL go before that work, as if the machine
were quiet: its session gets the highest priority. The worker has a session of its own and gets none.
"""

from __future__ import annotations

import argparse
import itertools
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from tests.gui.pymol_window import PYMOLS, Pymol, PymolWindow, go_first, make_home, start_display
from tests.patience import wait_until
from tests.tiny_checkpoints import write_tiny_esm

N_RESIDUES = 1000
INTERVAL = 0.05  # seconds
GOAL = 100.0  # ms
N_PARAMETERS = "model of 142 million parameters, 30 layers, 24 heads"


def measure(pymol: Pymol, display: str, folder: Path, line: str, seconds: float) -> tuple[list[float], float]:
    """Lateness of all ticks in ms, and how long it took: until `line` has drawn, or `seconds` without it."""
    window = PymolWindow(pymol, display, make_home(folder))
    try:
        window.make_chain(N_RESIDUES, "long", drawn="cartoon")
        window.cmd("orient")
        time.sleep(2)
        window.call("window.lineedit.setText", line)  # typing is PyMOL's own affair
        window.start_ticking(round(INTERVAL * 1000))
        time.sleep(0.5)
        started = time.monotonic()
        if line:
            print(f"  the command returned after {window.press_return() * 1000:.0f} ms")
            wait_until(lambda: time.sleep(0.2) or not window.jobs(), what="the drawing")
        else:
            time.sleep(seconds)
        took = time.monotonic() - started
        time.sleep(1)  # PyMOL paints the cylinders
        ticks = window.stop_ticking()
        gaps = [(b - a - INTERVAL, a - ticks[0]) for a, b in itertools.pairwise(ticks)]
        print(
            "  late at", ", ".join(f"{at:.1f} s: {late * 1000:.0f} ms" for late, at in sorted(gaps)[:-4:-1])
        )
        assert bool(line) == ("provis_long_A_30-1" in window.session()), window.console()
    finally:
        window.close()
    return [max(0.0, (b - a - INTERVAL) * 1000) for a, b in itertools.pairwise(ticks)], took


def describe(name: str, late: list[float]) -> str:
    highest = sorted(late, reverse=True)
    return (
        f"{name:8s} latest tick {highest[0]:6.1f} ms, then {highest[1]:.1f} and {highest[2]:.1f}; "
        f"median {statistics.median(late):.1f} ms, {len(late)} ticks"
    )


def main() -> int:
    """Measure, print, and fail where the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pymol", choices=PYMOLS, default="wheel")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--first", action="store_true", help="let PyMOL go before other programs")
    arguments = parser.parse_args()
    pymol = PYMOLS[arguments.pymol]()
    if pymol.problem:
        parser.error(pymol.problem)
    if arguments.first:
        pymol = go_first(pymol)
    load, n_cores = os.getloadavg()[0], os.cpu_count()
    print(f"PyMOL {arguments.pymol}, {n_cores} cores, load before {load:.1f}, {N_PARAMETERS}", flush=True)
    differences = []
    with tempfile.TemporaryDirectory() as name, start_display() as display:
        folder = Path(name)
        model = write_tiny_esm(folder / "esm2_150m", n_layers=30, n_heads=24, hidden_size=768)
        line = f"provis_attn long, layer=30, head=1, model={model}, min_attn=0.01"
        for index in range(arguments.rounds):
            with_provis, seconds = measure(pymol, display, folder / f"provis{index}", line, 0)
            control, _ = measure(pymol, display, folder / f"control{index}", "", seconds)
            differences.append(max(with_provis) - max(control))
            print(f"round {index + 1}, {seconds:.0f} s")
            print("  " + describe("ProVis", with_provis))
            print("  " + describe("control", control))
            print(f"  difference of the latest ticks: {differences[-1]:+.1f} ms", flush=True)
    worst = max(differences)
    print(f"worst of {len(differences)} rounds: {worst:+.1f} ms (goal: at most {GOAL:.0f} ms)")
    return int(worst > GOAL)


if __name__ == "__main__":
    sys.exit(main())
