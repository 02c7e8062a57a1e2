"""Clusters of similar sequences: made by identity, against hand-made ones and all pairs aligned; or given."""

from __future__ import annotations

import json

import numpy as np
import pytest

from provis_core.errors import InputError
from provis_core.proteins.clusters import choose_clusters, make_clusters, read_clusters
from provis_core.proteins.reading import read_proteins
from provis_core.proteins.relatives import cluster_sequences, compare_sequences, split_clusters

align = pytest.importorskip("Bio.Align", reason="Biopython is not installed")
csgraph = pytest.importorskip("scipy.sparse.csgraph", reason="scipy is not installed")

LETTERS = np.array(list("ACDEFGHIKLMNPQRSTVWY"))


def draw(rng: np.random.Generator, n: int) -> str:
    return "".join(rng.choice(LETTERS, n))


def change(rng: np.random.Generator, sequence: str, identity: float) -> str:
    """With so many residues kept, in stretches as evolution keeps them, and a gap of five residues."""
    kept = np.repeat(rng.random(len(sequence) // 4 + 1) < identity, 4)[: len(sequence)]
    letters = np.where(kept, list(sequence), rng.choice(LETTERS, len(sequence)))
    cut = int(rng.integers(len(sequence) // 3, len(sequence) // 2))
    return "".join([*letters[:cut], *letters[cut + 5 :]])


def group(clusters: np.ndarray) -> set[frozenset[int]]:
    return {frozenset(np.flatnonzero(clusters == one).tolist()) for one in np.unique(clusters)}


def test_hand_made_families():
    """Ten families of three at 60 % identity, mixed with 30 sequences that are alone."""
    rng = np.random.default_rng(2)
    family, sequences = [], []
    for number in range(10):
        parent = draw(rng, 150)
        sequences += [parent, change(rng, parent, 0.6), change(rng, parent, 0.6)]
        family += [number] * 3
    sequences += [draw(rng, int(rng.integers(40, 300))) for _ in range(30)]
    family += range(10, 40)
    order = rng.permutation(len(sequences))
    mixed, expected = [sequences[k] for k in order], np.array(family)[order]
    assert group(cluster_sequences(mixed)) == group(expected)
    assert len(group(cluster_sequences(mixed, 0.95))) == len(mixed)


def test_all_pairs_aligned_give_the_same():
    """The pairs that are aligned are all that matter, on families down to the threshold."""
    rng = np.random.default_rng(4)
    sequences = []
    for _ in range(6):
        parent = draw(rng, 160)
        sequences += [parent, *(change(rng, parent, share) for share in (0.9, 0.6, 0.5))]
    aligner = align.PairwiseAligner(
        mode="local",
        substitution_matrix=align.substitution_matrices.load("BLOSUM62"),
        open_gap_score=-11,
        extend_gap_score=-1,
    )
    n = len(sequences)
    linked = np.zeros((n, n))
    for i in range(n):
        for j in range(i):
            one = aligner.align(sequences[i], sequences[j])[0]
            columns = list(zip(*one, strict=True))
            both = [(a, b) for a, b in columns if "-" not in (a, b)]
            same = sum(a == b for a, b in both)
            lengths = len(sequences[i]), len(sequences[j])
            found = compare_sequences(sequences[i], sequences[j])
            assert found.identity == pytest.approx(same / len(both))
            assert found.aligned == pytest.approx(len(both) / min(lengths))
            expected = 0.041 * np.prod(lengths) * np.exp(-0.267 * one.score)
            assert found.expected == pytest.approx(expected)
            linked[i, j] = found.identity >= 0.4 and found.aligned >= 0.5 and expected * n <= 1e-3
    _, expected = csgraph.connected_components(linked, directed=False)
    assert 6 <= len(group(expected)) < n / 2
    assert group(cluster_sequences(sequences, 0.4)) == group(expected)


def test_half_of_the_shorter_one_must_be_alike():
    rng = np.random.default_rng(5)
    domain, other, third = draw(rng, 100), draw(rng, 240), draw(rng, 240)
    whole, fragment = domain + other, domain[10:80]
    assert group(cluster_sequences([whole, fragment])) == {frozenset({0, 1})}
    assert len(group(cluster_sequences([whole, domain + third]))) == 2  # 100 of 340 residues
    assert group(cluster_sequences([whole, domain + third, fragment])) == {frozenset({0, 1, 2})}  # through it


def test_short_and_odd_sequences():
    odd = ["AC", "AC", "", "XXXX", "MUOJBZXMKTAYIAKQRQISFVKSHFS", "MCKLBZXMKTAYIAKQRQISFVKSHFS"]
    assert cluster_sequences(odd).tolist() == [0, 0, 1, 2, 3, 3]
    assert cluster_sequences(odd, 1).tolist() == [0, 0, 1, 2, 3, 4]
    assert cluster_sequences([]).tolist() == []


def test_a_cluster_is_on_one_side():
    chosen = split_clusters([str(k) for k in np.repeat(np.arange(10), 3)], 0.3)
    assert chosen.reshape(10, 3).sum() == 9 and set(chosen.reshape(10, 3).sum(axis=1)) == {0, 3}


def test_proteins_of_a_file(tmp_path):
    rng = np.random.default_rng(6)
    parent = draw(rng, 90)
    sequences = {
        "alone": draw(rng, 80),
        "first": parent,
        "second": change(rng, parent, 0.7),
        "copy": "",
        "bad": 3,
    }
    sequences["copy"] = sequences["alone"]
    path = tmp_path / "set.jsonl"
    path.write_text("".join(json.dumps({"id": k, "sequence": v}) + "\n" for k, v in sequences.items()))
    assert make_clusters(read_proteins([path]), 0.4) == {"first": "first", "second": "first"}
    assert make_clusters(read_proteins([path]), 1) == {}


def test_what_is_typed(tmp_path):
    table = tmp_path / "clusters.tsv"
    table.write_text("a\tp0\na\tp1\nb\tp2\n")
    assert choose_clusters("0.3") == ({}, 0.3)
    assert choose_clusters(str(table))[0] == read_clusters(table) == {"p0": "a", "p1": "a", "p2": "b"}
    for text in ("0", "40", "-1", "nan"):
        with pytest.raises(InputError, match="identity above 0 and up to 1"):
            choose_clusters(text)
    for text, said in (("a\tp0\nb\tp0\n", "two clusters"), ("a\n", "1 columns")):
        table.write_text(text)
        with pytest.raises(InputError, match=said):
            read_clusters(table)
