"""A run that goes on from an exported folder: its steps, residues and log are those of all runs."""

from __future__ import annotations

import json
from pathlib import Path

from provis_core.training.history import count_all, keep_history, write_whole_log

PROGRESS = {"step": 5, "residues": 700, "stage": 0}


def _log(path: Path, *steps: int) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps({"step": step, "loss": 2.5}) + "\n" for step in steps))


def test_a_first_run_counts_its_own(tmp_path: Path) -> None:
    _log(tmp_path / "log.jsonl", 1, 2)
    assert count_all(tmp_path, PROGRESS) == {"runs": 1, "steps": 5, "residues_seen": 700}
    write_whole_log(tmp_path, tmp_path / "all.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text().splitlines()]
    assert lines == [{"run": 1, "step": 1, "loss": 2.5}, {"run": 1, "step": 2, "loss": 2.5}]


def test_the_third_run_counts_all_three(tmp_path: Path) -> None:
    start = tmp_path / "exported"
    start.mkdir()
    (start / "provis.json").write_text(json.dumps({"name": "old", "steps": 40, "residues_seen": 9000}))
    _log(start / "training_log.jsonl", 20, 40)
    for k, name in enumerate(("second", "third")):
        run = tmp_path / name
        keep_history(start, run)
        _log(run / "log.jsonl", 5)
        facts = count_all(run, PROGRESS)
        assert facts == {"runs": k + 2, "steps": 40 + 5 * (k + 1), "residues_seen": 9000 + 700 * (k + 1)}
        start = tmp_path / f"exported_{name}"
        start.mkdir()
        (start / "provis.json").write_text(json.dumps(facts))
        write_whole_log(run, start / "training_log.jsonl")
    lines = [json.loads(line) for line in (start / "training_log.jsonl").read_text().splitlines()]
    assert [(line["run"], line["step"]) for line in lines] == [(1, 20), (1, 40), (2, 5), (3, 5)]


def test_a_run_that_has_begun_keeps_what_it_has(tmp_path: Path) -> None:
    start = tmp_path / "exported"
    start.mkdir()
    (start / "provis.json").write_text(json.dumps({"steps": 40, "residues_seen": 9000}))
    run = tmp_path / "run"
    keep_history(start, run)
    (start / "provis.json").write_text(json.dumps({"steps": 1, "residues_seen": 1}))
    keep_history(start, run)
    assert count_all(run, PROGRESS)["steps"] == 45
    own = tmp_path / "own"
    own.mkdir()
    (own / "checkpoint.pt").write_bytes(b"")
    keep_history(start, own)  # it began with random weights
    assert count_all(own, PROGRESS) == {"runs": 1, "steps": 5, "residues_seen": 700}
