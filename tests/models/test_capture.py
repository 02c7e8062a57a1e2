"""The weights of one head, times the values, are what fused attention makes of the same tensors."""

from __future__ import annotations

import types

import pytest

from provis_core.attention.head_id import HeadId
from provis_core.models import capture

torch = pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("transformers", reason="transformers is not installed")

pytestmark = pytest.mark.torch

N_HEADS, N_TOKENS, HEAD_SIZE = 4, 20, 8


def random_tensors(n_key_heads: int = N_HEADS):
    generator = torch.Generator().manual_seed(1)
    shapes = [(1, N_HEADS, N_TOKENS, HEAD_SIZE)] + 2 * [(1, n_key_heads, N_TOKENS, HEAD_SIZE)]
    return [2 * torch.randn(shape, generator=generator) for shape in shapes]


def window(size: int) -> torch.Tensor:
    position = torch.arange(N_TOKENS)
    return (position[:, None] - position).abs() <= size


BIAS = torch.randn((1, N_HEADS, N_TOKENS, N_TOKENS), generator=torch.Generator().manual_seed(2))
PADDING = (torch.arange(N_TOKENS) < 15)[None, None, None]


@pytest.mark.parametrize(
    "options, mask, n_key_heads, is_causal",
    [
        ({}, None, 4, False),
        ({"scaling": 0.7}, None, 4, False),
        ({}, window(3)[None, None], 4, False),
        ({}, PADDING, 4, False),
        ({}, torch.where(window(5), 0.0, -10.0)[None, None], 4, False),
        ({}, BIAS, 4, False),
        ({"position_bias": BIAS}, None, 4, False),
        ({"position_bias": BIAS, "scaling": 1.0}, window(4)[None, None], 4, False),
        ({}, None, 2, False),
        ({}, None, 1, False),
        ({}, None, 4, True),
        ({"is_causal": False}, None, 4, True),
    ],
)
def test_weights_agree_with_fused_attention(options, mask, n_key_heads, is_causal):
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    query, key, value = random_tensors(n_key_heads)
    module = types.SimpleNamespace(is_causal=is_causal, num_key_value_groups=N_HEADS // n_key_heads)
    expected, _ = sdpa_attention_forward(module, query, key, value, mask, **options)
    for head in range(N_HEADS):
        for rows in (slice(0, N_TOKENS), slice(3, 11)):
            weights = capture.compute_weights(module, query, key, mask, head=head, rows=rows, **options)
            assert weights.dtype == torch.float32
            output = weights @ value[0, head * n_key_heads // N_HEADS]
            torch.testing.assert_close(output, expected[0, rows, head], rtol=0, atol=1e-5)


def test_without_a_capture_it_is_fused_attention():
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.integrations.sdpa_attention import sdpa_attention_forward
    from transformers.masking_utils import sdpa_mask

    capture.register()
    module = types.SimpleNamespace(is_causal=False)
    tensors = random_tensors()
    ours, nothing = AttentionInterface()[capture.ATTENTION](module, *tensors, None, scaling=0.3)
    assert nothing is None
    torch.testing.assert_close(ours, sdpa_attention_forward(module, *tensors, None, scaling=0.3)[0])
    assert AttentionMaskInterface()[capture.ATTENTION] is sdpa_mask


def test_a_model_that_never_calls_attention_is_a_bug_of_ours():
    wanted = capture.Capture([HeadId(2, 0)], slice(1, 4), lambda *_: None)
    with pytest.raises(RuntimeError, match="called attention 0 times, 3 layers were wanted"):
        wanted.run(lambda: None)
