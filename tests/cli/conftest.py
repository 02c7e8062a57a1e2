"""The program in this process, with the shared structures and the worker as it is shipped."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from provis_core.checkpoints.registry import find_model
from provis_core.cli import main
from tests.data import find_structure


@dataclass(frozen=True)
class Said:
    """What the program gave."""

    status: int
    out: str
    err: str

    @property
    def rows(self) -> list[list[str]]:
        """The table on the standard output, without its head."""
        return [line.split() for line in self.out.splitlines()[1:]]


Provis = Callable[..., Said]


@pytest.fixture(autouse=True)
def provis_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings and results of this test alone."""
    for name in list(os.environ):
        if name.startswith("PROVIS_"):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    monkeypatch.setenv("PROVIS_HOME", str(home))
    monkeypatch.setenv("PROVIS_WORKER_PYTHON", sys.executable)
    return home


@pytest.fixture
def provis(capfd: pytest.CaptureFixture[str]) -> Provis:
    """Run the program with some arguments."""

    def run(*arguments: object) -> Said:
        capfd.readouterr()
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as end:
            status = int(str(end.code))
        return Said(status, *capfd.readouterr())

    return run


@pytest.fixture(scope="session")
def structure() -> Callable[[str], Path]:
    """A file of the structures, like ``pdb/1hpx.pdb.gz``; the test is skipped where it is not at hand."""
    return find_structure


@pytest.fixture(scope="session")
def eager() -> Callable[[str], np.ndarray]:
    """Attention of all heads of the bundled model by transformers itself."""
    from tests.models.eager import compute_eager_attention

    known: dict[str, np.ndarray] = {}

    def compute(sequence: str) -> np.ndarray:
        if sequence not in known:
            known[sequence] = compute_eager_attention(find_model("provis_mini").folder, sequence)
        return known[sequence]

    return compute
