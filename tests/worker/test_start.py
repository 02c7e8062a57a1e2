"""A worker that does not start: one plain message, and the next command works."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import venv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from provis_core.errors import InstallError, ProtocolError, ProvisError, WorkerStartError
from provis_core.system.paths import core_dir
from provis_core.worker.host.client import WorkerClient
from provis_core.worker.host.interface import WorkerStage
from provis_core.worker.host.transport import ProcessTransport
from provis_core.worker.tasks.attention import AttentionRequest
from provis_core.worker.tasks.doctor import DoctorRequest
from tests.patience import PATIENCE, wait_until

WRONG_HELLO = json.dumps({"kind": "hello", "protocol": 99, "version": "7.8.9", "more": []})

SCRIPTS: list[tuple[str, str, type[ProvisError], str]] = [
    (
        "version",
        f"print({WRONG_HELLO!r}, flush=True); sys.stdin.read()",
        ProtocolError,
        r"7\.8\.9.*protocol 99",
    ),
    ("silent", "sys.stdin.read()", WorkerStartError, "did not answer within 1 s"),
    ("chatter", "while True: print('busy', file=sys.stderr)", WorkerStartError, "did not answer within 1 s"),
    ("long line", "while True: sys.stdout.write('x' * 10**6)", ProtocolError, "lines that are no messages"),
    ("syntax", "1 +", WorkerStartError, "exit code 1.*SyntaxError"),
    ("exits", "sys.exit('bad luck')", WorkerStartError, "exit code 1. before it was ready.*bad luck"),
    ("killed", "os.kill(os.getpid(), 9)", WorkerStartError, "SIGKILL.* before it was ready"),
    ("closes", "os.close(1); time.sleep(1000)", WorkerStartError, "before it was ready"),
    (
        "module",
        "import no_such_module",
        InstallError,
        "no module named no_such_module.*install_plugin.py env",
    ),
    ("garbage", "while True: print('spam')", ProtocolError, "lines that are no messages.*such as 'spam'"),
    ("object", "print({}, flush=True); sys.stdin.read()", ProtocolError, "do not understand each other"),
]


@pytest.mark.parametrize(("name", "script", "error", "text"), SCRIPTS, ids=[row[0] for row in SCRIPTS])
@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_one_message_and_the_next_command_works(
    name: str,
    script: str,
    error: type[ProvisError],
    text: str,
    make_client: Callable,
    ask: Callable,
    check_plain: Callable,
    tmp_path: Path,
) -> None:
    entry = tmp_path / "entry.py"
    entry.write_text(f"import os, sys, time\n{script}\n")
    client = make_client(entry, hello_timeout=1.0 if "did not answer" in text else PATIENCE)
    jobs = [
        client.submit(AttentionRequest("MKV", "/models/answers", "fake", (layer, 0))) for layer in range(2)
    ]
    for job in jobs:
        failure = job.exception(PATIENCE)
        assert type(failure) is error
        check_plain(failure)
        with pytest.raises(error, match=text):
            raise failure
    assert client.stage is WorkerStage.DEAD
    assert "return code" in client.crash_report
    client._dispatcher._hello_timeout = PATIENCE  # a busy machine starts the good worker late, too
    assert ask(client).cached is False
    assert client.stage is WorkerStage.READY


def test_garbage_before_hello_is_passed_over(
    make_client: Callable, ask: Callable, tmp_path: Path, fake_worker: Path
) -> None:
    entry = tmp_path / "entry.py"
    entry.write_text(
        "import runpy\nfor i in range(90): print('Welcome to my sitecustomize', i)\n"
        f"runpy.run_path({str(fake_worker)!r}, run_name='__main__')\n"
    )
    assert ask(make_client(entry)).cached is False


def test_no_such_program(make_client: Callable, check_plain: Callable, tmp_path: Path) -> None:
    for python in (tmp_path / "python", tmp_path, Path("py\0thon")):
        client = make_client(transport_factory=lambda python=python: ProcessTransport(python))
        error = client.submit(DoctorRequest()).exception(PATIENCE)
        assert type(error) is WorkerStartError
        assert "could not be started" in check_plain(error)


def test_no_python_found(check_plain: Callable, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PROVIS_WORKER_PYTHON", str(tmp_path / "nothing"))
    client = WorkerClient()
    error = client.submit(DoctorRequest()).exception(PATIENCE)
    assert type(error) is InstallError
    assert "PROVIS_WORKER_PYTHON" in check_plain(error)
    assert client.stage is WorkerStage.DEAD
    client.close()


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script stands for an old Python")
def test_python_too_old(
    make_client: Callable, check_plain: Callable, worker_python: Path, tmp_path: Path
) -> None:
    """The bootstrap in a Python that says it is 3.8."""
    old = tmp_path / "python3.8"
    pretend = (
        "import sys; sys.version_info = (3, 8, 9); sys.version = '3.8.9 (old)'; "
        f"sys.executable = {str(old)!r}; sys.path.insert(0, ''); sys.argv = sys.argv[1:]; "
        "exec(compile(open(sys.argv[0]).read(), sys.argv[0], 'exec'))"
    )
    old.write_text(f'#!/bin/sh\nexec \'{worker_python}\' -c "{pretend}" "$@"\n')
    old.chmod(0o755)
    client = make_client(transport_factory=lambda: ProcessTransport(old))
    error = client.submit(DoctorRequest()).exception(PATIENCE)
    assert type(error) is InstallError
    text = check_plain(error)
    assert f"{old} (3.8.9)" in text
    assert "Python 3.11 or newer" in text


@pytest.mark.skipif(sys.version_info >= (3, 11), reason="this Python is new enough")
def test_python_really_too_old(make_client: Callable, check_plain: Callable) -> None:
    client = make_client(transport_factory=lambda: ProcessTransport(Path(sys.executable)))
    error = client.submit(DoctorRequest()).exception(PATIENCE)
    assert type(error) is InstallError
    assert sys.executable in check_plain(error)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="makes an environment of this Python")
def test_python_without_numpy(make_client: Callable, check_plain: Callable, tmp_path: Path) -> None:
    venv.create(tmp_path / "env", with_pip=False, symlinks=os.name != "nt")
    python = _env_python(tmp_path / "env")
    client = make_client(transport_factory=lambda: ProcessTransport(python))
    error = client.submit(DoctorRequest()).exception(PATIENCE)
    assert type(error) is InstallError
    assert f"{python}" in check_plain(error)
    assert "no module named numpy" in str(error)


@pytest.mark.skipif(
    sys.version_info < (3, 11) or os.name == "nt", reason="makes an environment of this Python"
)
def test_python_without_torch(
    make_client: Callable, ask: Callable, check_plain: Callable, tmp_path: Path
) -> None:
    """ProVis's own worker in a Python that has numpy and nothing else."""
    venv.create(tmp_path / "env", with_pip=False, symlinks=True)
    site = next((tmp_path / "env" / "lib").glob("python3*/site-packages"))
    numpy = Path(np.__file__).parent
    for folder in (numpy, numpy.with_name("numpy.libs")):
        if folder.is_dir():
            (site / folder.name).symlink_to(folder)
    client = make_client(transport_factory=lambda: ProcessTransport(_env_python(tmp_path / "env")))
    report = client.submit(DoctorRequest({"nowhere": str(tmp_path / "nowhere")})).result(PATIENCE)
    assert report.packages["torch"] == ""
    assert any("torch is missing" in problem for problem in report.problems)
    assert any(problem.startswith("nowhere: ") for problem in report.problems)
    assert report.devices == ("cpu",)


def test_core_is_the_hosts_own(
    make_client: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the folder above the core, nor the working folder, nor PYTHONPATH leads to other modules."""
    (tmp_path / "json.py").write_text("raise SystemExit('not the real json')")
    (tmp_path / "provis_core.py").write_text("raise SystemExit('not the real core')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHONSTARTUP", str(tmp_path / "json.py"))
    monkeypatch.setenv("PYTHONHOME", str(tmp_path))
    # an editable installation puts the checkout on the path of its own Python, which is no matter of ours
    own = subprocess.check_output([sys.executable, "-Ic", "import sys; print(sys.path)"], text=True)
    entry = tmp_path / "entry.py"
    entry.write_text(
        "import json, sys, provis_core\n"
        f"own = {own.strip()}\n"
        "from pathlib import Path\n"
        "core = Path(provis_core.__file__).parent\n"
        "wrong = (core.parent, core, core / 'worker', Path.cwd())\n"
        "bad = [p for p in sys.path if p not in own and (not p or Path(p).resolve() in wrong)]\n"
        "sys.exit('core: ' + provis_core.__file__ + ' bad: ' + repr(bad))\n"
    )
    error = make_client(entry).submit(DoctorRequest()).exception(PATIENCE)
    assert f"core: {core_dir() / '__init__.py'} bad: []" in str(error)


def test_hello_needs_no_heavy_library(worker_python: Path, tmp_path: Path) -> None:
    code = (
        "import sys; sys.argv = ['x', {core!r}, {entry!r}]; sys.path.insert(0, '');"
        "import runpy; runpy.run_path({bootstrap!r}, run_name='__main__')"
    )
    import provis_core

    core = Path(provis_core.__file__).resolve().parent
    entry = "provis_core.worker.serving.server"  # imports everything, runs nothing
    filled = code.format(core=str(core), entry=entry, bootstrap=str(core / "worker" / "bootstrap.py"))
    filled += ";print('torch' in sys.modules, 'transformers' in sys.modules)"
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [str(worker_python), "-c", filled],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=environ,
        check=False,
    )
    assert done.stdout.strip() == "False False", done.stderr


def _env_python(folder: Path) -> Path:
    return folder / "Scripts" / "python.exe" if os.name == "nt" else folder / "bin" / "python"


@pytest.mark.skipif(sys.platform != "linux", reason="the priority is read from /proc")
def test_the_worker_lets_the_viewer_go_first(make_client: Callable, ask: Callable) -> None:
    """While a model computes; not while it starts, where somebody waits for it."""
    client = make_client()
    ask(client)
    pid, own = client.hello.pid, os.getpriority(os.PRIO_PROCESS, 0)
    threads = {int(path.name): (path / "comm").read_text() for path in Path(f"/proc/{pid}/task").iterdir()}
    nice = {thread: os.getpriority(os.PRIO_PROCESS, thread) for thread in threads}
    assert nice[pid] == own  # its main thread, which imports and loads
    assert sorted(nice.values())[-1] == min(own + 10, 19)
    computing = threading.Event()
    job = client.submit(
        AttentionRequest("MKV", "/models/sleep", "sleep", (0, 0)),
        on_progress=lambda progress: progress.stage.startswith("loading") and computing.set(),
    )
    assert computing.wait(PATIENCE)
    group, others = _read_autogroup(pid), _read_autogroup("self")
    if group and others and group[0] != others[0]:
        wait_until(lambda: _read_autogroup(pid)[-1] == "10", "a lower priority")
    job.cancel()


def _read_autogroup(process: int | str) -> list[str]:
    """Its group and the nice value of that; nothing where Linux has no such groups or counts by cgroup."""
    path = Path(f"/proc/{process}/autogroup")
    return path.read_text().split() if path.exists() else []
