"""A real worker process with made-up models, and results in a folder of the test."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest

from provis_core.errors import ProvisError
from provis_core.worker.host.client import WorkerClient
from provis_core.worker.host.transport import ProcessTransport
from provis_core.worker.tasks.attention import AttentionRequest, AttentionResult
from tests.patience import PATIENCE, wait_until

FAKE_WORKER = Path(__file__).with_name("fake_worker.py")


class MakeClient(Protocol):
    def __call__(self, *entries: Path, **options: object) -> WorkerClient: ...


@pytest.fixture(autouse=True)
def provis_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings, data and results of this test alone."""
    for name in list(os.environ):
        if name.startswith("PROVIS_") and name != "PROVIS_TEST_WORKER_PYTHON":
            monkeypatch.delenv(name)
    home = tmp_path / "provis home"
    monkeypatch.setenv("PROVIS_HOME", str(home))
    return home


@pytest.fixture(scope="session")
def worker_python() -> Path:
    """A Python that can run the fake worker: this one, or the one that PROVIS_TEST_WORKER_PYTHON names."""
    if sys.version_info >= (3, 11):
        return Path(sys.executable)
    named = shutil.which(os.environ.get("PROVIS_TEST_WORKER_PYTHON", ""))
    if named is None:
        pytest.skip("the worker needs Python >= 3.11: set PROVIS_TEST_WORKER_PYTHON to one with numpy")
    return Path(named)


@pytest.fixture(scope="session")
def fake_worker() -> Path:
    """The script of the fake worker."""
    return FAKE_WORKER


@pytest.fixture
def make_client(worker_python: Path) -> Iterator[MakeClient]:
    """Make clients of fake workers; at the end of the test no thread of them may be left.

    The first workers of a client run the scripts in `entries`, one each; all others the fake worker.
    """
    threads_before = set(threading.enumerate())
    clients: list[WorkerClient] = []

    def make(*entries: Path, **options: object) -> WorkerClient:
        scripts = list(entries)
        options.setdefault(
            "transport_factory",
            lambda: ProcessTransport(worker_python, entry=scripts.pop(0) if scripts else FAKE_WORKER),
        )
        clients.append(WorkerClient(**options))
        return clients[-1]

    yield make
    for client in clients:
        client.close()
    wait_until(lambda: not set(threading.enumerate()) - threads_before)


@pytest.fixture(scope="session")
def ask() -> Callable[..., AttentionResult]:
    """One job of a fake model, to its end."""

    def ask_one(
        client: WorkerClient, behaviour: str = "answers", sequence: str = "MKVLAT"
    ) -> AttentionResult:
        request = AttentionRequest(sequence, f"/models/{behaviour}", behaviour, (0, 1))
        return client.submit(request).result(PATIENCE)

    return ask_one


@pytest.fixture(scope="session")
def check_plain() -> Callable[[BaseException], str]:
    """Check that a user would understand an error; gives its text."""

    def check(error: BaseException) -> str:
        assert isinstance(error, ProvisError)
        text = str(error)
        assert error.got and error.do
        assert "\n" not in text and "Traceback" not in text
        assert len(text) < 700
        return text

    return check
