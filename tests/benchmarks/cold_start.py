"""Seconds from a command to the first result of the bundled model, by a worker that has to start.

Run::

    python tests/benchmarks/cold_start.py --busy 2

once by itself, once beside so many endless loops at normal priority. Each line is the median of some starts:

- ``cold``: the command starts the worker;
- ``expected``: the worker was started three seconds before, as when the panel is opened;
- ``stored``: the result is in the cache;
- ``warm``: the next head, by the worker that runs;
- ``work``: CPU seconds of the worker that was started cold, which other programs hardly change.

``calibration`` is a fixed piece of arithmetic: on a machine that others use, compare the ratios to it.
"""

from __future__ import annotations

import argparse
import itertools
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from provis_core.checkpoints.registry import find_model
from provis_core.worker.host.client import WorkerClient
from provis_core.worker.host.transport import ProcessTransport
from provis_core.worker.tasks.attention import AttentionRequest
from provis_core.worker.tasks.preparation import PreparationRequest

SEQUENCE = (
    "PQITLWQRPLVTIKIGGQLKEALLDTGADDTVLEEMSLPGRWKPKMIGGIGGFIKVRQYDQILIEICGHKAIGTVLVGPTPVNIIGRNLLTQIGCTLNF"
)
_HEAD_START = 3.0
_heads = itertools.product(range(12), range(4))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--busy", type=int, default=2, help="endless loops beside it, in the second round")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--python", default=sys.executable, help="of the worker")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["PROVIS_HOME"] = home
        for n_loops in (0, given.busy):
            with _busy(n_loops):
                print(f"beside {n_loops} busy loops")
                print(f"  calibration {_calibrate():6.2f} s")
                rounds = [_measure(given.python) for _ in range(given.repeats)]
                for name in rounds[0]:
                    seconds = [one[name] for one in rounds]
                    spread = f"({min(seconds):.2f} to {max(seconds):.2f})"
                    print(f"  {name:<11} {statistics.median(seconds):6.2f} s  {spread}")


def _measure(python: str) -> dict[str, float]:
    folder = str(find_model("provis_mini").folder)
    first, second, third = (next(_heads) for _ in range(3))

    def ask(client: WorkerClient, head: tuple[int, int]) -> float:
        began = time.perf_counter()
        client.submit(AttentionRequest(SEQUENCE, folder, "provis_mini", head)).result().load()
        return time.perf_counter() - began

    found = {}
    before = _count_work()
    with _client(python) as client:
        found["cold"] = ask(client, first)
        found["warm"] = ask(client, second)
    found["work"] = _count_work() - before
    with _client(python) as client:
        found["stored"] = ask(client, first)
    with _client(python) as client:
        client.submit(PreparationRequest(folder)).result()
        time.sleep(_HEAD_START)
        found["expected"] = ask(client, third)
    return found


@contextmanager
def _client(python: str) -> Iterator[WorkerClient]:
    client = WorkerClient(transport_factory=lambda: ProcessTransport(Path(python)))
    try:
        yield client
    finally:
        client.close()


@contextmanager
def _busy(n_loops: int) -> Iterator[None]:
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(n_loops)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def _count_work() -> float:
    """CPU seconds of all processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _calibrate(work: Callable[[], object] = lambda: sum(number * number for number in range(10**7))) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
