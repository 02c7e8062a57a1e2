"""All circular shifts equal a loop over them; p-values are what they are said to be."""

from __future__ import annotations

import numpy as np
import pytest

from provis_core.scoring import circular_shifts
from provis_core.scoring.circular_shifts import shift_pairs, shift_residues, summarize_shifts
from provis_core.scoring.statistics import correct_fdr

RNG = np.random.default_rng(1)


@pytest.mark.parametrize("n", [2, 13, 64, 101])
@pytest.mark.parametrize("is_numeric", [False, True])
def test_residues_equal_a_loop(n, is_numeric):
    values = RNG.random(n) if is_numeric else RNG.random(n) < 0.3
    weights = RNG.random((5, n))
    found = shift_residues(weights, values, np.ones(n, bool))
    assert found.shape == (5, n)
    for s in range(n):
        np.testing.assert_allclose(found[:, s], weights @ np.roll(values, s), rtol=1e-12, atol=1e-12)
    moves = RNG.random(n) < 0.7
    found = shift_residues(weights, values, moves)
    assert found.shape == (5, max(1, moves.sum()))
    for s in range(found.shape[1]):
        shifted = values.copy()
        shifted[moves] = np.roll(values[moves], s)
        np.testing.assert_allclose(found[:, s], weights @ shifted, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(found[:, 0], weights @ values.astype(float))


@pytest.mark.parametrize("density", [0.05, 0.9])
@pytest.mark.parametrize("chunk", [1, 50, 1_000_000])
def test_pairs_equal_a_loop(density, chunk, monkeypatch):
    monkeypatch.setattr(circular_shifts, "_CHUNK", chunk)
    n, n_heads, n_pairs = 23, 4, 150
    labels = RNG.random((n, n)) < density
    labels |= labels.T
    known = np.abs(np.subtract.outer(np.arange(n), np.arange(n))) >= 3
    known[5, :] = known[:, 5] = False
    head = RNG.integers(0, n_heads - 1, n_pairs)  # the last head has none
    i, j = RNG.integers(0, n, (2, n_pairs))
    weight = RNG.random(n_pairs)
    hits, counts = shift_pairs(head, i, j, weight, labels, known, n_heads)
    for s in range(n):
        there = known[(i - s) % n, (j - s) % n]
        has = labels[(i - s) % n, (j - s) % n] & there
        for h in range(n_heads):
            mine = head == h
            assert hits[h, s] == pytest.approx(weight[mine & has].sum(), abs=1e-9)
            assert counts[h, s] == pytest.approx(weight[mine & there].sum(), abs=1e-9)


def test_no_pairs_at_all():
    empty = np.empty(0, dtype=np.int64)
    hits, counts = shift_pairs(
        empty, empty, empty, empty * 1.0, np.eye(4, dtype=bool), np.ones((4, 4), bool), 2
    )
    assert not hits.any()
    assert not counts.any()


def _summarize_by_loop(statistic, tested, *, two_sided):
    rows = []
    z = np.full(statistic.shape, -np.inf)
    for h, row in enumerate(statistic):
        good = row[np.isfinite(row)]
        z[h, np.isfinite(row)] = (good - good.mean()) / good.std()
        if two_sided:
            z[h, np.isfinite(row)] = abs(z[h, np.isfinite(row)])
        p = np.mean(z[h][np.isfinite(row)] >= z[h, 0] - 1e-9)
        rows.append((good.mean(), *np.quantile(good, [0.025, 0.975]), (row[0] - good.mean()) / good.std(), p))
    largest = z[tested].max(axis=0)
    p_max = [np.mean(largest >= z[h, 0] - 1e-9) if tested[h] else np.nan for h in range(len(z))]
    rates = {}  # of the heads that reach a limit, how many a shift gives on average
    for limit in z[tested, 0] - 1e-9:
        rates[limit] = (z[tested] >= limit).sum() / z.shape[1] / (z[tested, 0] >= limit).sum()
    p_fdr = [
        min(1, *(rate for limit, rate in rates.items() if limit <= z[h, 0])) if tested[h] else np.nan
        for h in range(len(z))
    ]
    return [*np.array(rows).T, np.array(p_max), np.array(p_fdr)]


@pytest.mark.parametrize("two_sided", [False, True])
def test_summary_equals_a_loop(two_sided):
    statistic = np.round(RNG.random((6, 40)), 1)  # with ties
    statistic[2, 7:12] = np.nan
    statistic[3, 0] = 3.0
    tested = np.array([True, True, True, True, False, True])
    null = summarize_shifts(statistic, tested, two_sided=two_sided)
    expected = _summarize_by_loop(statistic, tested, two_sided=two_sided)
    for name, values in zip(("expected", "low", "high", "z", "p", "p_max", "p_fdr"), expected, strict=True):
        np.testing.assert_allclose(getattr(null, name), values, rtol=1e-9, err_msg=name)
    assert null.p[3] == null.p_max[3] == null.p_fdr[3] == 1 / 40


def test_a_false_discovery_rate_that_one_p_value_of_each_head_could_never_reach():
    """40 shifts, 30 heads, one planted: 1/40 times 30 is above 0.05, the pooled shifts know better."""
    statistic = np.random.default_rng(3).normal(size=(30, 40))
    statistic[7, 0] = 12.0
    null = summarize_shifts(statistic, np.ones(30, dtype=bool))
    assert correct_fdr(null.p)[7] > 0.05
    assert null.p_fdr[7] == 1 / 40
    assert (np.delete(null.p_fdr, 7) > 0.05).all()


def test_heads_without_anything_and_heads_that_are_all_the_same():
    statistic = np.array([[np.nan, 1.0, 2.0], [0.5, 0.5, 0.5], [1.0, 0.0, 0.0]])
    null = summarize_shifts(statistic, np.array([True, True, True]))
    assert np.isnan(null.p).tolist() == [True, False, False]
    assert (null.p[1], null.p[2]) == (1.0, 1 / 3)
    assert np.isnan(null.z[1])
    assert null.p_max[2] == 1 / 3


def test_rounding_decides_nothing():
    """0.1 + 0.2 is not 0.3: equal sums that were added up in different ways are equal."""
    statistic = np.array([[0.3, 0.1 + 0.2, 0.3, 0.0, 0.0, 0.0]])
    assert summarize_shifts(statistic, np.array([True])).p[0] == 0.5
    assert summarize_shifts(statistic[:, [1, 0, 2, 3, 4, 5]], np.array([True])).p[0] == 0.5


def test_one_shift_or_none():
    null = summarize_shifts(np.empty((3, 0)), np.ones(3, dtype=bool))
    assert np.isnan(null.p).all()
    assert summarize_shifts(np.array([[0.4]]), np.array([True])).p.tolist() == [1.0]
