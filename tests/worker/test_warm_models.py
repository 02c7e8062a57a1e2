"""Models stay in memory between jobs; the least recently used one goes first."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from provis_core.errors import WorkerMemoryError
from provis_core.worker.serving.warm_models import WarmModels, read_memory_limit
from provis_core.worker.tasks.attention import AttentionRequest
from tests.patience import PATIENCE


class SizedModel:
    n_layers = n_heads = 1
    device = dtype = ""

    def __init__(self, n_bytes: int) -> None:
        self.n_bytes = n_bytes


class Shelf:
    """`WarmModels` of models whose size is in the folder's name, and what happened to them."""

    def __init__(self, limit: int) -> None:
        self.loaded: list[str] = []
        self.notices: list[str] = []
        self.models = WarmModels(self._load, limit)

    def _load(self, folder: Path, device: str, dtype: str, name: str, on_stage: object) -> SizedModel:
        self.loaded.append(name)
        return SizedModel(int(folder.name))

    def get(self, name: str, size: int = 40, fingerprint: str = "f", device: str = "cpu") -> SizedModel:
        return self.models.get(
            Path(f"/{name}/{size}"),
            fingerprint,
            device,
            "auto",
            name,
            on_stage=lambda text: None,
            on_notice=self.notices.append,
        )


def test_loaded_once() -> None:
    shelf = Shelf(100)
    assert shelf.get("a") is shelf.get("a")
    assert shelf.loaded == ["a"]


def test_other_weights_or_device_are_another_model() -> None:
    shelf = Shelf(1000)
    models = {id(shelf.get("a")), id(shelf.get("a", fingerprint="g")), id(shelf.get("a", device="cuda"))}
    assert len(models) == 3


def test_least_recently_used_is_dropped_with_a_notice() -> None:
    shelf = Shelf(100)
    for name in ("a", "b", "a", "c"):
        shelf.get(name)
    (text,) = shelf.notices
    assert text.startswith("The model b was dropped from memory")
    assert "PROVIS_MODEL_MEMORY_GB" in text
    shelf.get("a")
    shelf.get("c")
    assert shelf.loaded == ["a", "b", "c"]
    shelf.get("b")
    assert shelf.loaded == ["a", "b", "c", "b"]


def test_model_larger_than_the_limit_still_runs() -> None:
    shelf = Shelf(100)
    shelf.get("a")
    assert shelf.get("big", 500) is shelf.get("big", 500)
    assert len(shelf.notices) == 1


def test_drop() -> None:
    shelf = Shelf(1000)
    for name in ("a", "b", "c"):
        shelf.get(name)
    assert shelf.models.drop(but=Path("/b/40")) == 2
    shelf.get("b")
    assert shelf.loaded == ["a", "b", "c"]
    assert shelf.models.drop() == 1


def test_limit_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    half = read_memory_limit()
    assert half > 2**28
    if sys.platform == "linux":
        assert half * 2 == os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    monkeypatch.setenv("PROVIS_MODEL_MEMORY_GB", "1.5")
    assert read_memory_limit() == 1_500_000_000
    monkeypatch.setenv("PROVIS_MODEL_MEMORY_GB", "plenty")
    assert read_memory_limit() == half


def test_stays_warm_from_end_to_end(make_client: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROVIS_MODEL_MEMORY_GB", "0.0025")  # two models of a megabyte
    client = make_client()
    heard: list[str] = []

    def ask(name: str, layer: int) -> None:
        client.submit(
            AttentionRequest("MKV", f"/models/{name}", name, (layer, 0)),
            on_progress=lambda progress: heard.append(progress.stage),
            on_notice=lambda notice: heard.append(notice.text.split(" was ")[0]),
        ).result(PATIENCE)

    for layer, name in enumerate(("mega_a", "mega_b", "mega_a", "mega_c", "mega_a", "mega_b")):
        ask(name, layer)
    told = [text for text in heard if text.startswith(("loading", "The model"))]
    assert told == [
        "loading mega_a",
        "loading mega_b",
        "loading mega_c",
        "The model mega_b",
        "loading mega_b",
        "The model mega_c",
    ]


def test_memory_that_other_models_hold_is_freed(make_client: Callable) -> None:
    """The fake model fails unless it is alone."""
    client = make_client()
    client.submit(AttentionRequest("MKV", "/models/answers", "other", (0, 0))).result(PATIENCE)
    notices: list[str] = []
    job = client.submit(
        AttentionRequest("MKV", "/models/needs_all", "needs_all", (0, 0)),
        on_notice=lambda n: notices.append(n.text),
    )
    assert job.result(PATIENCE).cached is False
    (text,) = notices
    assert text.startswith("Memory ran out while other models were kept ready.")


def test_model_is_dropped_when_memory_runs_out(make_client: Callable) -> None:
    client = make_client()
    for _ in range(2):
        stages: list[str] = []
        job = client.submit(
            AttentionRequest("MKV", "/models/memory", "m", (0, 0)),
            on_progress=lambda p, stages=stages: stages.append(p.stage),
        )
        assert isinstance(job.exception(PATIENCE), WorkerMemoryError)
        assert "loading m" in stages
