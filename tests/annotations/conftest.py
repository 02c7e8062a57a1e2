"""The structures at hand, each read once for all tests of this folder."""

from __future__ import annotations

import functools
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from provis_core.structures.files.subjects import load_subjects
from provis_core.structures.subject import Subject
from tests.data import HOW, SHARED, STRUCTURES, find_structure


@functools.cache
def _subjects(path: Path) -> tuple[Subject, ...]:
    return load_subjects(path)


@pytest.fixture(scope="session")
def structures() -> Path:
    """Folder of the structures at hand."""
    if not STRUCTURES.is_dir():
        pytest.skip(f"structures are {HOW}")
    return STRUCTURES


@pytest.fixture(scope="session")
def load(structures: Path) -> Callable[[str], tuple[Subject, ...]]:
    """Read one of the structures by its name there, like ``pdb/4hhb.pdb.gz``."""
    return lambda name: _subjects(find_structure(name))


@pytest.fixture(scope="session")
def expected_contacts(structures: Path) -> list[dict[str, Any]]:
    """The shared table of ligand contacts and SITE records, one item per file."""
    path = SHARED / "sites" / "structure_ligand_contacts" / "contacts.jsonl.gz"
    if not path.is_file():
        pytest.skip(f"no {path}")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No settings of the user who runs the tests."""
    monkeypatch.setenv("PROVIS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"
