"""Numbers of the model card on toys whose answer is known by hand."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs torch")
pytest.importorskip("transformers", reason="training needs transformers")
pytest.importorskip("Bio", reason="the evaluation reads structures with Biopython")
pytest.importorskip("scipy", reason="the contact regression needs scipy")

from provis_core.training.baselines import fit_baselines, measure_baselines
from provis_core.training.corpus import Corpus
from provis_core.training.head_scores import (
    Tally,
    bootstrap_ratio,
    compute_separation_background,
    correct_average_product,
    count_strong_pairs,
    count_top_pairs,
    key_labels,
)
from provis_core.training.regression import fit_contact_regression
from provis_core.training.release import choose_head_to_show, count_drawn_pairs
from provis_core.training.structures import (
    LabelledChain,
    compute_contacts,
    drop_near_duplicates,
    load_structure_chains,
    read_chain,
)
from provis_core.training.survey import choose_head, split_chains, summarise
from tests.data import SHARED as DATA

pytestmark = pytest.mark.torch


def test_bigram_knows_a_sequence_that_alternates() -> None:
    corpus = Corpus.from_sequences(["AC" * 50] * 200)
    losses = measure_baselines(fit_baselines(corpus), corpus)
    assert losses["unigram"] == pytest.approx(math.log(2), abs=0.02)
    assert losses["bigram"] < 0.05
    assert losses["both"] < 0.05


def test_background_is_the_mean_of_a_diagonal() -> None:
    labels = np.array([[0, 1, 1], [0, 0, 0], [1, 0, 0]], dtype=bool)
    expected = [[0, 0.5, 1], [0, 0, 0.5], [1, 0, 0]]
    np.testing.assert_allclose(compute_separation_background(labels), expected)


def test_strong_pairs_are_counted_by_direction() -> None:
    attention = np.zeros((2, 4, 4), dtype=np.float32)
    attention[0, 0, 3] = 0.5
    attention[0, 3, 0] = 0.2
    attention[0, 0, 1] = 0.9  # too near
    labels = np.zeros((4, 4), dtype=bool)
    labels[0, 3] = labels[3, 0] = True
    tally = count_strong_pairs(attention, labels, 0.3, 3)
    assert (tally.pairs.tolist(), tally.hits.tolist()) == ([1, 0], [1, 0])
    assert tally.expected.tolist() == [1, 0]


def test_key_labels_look_at_the_key() -> None:
    labels = key_labels(np.array([True, False]))
    assert labels.tolist() == [[True, False], [True, False]]


def test_top_pairs_take_each_pair_once() -> None:
    scores = np.zeros((1, 5, 5), dtype=np.float32)
    scores[0, 0, 3] = scores[0, 3, 0] = 2
    scores[0, 1, 4] = scores[0, 4, 1] = 1
    labels = scores[0] == 2
    assert count_top_pairs(scores, labels, 2, 3).hits.tolist() == [1]
    tally = count_top_pairs(scores, labels, 2, 3)
    assert (tally.pairs.tolist(), tally.expected.tolist()) == ([2], [1])
    assert count_top_pairs(scores, labels, 100, 3).pairs.tolist() == [3]


def test_average_product_correction_removes_a_product() -> None:
    profile = np.array([1, 2, 3], dtype=np.float32)
    product = (profile[:, None] * profile[None, :])[None]
    assert abs(correct_average_product(product)).max() < 1e-5


def test_ratio_has_an_interval_around_it() -> None:
    rng = np.random.default_rng(0)
    below = rng.integers(50, 100, size=60).astype(float)
    value, low, high = bootstrap_ratio(rng.binomial(below.astype(int), 0.3).astype(float), below)
    assert low < value < high
    assert low < 0.3 < high
    assert math.isnan(bootstrap_ratio(np.zeros(3), np.zeros(3))[0])


def test_head_is_chosen_against_its_background() -> None:
    tally = Tally(
        pairs=np.array([[50.0, 50.0, 2.0]]),
        hits=np.array([[30.0, 20.0, 2.0]]),
        expected=np.array([[30.0, 5.0, 0.1]]),
    )
    assert choose_head(tally) == 1
    assert choose_head(tally, min_pairs=1000) is None
    summary = summarise(tally, 1, "1-2")
    assert (summary.share, summary.background, summary.ratio) == (0.4, 0.1, 4.0)


def test_drawn_pairs_count_either_direction_once() -> None:
    attention = np.zeros((2, 3, 3), dtype=np.float32)
    attention[0, 0, 1] = attention[0, 1, 0] = attention[0, 2, 0] = 0.2
    attention[1, 1, 1] = 0.9
    assert count_drawn_pairs(attention) == [2, 0]


def test_best_contact_head_is_shown() -> None:
    pairs, expected = np.full((1, 4), 10.0), np.full((1, 4), 1.0)
    top = Tally(pairs, np.array([[1.0, 5.0, 9.0, 2.0]]), expected)
    weak = Tally(pairs, np.array([[1.0, 1.9, 1.5, 1.0]]), expected)
    touching = Tally(pairs, np.array([[9.0, 2.0, 10.0, 3.0]]), expected)
    assert choose_head_to_show(top, touching, [20, 20, 20, 20]) == 2
    assert choose_head_to_show(top, touching, [20, 20, 0, 20]) == 1
    assert choose_head_to_show(weak, touching, [20, 20, 0, 20]) == 0
    assert choose_head_to_show(weak, touching, [0, 3, 2, 1]) == 1


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
    tally = count_top_pairs(regression.score(chains[2][0]), chains[2][1], 20, 6)
    assert tally.hits[0] >= 18


def test_contacts_are_closer_than_the_cutoff() -> None:
    coords = np.array([[0, 0, 0], [7.9, 0, 0], [8.1, 0, 0]], dtype=np.float32)
    assert compute_contacts(coords)[0].tolist() == [True, True, False]


def test_near_duplicates_are_dropped() -> None:
    names = {"a": "MKTAYIAKQRQISFVKSHFSRQ", "b": "KTAYIAKQRQISFVKSHFSRQL", "c": "GWPLEECNDGHVTTWDDPNGAC"}
    kept = drop_near_duplicates([LabelledChain(name, sequence) for name, sequence in names.items()])
    assert [chain.name for chain in kept] == ["a", "c"]


def test_split_is_the_same_each_time() -> None:
    chains = [LabelledChain(str(i), "A") for i in range(30)]
    split = split_chains(chains)
    assert split == split_chains(chains)
    assert len(split.training) == 20
    assert {c.name for c in split.training}.isdisjoint(c.name for c in split.reporting)


def test_chain_is_read_with_its_binding_residues(tmp_path: Path) -> None:
    line = "ATOM  {:5d}  CA  {} A{:4d}{}   {:8.3f}{:8.3f}{:8.3f}  1.00  0.00           C\n"
    residues = [("GLY", 10, " "), ("MSE", 10, "A"), ("TRP", 11, " ")]
    lines = [line.format(i + 1, name, n, code, 4.0 * i, 0, 0) for i, (name, n, code) in enumerate(residues)]
    (tmp_path / "toy.pdb").write_text("".join(lines) + "END\n")
    chain = read_chain(tmp_path / "toy.pdb", {"A": {"10A"}})
    assert (chain.name, chain.sequence) == ("toy", "GMW")
    assert chain.binding is not None
    assert chain.binding.tolist() == [False, True, False]
    assert chain.ca_coords is not None
    assert chain.ca_coords[:, 0].tolist() == [0, 4, 8]


@pytest.mark.skipif(not DATA.is_dir(), reason="needs the shared data beside the checkout")
def test_real_structures_are_read() -> None:
    chain = read_chain(DATA / "structures/pdb/1ubq.pdb.gz")
    assert len(chain.sequence) == 76
    assert chain.sequence.startswith("MQIFVKTLTGK")
    assert callable(load_structure_chains)
