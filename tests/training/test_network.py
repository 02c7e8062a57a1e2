"""The faster forward pass, growth in depth, permuted heads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch")
pytest.importorskip("transformers", reason="training needs transformers")

from provis_core.training.heads import permute_heads, read_attention  # noqa: E402
from provis_core.training.network import build_config, build_network, grow_network, predict_masked  # noqa: E402
from provis_core.training.vocabulary import PAD  # noqa: E402

pytestmark = pytest.mark.torch


@pytest.fixture
def network() -> Any:
    """Three small layers with weights large enough for sharp attention."""
    config = build_config(n_layers=3, width=32, n_heads=4, inner_width=48)
    config._attn_implementation = "eager"
    network = build_network(config, seed=1).eval()
    with torch.no_grad():
        for parameter in network.esm.encoder.layer.parameters():
            if parameter.ndim == 2:
                parameter.mul_(8.0)
    return network


@pytest.fixture
def tokens() -> Any:
    """Two rows, one of them padded."""
    tokens = torch.randint(4, 24, (2, 20), generator=torch.Generator().manual_seed(0))
    tokens[1, 15:] = PAD
    return tokens


def test_faster_pass_equals_transformers(network: Any, tokens: Any) -> None:
    keep = tokens != PAD
    with torch.no_grad():
        reference = network(input_ids=tokens, attention_mask=keep.long()).logits[keep]
        ours = predict_masked(network, tokens, keep.flatten().nonzero()[:, 0], torch.float32)
    torch.testing.assert_close(ours, reference, rtol=1e-4, atol=1e-5)


def test_gradients_equal_those_of_transformers(network: Any, tokens: Any) -> None:
    keep = tokens != PAD
    gradients = []
    for fast in (False, True):
        network.zero_grad()
        if fast:
            logits = predict_masked(network, tokens, keep.flatten().nonzero()[:, 0], torch.float32)
        else:
            logits = network(input_ids=tokens, attention_mask=keep.long()).logits[keep]
        torch.nn.functional.cross_entropy(logits, tokens[keep]).backward()
        gradients.append(
            {name: p.grad.clone() for name, p in network.named_parameters() if p.grad is not None}
        )
    assert gradients[0].keys() == gradients[1].keys()
    for name, reference in gradients[0].items():
        torch.testing.assert_close(gradients[1][name], reference, rtol=1e-3, atol=1e-6, msg=name)


def test_stacking_repeats_the_layers(network: Any) -> None:
    grown = grow_network(network, 6)
    for index in range(6):
        old, new = network.esm.encoder.layer[index % 3], grown.esm.encoder.layer[index]
        for name, value in old.state_dict().items():
            assert torch.equal(new.state_dict()[name], value)
    with pytest.raises(ValueError, match="multiple of 3"):
        grow_network(network, 7)


def test_permuting_heads_is_exact(network: Any, tokens: Any) -> None:
    torch.nn.init.normal_(network.esm.contact_head.regression.weight)
    order, sequence = [2, 0, 3, 1], "MKTAYIAKQRQISFVK"
    with torch.no_grad():
        logits = network(input_ids=tokens[:1]).logits
        contacts = network.predict_contacts(tokens[:1], torch.ones_like(tokens[:1]))
        attention = read_attention(network, sequence)
        permute_heads(network, 1, order)
        torch.testing.assert_close(network(input_ids=tokens[:1]).logits, logits, rtol=1e-5, atol=1e-5)
        torch.testing.assert_close(
            network.predict_contacts(tokens[:1], torch.ones_like(tokens[:1])), contacts, rtol=1e-4, atol=1e-5
        )
    moved = read_attention(network, sequence)
    np.testing.assert_allclose(moved[4:8], attention[4:8][order], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(moved[:4], attention[:4], rtol=1e-6)
    np.testing.assert_allclose(moved[8:], attention[8:], rtol=1e-4, atol=1e-5)


def test_permutation_must_name_each_head_once(network: Any) -> None:
    with pytest.raises(ValueError, match=r"each of 0\.\.3 once"):
        permute_heads(network, 0, [0, 0, 1, 2])


def test_rows_of_attention_sum_to_at_most_one(network: Any) -> None:
    attention = read_attention(network, "MKTAYIAKQR")
    assert attention.shape == (12, 10, 10)
    assert (attention.sum(2) <= 1 + 1e-5).all()
