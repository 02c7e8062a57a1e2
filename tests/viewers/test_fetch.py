"""Models that are fetched by commands typed in real PyMOL, from a slow hub on this computer."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from provis_core.checkpoints import store
from provis_core.session.session import Session
from tests.models.local_hub import LARGE, LocalHub, make_environ
from tests.patience import wait_until

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("huggingface_hub") is None, reason="huggingface_hub is not installed"
)
_MODEL = "esm2_8m"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalHub]:
    """One that holds weights back, and no model is there."""
    hub = LocalHub()
    hub.pass_for_esm2()
    hub.go_on.clear()
    for name, value in make_environ(hub, PROVIS_HOME=str(tmp_path / "home")).items():
        monkeypatch.setenv(name, value)
    yield hub
    hub.close()


def test_provis_cancel_stops_fetches_and_keeps_what_came(
    session: Session[Any], console: Callable[..., list[str]], hub: LocalHub
) -> None:
    incomplete = store.partial_dir(_MODEL) / "model.safetensors.incomplete"
    console(f"provis_fetch {_MODEL}, wait=0")
    wait_until(lambda: incomplete.is_file() and incomplete.stat().st_size > 0)
    assert any(f"fetching {_MODEL}" in line for line in console("provis_status"))

    said: list[Any] = console("provis_cancel")
    assert said == [f" ProVis: stopping the fetch of {_MODEL}"]

    def has_ended() -> bool:
        said.extend(console("provis_fetch"))
        return said[-1] == " nothing is being fetched"

    wait_until(has_ended)
    assert sum(f"provis_fetch {_MODEL} goes on from there" in line for line in said) == 1
    assert 0 < incomplete.stat().st_size < LARGE and not (store.models_dir() / _MODEL).exists()
    assert console("provis_cancel") == [" ProVis: nothing is running"]

    hub.go_on.set()
    kept = incomplete.stat().st_size
    console(f"provis_fetch {_MODEL}, wait=1")
    assert hub.served[-1] == ("model.safetensors", f"bytes={kept}-")
    assert store.check_files(store.models_dir() / _MODEL) == 3
