"""How long a test waits for something that must happen: long enough for any machine."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE = 300.0
"""Seconds after which a test gives up. No measure of speed: those are in ``tests/benchmarks``."""


def wait_until(condition: Callable[[], object], what: str = "it") -> None:
    """Wait for something that happens by itself.

    Parameters
    ----------
    condition : callable
        True when it has happened.
    what : str
        What is awaited, for the message.
    """
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"{what} did not happen"
        time.sleep(0.02)


def measure_work(work: Callable[[], object]) -> float:
    """CPU seconds of some work, the least of three times: good for ratios, which no busy machine changes."""
    seconds = []
    for _ in range(3):
        began = time.process_time()
        work()
        seconds.append(time.process_time() - began)
    return min(seconds)
