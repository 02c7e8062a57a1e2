"""Tests and corrections equal statsmodels and scipy."""

from __future__ import annotations

import numpy as np
import pytest

from provis_core.scoring.statistics import compare_proportions, correct_bonferroni, correct_fdr, count_tests

RNG = np.random.default_rng(0)
COUNTS = np.concatenate([RNG.integers(1, 500, 200), [5, 5, 1000]])
HITS = np.concatenate([RNG.binomial(COUNTS[:200], RNG.random(200) ** 3), [0, 5, 3]])


@pytest.mark.parametrize("background", [(14, 99), (3, 4000), (120, 130)])
def test_two_proportions(background):
    proportion = pytest.importorskip("statsmodels.stats.proportion", reason="statsmodels is not installed")
    z, p = compare_proportions(HITS, COUNTS, *background)
    for k, (hits, count) in enumerate(zip(HITS, COUNTS, strict=True)):
        expected = proportion.proportions_ztest([hits, background[0]], [count, background[1]])
        np.testing.assert_allclose((z[k], p[k]), expected, rtol=1e-9, atol=1e-300)
    assert p.min() < 1e-6 < 0.5 < p.max()


def test_proportions_that_cannot_be_compared():
    z, p = compare_proportions([[0, 0], [5, 0]], [[0, 3], [5, 4]], [[1, 0], [9, 2]], [[2, 9], [9, 8]])
    assert np.isnan(z).tolist() == np.isnan(p).tolist() == [[True, True], [True, False]]


@pytest.mark.parametrize("method", ["bonferroni", "fdr_bh"])
@pytest.mark.parametrize("n", [1, 7, 480])
def test_corrections(method, n):
    multitest = pytest.importorskip("statsmodels.stats.multitest", reason="statsmodels is not installed")
    p = np.round(RNG.random(n) ** 4, 2)  # with ties, zeros and ones
    correct = {"bonferroni": correct_bonferroni, "fdr_bh": correct_fdr}[method]
    expected = multitest.multipletests(p, method=method)[1]
    np.testing.assert_allclose(correct(p), expected, rtol=1e-12, atol=0)
    shaped = np.stack([p, np.full(n, np.nan)])  # what was not tested is no test
    np.testing.assert_allclose(correct(shaped)[0], expected, rtol=1e-12, atol=0)
    assert np.isnan(correct(shaped)[1]).all()
    assert count_tests(shaped) == n


def test_false_discovery_rate_is_scipy_s():
    stats = pytest.importorskip("scipy.stats", reason="scipy is not installed")
    p = RNG.random(50) ** 3
    np.testing.assert_allclose(correct_fdr(p), stats.false_discovery_control(p), rtol=1e-12)


def test_nothing_to_correct():
    assert correct_fdr(np.array([])).shape == (0,)
    assert np.isnan(correct_bonferroni(np.full((2, 2), np.nan))).all()
