"""Windows on toys whose answer is known by hand, and on a tiny model against single runs of each window."""

from __future__ import annotations

import numpy as np
import pytest

from provis_core.attention.head_id import HeadId
from provis_core.errors import InputError, SequenceError
from provis_core.models.windows import describe_windows, owns_pairs, split_windows
from tests.models.scan_reference import apc_scores
from tests.tiny_checkpoints import HIV_PROTEASE, write_tiny_bert


def test_split_by_hand():
    assert split_windows(10, 6, 4) == ((0, 6), (2, 8), (4, 10))
    assert split_windows(10, 6, 3) == ((0, 6), (3, 9), (4, 10))
    assert split_windows(10, 6, 0) == ((0, 6), (4, 10))
    assert split_windows(12, 6, 0) == ((0, 6), (6, 12))
    assert split_windows(10, 6) == ((0, 6), (3, 9), (4, 10))
    assert split_windows(6, 6, 2) == split_windows(6, 9) == ((0, 6),)
    for window, overlap in ((0, 0), (5, 5), (5, -1)):
        with pytest.raises(InputError, match=f"window={window}», overlap={overlap}"):
            split_windows(10, window, overlap)


def test_owner_by_hand():
    """Windows 1-6 and 4-9 of a chain of 9, counted from 1; the chain's own ends are no cut edges."""
    windows = split_windows(9, 6, 3)
    assert windows == ((0, 6), (3, 9))
    owner = {
        (0, 5): 0,  # only there
        (0, 3): 0,
        (3, 5): 0,  # 0 from the cut edges of both: the earlier
        (3, 3): 0,  # 2 from the first window's cut edge, 0 from the second's
        (4, 5): 1,  # 0 and 1
        (4, 4): 0,  # 1 and 1: the earlier
        (5, 5): 1,
        (8, 3): 1,
    }
    for (i, j), expected in owner.items():
        for index, (start, stop) in enumerate(windows):
            if start <= min(i, j) and max(i, j) < stop:
                assert owns_pairs(windows, index, np.array(i), np.array(j)) == (index == expected), (i, j)


@pytest.mark.parametrize(
    "n, window, overlap", [(30, 10, 5), (31, 10, 7), (25, 12, 0), (40, 9, 8), (50, 26, 4)]
)
def test_each_pair_of_a_window_has_one_owner(n, window, overlap):
    windows = split_windows(n, window, overlap)
    owners = np.zeros((n, n), dtype=int)
    together = np.zeros((n, n), dtype=bool)
    for index, (start, stop) in enumerate(windows):
        span = np.arange(start, stop)
        owners[start:stop, start:stop] += owns_pairs(windows, index, span[:, None], span)
        together[start:stop, start:stop] = True
    np.testing.assert_array_equal(owners, together)


@pytest.mark.torch
def test_a_model_beyond_its_limit(tmp_path):
    pytest.importorskip("torch", reason="torch is not installed")
    pytest.importorskip("transformers", reason="transformers is not installed")
    from provis_core.models import load_model

    model = load_model(write_tiny_bert(tmp_path, n_layers=2, max_positions=62), device="cpu")
    n, head = len(HIV_PROTEASE), HeadId(1, 2)
    with pytest.raises(SequenceError, match=r"has 99 residues.*60 at most.*overlapping windows"):
        model.scan(HIV_PROTEASE)
    with pytest.raises(SequenceError, match="60 at most"):
        model.scan(HIV_PROTEASE, window=61)
    steps = []
    metrics = ["entropy", "special_tokens", "separation"]
    scan = model.scan(HIV_PROTEASE, metrics, window=60, overlap=20, on_layer=lambda *step: steps.append(step))
    windows = split_windows(n, 60, 20)
    assert scan.windows.tolist() == [list(window) for window in windows] == [[0, 60], [39, 99]]
    assert scan.notes == (describe_windows(windows),)
    assert "2 windows of 60 (1-60, 40-99)" in scan.notes[0]
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)]

    stitched = np.zeros((n, n), dtype=np.float32)
    sums, ranked = [], []
    for index, (start, stop) in enumerate(windows):
        weights = model.attention(HIV_PROTEASE[start:stop], head)
        span = np.arange(start, stop)
        owned = owns_pairs(windows, index, span[:, None], span)
        stitched[start:stop, start:stop] += weights * owned
        rows = np.flatnonzero(owns_pairs(windows, index, span, span))
        sums.append((1 - weights.sum(axis=1))[rows])
        i, j = np.nonzero(np.triu(owned, 6))
        ranked += [*zip(apc_scores(weights)[i, j], i + start, j + start, strict=True)]
    query, key, weight = scan.arcs.select(head, 0.05)
    dense = np.zeros_like(stitched)
    dense[query, key] = weight
    np.testing.assert_allclose(dense, np.where(stitched >= 0.05, stitched, 0), rtol=0, atol=1e-5)
    assert stitched[0, 70] == 0
    np.testing.assert_allclose(scan.received[head], stitched.sum(axis=0), rtol=0, atol=5e-5)
    shares = np.concatenate(sums)
    assert len(shares) == n == scan.metrics["special_tokens"].counts[head]
    np.testing.assert_allclose(scan.metrics["special_tokens"].values[head], shares.mean(), rtol=0, atol=1e-5)
    distance = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    expected = (stitched * distance).sum() / stitched.sum()
    np.testing.assert_allclose(scan.metrics["separation"].values[head], expected, rtol=1e-5)
    ranked.sort(reverse=True)
    scores = [float(score) for score, _, _ in ranked[: 2 * n]]
    np.testing.assert_allclose(scan.top_pairs.score[head][: 2 * n], scores, rtol=0, atol=2e-5)
    i, j = (getattr(scan.top_pairs, name)[head][: 2 * n].tolist() for name in ("i", "j"))
    found = {*zip(i, j, strict=True)}
    assert len(found ^ {(int(i), int(j)) for _, i, j in ranked[: 2 * n]}) <= 4
    plain = (stitched + stitched.T)[np.triu_indices(n, 6)]
    np.testing.assert_allclose(
        scan.plain_pairs.score[head][: 2 * n], np.sort(plain)[::-1][: 2 * n], rtol=0, atol=2e-5
    )

    notices = []
    arcs = model.arcs(HIV_PROTEASE, [head], window=60, overlap=20, on_notice=notices.append)
    np.testing.assert_allclose(arcs.select(head, 0.05)[2], weight, rtol=0, atol=1e-5)
    assert notices == [describe_windows(windows)]
    assert model.scan(HIV_PROTEASE[:60], window=60).notes == ()
