"""What the plugin adds to PyMOL's start: the real PyMOL under Xvfb, in turns with and without it.

    python -m tests.benchmarks.startup [--pymol wheel|debian] [--pairs 7] [--first]

``wall`` is the time from the start of the process to the first command in the window, as a difference of the
pairs; ``load`` is what PyMOL itself measures for the plugin (import and menu). Other programs make both
longer; see `gui_heartbeat` on ``--first``.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from tests.gui.pymol_window import PYMOLS, Pymol, PymolWindow, go_first, make_home, start_display

GOAL = 150.0  # ms
HEAVY = ("torch", "transformers", "matplotlib", "scipy", "Bio", "pandas")


def start(pymol: Pymol, display: str, home: Path, *, with_plugin: bool) -> tuple[float, float]:
    """Milliseconds of a start, and of loading the plugin."""
    make_home(home, with_plugin=with_plugin)
    started = time.perf_counter()
    window = PymolWindow(pymol, display, home)
    wall = (time.perf_counter() - started) * 1000
    try:
        assert window.hello["plugin"] == with_plugin
        loaded = window.loaded_modules(HEAVY)
        assert not with_plugin or not loaded, f"the plugin imports {loaded} at start"
        load = window.plugin_load_seconds() * 1000 if with_plugin else 0.0
    finally:
        window.close()
    return wall, load


def main() -> int:
    """Measure, print, and fail where the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pymol", choices=PYMOLS, default="wheel")
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--first", action="store_true", help="let PyMOL go before other programs")
    arguments = parser.parse_args()
    pymol = PYMOLS[arguments.pymol]()
    if pymol.problem:
        parser.error(pymol.problem)
    if arguments.first:
        pymol = go_first(pymol)
    load, n_cores = os.getloadavg()[0], os.cpu_count()
    print(f"PyMOL {arguments.pymol}, {n_cores} cores, load before {load:.1f}", flush=True)
    walls: dict[bool, list[float]] = {True: [], False: []}
    loads = []
    with tempfile.TemporaryDirectory() as name, start_display() as display:
        start(pymol, display, Path(name) / "warm", with_plugin=True)  # compiled files, disk cache
        for index in range(arguments.pairs):
            for with_plugin in (True, False) if index % 2 else (False, True):
                home = Path(name) / f"{index}{with_plugin}"
                wall, load = start(pymol, display, home, with_plugin=with_plugin)
                walls[with_plugin].append(wall)
                if with_plugin:
                    loads.append(load)
    added = [b - a for a, b in zip(walls[False], walls[True], strict=True)]
    print(f"start without the plugin: median {statistics.median(walls[False]):.0f} ms")
    print(f"start with the plugin:    median {statistics.median(walls[True]):.0f} ms")
    print(f"added, wall: median of {len(added)} pairs {statistics.median(added):+.0f} ms")
    print(
        f"added, load: median {statistics.median(loads):.0f} ms, from {min(loads):.0f} to {max(loads):.0f} ms"
    )
    print(f"not imported: {', '.join(HEAVY)}")
    return int(max(statistics.median(added), statistics.median(loads)) > GOAL)


if __name__ == "__main__":
    sys.exit(main())
