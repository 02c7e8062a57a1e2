"""What every family must keep: exact attention, tokens of its own tokenizer, nothing computed in vain."""

from __future__ import annotations

import numpy as np
import pytest

from provis_core.attention.head_id import HeadId
from provis_core.checkpoints.config import read_config, read_vocabulary
from provis_core.checkpoints.families import known_families
from provis_core.models import load_model
from tests.models.family_cases import CASES, compute_eager, soften
from tests.tiny_checkpoints import HIV_PROTEASE

torch = pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("transformers", reason="transformers is not installed")
pytest.importorskip("sentencepiece", reason="sentencepiece is not installed")

pytestmark = pytest.mark.torch

SEQUENCE = HIV_PROTEASE + "XBZUO" + HIV_PROTEASE[:20]
HEADS = [HeadId(layer, head) for layer in range(4) for head in range(4)]


@pytest.fixture(scope="module", params=CASES)
def case(request, tmp_path_factory):
    """A family, a sharp checkpoint of it, and what transformers says about `SEQUENCE`."""
    case = CASES[request.param]
    folder = case.write(tmp_path_factory.mktemp(request.param))
    return case, folder, compute_eager(case, folder, SEQUENCE)


@pytest.fixture(scope="module")
def model(case):
    return load_model(case[1], device="cpu")


def test_every_family_has_a_case():
    """A new family is compared with its authors' own code: by a case here, or in a file of its own."""
    elsewhere = {"ESM", "AntiBERTy"}  # test_exactness.py, test_antiberty.py
    covered = {case.family for case in CASES.values()} | elsewhere
    assert {family.name for family in known_families()} == covered


def test_the_checkpoints_are_sharp(case):
    reference = case[2]
    assert reference.shape == (4, 4, len(SEQUENCE), len(SEQUENCE))
    assert (reference.max(axis=(1, 2, 3)) > 0.5).all()


def test_config(case):
    family, folder, _ = case
    config = read_config(folder)
    assert (config.family, config.n_layers, config.n_heads) == (family.family, 4, 4)
    assert config.max_residues == family.max_residues


def test_every_head_equals_eager_attention(case, model):
    maps = model.attend(SEQUENCE, HEADS)
    assert list(maps) == HEADS
    for head, weights in maps.items():
        np.testing.assert_allclose(weights, case[2][head], rtol=0, atol=1e-5)
        assert weights.sum(axis=1).max() <= 1 + 1e-5


def test_one_head_several_heads_and_blocks_equal_eager_attention(case, model):
    reference = case[2]
    np.testing.assert_allclose(model.attention(SEQUENCE, "4-4"), reference[3, 3], rtol=0, atol=1e-5)
    np.testing.assert_allclose(model.attention(SEQUENCE, "1-3"), reference[0, 2], rtol=0, atol=1e-5)
    for block_rows in (1, 7, 1000):
        maps = model.attend(SEQUENCE, [HeadId(2, 1), HeadId(1, 3), HeadId(1, 0)], block_rows=block_rows)
        for head, weights in maps.items():
            np.testing.assert_allclose(weights, reference[head], rtol=0, atol=1e-5)


def test_a_wrong_map_would_be_noticed(case):
    for heads in case[2]:
        for i, weights in enumerate(heads):
            assert np.abs(weights - weights.T).max() > 0.1
            for other in (*heads[:i], *heads[i + 1 :]):
                assert np.abs(weights - other).max() > 0.1


def test_a_dropped_position_term_would_be_noticed(case):
    family, folder, reference = case
    mutant = load_model(folder, device="cpu")
    with torch.inference_mode():
        family.drop_positions(mutant._network)
    for head, weights in mutant.attend(SEQUENCE, HEADS).items():
        assert np.abs(weights - reference[head]).max() > 0.05


def test_bfloat16_is_no_worse_than_eager_attention(case):
    """Sharp layers magnify rounding beyond 0.02; eager attention suffers from that as much."""
    family, folder, reference = case
    maps = load_model(folder, device="cpu", dtype="bfloat16").attend(SEQUENCE, HEADS)
    ours = np.stack(list(maps.values())).reshape(reference.shape) - reference
    eager = compute_eager(family, folder, SEQUENCE, "bfloat16") - reference
    assert np.sqrt((ours**2).mean()) <= 1.1 * np.sqrt((eager**2).mean())


@pytest.mark.parametrize("name", CASES)
def test_bfloat16_equals_eager_attention(tmp_path, name):
    """Less sharp, so that rounding is not magnified; in the first layer, to which no other adds its own."""
    folder = CASES[name].write(tmp_path)
    soften(folder)
    reference = compute_eager(CASES[name], folder, HIV_PROTEASE, "bfloat16")
    assert reference[0].max() > 0.25
    maps = load_model(folder, device="cpu", dtype="bfloat16").attend(HIV_PROTEASE, HEADS[:4])
    for head, weights in maps.items():
        np.testing.assert_allclose(weights, reference[head], rtol=0, atol=2e-2)


def test_a_scan_keeps_the_strong_pairs_of_eager_attention(case, model):
    reference = case[2]
    arcs = model.scan(SEQUENCE).arcs
    weights = np.zeros_like(reference)
    weights[arcs.layer, arcs.head, arcs.query, arcs.key] = arcs.weight
    wrong = np.abs(weights - np.where(reference >= arcs.min_weight, reference, 0)) > 1e-5
    assert not wrong[np.abs(reference - arcs.min_weight) > 1e-5].any()


def test_tokens_are_those_of_the_published_tokenizer(case):
    family, folder, _ = case
    vocabulary = read_vocabulary(read_config(folder))
    for sequence in (SEQUENCE, "ACDEFGHIKLMNPQRSTVWYX", "M"):
        expected = family.encode(folder, family.as_authors_write(sequence))
        assert vocabulary.encode(sequence) == expected
        assert len(expected) == len(sequence) + sum(family.specials)
    assert (len(vocabulary.prefix), len(vocabulary.suffix)) == family.specials
    assert vocabulary.encode("AJA") == vocabulary.encode("AXA")


@pytest.mark.parametrize("position", [0, 6, len(HIV_PROTEASE) - 1])
def test_token_i_is_residue_i(model, position):
    """In the first layer another residue at i changes row i, and in other rows only the share of key i."""
    mutated = HIV_PROTEASE[:position] + "W" + HIV_PROTEASE[position + 1 :]
    before, after = (model.attention(sequence, "1-1") for sequence in (HIV_PROTEASE, mutated))
    ratio = np.divide(after, before, where=before > 0, out=np.full_like(before, np.nan))
    others = np.delete(np.arange(len(HIV_PROTEASE)), position)
    near = np.isfinite(ratio[others, position]) & np.isfinite(ratio[others, others])
    rest = np.log(ratio[np.ix_(others, others)])
    assert np.nanmax(ratio[position, others]) - np.nanmin(ratio[position, others]) > 0.1
    assert np.nanmax(np.nanmax(rest, axis=1) - np.nanmin(rest, axis=1)) < 1e-3
    shares = np.log(ratio[others, position]) - np.nanmean(rest, axis=1)
    assert np.abs(shares[near]).max() > 0.1


def test_a_dropped_window_would_be_noticed(tmp_path):
    """Without a mask function under our name transformers would hand over no mask, and say nothing."""
    case = CASES["modernbert"]
    folder = case.write(tmp_path)
    reference = compute_eager(case, folder, SEQUENCE)
    position = np.arange(len(SEQUENCE))
    outside = np.abs(position[:, None] - position) > 16
    assert [bool(heads[:, outside].any()) for heads in reference] == [True, False, False, True]
    config = folder / "config.json"
    config.write_text(config.read_text().replace('"local_attention": 32', '"local_attention": 4096'))
    maps = load_model(folder, device="cpu").attend(SEQUENCE, HEADS[4:])
    assert min(np.abs(weights - reference[head]).max() for head, weights in maps.items()) > 0.05


def test_only_the_layers_up_to_the_wanted_one_run(model):
    ran: list[str] = []
    network = model._network
    hooks = [
        module.register_forward_pre_hook(lambda module, _: ran.append(type(module).__name__))
        for module in network.modules()
        if type(module).__name__.endswith(
            ("SelfAttention", "RelativeAttention", "EsmcAttention", "AlbertAttention")
        )
        or type(module).__name__ in ("T5Attention", "ModernBertAttention")
    ]
    try:
        for layer in (0, 1, 3):
            ran.clear()
            steps: list[tuple[int, int]] = []
            model.attend(
                HIV_PROTEASE, [HeadId(layer, 0)], on_layer=lambda *step, steps=steps: steps.append(step)
            )
            assert len(set(ran)) > 0
            assert len(ran) / len(set(ran)) == layer + 1
            assert steps == [(done + 1, layer + 1) for done in range(layer + 1)]
    finally:
        for hook in hooks:
            hook.remove()
