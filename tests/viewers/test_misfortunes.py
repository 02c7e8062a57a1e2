"""What changes while a job runs, and what the machine lacks: said in words, and PyMOL goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from provis_core.errors import ProvisError

from .conftest import SharedWorker


@pytest.mark.parametrize("what", ["deleted", "renamed", "chain renamed"])
def test_an_object_that_is_gone_when_the_job_ends(
    cmd: Any, hpv: str, attn: Any, commands: Any, what: str, capsys: Any
) -> None:
    import pymol

    attn("chain A", 7, 3, wait=0)
    if what == "deleted":
        cmd.delete("1hpv")
    elif what == "renamed":
        cmd.set_name("1hpv", "other")
    else:
        cmd.alter("chain A", "chain='Z'")
    with pytest.raises(pymol.CmdException) as caught:
        commands["provis_wait"]()
    error = caught.value.__cause__
    assert isinstance(error, ProvisError)
    assert "1hpv chain A was deleted or renamed while its attention was computed" in error.got
    assert error.need and error.do
    assert cmd.get_names("all") == {"deleted": [], "renamed": ["other"]}.get(what, ["1hpv"])
    assert "deleted or renamed" not in capsys.readouterr().out  # said once, by the exception


def test_residues_that_change_while_the_job_runs(cmd: Any, hpv: str, attn: Any, commands: Any) -> None:
    import pymol

    attn("chain A", 7, 3, wait=0)
    cmd.remove("chain A and resi 10-20")
    with pytest.raises(pymol.CmdException, match="The residues of 1hpv chain A changed while"):
        commands["provis_wait"]()
    assert cmd.get_names("all") == ["1hpv"]


def test_a_molecule_that_moves_while_the_job_runs(cmd: Any, hpv: str, attn: Any, commands: Any) -> None:
    (before,) = attn("chain A")
    job = attn("chain A", wait=0)
    cmd.translate([3, 0, 0], "1hpv")
    commands["provis_wait"]()
    (after,) = job.value
    moved = before.chain.ca_coords + np.array([3, 0, 0])
    assert after.chain.ca_coords == pytest.approx(moved, abs=1e-3)


@pytest.fixture
def worker_without_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, app: Any) -> Iterator[None]:
    """A worker that finds a file where its folder for results should be."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "cache").write_text("no folder")
    monkeypatch.setenv("PROVIS_HOME", str(home))
    worker = SharedWorker(threads=1)
    monkeypatch.setattr(app.session, "_worker", worker)
    yield
    worker.stop()


@pytest.mark.usefixtures("worker_without_cache")
def test_a_cache_that_cannot_be_written(cmd: Any, hpv: str, attn: Any, capsys: Any) -> None:
    (drawn,) = attn("chain A", top=5)
    assert drawn.name in cmd.get_names("objects")
    text = capsys.readouterr().out
    assert "The results folder" in text
    assert "cannot be written" in text


def test_no_python_for_the_worker(
    hpv: str, attn: Any, refuse: Any, monkeypatch: pytest.MonkeyPatch, app: Any, tmp_path: Path
) -> None:
    monkeypatch.setenv("PROVIS_WORKER_PYTHON", str(tmp_path / "python"))
    monkeypatch.setattr(app.session, "_worker", SharedWorker(threads=1))
    refuse(lambda: attn("chain A"), "PROVIS_WORKER_PYTHON is", "install_plugin.py env")


def test_no_two_residues_can_be_paired(hpv: str, attn: Any, capsys: Any) -> None:
    (drawn,) = attn("chain A and resi 25")
    assert (drawn.name, drawn.error) == ("", None)
    assert "no two residues of the selection" in capsys.readouterr().out
