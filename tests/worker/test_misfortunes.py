"""Whatever happens to the worker in a job: one plain message, and the next command works."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from provis_core.errors import (
    HeadRangeError,
    InstallError,
    ProtocolError,
    ProvisError,
    WorkerDiedError,
    WorkerError,
    WorkerMemoryError,
)
from provis_core.worker.host.client import WorkerClient
from provis_core.worker.host.interface import WorkerStage
from provis_core.worker.host.transport import ProcessTransport
from provis_core.worker.tasks.attention import AttentionRequest
from tests.patience import PATIENCE, wait_until

MISFORTUNES = [
    ("crash", WorkerDiedError, "killed by the system .SIGKILL., often because memory ran out"),
    ("segfault", WorkerDiedError, "crashed .SIGSEGV."),
    ("exit", WorkerDiedError, "exit code 7"),
    ("load_crash", WorkerDiedError, "SIGKILL"),
    ("memory", WorkerMemoryError, "Memory ran out for memory on a chain of 6 residues"),
    ("torch_memory", WorkerMemoryError, "Memory ran out for torch_memory on a chain"),
    ("huge", WorkerMemoryError, "Memory ran out for huge on a chain"),
    ("missing", InstallError, "no module named torch.*install_plugin.py env"),
    ("broken_library", InstallError, "cannot load a library .libcudart.so.12"),
    ("bug", WorkerError, "ZeroDivisionError: division by zero"),
    ("own_import", WorkerError, "unexpected error .ImportError"),
    ("closed_stdout", WorkerDiedError, "in the middle of the job"),
    ("bad_message", ProtocolError, "do not understand each other.*surprise"),
    ("flood", ProtocolError, "lines that are no messages"),
]


@pytest.fixture(scope="module")
def hardy_client(worker_python: Path, fake_worker: Path) -> Iterator[WorkerClient]:
    """One client that goes through all misfortunes, one after the other."""
    client = WorkerClient(transport_factory=lambda: ProcessTransport(worker_python, entry=fake_worker))
    yield client
    client.close()


@pytest.mark.parametrize(("behaviour", "error", "text"), MISFORTUNES, ids=[row[0] for row in MISFORTUNES])
@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_one_message_and_the_next_command_works(
    behaviour: str,
    error: type[ProvisError],
    text: str,
    hardy_client: WorkerClient,
    ask: Callable,
    check_plain: Callable,
) -> None:
    with pytest.raises(error, match=text) as caught:
        ask(hardy_client, behaviour)
    assert type(caught.value) is error
    check_plain(caught.value)
    assert ask(hardy_client, "answers", behaviour.upper()).cached is False
    assert hardy_client.stage is WorkerStage.READY


def test_prints_of_libraries_do_no_harm(make_client: Callable, ask: Callable) -> None:
    client = make_client()
    assert ask(client, "print").cached is False
    assert ask(client).cached is False


@pytest.mark.skipif(sys.platform == "win32", reason="finds the pipe the way Unix does")
def test_unreadable_lines_are_passed_over_and_kept(make_client: Callable, ask: Callable) -> None:
    client = make_client()
    assert ask(client, "some_garbage").cached is False
    with pytest.raises(WorkerDiedError):
        ask(client, "exit")
    assert "<garbage 7>" in client.crash_report
    assert "last words" in client.crash_report
    assert "return code: 7" in client.crash_report


def test_traceback_of_a_bug_is_kept(make_client: Callable, ask: Callable) -> None:
    client = make_client()
    with pytest.raises(WorkerError):
        ask(client, "bug")
    assert "Traceback" in client.crash_report
    assert "fake_worker.py" in client.crash_report


def test_head_that_the_model_has_not(make_client: Callable, ask: Callable) -> None:
    client = make_client()
    with pytest.raises(HeadRangeError, match=r"layer=13.*12 layers with 4 heads.*layer=1» to «layer=12"):
        client.submit(AttentionRequest("MKV", "/models/answers", "fake", (12, 0))).result(PATIENCE)
    assert ask(client).cached is False


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_killed_while_it_waits(make_client: Callable, ask: Callable) -> None:
    client = make_client()
    ask(client)
    os.kill(client.hello.pid, signal.SIGKILL)
    wait_until(lambda: client.stage is WorkerStage.DEAD)
    assert client.hello is None
    assert ask(client, sequence="AAAA").cached is False


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_killed_just_before_a_job(make_client: Callable, ask: Callable) -> None:
    """The job never reached the worker, so the user need not hear of it."""
    client = make_client()
    for length in range(5, 8):
        ask(client)
        os.kill(client.hello.pid, signal.SIGKILL)
        assert ask(client, sequence="A" * length).cached is False


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_other_jobs_survive_the_death_of_one(make_client: Callable) -> None:
    client = make_client()
    jobs = [
        client.submit(AttentionRequest("MKV", f"/models/{name}", name, (layer, 0)))
        for layer, name in enumerate(("answers", "crash", "answers", "exit", "answers"))
    ]
    outcomes = [type(job.exception(PATIENCE)).__name__ for job in jobs]
    assert outcomes == ["NoneType", "WorkerDiedError", "NoneType", "WorkerDiedError", "NoneType"]


def test_callback_that_fails_does_no_harm(make_client: Callable, caplog: pytest.LogCaptureFixture) -> None:
    def fail(message: object) -> None:
        raise RuntimeError("a bug in the panel")

    client = make_client(on_event=fail)
    client.submit(AttentionRequest("MKV", "/models/answers", "fake", (0, 0)), on_progress=fail).result(
        PATIENCE
    )
    client.submit(AttentionRequest("MKA", "/models/answers", "fake", (0, 0)), on_progress=fail).result(
        PATIENCE
    )
    assert "a bug in the panel" in caplog.text


def test_sequence_longer_than_a_pipe_holds(make_client: Callable, ask: Callable) -> None:
    client = make_client()
    sequence = "MKVLAT" * 40_000
    with pytest.raises(WorkerError, match="ZeroDivisionError"):
        ask(client, "bug", sequence)
    assert ask(client).cached is False
