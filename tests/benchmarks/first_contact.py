"""Seconds from a click on the menu to what a biologist wants to see first, in PyMOL's real window.

Run::

    python -m tests.benchmarks.first_contact [--pymol wheel|debian] [--size 1366x768]

1HPV is on the screen, nothing of ProVis runs, and no result is kept. It prints the seconds since
Plugin > ProVis > Open the panel, and the clicks that a hand has made by then:

- ``first picture``: cylinders on the structure;
- ``best contact head``: the panel has looked at all heads and shows the one that comes first;
- ``best site head``: *arcs to the binding site* was chosen in the list of metrics, and the head clicked that
  comes first by it.

With ``--picture FILE`` the screen is photographed at the end (``import`` of ImageMagick).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.gui.pymol_window import PYMOLS, PymolWindow, make_home, start_display
from tests.patience import wait_until


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pymol", choices=PYMOLS, default="wheel")
    parser.add_argument("--size", default="1366x768")
    parser.add_argument("--picture", type=Path)
    given = parser.parse_args()
    pymol = PYMOLS[given.pymol]()
    if pymol.problem:
        parser.error(pymol.problem)
    with tempfile.TemporaryDirectory() as folder, start_display(given.size) as display:
        window = PymolWindow(pymol, display, make_home(Path(folder)))
        try:
            _measure(window)
            if given.picture:
                time.sleep(2)  # PyMOL paints
                command = ["import", "-window", "root", "-display", display, str(given.picture)]
                subprocess.run(command, check=True)
        finally:
            window.close()


def _measure(window: PymolWindow) -> None:
    window.cmd("load", "$PYMOL_DATA/tut/1hpv.pdb", "1hpv")
    window.cmd("do", "as cartoon", echo=0)
    began = time.perf_counter()

    def tell(what: str, clicks: int) -> None:
        print(f"{what:<18} {time.perf_counter() - began:6.1f} s, {clicks} clicks")

    window.trigger("Open the panel")
    wait_until(lambda: any(name.startswith("provis_1hpv_A_") for name in window.session()), what="a drawing")
    tell("first picture", 3)
    wait_until(lambda: _is_seen(window, "arcs that are contacts"), what="the best contact head")
    tell("best contact head", 3)
    window.call("panel.show_map_alone", False)
    window.call("panel.choose", "grid", "metric", "site")
    wait_until(lambda: "binding site" in window.call("panel.best_words"), what="the grid of the site")
    window.call("panel.do", "head", window.call("panel.best_words").split()[0])
    wait_until(lambda: _is_seen(window, "arcs to the binding site"), what="the best site head")
    tell("best site head", 6)
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", file=sys.stderr)


def _is_seen(window: PymolWindow, metric: str) -> bool:
    """Whether the head that comes first by a metric is chosen, and drawn."""
    words = window.call("panel.best_words")
    best = words.split()[0] if metric in words else ""
    return window.call("panel.state")["head"] == best and f"provis_1hpv_A_{best}" in window.session()


if __name__ == "__main__":
    main()
