"""Mapping a long chain out of PyMOL against PyMOL's own ``cmd.get_model`` on it, in turns in one run.

    python -m tests.benchmarks.mapping_cost [--copies 43] [--rounds 7]

Mapping is `read_chains` (residues, coordinates, what is not resolved) and `compute_sequence_map` with
``gaps=auto``. Chains with all their atoms have to meet the goal; of CA atoms alone, get_model has next to
nothing to do, so that line is for comparison. Compared are the medians of the CPU time, which other programs
on the machine change least.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

from tests.viewers.structures import drop, keep, protein, read_1hpv, repeat, to_mmcif

GOAL_RATIO = 2.0
GOAL_SECONDS = 1.0
CA_ALONE = "CA atoms alone"


def make_files(n_copies: int) -> dict[str, tuple[str, str]]:
    """Text and format of one long chain as it may come."""
    lines = repeat(protein(read_1hpv()), n_copies)
    names = [line[17:20] for line in lines if line[12:16] == " CA "]
    resolved = drop(lines, lambda line: int(line[22:26]) % 50 < 5)
    mmcif = to_mmcif([("A", 1, resolved)], {1: names})
    ca_atoms = keep(lines, lambda line: line[12:16] == " CA ")
    return {
        "PDB, all atoms": ("\n".join([*lines, "END", ""]), "pdb"),
        "mmCIF with gaps": (mmcif, "cif"),
        CA_ALONE: ("\n".join([*ca_atoms, "END", ""]), "pdb"),
    }


def measure(call: Callable[[], object]) -> float:
    """CPU seconds of one call."""
    started = time.process_time()
    call()
    return time.process_time() - started


def main() -> int:
    """Measure, print, and fail where the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--copies", type=int, default=43, help="of 99 residues each")
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    import pymol
    import pymol2

    from plugin.viewers.pymol_chains import read_chains
    from provis_core.structures.sequence import compute_sequence_map

    pymol.invocation.options.show_splash = 0
    pymol2.SingletonPyMOL().start()
    cmd: Any = pymol.cmd
    fails = 0
    for kind, (text, file_format) in make_files(arguments.copies).items():
        cmd.delete("all")
        cmd.load_raw(text, file_format, "long", 0, zoom=0)

        def map_chain() -> str:
            ((selected,), _) = read_chains(cmd, "long")
            return compute_sequence_map(selected.chain, "auto").description

        ours, theirs = [], []
        said = map_chain()
        cmd.get_model("long")
        for _ in range(arguments.rounds):
            ours.append(measure(map_chain))
            theirs.append(measure(lambda: cmd.get_model("long")))
        seconds, model = statistics.median(ours), statistics.median(theirs)
        print(f"{kind}: {cmd.count_atoms('long and present')} atoms, {said}")
        times = f"mapping {1000 * seconds:.0f} ms, get_model {1000 * model:.0f} ms"
        print(f"   {times}, ratio {seconds / model:.2f}")
        is_late = seconds > GOAL_RATIO * model and kind != CA_ALONE
        fails += is_late or seconds > GOAL_SECONDS
    verdict = "MISSED" if fails else "met"
    print(f"goal: at most {GOAL_RATIO:g} times get_model, and {GOAL_SECONDS:g} s: {verdict}")
    return 1 if fails else 0


if __name__ == "__main__":
    raise SystemExit(main())
