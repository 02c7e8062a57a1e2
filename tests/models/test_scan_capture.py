"""Weights of several heads at once equal those of each head, with every option."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("transformers", reason="transformers is not installed")

from provis_core.models import capture  # noqa: E402
from tests.models.test_capture import BIAS, N_HEADS, N_TOKENS, PADDING, random_tensors, window  # noqa: E402

pytestmark = pytest.mark.torch


@pytest.mark.parametrize("n_key_heads", [4, 2, 1])
@pytest.mark.parametrize(
    "options, mask",
    [
        ({}, None),
        ({"is_causal": True}, None),
        ({}, window(3)[None, None]),
        ({}, PADDING),
        ({}, BIAS),
        ({"position_bias": BIAS, "scaling": 1.0}, window(4)[None, None]),
    ],
)
def test_several_heads_at_once(n_key_heads, options, mask):
    query, key, value = random_tensors(n_key_heads)
    module = torch.nn.Module()
    module.is_causal = False
    for heads, rows in ((slice(0, N_HEADS), slice(0, N_TOKENS)), (slice(1, 3), slice(3, 11))):
        out = torch.empty((heads.stop - heads.start, rows.stop - rows.start, N_TOKENS))
        found = capture.compute_weights(module, query, key, mask, head=heads, rows=rows, out=out, **options)
        torch.testing.assert_close(found, out, rtol=0, atol=0)
        shared = capture.shared_heads(query, value, heads)
        for i, head in enumerate(range(heads.start, heads.stop)):
            one = capture.compute_weights(module, query, key, mask, head=head, rows=rows, **options)
            torch.testing.assert_close(found[i], one, rtol=0, atol=1e-6)
            torch.testing.assert_close(shared[i], value[0, head * n_key_heads // N_HEADS])
