"""Attention equals transformers' own, in every family, and the comparison would notice if it did not."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from provis_core.attention.head_id import HeadId
from provis_core.models import load_model
from tests.models.eager import compute_eager_attention, encode_by_transformers
from tests.tiny_checkpoints import HIV_PROTEASE, write_tiny_bert, write_tiny_esm

pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("transformers", reason="transformers is not installed")

pytestmark = pytest.mark.torch

SEQUENCE = HIV_PROTEASE + "XBZUO" + HIV_PROTEASE[:20]
WRITERS: dict[str, Callable[..., Path]] = {
    "bert": write_tiny_bert,
    "bert-bin": partial(write_tiny_bert, weights="bin"),
    "esm2": write_tiny_esm,
    "esm2-bin": partial(write_tiny_esm, weights="bin"),
    "esm1b": partial(write_tiny_esm, rotary=False),
}
TOLERANCE = {"float32": 1e-5, "bfloat16": 2e-2}


def as_authors_write(case: str, sequence: str) -> str:
    """The sequence as the model card prescribes it."""
    return sequence.translate(str.maketrans("UZOB", "XXXX")) if case.startswith("bert") else sequence


@pytest.fixture(scope="module", params=WRITERS)
def case(request, tmp_path_factory):
    """Name of a family, a sharp checkpoint of it, and what transformers says about `SEQUENCE`."""
    folder = WRITERS[request.param](tmp_path_factory.mktemp(request.param))
    reference = compute_eager_attention(folder, as_authors_write(request.param, SEQUENCE))
    return request.param, folder, reference


def test_the_checkpoints_are_sharp(case):
    _, _, reference = case
    assert reference.shape == (12, 4, len(SEQUENCE), len(SEQUENCE))
    assert (reference.max(axis=(1, 2, 3)) > 0.5).all()


def test_every_head_equals_eager_attention(case):
    _, folder, reference = case
    model = load_model(folder, device="cpu")
    heads = [HeadId(layer, head) for layer in range(12) for head in range(4)]
    maps = model.attend(SEQUENCE, heads)
    assert list(maps) == heads
    for head, weights in maps.items():
        assert weights.dtype == np.float32
        np.testing.assert_allclose(weights, reference[head], rtol=0, atol=TOLERANCE["float32"])
        assert weights.sum(axis=1).max() <= 1 + 1e-5
    assert min(weights.sum(axis=1).min() for weights in maps.values()) < 0.9


def test_one_head_and_several_heads_equal_eager_attention(case):
    _, folder, reference = case
    model = load_model(folder, device="cpu")
    np.testing.assert_allclose(model.attention(SEQUENCE, "12-4"), reference[11, 3], rtol=0, atol=1e-5)
    np.testing.assert_allclose(model.attention(SEQUENCE, HeadId(0, 2)), reference[0, 2], rtol=0, atol=1e-5)
    maps = model.attend(SEQUENCE, [HeadId(7, 1), HeadId(2, 3), HeadId(2, 0), HeadId(7, 1)], block_rows=7)
    assert list(maps) == [(7, 1), (2, 3), (2, 0)]
    for head, weights in maps.items():
        np.testing.assert_allclose(weights, reference[head], rtol=0, atol=1e-5)


def test_a_wrong_map_would_be_noticed(case):
    """Each head differs from its transpose and from the other heads of its layer by far more than allowed."""
    _, _, reference = case
    for heads in reference:
        for i, weights in enumerate(heads):
            assert np.abs(weights - weights.T).max() > 0.1
            for other in (*heads[:i], *heads[i + 1 :]):
                assert np.abs(weights - other).max() > 0.1


def test_a_dropped_position_term_would_be_noticed(case, tmp_path):
    name, _, reference = case
    import torch
    from safetensors.torch import load_file, save_file

    folder = WRITERS[name](tmp_path / "mutant")
    file = folder / ("pytorch_model.bin" if name.endswith("bin") else "model.safetensors")
    state = torch.load(file, weights_only=True) if name.endswith("bin") else load_file(file)
    positions = [key for key in state if "inv_freq" in key or "position_embeddings" in key]
    assert positions
    for key in positions:
        state[key].zero_()
    if name.endswith("bin"):
        torch.save(state, file)
    else:
        save_file(state, file, {"format": "pt"})
    heads = [HeadId(layer, head) for layer in range(12) for head in range(4)]
    for head, weights in load_model(folder, device="cpu").attend(SEQUENCE, heads).items():
        assert np.abs(weights - reference[head]).max() > 0.1


def test_dropped_token_dropout_would_be_noticed(tmp_path):
    """ESM scales its embeddings; the norm before the first layer hides that there, and nowhere else."""
    folder = write_tiny_esm(tmp_path, n_layers=4)
    reference = compute_eager_attention(folder, HIV_PROTEASE)
    config = folder / "config.json"
    config.write_text(config.read_text().replace('"token_dropout": true', '"token_dropout": false'))
    model = load_model(folder, device="cpu")
    for head in range(4):
        assert np.abs(model.attention(HIV_PROTEASE, HeadId(3, head)) - reference[3, head]).max() > 1e-2


@pytest.mark.parametrize("name", ["bert", "esm2", "esm1b"])
def test_bfloat16_equals_eager_attention(name, tmp_path):
    folder = WRITERS[name](tmp_path, n_layers=4, sharp=1.5)
    reference = compute_eager_attention(folder, HIV_PROTEASE, "bfloat16")
    assert reference.max() > 0.5
    model = load_model(folder, device="cpu", dtype="bfloat16")
    maps = model.attend(HIV_PROTEASE, [HeadId(layer, head) for layer in range(4) for head in range(4)])
    for head, weights in maps.items():
        np.testing.assert_allclose(weights, reference[head], rtol=0, atol=TOLERANCE["bfloat16"])


def test_bfloat16_on_sharp_attention_is_no_worse_than_eager_attention(case):
    """Twelve sharp layers magnify rounding beyond 0.02; eager attention suffers from that as much."""
    name, folder, reference = case
    model = load_model(folder, device="cpu", dtype="bfloat16")
    maps = model.attend(SEQUENCE, [HeadId(layer, head) for layer in range(12) for head in range(4)])
    ours = np.stack(list(maps.values())).reshape(reference.shape) - reference
    eager = compute_eager_attention(folder, as_authors_write(name, SEQUENCE), "bfloat16") - reference
    assert np.sqrt((ours**2).mean()) <= 1.1 * np.sqrt((eager**2).mean())


def test_tokens_are_those_of_the_published_tokenizer(case):
    from provis_core.checkpoints.config import read_config, read_vocabulary

    name, folder, _ = case
    vocabulary = read_vocabulary(read_config(folder))
    for sequence in (SEQUENCE, "ACDEFGHIKLMNPQRSTVWYX", "M"):
        expected = encode_by_transformers(folder, as_authors_write(name, sequence))
        assert vocabulary.encode(sequence) == expected
        assert len(expected) == len(sequence) + vocabulary.n_special
    assert vocabulary.encode("AJA") == vocabulary.encode("AXA")


@pytest.mark.parametrize("position", [0, 6, len(HIV_PROTEASE) - 1])
def test_token_i_is_residue_i(case, position):
    """In the first layer another residue at i changes row i, and in other rows only the share of key i."""
    _, folder, _ = case
    model = load_model(folder, device="cpu")
    mutated = HIV_PROTEASE[:position] + "W" + HIV_PROTEASE[position + 1 :]
    ratio = model.attention(mutated, "1-1") / model.attention(HIV_PROTEASE, "1-1")
    others = np.delete(np.arange(len(HIV_PROTEASE)), position)
    assert np.ptp(ratio[position, others]) > 0.1
    assert np.ptp(np.log(ratio[np.ix_(others, others)]), axis=1).max() < 1e-3
    assert np.abs(np.log(ratio[others, position] / ratio[others, others[0]])).max() > 0.1
