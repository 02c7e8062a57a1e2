"""Fetching a model in PyMOL's window: it stays free, says how far it is, stops and goes on."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.gui.pymol_window import Pymol, PymolWindow
from tests.models.local_hub import LARGE, LocalHub, make_environ
from tests.patience import wait_until

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("huggingface_hub") is None, reason="huggingface_hub is not installed"
)


@pytest.fixture(scope="module")
def hub() -> Iterator[LocalHub]:
    hub = LocalHub()
    hub.pass_for_esm2()
    hub.go_on.clear()
    yield hub
    hub.close()


@pytest.fixture(scope="module")
def window(
    hub: LocalHub, wheel: Pymol, worker_python: Path, open_pymol: Callable[[Pymol, Path], PymolWindow]
) -> Iterator[PymolWindow]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in make_environ(hub).items():
            patch.setenv(name, value)
        yield open_pymol(wheel, worker_python)


def test_the_window_stays_free_and_a_stopped_fetch_goes_on(window: PymolWindow, hub: LocalHub) -> None:
    window.type_line("provis_fetch esm2_8m")
    assert "31.4 MB, licence MIT" in window.console()
    wait_until(lambda: "MB/s" in window.console() or len(hub.served) >= 3, what="progress")
    assert window.cmd("get_names") == []  # PyMOL answers meanwhile
    window.type_line("provis_fetch")
    assert "fetching esm2_8m: " in window.console()
    window.type_line("provis_fetch esm2_8m, stop=1")
    wait_until(lambda: "esm2_8m goes on from there" in window.console(), what="the end")
    assert not window.worker_pids()

    hub.go_on.set()
    window.clear_console()
    window.type_line("provis_fetch esm2_8m")
    wait_until(lambda: "every checksum right" in window.console(), what="the fetch")
    folder = window.home / "provis" / "data" / "models" / "esm2_8m"
    assert (folder / "model.safetensors").stat().st_size > LARGE


def test_nothing_is_left_running_when_pymol_is_gone(window: PymolWindow, hub: LocalHub) -> None:
    hub.go_on.clear()
    window.type_line("provis_fetch esm2_35m")
    wait_until(window.worker_pids, what="the fetch")
    window.kill()
    wait_until(lambda: not window.worker_pids(), what="its end")
