"""The whole path in PyMOL's window, with torch in the worker."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.gui.pymol_window import Pymol, PymolWindow
from tests.patience import wait_until
from tests.tiny_checkpoints import write_tiny_bert

pytestmark = pytest.mark.torch


@pytest.fixture(scope="module")
def window(
    wheel: Pymol, worker_python: Path, open_pymol: Callable[[Pymol, Path], PymolWindow]
) -> PymolWindow:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    return open_pymol(wheel, worker_python)


@pytest.fixture(scope="module")
def sharp_model(window: PymolWindow, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_bert(tmp_path_factory.mktemp("sharp") / "sharp")


@pytest.fixture(scope="module")
def big_model(window: PymolWindow, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Computes for ten seconds and more on a chain of 1500 residues."""
    folder = tmp_path_factory.mktemp("big") / "big"
    return write_tiny_bert(folder, n_layers=60, n_heads=8, hidden_size=512, max_positions=2048)


def wait_for_stage(window: PymolWindow, text: str) -> None:
    wait_until(lambda: text in "".join(window.call("app.session.describe_status")), what=text)


def test_cold_model_can_be_stopped(window: PymolWindow, sharp_model: Path) -> None:
    window.cmd("load", "$PYMOL_DATA/tut/1hpv.pdb", "1hpv")
    window.type_line(f"provis_attn chain A, 12, 4, {sharp_model}")
    wait_until(lambda: bool(window.jobs()), what="the begin of the job")
    window.type_line("provis_cancel")
    wait_until(lambda: not window.jobs(), what="the end of the job")  # the worker may stay, with its model
    assert list(window.session()) == ["1hpv"]


def test_cold_model_draws(window: PymolWindow, sharp_model: Path) -> None:
    window.type_line(f"provis_attn chain A, 12, 4, {sharp_model}, min_attn=0.02, top=60")
    wait_until(lambda: not window.jobs(), what="the end of the job")
    assert len(window.cgo_floats("provis_1hpv_A_12-4")) == 60 * 14
    said = "1hpv chain A, 99 residues of the full sequence (SEQRES of 1hpv.pdb), 0 not resolved, sharp 12-4"
    wait_until(lambda: said in window.console())


def test_computation_can_be_stopped(window: PymolWindow, big_model: Path) -> None:
    window.make_chain(1500, "long")
    before = window.session()
    window.type_line(f"provis_attn long, 60, 4, {big_model}")
    wait_for_stage(window, " of 60")
    window.type_line("provis_cancel")
    wait_until(lambda: not window.jobs(), what="the end of the job")
    assert window.session() == before


def test_next_command_works_after_that(window: PymolWindow, sharp_model: Path) -> None:
    window.type_line(f"provis_attn 1hpv and chain B, 12, 4, {sharp_model}, min_attn=0.02, top=60")
    wait_until(lambda: not window.jobs(), what="the end of the job")
    assert len(window.cgo_floats("provis_1hpv_B_12-4")) == 60 * 14
    window.type_line("provis_clear")
    assert list(window.session()) == ["1hpv", "long"]
    assert "Traceback" not in window.log.read_text()
