"""Relevance on a property, as scipy counts it, and against all shifts one by one."""

from __future__ import annotations

import numpy as np
import pytest

from provis_core.annotations.annotation import Annotation
from provis_core.errors import InputError
from provis_core.scoring.head_counts import ENDS
from provis_core.scoring.relevance_scores import score_relevance
from provis_core.structures.sequence import compute_sequence_map

from .fakes import make_chain

N = 40
CHAIN = make_chain("A" * N)
MAP = compute_sequence_map(CHAIN, "observed")


def make_case():
    chosen = np.random.default_rng(1)
    values = np.zeros(N, dtype=bool)
    values[8:17] = True
    valid = np.ones(N, dtype=bool)
    valid[[3, 30]] = False
    values &= valid
    relevance = chosen.normal(size=(2, 3, N)).astype(np.float32)
    relevance[0, 1] += 2 * values
    relevance[1, 2] = 0
    relevance[1, 1] = np.round(relevance[1, 1])  # ties
    return relevance, Annotation("helix", "residue", values, valid, "toy", "by hand")


def test_numbers_are_those_of_scipy():
    stats = pytest.importorskip("scipy.stats", reason="scipy is not installed")
    relevance, annotation = make_case()
    scores = score_relevance(relevance, MAP, annotation)
    has = annotation.values[annotation.valid]
    assert (scores.n_known, scores.n_on) == (38, 9)
    for place in np.ndindex(2, 3):
        row = relevance[place][annotation.valid].astype(float)
        assert scores.difference[place] == pytest.approx(row[has].mean() - row[~has].mean(), abs=1e-6)
        larger = stats.mannwhitneyu(row[has], row[~has]).statistic
        assert scores.auroc[place] == pytest.approx(larger / (has.sum() * (~has).sum()), abs=1e-12)
        if row.any():
            assert scores.r[place] == pytest.approx(stats.pointbiserialr(has, row).statistic, abs=1e-6)
    assert np.isnan(scores.r[1, 2]) and np.isnan(scores.p_max[1, 2]) and scores.auroc[1, 2] == 0.5


def test_p_counts_the_shifts_one_by_one():
    relevance, annotation = make_case()
    scores = score_relevance(relevance, MAP, annotation)
    known = np.flatnonzero(annotation.valid)
    moves = (known >= ENDS) & (known < N - ENDS)
    has = annotation.values[known].astype(float)
    n = int(moves.sum())
    r = np.empty((n, 5))
    for shift in range(n):
        moved = has.copy()
        moved[moves] = np.roll(has[moves], shift)
        r[shift] = [np.corrcoef(moved, row)[0, 1] for row in relevance.reshape(6, N)[:5, known]]
    away = np.abs(r - r.mean(axis=0)) / r.std(axis=0)
    for k in range(5):
        assert scores.p.flat[k] == pytest.approx((away[:, k] >= away[0, k] - 1e-9).mean())
        assert scores.p_max.flat[k] == pytest.approx((away.max(axis=1) >= away[0, k] - 1e-9).mean())
    assert scores.order[0] == 1
    assert scores.p_max[0, 1] == np.nanmin(scores.p_max)


def test_numbers_pairs_and_what_all_have_are_refused():
    relevance, annotation = make_case()
    number = Annotation("sasa", "residue", np.ones(N, dtype=np.float32), annotation.valid, "toy", "by hand")
    every = Annotation("chain", "residue", np.ones(N, dtype=bool), np.ones(N, dtype=bool), "toy", "by hand")
    pairs = Annotation("contact", "pair", np.ones((N, N), dtype=bool), annotation.valid, "toy", "by hand")
    for one, words in ((number, "sasa is a number"), (every, "40 of 40 residues"), (pairs, "of pairs")):
        with pytest.raises(InputError, match=words):
            score_relevance(relevance, MAP, one)
