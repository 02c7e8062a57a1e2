"""What a run that begins with an exported folder's weights owes to the runs before it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

__all__ = ["count_all", "keep_history", "write_whole_log"]

_FACTS, _LOG = "before.json", "log_before.jsonl"


def keep_history(start: Path, run: Path) -> None:
    """Keep steps, residues and log of the runs that have made a folder, in the folder of a new run.

    Parameters
    ----------
    start : Path
        Exported folder; what it does not tell counts as nothing.
    run : Path
        A run that has begun already keeps what it has.
    """
    if (run / _FACTS).exists() or (run / "checkpoint.pt").exists():
        return
    facts = json.loads((start / "provis.json").read_text(encoding="utf-8"))
    run.mkdir(parents=True, exist_ok=True)
    if (start / "training_log.jsonl").exists():
        shutil.copyfile(start / "training_log.jsonl", run / _LOG)
    before = {
        "runs": facts.get("runs", 1),
        "steps": facts["steps"],
        "residues_seen": facts["residues_seen"],
    }
    (run / _FACTS).write_text(json.dumps(before) + "\n", encoding="utf-8")


def count_all(run: Path, progress: dict[str, Any]) -> dict[str, int]:
    """Runs, steps and residues behind the weights of a run, those of earlier runs among them.

    Parameters
    ----------
    run : Path
    progress : dict
        Of the run's checkpoint: ``step`` and ``residues``.
    """
    before = {"runs": 0, "steps": 0, "residues_seen": 0}
    if (run / _FACTS).exists():
        before = json.loads((run / _FACTS).read_text(encoding="utf-8"))
    return {
        "runs": before["runs"] + 1,
        "steps": before["steps"] + progress["step"],
        "residues_seen": before["residues_seen"] + progress["residues"],
    }


def write_whole_log(run: Path, path: Path) -> None:
    """Write the logs of a run and of those before it as one; each line says of which ``run`` it is, from 1.

    Steps and residues count from the beginning of each run.
    """
    entries: list[dict[str, Any]] = []
    if (run / _LOG).exists():
        lines = (run / _LOG).read_text(encoding="utf-8").splitlines()
        entries = [{"run": 1, **json.loads(line)} for line in lines]
    number = count_all(run, {"step": 0, "residues": 0})["runs"]
    own = (run / "log.jsonl").read_text(encoding="utf-8").splitlines()
    entries += [{"run": number, **json.loads(line)} for line in own]
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries), encoding="utf-8")
