"""A survey on a real Dask cluster of two processes, one of which is killed in mid-run."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from provis_core.errors import InputError
from provis_core.survey.scheduling import _choose_device, open_cluster

from ..patience import PATIENCE
from .test_running import ROOT, model, proteins, survey, tables, whole, words  # noqa: F401 (fixtures)

pytest.importorskip("distributed", reason="distributed is not installed")
psutil = pytest.importorskip("psutil", reason="psutil is not installed")

pytestmark = pytest.mark.torch


def test_a_worker_that_is_killed_changes_nothing(whole, model, proteins, tmp_path):  # noqa: F811
    out = tmp_path / "out"
    command = [sys.executable, "-m", "provis_core.cli", "survey", str(proteins), "-o", str(out), "--quiet"]
    command += [*words(model), "--scheduler", "local", "--workers", "2"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    log = tmp_path / "log"
    with log.open("w") as file:
        run = subprocess.Popen(command, env=environment, stderr=file, stdout=file)
        killed = None
        deadline = time.monotonic() + PATIENCE
        while run.poll() is None:
            assert time.monotonic() < deadline, log.read_text()
            if killed is None and list(out.glob("blocks/*.npz")):
                workers = find_workers(run.pid)
                assert len(workers) == 2
                killed = workers[0]
                killed.kill()
            time.sleep(0.01)
    assert run.returncode == 0, log.read_text()
    assert killed is not None
    assert tables(out) == tables(whole)


def find_workers(pid: int) -> list[psutil.Process]:
    """Processes of the cluster: those that the program has started to work."""
    children = psutil.Process(pid).children(recursive=True)
    return [one for one in children if any("spawn_main" in word for word in one.cmdline())]


def run_on_slurm(folder: Path, scripts: dict[str, str], proteins, model, out):  # noqa: F811
    """Run the program with stand-ins of Slurm's own programs."""
    pytest.importorskip("dask_jobqueue", reason="dask_jobqueue is not installed")
    for name, text in scripts.items():
        (folder / name).write_text(f"#!/bin/bash\n{text}\n")
        (folder / name).chmod(0o755)
    command = [sys.executable, "-m", "provis_core.cli", "survey", str(proteins), "-o", str(out)]
    command += [*words(model), "--scheduler", "slurm", "--workers", "1"]
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        "JOBS": str(folder / "jobs"),
        "DASK_JOBQUEUE__SLURM__CORES": "1",
        "DASK_JOBQUEUE__SLURM__MEMORY": "4GB",
        "DASK_JOBQUEUE__SLURM__PROCESSES": "1",
        "DASK_JOBQUEUE__SLURM__INTERFACE": "lo",
        "DASK_JOBQUEUE__SLURM__LOCAL_DIRECTORY": str(folder),
    }
    return subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False
    )


def test_jobs_of_slurm_are_workers(whole, model, proteins, tmp_path):  # noqa: F811
    """``sbatch`` is a stand-in that runs the job here, of a copy as Slurm does: the script goes at once."""
    scripts = {
        "sbatch": 'cp "$1" "$JOBS.$$"; nohup bash "$JOBS.$$" >/dev/null 2>&1 & echo $! >> "$JOBS"\n'
        'echo "Submitted batch job $!"',
        "scancel": 'kill "$@" 2>/dev/null',
        "squeue": 'sed "s/$/|RUNNING|None/" "$JOBS"',
    }
    out = tmp_path / "out"
    run = run_on_slurm(tmp_path, scripts, proteins, model, out)
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "jobs").read_text().split()
    assert tables(out) == tables(whole)


def test_jobs_that_die_at_once_are_told(model, proteins, tmp_path):  # noqa: F811
    """They wait in the queue for three looks and are gone then, as after an error of the job's script."""
    scripts = {
        "sbatch": 'echo "Submitted batch job 41"',
        "scancel": "true",
        "squeue": 'echo x >> "$JOBS"; echo "7|RUNNING|None"\n'
        '[ $(wc -l < "$JOBS") -gt 3 ] || echo "41|PENDING|Priority"',
        "scontrol": 'echo "JobId=41 JobState=FAILED Reason=NonZero ExitCode=127:0" "StdErr=$PWD/41.err"',
    }
    (tmp_path / "41.err").write_text("a line\nbash: python: command not found\n")
    run = run_on_slurm(tmp_path, scripts, proteins, model, tmp_path / "out")
    assert run.returncode == 1
    assert "waiting for jobs of Slurm: 1 PENDING (Priority)" in run.stderr
    assert "JobState FAILED, Reason NonZero, ExitCode 127:0" in run.stderr
    assert "command not found" in run.stderr and "Traceback" not in run.stderr


def test_jobs_that_slurm_refuses_are_told(model, proteins, tmp_path):  # noqa: F811
    scripts = {"sbatch": 'echo "sbatch: error: Invalid account" >&2; exit 1', "scancel": "true"}
    run = run_on_slurm(tmp_path, scripts, proteins, model, tmp_path / "out")
    assert run.returncode == 1
    assert "sbatch refused it (sbatch: error: Invalid account)" in run.stderr
    assert "Traceback" not in run.stderr


def test_a_scheduler_that_is_not_there_is_told(monkeypatch):
    import distributed

    def refuse(*_, **__):
        raise OSError("Timed out trying to connect")

    monkeypatch.setattr(distributed, "Client", refuse)
    with (
        pytest.raises(InputError, match="No Dask scheduler answers"),
        open_cluster("tcp://127.0.0.1:1", 1),
    ):
        pass


def test_each_worker_has_a_gpu_of_its_own(monkeypatch):
    import distributed
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)
    for name, device in ((0, "cuda:0"), ("5", "cuda:1"), ("tcp://a", "auto")):
        monkeypatch.setattr(distributed, "get_worker", lambda name=name: type("Worker", (), {"name": name}))
        assert _choose_device("auto") == device
    assert _choose_device("cpu") == "cpu"
