"""What the bundle costs a whole ChimeraX with a window: start, a cached head, the pause, reading.

    PROVIS_CHIMERAX=PROGRAM xvfb-run -a -s "-screen 0 1600x1000x24" python -m tests.benchmarks.chimerax_window

ChimeraX must have ProVis. ``start`` is what ChimeraX does for the bundle at its start; ``pause`` is the
longest time between two ticks of a timer of the window, from a command that is typed first to its drawing;
``cached`` is the same head once more; ``reading`` is that of 8,000 residues. The lowest of several, but for
``pause``, on the clock and as work of the window's thread, which other programs do not lengthen.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.chimerax.toy import write_toy

GOALS = {"start": 50, "cached": 50, "pause": 100, "reading": 50}  # ms
N_CHAINS, N_RESIDUES = 8, 1000

_SCRIPT = """
import json, sys, time, traceback
from Qt.QtCore import QTimer
from chimerax.core.commands import run
now, found, ticks = time.perf_counter, {}, []

def best(do, n=5):
    "Milliseconds on the clock, and of them this thread's own work."
    times = []
    for _ in range(n):
        begun, worked = now(), time.thread_time()
        do()
        times.append((1000 * (now() - begun), 1000 * (time.thread_time() - worked)))
    return min(one for one, _ in times), min(one for _, one in times)

def register():
    toolshed = session.toolshed
    bundle = toolshed.find_bundle("ChimeraX-Provis", session.logger)
    bundle.deregister(session.logger)
    bundle.register(session.logger)

def tell():
    with open(OUT, "w") as file:
        json.dump(found, file)
    run(session, "exit")

def after(wait, do):
    def safely():
        try:
            do()
        except Exception:
            found["error"] = traceback.format_exc()
            tell()
    QTimer.singleShot(wait, safely)

clock = QTimer()
clock.timeout.connect(lambda: ticks.append(now()))

def begin():
    assert "chimerax.provis.chimerax_bundle.shell" not in sys.modules
    found["start"] = best(register)
    run(session, "open " + TOY)
    clock.start(2)
    after(500, first)

def first():
    ticks.clear()
    run(session, "provis attn #1/A 12 4 minAttn 0")
    after(50, look)

def look():
    if not session.provis_app.session.jobs and any("12-4" in one.name for one in session.models.list()):
        after(200, end)
    else:
        after(50, look)

def end():
    clock.stop()
    found["pause"] = 1000 * max(b - a for a, b in zip(ticks, ticks[1:])), None
    found["cached"] = best(lambda: run(session, "provis attn #1/A 12 4 minAttn 0 wait true"), 9)
    run(session, "close; open " + LARGE)
    found["reading"] = best(lambda: session.provis_app.session.viewer.read_chains(""))
    tell()

after(3000, begin)
"""


def write_large(path: Path) -> Path:
    """Write 8 chains of 1,000 residues, with main chains alone."""
    lines, serial = [], 0
    for chain in "ABCDEFGH"[:N_CHAINS]:
        for number in range(1, N_RESIDUES + 1):
            for k, name in enumerate(("N", "CA", "C", "O")):
                serial = serial % 99999 + 1
                x, y, z = 1.2 * number % 900, 1.2 * k, 5.0 * ord(chain) - 300
                lines.append(
                    f"ATOM  {serial:5d}  {name:<3} ALA {chain}{number:4d}    {x:8.3f}{y:8.3f}{z:8.3f}"
                    f"  1.00 10.00           {name[0]}"
                )
        lines.append("TER")
    path.write_text("\n".join([*lines, "END", ""]))
    return path


def main() -> int:
    """Measure and print."""
    program = os.environ.get("PROVIS_CHIMERAX")
    if not program:
        print(__doc__)
        return 2
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        toy, large = write_toy(folder / "toy.pdb"), write_large(folder / "large.pdb")
        given = {"TOY": str(toy), "LARGE": str(large), "OUT": str(folder / "out.json")}
        script = folder / "script.py"
        script.write_text("".join(f"{key} = {value!r}\n" for key, value in given.items()) + _SCRIPT)
        environ = {**os.environ, "PROVIS_HOME": str(folder / "home"), "PROVIS_THREADS": "1"}
        environ.setdefault("PROVIS_WORKER_PYTHON", sys.executable)
        subprocess.run([program, "--script", str(script)], env=environ, timeout=300, check=False)
        found = json.loads((folder / "out.json").read_text())
    if "error" in found:
        print(found["error"])
        return 1
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    for what, goal in GOALS.items():
        clock, work = found[what]
        own = "" if work is None else f", {work:.1f} ms of work"
        print(f"{what:8s} {clock:7.1f} ms{own} (goal {goal})")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
