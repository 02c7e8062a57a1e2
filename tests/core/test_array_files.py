"""Files of arrays that several threads read at once, as the panel's do."""

from __future__ import annotations

import gc
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from provis_core.attention.arcs import Arcs
from provis_core.system.array_files import read_alone
from provis_core.worker.wire.result_files import load_scan, load_weights, write_result

from .inspecting import make_maps
from .toy_scans import make_scan


@pytest.fixture
def restless():
    """Other threads take their turn wherever garbage is collected, which is often."""
    thresholds = gc.get_threshold()

    def give_way(phase, info):
        time.sleep(0)

    gc.callbacks.append(give_way)
    gc.set_threshold(20)
    yield
    gc.set_threshold(*thresholds)
    gc.callbacks.remove(give_way)


@pytest.mark.usefixtures("restless")
def test_threads_that_read_at_once_do_not_disturb_each_other(tmp_path):
    maps = make_maps(20)
    scan = make_scan(maps)
    scan.save(tmp_path / "scan.npz")
    scan.arcs.save(tmp_path / "arcs.npz")
    write_result(tmp_path / "map.npy", maps[0, 0])

    def read(depth):
        """What the threads do differs in depth, which is what disturbs CPython 3.11."""
        if depth:
            return read(depth - 1)
        found = load_scan(tmp_path / "scan.npz")
        arcs = Arcs.load(tmp_path / "arcs.npz")
        weights = load_weights(tmp_path / "map.npy", 20)
        return found.arcs.n_arcs == arcs.n_arcs == scan.arcs.n_arcs and np.array_equal(weights, maps[0, 0])

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(read, [0, 10, 20, 30] * 5))


def test_what_disturbed_a_read_does_not_fail_it_but_what_stays_wrong_does():
    problems = [SystemError("disturbed"), SystemError("disturbed")]

    def read():
        if problems:
            raise problems.pop()
        return "read"

    assert read_alone(read) == "read"

    def fail():
        raise SystemError("for good")

    with pytest.raises(SystemError, match="for good"):
        read_alone(fail)
    with pytest.raises(ValueError, match="damaged"):
        read_alone(lambda: (_ for _ in ()).throw(ValueError("damaged")))
