"""The training loop: it learns, it logs, and it goes on after a stop as if there had been none."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="training needs torch")
pytest.importorskip("transformers", reason="training needs transformers")

from provis_core.training.corpus import Corpus  # noqa: E402
from provis_core.training.schedule import TrainingSettings, TrainingStage, compute_rate  # noqa: E402
from provis_core.training.trainer import Trainer, measure_loss  # noqa: E402

pytestmark = pytest.mark.torch

SETTINGS = TrainingSettings(
    stages=(TrainingStage(1, 32, 512, 2500), TrainingStage(2, 64, 512, 2500)),
    width=32,
    n_heads=4,
    inner_width=48,
    warmup_steps=2,
    micro_tokens=256,
)


def _trainer(corpus: Corpus, directory: Path, settings: TrainingSettings = SETTINGS) -> Trainer:
    few = Corpus(corpus.tokens[: corpus.starts[8]], corpus.starts[:9])
    return Trainer(settings, corpus, few, directory, report=lambda line: None)


def _weights(trainer: Trainer) -> dict[str, Any]:
    return dict(trainer.network.state_dict())


@pytest.mark.parametrize("pause", [3, 6])
def test_resumed_run_equals_uninterrupted_one(corpus: Corpus, tmp_path: Path, pause: int) -> None:
    whole = _trainer(corpus, tmp_path / "whole")
    whole.run()
    _trainer(corpus, tmp_path / "parts").run(max_steps=pause)
    resumed = _trainer(corpus, tmp_path / "parts")
    assert resumed.step == pause
    resumed.run()
    assert (resumed.step, resumed.residues) == (whole.step, whole.residues)
    assert resumed.network.config.num_hidden_layers == 2
    expected = _weights(whole)
    for name, value in _weights(resumed).items():
        assert torch.equal(value, expected[name]), name


def test_finished_run_has_nothing_left_to_do(corpus: Corpus, tmp_path: Path) -> None:
    _trainer(corpus, tmp_path).run()
    again = _trainer(corpus, tmp_path)
    step = again.step
    again.run()
    assert again.step == step


def test_new_run_can_begin_with_weights(corpus: Corpus, tmp_path: Path) -> None:
    first = _trainer(corpus, tmp_path / "first")
    first.run(max_steps=2)
    second = Trainer(
        SETTINGS, corpus, corpus, tmp_path / "second", start=first.network, report=lambda line: None
    )
    assert second.step == 0
    for name, value in _weights(second).items():
        assert torch.equal(value, _weights(first)[name]), name


def test_log_of_steps_taken_again_is_dropped(corpus: Corpus, tmp_path: Path) -> None:
    _trainer(corpus, tmp_path).run(max_steps=4, log_every=1)
    log = tmp_path / "log.jsonl"
    with log.open("a") as file:
        file.write(json.dumps({"step": 5, "loss": 1.0}) + "\n")
    _trainer(corpus, tmp_path).run(max_steps=2, log_every=1)
    assert [json.loads(line)["step"] for line in log.read_text().splitlines()] == [1, 2, 3, 4, 5, 6]


def test_time_limit_stops_and_saves(corpus: Corpus, tmp_path: Path) -> None:
    ticks = iter(range(1000))
    trainer = Trainer(
        SETTINGS, corpus, corpus, tmp_path, clock=lambda: float(next(ticks)), report=lambda line: None
    )
    trainer.run(max_seconds=4)
    assert 0 < trainer.step < 5
    assert _trainer(corpus, tmp_path).step == trainer.step


def test_it_learns_and_logs(tmp_path: Path) -> None:
    corpus = Corpus.from_sequences(["ACACACACACACACACACACACAC", "WYWYWYWYWYWYWYWYWYWYWY"] * 20)
    settings = dataclasses.replace(SETTINGS, stages=(TrainingStage(2, 32, 512, 60_000),), warmup_steps=10)
    trainer = _trainer(corpus, tmp_path, settings)
    before = measure_loss(trainer.network, corpus)
    trainer.run(log_every=20, measure_every=40)
    assert measure_loss(trainer.network, corpus) < 0.5 * before
    entries = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert {"step", "residues", "rate", "loss"} <= entries[0].keys()
    assert any("heldout_perplexity" in entry for entry in entries)


def test_rate_warms_up_and_decays() -> None:
    assert compute_rate(SETTINGS, 0, 0) == pytest.approx(0.5)
    assert compute_rate(SETTINGS, 0, 5) == pytest.approx(1.0)
    assert compute_rate(SETTINGS, 5000, 50) == pytest.approx(SETTINGS.final_rate)
    rates = [compute_rate(SETTINGS, residues, 50) for residues in range(0, 5000, 100)]
    assert rates == sorted(rates, reverse=True)


def test_stage_is_read_from_text() -> None:
    assert TrainingStage.parse("3:64:8192:2e6") == TrainingStage(3, 64, 8192, 2_000_000)
    with pytest.raises(ValueError, match="layers:row_length"):
        TrainingStage.parse("3:64")
