"""What the training tests share: a small corpus of random sequences, and torch on one thread."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch")
pytest.importorskip("transformers", reason="training needs transformers")

from provis_core.training.corpus import Corpus  # noqa: E402

LETTERS = "ACDEFGHIKLMNPQRSTVWY"


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Sums are taken in the same order each time."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def corpus() -> Corpus:
    """40 random sequences of 1 to 150 residues, the same ones each time."""
    rng = np.random.default_rng(3)
    lengths = [1, 2, 30, 62, 63, 150, *rng.integers(5, 150, size=34)]
    return Corpus.from_sequences("".join(rng.choice(list(LETTERS), size=n)) for n in lengths)
