"""A scan follows from transformers' eager attention in every family, whatever way it computes attention."""

from __future__ import annotations

import numpy as np
import pytest

from provis_core.models import load_model
from tests.models.family_cases import CASES, compute_eager
from tests.models.scan_reference import apc_scores, rank_pairs
from tests.tiny_checkpoints import HIV_PROTEASE

pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("transformers", reason="transformers is not installed")
pytest.importorskip("sentencepiece", reason="sentencepiece is not installed")

pytestmark = pytest.mark.torch

N = len(HIV_PROTEASE)


@pytest.mark.parametrize("name", CASES)
def test_scan_of_each_family(name, tmp_path):
    case = CASES[name]
    folder = case.write(tmp_path)
    maps = compute_eager(case, folder, HIV_PROTEASE)
    model = load_model(folder, device="cpu")
    for block in (None, 2000):
        scan = model.scan(HIV_PROTEASE, ["special_tokens"], block=block)
        np.testing.assert_allclose(scan.received, maps.sum(axis=2), rtol=0, atol=1e-4)
        special = scan.metrics["special_tokens"].values
        np.testing.assert_allclose(special, 1 - maps.sum(axis=3).mean(axis=2), rtol=0, atol=1e-4)
        arcs = scan.arcs
        found = maps[arcs.layer, arcs.head, arcs.query, arcs.key]
        np.testing.assert_allclose(arcs.weight, found, rtol=0, atol=1e-5)
        assert (maps >= 0.05 + 1e-5).sum() <= arcs.n_arcs <= (maps >= 0.05 - 1e-5).sum()
        scores = apc_scores(maps[3, 1])
        expected = [scores[pair] for pair in rank_pairs(scores, 2 * N)]
        np.testing.assert_allclose(scan.top_pairs.score[3, 1][: 2 * N], expected, rtol=0, atol=5e-5)
