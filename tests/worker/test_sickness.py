"""Workers that live but are sick: told in plain words, replaced, and their job is begun once more."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from provis_core.errors import InstallError, ProtocolError, ProvisError, WorkerDiedError, WorkerError
from provis_core.worker.host.client import JobFuture, WorkerClient
from provis_core.worker.host.interface import WorkerStage
from provis_core.worker.tasks.attention import AttentionRequest, AttentionResult
from provis_core.worker.wire.worker_messages import Progress
from tests.patience import PATIENCE, wait_until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals")

SAYS_HELLO = """
import json, os, sys, time
from provis_core import __version__
from provis_core.worker.protocol import PROTOCOL_VERSION

hello = {"kind": "hello", "protocol": PROTOCOL_VERSION, "version": __version__, "python": "3"}
print(json.dumps({**hello, "pid": os.getpid()}), flush=True)
request = json.loads(sys.stdin.readline())
"""

ANSWERS = {
    "answer of another kind": (
        '{"kind": "scan_result", "job": request["job"], "path": "/x", "sequence": "M", "cached": False,'
        ' "seconds": 1.0}',
        ProtocolError,
        "answered a request for 'attention' with 'scan_result'",
    ),
    "fields of another version": (
        '{"kind": "attention_result", "job": request["job"], "paths": []}',
        ProtocolError,
        "do not understand each other",
    ),
    "garbage without end": ('"spam" * 100', ProtocolError, "lines that are no messages"),
}

TORCH = """
# An import that breaks off, as on a full disk, and cannot be done again in that process.
import sys
if "torch.half" in sys.modules:
    raise RuntimeError("function '_has_torch_function' already has a docstring")
import torch.half
raise OSError(28, "No space left on device")
"""


def submit(client: WorkerClient, heard: list[str], behaviour: str = "answers") -> JobFuture[AttentionResult]:
    request = AttentionRequest("MKVLAT", f"/models/{behaviour}", behaviour, (0, 1))
    return client.submit(request, on_notice=lambda notice: heard.append(notice.text))


def write_entry(folder: Path, answer: str) -> Path:
    entry = folder / "sick.py"
    repeat = "while True: " if "spam" in answer else ""
    entry.write_text(f"{SAYS_HELLO}\n{repeat}print(json.dumps({answer}), flush=True)\ntime.sleep(3600)\n")
    return entry


@pytest.mark.parametrize(("answer", "error", "text"), ANSWERS.values(), ids=ANSWERS)
def test_a_sick_worker_is_replaced_and_its_job_begun_again(
    answer: str, error: type[ProvisError], text: str, make_client: Callable, tmp_path: Path
) -> None:
    heard: list[str] = []
    client = make_client(write_entry(tmp_path, answer))
    result = submit(client, heard).result(PATIENCE)
    assert result.load().shape == (6, 6)
    (notice,) = heard
    assert text in notice and "A new worker took its place" in notice and "\n" not in notice


@pytest.mark.parametrize(("answer", "error", "text"), ANSWERS.values(), ids=ANSWERS)
def test_one_that_is_sick_twice_is_an_error_and_the_next_command_works(
    answer: str,
    error: type[ProvisError],
    text: str,
    make_client: Callable,
    check_plain: Callable,
    tmp_path: Path,
) -> None:
    heard: list[str] = []
    entry = write_entry(tmp_path, answer)
    client = make_client(entry, entry)
    failure = submit(client, heard).exception(PATIENCE)
    assert type(failure) is error
    assert text in check_plain(failure)
    assert len(heard) == 1
    assert submit(client, heard).result(PATIENCE).load().shape == (6, 6)
    assert client.stage is WorkerStage.READY


def test_a_half_imported_library_is_gone_with_its_worker(
    make_client: Callable, tmp_path: Path, check_plain: Callable
) -> None:
    """The real loading of models, with a torch whose import breaks off."""
    (tmp_path / "libraries" / "torch").mkdir(parents=True)
    (tmp_path / "libraries" / "torch" / "__init__.py").write_text(TORCH)
    (tmp_path / "libraries" / "torch" / "half.py").write_text("")
    entry = tmp_path / "half.py"
    entry.write_text(
        f"import sys\nsys.path.insert(0, {str(tmp_path / 'libraries')!r})\n"
        "from provis_core.worker.serving.server import serve\n"
        "from provis_core.models.libraries import import_torch\n"
        "serve(lambda *_: import_torch(), lambda folder: folder.name)\n"
    )
    heard: list[str] = []
    client = make_client(entry)
    assert submit(client, heard).result(PATIENCE).load().shape == (6, 6)
    (notice,) = heard
    assert notice.startswith("torch cannot be imported ([Errno 28] No space left on device). A new worker")

    client = make_client(entry, entry)  # the reason stays
    failure = submit(client, heard, "print").exception(PATIENCE)
    assert type(failure) is InstallError
    assert "No space left on device" in check_plain(failure)  # not the docstring of a second try
    assert submit(client, heard, "print").result(PATIENCE).cached is False  # the reason is gone


def test_a_bug_leaves_no_worker_that_has_seen_it(make_client: Callable, ask: Callable) -> None:
    """Nobody knows in which state it is: a GPU, for one, answers nothing after a failed assertion."""
    client = make_client()
    ask(client)
    pid = client.hello.pid
    heard: list[str] = []
    failure = submit(client, heard, "bug").exception(PATIENCE)
    assert type(failure) is WorkerError and "ZeroDivisionError" in str(failure)
    assert "Traceback" in client.crash_report
    assert len(heard) == 1
    ask(client, sequence="AAAA")
    assert client.hello.pid != pid


def test_a_worker_that_is_stopped_in_a_job_is_replaced(
    make_client: Callable, check_plain: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGSTOP: alive, and silent for ever."""
    monkeypatch.setenv("FAKE_BEAT", "0.05")
    heard: list[str] = []
    begun = threading.Event()
    client = make_client(silence_timeout=30.0)
    request = AttentionRequest("MKVLAT", "/models/sleep", "sleep", (0, 1))
    job = client.submit(request, on_progress=lambda p: begun.set(), on_notice=lambda n: heard.append(n.text))
    assert begun.wait(PATIENCE)
    client._dispatcher._silence_timeout = 0.8  # as if half a minute had passed
    first = client.hello.pid
    os.kill(first, signal.SIGSTOP)
    wait_until(lambda: heard, "a notice")
    assert "has said nothing for" in heard[0] and "A new worker took its place" in heard[0]
    client._dispatcher._silence_timeout = 30.0
    job.cancel()
    job.exception(PATIENCE)
    assert submit(client, heard).result(PATIENCE).load().shape == (6, 6)


def test_silence_twice_is_an_error(make_client: Callable, check_plain: Callable, tmp_path: Path) -> None:
    entry = tmp_path / "mute.py"
    entry.write_text(f"{SAYS_HELLO}\ntime.sleep(3600)\n")
    heard: list[str] = []
    client = make_client(entry, entry, silence_timeout=0.8)
    failure = submit(client, heard).exception(PATIENCE)
    assert type(failure) is WorkerDiedError
    assert "has said nothing for 0.8 s in the middle of the job" in check_plain(failure)


def test_a_worker_at_work_gives_signs_of_life(make_client: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though its model says nothing: the user sees the seconds go by."""
    monkeypatch.setenv("FAKE_BEAT", "0.05")
    said: list[Progress] = []
    enough = threading.Event()

    def hear(progress: Progress) -> None:
        said.append(progress)
        if len(said) > 20:
            enough.set()

    client = make_client()
    request = AttentionRequest("MKV", "/models/load_sleep", "mute", (0, 0))
    job = client.submit(request, on_progress=hear)
    assert enough.wait(PATIENCE)
    job.cancel()
    beats = [progress for progress in said if progress.stage == "loading mute" and progress.seconds]
    assert len(beats) > 10
    assert [beat.seconds for beat in beats] == sorted(beat.seconds for beat in beats)
    assert Progress(1, "loading mute", 0.0, 3.4).words == "loading mute, 3 s"
