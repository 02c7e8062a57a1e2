"""The structures at hand, each loaded once for all tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from provis_core.structures.chain import Chain
from provis_core.structures.files.chains import load_chains
from tests.data import HOW, structure_files


@pytest.fixture(scope="session")
def files() -> tuple[Path, ...]:
    """Every coordinate file at hand."""
    found = structure_files()
    if not found:
        pytest.skip(f"structures are {HOW}")
    return found


@pytest.fixture(scope="session")
def loaded(files: tuple[Path, ...]) -> dict[Path, tuple[Chain, ...]]:
    """All protein chains of every file; an error here fails every test that asks for them."""
    return {path: load_chains(path) for path in files}


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """Write a text and get its path."""

    def write(text: str, name: str = "toy.pdb") -> Path:
        path = tmp_path / name
        path.write_text(text)
        return path

    return write
