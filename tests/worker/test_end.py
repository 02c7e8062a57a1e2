"""Nothing is left behind: neither when the host closes, nor when it is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from provis_core.errors import JobCancelledError
from provis_core.system.paths import core_dir
from provis_core.worker.host.interface import WorkerStage
from provis_core.worker.tasks.attention import AttentionRequest
from provis_core.worker.tasks.doctor import DoctorRequest
from tests.patience import PATIENCE, wait_until

HOST = """
import sys, threading, time
sys.path.insert(0, {above!r})
from pathlib import Path
from provis_core.worker.host.client import WorkerClient
from provis_core.worker.host.transport import ProcessTransport
from provis_core.worker.tasks.doctor import DoctorRequest

from provis_core.worker.tasks.attention import AttentionRequest

client = WorkerClient(transport_factory=lambda: ProcessTransport(Path({python!r}), entry=Path({entry!r})))
begun = threading.Event()
options = dict(on_progress=lambda progress: begun.set())
job = client.submit(AttentionRequest("MKV", "/models/{behaviour}", "fake", (0, 0)), **options)
begun.wait(300)
print(client.hello.pid, flush=True)
{then}
"""


def is_alive(pid: int) -> bool:
    """Whether a process runs; a zombie whose parent is gone does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return not Path("/proc/self").exists()
    return state != "Z"


def start_host(worker_python: Path, fake_worker: Path, behaviour: str, then: str) -> subprocess.Popen[str]:
    code = HOST.format(
        above=str(core_dir().parent),
        python=str(worker_python),
        entry=str(fake_worker),
        behaviour=behaviour,
        then=then,
    )
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("behaviour", ["spin", "sleep", "chatter", "answers"])
def test_host_killed(worker_python: Path, fake_worker: Path, behaviour: str) -> None:
    with start_host(worker_python, fake_worker, behaviour, "time.sleep(1000)") as host:
        pid = int(host.stdout.readline())
        assert is_alive(pid)
        os.kill(host.pid, signal.SIGKILL)
        wait_until(lambda: not is_alive(pid))


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("then", ["", "sys.exit(3)", "raise KeyboardInterrupt", "import os; os._exit(1)"])
def test_host_ends(worker_python: Path, fake_worker: Path, then: str) -> None:
    """With a job that hangs, and without anyone calling close."""
    with start_host(
        worker_python, fake_worker, "spin", f"sys.stderr = open('{os.devnull}', 'w')\n{then}"
    ) as host:
        pid = int(host.stdout.readline())
        host.wait(PATIENCE)
        wait_until(lambda: not is_alive(pid))


@pytest.mark.skipif(sys.platform == "win32", reason="process groups")
def test_interrupt_of_the_terminal_does_not_reach_it(make_client: Callable, ask: Callable) -> None:
    client = make_client()
    ask(client)
    assert os.getpgid(client.hello.pid) != os.getpgid(0)
    assert os.getsid(client.hello.pid) != os.getsid(0)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks into /proc")
def test_close_leaves_nothing(make_client: Callable, ask: Callable) -> None:
    def count_files() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    files = count_files()
    pids = []
    client = make_client()
    for behaviour in ("answers", "crash", "spin"):
        job = client.submit(AttentionRequest("MKV", f"/models/{behaviour}", "fake", (0, 0)))
        if behaviour == "crash":
            job.exception(PATIENCE)
        wait_until(lambda: client.stage is not WorkerStage.STARTING)
        if client.hello is not None:
            pids.append(client.hello.pid)
        if behaviour == "spin":
            job.cancel()
        job.exception(PATIENCE)
    ask(client)
    pids.append(client.hello.pid)
    client.close()
    client.close()
    assert client.stage is WorkerStage.ABSENT
    wait_until(lambda: not any(is_alive(pid) for pid in pids))
    wait_until(lambda: count_files() <= files)
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)  # no zombie either


def test_close_in_the_middle_of_jobs(make_client: Callable) -> None:
    client = make_client()
    jobs = [client.submit(AttentionRequest("MKV", "/models/spin", "fake", (layer, 0))) for layer in range(3)]
    client.close()
    assert all(isinstance(job.exception(0), JobCancelledError) for job in jobs)
    late = client.submit(DoctorRequest())
    with pytest.raises(JobCancelledError, match="ProVis has been closed"):
        late.result(0)


def test_stop_and_go_on(make_client: Callable, ask: Callable) -> None:
    client = make_client()
    ask(client)
    pid = client.hello.pid
    client.stop()
    assert client.stage is WorkerStage.ABSENT
    assert ask(client).cached is True
    assert client.hello.pid != pid


def test_close_from_a_callback(make_client: Callable) -> None:
    """On the reader thread itself, which cannot wait for its own end."""
    client = make_client()
    client.submit(
        AttentionRequest("MKV", "/models/slow", "fake", (0, 0)), on_progress=lambda p: client.close()
    )
    wait_until(lambda: client.stage is WorkerStage.ABSENT)
