"""Several sequences in one pass: every map is that of its sequence alone, whatever stands beside it."""

from __future__ import annotations

import numpy as np
import pytest

from provis_core.attention.head_id import HeadId
from provis_core.errors import SequenceError
from provis_core.models import load_model
from provis_core.models.batches import split_batches
from tests.models.family_cases import CASES
from tests.tiny_checkpoints import HIV_PROTEASE, write_tiny_bert, write_tiny_esm

torch = pytest.importorskip("torch", reason="torch is not installed")
# whole: the lean import of `load_model` leaves out what writes checkpoints of XLNet and T5
pytest.importorskip("transformers.modeling_utils", reason="transformers is not installed")
pytest.importorskip("sentencepiece", reason="sentencepiece is not installed")

pytestmark = pytest.mark.torch

SEQUENCES = [HIV_PROTEASE[:40], HIV_PROTEASE + HIV_PROTEASE[:20], HIV_PROTEASE[5:12], "M", HIV_PROTEASE[:40]]
WRITERS = {
    **{name: case.write for name, case in CASES.items()},
    "esm2": write_tiny_esm,
    "esm1b": lambda folder: write_tiny_esm(folder, rotary=False),
}


def show_all(model, sequences, dtype=np.float32) -> list[np.ndarray]:
    """All maps of sequences that run together, each of shape (n_layers, n_heads, n, n)."""
    size = (model.n_layers, model.n_heads)
    maps: list[np.ndarray] = []

    def start():
        maps[:] = [np.full((*size, len(one), len(one)), np.nan, dtype) for one in sequences]

        def show(layer, place, heads, weights):
            maps[place][layer, heads] = weights.cpu().numpy()

        return show

    model.show_heads(sequences, start)
    return maps


@pytest.mark.parametrize("name", WRITERS)
def test_maps_of_a_batch_are_those_of_each_sequence(tmp_path, name):
    model = load_model(WRITERS[name](tmp_path), device="cpu")
    heads = [HeadId(layer, head) for layer in range(model.n_layers) for head in range(model.n_heads)]
    batches = [SEQUENCES, SEQUENCES[:1] * 2] if model.takes_batches else [[one] for one in SEQUENCES]
    for batch in batches:
        for sequence, maps in zip(batch, show_all(model, batch), strict=True):
            alone = np.stack(list(model.attend(sequence, heads).values())).reshape(maps.shape)
            np.testing.assert_allclose(maps, alone, rtol=0, atol=1e-5)
    if not model.takes_batches:
        with pytest.raises(ValueError, match="one sequence at a time"):
            show_all(model, SEQUENCES)


def test_small_blocks_show_the_same(tmp_path, monkeypatch):
    model = load_model(write_tiny_bert(tmp_path, max_positions=130), device="cpu")
    whole = show_all(model, SEQUENCES)
    monkeypatch.setattr("provis_core.models.memory._CPU_BLOCK", 2000)
    for one, other in zip(show_all(model, SEQUENCES), whole, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-6)


def test_half_precision_shows_float32(tmp_path):
    model = load_model(write_tiny_bert(tmp_path, max_positions=130), device="cpu", dtype="bfloat16")
    for sequence, maps in zip(SEQUENCES, show_all(model, SEQUENCES), strict=True):
        first = [HeadId(0, head) for head in range(model.n_heads)]
        alone = np.stack(list(model.attend(sequence, first).values()))
        np.testing.assert_allclose(maps[0], alone, rtol=0, atol=1e-6)


def test_memory_that_runs_out_starts_anew(tmp_path):
    model = load_model(write_tiny_bert(tmp_path, max_positions=130), device="cpu")
    shown: list[list[int]] = []

    def start():
        shown.append([])

        def show(layer, place, heads, weights):
            if len(shown) == 1 and layer == 1:
                raise MemoryError
            shown[-1].append(layer)

        return show

    notices: list[str] = []
    model.show_heads(SEQUENCES[:2], start, notices.append)
    assert len(shown) == 2 and set(shown[1]) == set(range(model.n_layers)) and "smaller blocks" in notices[0]


def test_what_the_model_cannot_take_is_refused(tmp_path):
    model = load_model(write_tiny_bert(tmp_path, max_positions=100), device="cpu")
    with pytest.raises(SequenceError):
        show_all(model, SEQUENCES)


def test_batches_are_of_like_length():
    lengths = [10, 300, 12, 11, 290, 10, 5000]
    assert split_batches(lengths, 600) == [[0, 5, 3, 2], [4, 1], [6]]
    assert split_batches(lengths, 100)[:2] == [[0, 5, 3, 2], [4]]
    assert split_batches(lengths, 600, alone=True) == [[0], [5], [3], [2], [4], [1], [6]]
    assert split_batches([], 10) == []
