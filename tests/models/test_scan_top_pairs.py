"""The ranked pairs of one head equal a plain sort, whether a threshold is easy or hard to guess."""

from __future__ import annotations

import numpy as np
import pytest

from tests.models.scan_reference import apc_scores, rank_ranges

torch = pytest.importorskip("torch", reason="torch is not installed")

from provis_core.models.top_pairs import select_top_pairs  # noqa: E402

pytestmark = pytest.mark.torch

N, FIRST = 500, 1
RESIDUES = slice(FIRST, FIRST + N)


def make_map(kind: str) -> torch.Tensor:
    """Rows that sum to 1, with one special token before and two after the residues."""
    generator = torch.Generator().manual_seed(1)
    scores = torch.randn((N + 3, N + 3), generator=generator)
    if kind == "diagonal":  # nearly all beside the diagonal, where no pair is ranked
        place = torch.arange(N + 3)
        scores -= (place[:, None] - place).abs()
    elif kind == "sink":
        scores[:, -1] += 20
    elif kind == "few":  # fewer strong pairs than are asked for, the rest equal
        scores = torch.where(scores > 3.7, 5.0, 0.0)
    elif kind == "sampled":  # strong just where scores are sampled, so that the guess is too high
        place = torch.arange((N + 3) ** 2).reshape(N + 3, N + 3)
        scores[place % 3 == 0] += 3
    elif kind == "flat":
        scores *= 0
    return torch.softmax(2 * scores, dim=1)


@pytest.mark.parametrize("kind", ["random", "diagonal", "sink", "few", "sampled"])
@pytest.mark.parametrize("n_pairs", [10, 2 * N, 30_000, 10**6])
def test_equals_a_plain_sort(kind, n_pairs):
    weights = make_map(kind)
    before = weights.clone()
    rankings = select_top_pairs(weights, RESIDUES, n_pairs)
    torch.testing.assert_close(weights, before, rtol=0, atol=0)
    inner = weights[RESIDUES, RESIDUES].numpy()
    for found, scores in zip(rankings, (apc_scores(inner), inner + inner.T), strict=True):
        check_ranking(*(part.numpy() for part in found), scores, n_pairs)


def check_ranking(i, j, score, scores, n_pairs) -> None:
    """Raise unless these are the best pairs of a map of scores."""
    ranked = np.array(rank_ranges(scores, n_pairs))
    assert len(i) == len(ranked)
    assert len({*zip(i.tolist(), j.tolist(), strict=True)}) == len(i)
    assert (j - i >= 6).all()
    scale = np.abs(scores).max()
    np.testing.assert_allclose(score, scores[i, j], rtol=0, atol=1e-5 * scale)
    np.testing.assert_allclose(score, scores[ranked[:, 0], ranked[:, 1]], rtol=0, atol=1e-5 * scale)


def test_a_flat_map_gives_some_pairs():
    corrected, plain = select_top_pairs(make_map("flat"), RESIDUES, 2 * N)
    for i, j, _ in (corrected, plain):
        assert np.histogram((j - i).numpy(), [0, 6, 12, 24, N])[0].tolist() == [0, 2 * N, 2 * N, 2 * N]
    assert corrected[2].abs().max() < 1e-6
    torch.testing.assert_close(plain[2], torch.full((6 * N,), 2 / (N + 3)))


def test_only_owned_pairs():
    owned = torch.zeros((N, N), dtype=torch.bool)
    owned[:60, :60] = True
    weights = make_map("random")
    rankings = select_top_pairs(weights, RESIDUES, 100, owned=owned)
    inner = weights[RESIDUES, RESIDUES].numpy()
    for (i, j, _), scores in zip(rankings, (apc_scores(inner), inner + inner.T), strict=True):
        expected = rank_ranges(np.where(owned.numpy(), scores, -np.inf), 100)
        assert {*zip(i.tolist(), j.tolist(), strict=True)} == {*expected}
    for i, _, _ in select_top_pairs(weights, RESIDUES, 10**6, owned=owned):
        assert len(i) == 54 * 55 // 2


def test_precision_passes_over_unknown_pairs():
    from provis_core.attention.head_scan import TopPairs

    i, j = np.array([[[0, 1, 2, 3]]], np.int32), np.array([[[10, 11, 12, 13]]], np.int32)
    top = TopPairs(i, j, np.array([[[4, 3, 2, 1]]], np.float32))
    labels = np.full((20, 20), np.nan, np.float32)
    labels[0, 10], labels[2, 12], labels[3, 13] = 1, 0, 1
    value = labels[i, j].astype(np.float64)
    found = [[int(part.item()) for part in top.count_hits(value, n, 20)] for n in (1, 2, 3, 4)]
    assert found == [[1, 1, 0], [1, 2, 0], [2, 3, 0], [2, 3, 1]]  # hits, pairs, whether some are lacking
