"""Baselines, the contact head, and the head that the first command shows, on toys whose answer is known."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs torch")
pytest.importorskip("transformers", reason="training needs transformers")
pytest.importorskip("scipy", reason="the contact regression needs scipy")

from provis_core.models import load_model
from provis_core.training.baselines import fit_baselines, measure_baselines
from provis_core.training.corpus import Corpus
from provis_core.training.evaluate import format_perplexities
from provis_core.training.regression import fit_contact_regression
from provis_core.training.release import (
    DRAWN_WEIGHT,
    choose_head_to_show,
    draw_chains,
    score_heads,
    touching_pairs,
)
from tests.data import find_structure
from tests.tiny_checkpoints import HIV_PROTEASE, write_tiny_bert

pytestmark = pytest.mark.torch


def test_bigram_knows_a_sequence_that_alternates() -> None:
    corpus = Corpus.from_sequences(["AC" * 50] * 200)
    losses = measure_baselines(fit_baselines(corpus), corpus)
    assert losses["unigram"] == pytest.approx(math.log(2), abs=0.02)
    assert losses["bigram"] < 0.05
    assert losses["both"] < 0.05


def test_perplexities_stand_beside_each_other() -> None:
    lines = format_perplexities({"network": 15.0, "unigram": 18.0, "bigram": 17.5, "both": 17.0}).splitlines()
    assert len(lines) == 6 and lines[3] == "| unigram | 18.000 | 0.8333 |"


def test_heads_are_scored_as_in_plain_numpy(tmp_path: Path) -> None:
    model = load_model(write_tiny_bert(tmp_path), device="cpu")
    rng = np.random.default_rng(0)
    n = len(HIV_PROTEASE)
    touching = np.triu(rng.random((n, n)) < 0.1)
    touching |= touching.T
    top, drawn = score_heads(model.scan(HIV_PROTEASE), touching, 1)
    for head in range(model.n_heads):
        weights = model.attention(HIV_PROTEASE, f"2-{head + 1}").astype(np.float64)
        i, j = np.triu_indices(n, 1)
        strong = np.maximum(weights, weights.T)[i, j] >= DRAWN_WEIGHT
        assert drawn[:, head].tolist() == [strong.sum(), touching[i, j][strong].sum()]
        both = weights + weights.T
        scores = both - both.sum(axis=1)[:, None] * both.sum(axis=0) / both.sum()
        i, j = np.triu_indices(n, 6)
        best = np.argsort(-scores[i, j])[:n]
        expected = [np.diagonal(touching, apart).mean() for apart in (j - i)[best]]
        assert top[0, head] == touching[i, j][best].sum()
        assert top[1, head] == pytest.approx(sum(expected))


def test_best_contact_head_is_shown() -> None:
    pairs, expected = np.full(4, 10.0), np.ones(4)
    top = np.stack([[1.0, 5.0, 9.0, 2.0], expected])
    weak = np.stack([[1.0, 1.9, 1.5, 1.0], expected])
    drawn = np.stack([pairs, [9.0, 2.0, 10.0, 3.0]])
    assert choose_head_to_show(top, drawn, [20, 20, 20, 20]) == 2
    assert choose_head_to_show(top, drawn, [20, 20, 0, 20]) == 1
    assert choose_head_to_show(weak, drawn, [20, 20, 0, 20]) == 0
    assert choose_head_to_show(weak, drawn, [0, 3, 2, 1]) == 1


def test_regression_finds_the_head_with_the_contacts() -> None:
    rng = np.random.default_rng(0)
    chains = []
    for _ in range(3):
        contacts = np.triu(rng.random((30, 30)) < 0.1)
        contacts |= contacts.T
        noise = rng.normal(size=(3, 30, 30)).astype(np.float32)
        noise[1] += 3 * contacts
        chains.append(((noise + noise.transpose(0, 2, 1)) / 2, contacts))
    regression = fit_contact_regression(chains[:2])
    assert abs(regression.weights).argmax() == 1
    i, j = np.triu_indices(30, 6)
    scores, contacts = regression.score(chains[2][0])[0][i, j], chains[2][1][i, j]
    assert contacts[np.argsort(-scores)[:20]].sum() >= 18


def test_chains_are_drawn_from_structures_with_one(tmp_path: Path) -> None:
    (tmp_path / "structures").mkdir()
    for name in ("pdb/1ahsA.pdb.gz", "pdb/1tii.pdb.gz"):  # the second one has several chains
        path = find_structure(name)
        (tmp_path / "structures" / path.name).symlink_to(path)
    (chain,) = draw_chains(tmp_path)
    assert chain.name.startswith("1ahsA") and 40 <= chain.n_positions <= 500
    touching = touching_pairs(chain)
    apart = np.linalg.norm(chain.ca_coords[:, None] - chain.ca_coords, axis=2)
    expected = (apart < 8) & ~np.eye(len(apart), dtype=bool)
    assert (touching == expected)[np.isfinite(apart)].all()
    assert math.isclose(touching.mean(), touching.T.mean())
