"""A real worker process with made-up models, and results in a folder of the test."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from provis_core.worker.client import WorkerClient
from provis_core.worker.transport import ProcessTransport

FAKE_WORKER = Path(__file__).with_name("fake_worker.py")


@pytest.fixture(autouse=True)
def provis_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings, data and results of this test alone."""
    for name in list(os.environ):
        if name.startswith("PROVIS_"):
            monkeypatch.delenv(name)
    home = tmp_path / "provis_home"
    monkeypatch.setenv("PROVIS_HOME", str(home))
    return home


@pytest.fixture(scope="session")
def worker_python() -> Path:
    """A Python that can run the fake worker."""
    if sys.version_info < (3, 11):
        pytest.skip("the worker needs Python >= 3.11")
    return Path(sys.executable)


@pytest.fixture
def make_client(worker_python: Path) -> Iterator[Callable[..., WorkerClient]]:
    """Make clients of fake workers; at the end of the test nothing of them may be left."""
    threads_before = set(threading.enumerate())
    clients: list[WorkerClient] = []

    def make(**options: object) -> WorkerClient:
        options.setdefault("transport_factory", lambda: ProcessTransport(worker_python, entry=FAKE_WORKER))
        clients.append(WorkerClient(**options))
        return clients[-1]

    yield make
    for client in clients:
        client.close()
    wait_until(lambda: not set(threading.enumerate()) - threads_before)


def wait_until(condition: Callable[[], object], seconds: float = 20.0) -> None:
    """Wait for something that happens soon on a machine that may be busy."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)
