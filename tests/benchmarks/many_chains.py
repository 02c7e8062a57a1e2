"""What eight times the chains cost in PyMOL: ``python -m tests.benchmarks.many_chains``.

The ratio of CPU times should be near 8. It was 23 for reading while PyMOL's ``byres`` was used, and more for
reading all chains again and for selecting, which looked at all atoms once per chain.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from tests.viewers.many_chains import build_assembly
from tests.viewers.programs import start_pymol

FEW, MANY, N_RESIDUES = 100, 800, 20


def measure(cmd: Any, n_chains: int) -> dict[str, float]:
    """CPU seconds of each use."""
    from plugin.viewers.pymol_viewer import PymolViewer

    cmd.delete("all")
    cmd.load_raw(build_assembly(n_chains, N_RESIDUES), "cif", "many", 0, zoom=0)
    viewer = PymolViewer(cmd)
    chains = [one.chain for one in viewer.read_chains("many")]
    uses: dict[str, Callable[[], object]] = {
        "read": lambda: viewer.read_chains("many"),
        "read again": lambda: viewer.read_all_again(chains),
        "subjects": lambda: viewer.read_subjects(chains),
        "names": lambda: viewer.object_names(chains, "12-4"),
        "select": lambda: viewer.select_residues("ends", [(one, [1, 2]) for one in chains]),
    }
    found = {}
    for name, use in uses.items():
        start = time.process_time()
        use()
        found[name] = time.process_time() - start
    return found


def main() -> None:
    cmd = start_pymol().cmd
    few, many = (measure(cmd, n_chains) for n_chains in (FEW, MANY))
    print(f"{'':12}{FEW:>8} {MANY:>8} chains, ratio of CPU seconds ({MANY / FEW:g} is linear)")
    for name, seconds in few.items():
        print(f"{name:12}{seconds:8.3f} {many[name]:8.3f} {many[name] / seconds:6.1f}")


if __name__ == "__main__":
    main()
