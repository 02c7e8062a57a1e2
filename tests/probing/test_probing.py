"""Probes equal scikit-learn called directly on the same features; baselines, splits, intervals."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest

from provis_core.attention.head_files import read_head_file
from provis_core.attention.head_id import HeadId, HeadSet
from provis_core.errors import InputError
from provis_core.probing.measures import measure_f1, measure_mean_precision
from provis_core.probing.questions import find_question
from tests.tiny_checkpoints import write_tiny_bert

torch = pytest.importorskip("torch", reason="torch is not installed")
linear_model = pytest.importorskip("sklearn.linear_model", reason="scikit-learn is not installed")
f1_score = pytest.importorskip("sklearn.metrics").f1_score
make_pipeline = pytest.importorskip("sklearn.pipeline").make_pipeline
StandardScaler = pytest.importorskip("sklearn.preprocessing").StandardScaler

from provis_core.models import load_model  # noqa: E402
from provis_core.probing.features import encode_letters, pair_features  # noqa: E402
from provis_core.probing.linear import fit_probe  # noqa: E402
from provis_core.probing.running import probe, read_split, write_probe  # noqa: E402
from provis_core.probing.training import FitOptions, sample_places  # noqa: E402

pytestmark = pytest.mark.torch

LETTERS = "ACDEFGHIKLMNPQRSTVWY"
LENGTH, N_PROTEINS = 24, 8


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return load_model(write_tiny_bert(tmp_path_factory.mktemp("model") / "tiny", n_layers=3), device="cpu")


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    """Random proteins on random walks; helices are of A to M, so that letters tell something."""
    generator = np.random.default_rng(0)
    path = tmp_path_factory.mktemp("set") / "set.jsonl"
    with path.open("w") as file:
        for number in range(N_PROTEINS):
            codes = generator.integers(20, size=LENGTH)
            noise = generator.random(LENGTH) < 0.2
            coords = np.cumsum(generator.normal(0, 2.0, (LENGTH, 3)), axis=0)
            record = {
                "id": f"p{number}",
                "sequence": "".join(LETTERS[k] for k in codes),
                "ss": "".join("E" if (k > 10) ^ n else "H" for k, n in zip(codes, noise, strict=True)),
                "binding_site": [int(k) for k in np.flatnonzero(codes < 4)] or [0],
                "ca_coords": [[float(x) for x in row] for row in coords] if number else None,
            }
            if record["ca_coords"] is None:
                record["ca_coords"] = [None] * LENGTH
            file.write(json.dumps(record) + "\n")
    return path


def rows_of(result):
    return {(row.source, row.layer, row.metric): row.measure for row in result.rows}


def eager(model, sequence):
    maps = [
        model.attend(sequence, [HeadId(k, h) for h in range(model.n_heads)]) for k in range(model.n_layers)
    ]
    return np.array([[layer[HeadId(k, h)] for h in range(model.n_heads)] for k, layer in enumerate(maps)])


def test_secondary_structure_is_that_of_scikit_learn(model, records):
    question = find_question("ss")
    split = read_split(model, question, [records], test_share=0.4)
    found = rows_of(probe(model, question, split))
    assert len(split.train) + len(split.test) == N_PROTEINS
    assert {metric for _, _, metric in found} == {"f1_H", "f1_E"}  # the labels tell no turn
    for source, layer, look in (
        ("one_hot", None, lambda one: encode_letters(one.sequence)),
        ("embeddings", 0, lambda one: model.embed(one.sequence)[0]),
        ("embeddings", 2, lambda one: model.embed(one.sequence)[2]),
        ("attention", 2, lambda one: eager(model, one.sequence)[1].sum(axis=1).T),
    ):
        x, y = (
            np.concatenate(part) for part in zip(*((look(p), t.values) for p, t in split.train), strict=True)
        )
        new_x, new_y = (
            np.concatenate(part) for part in zip(*((look(p), t.values) for p, t in split.test), strict=True)
        )
        fitted = make_pipeline(StandardScaler(), linear_model.LogisticRegression(max_iter=500)).fit(x, y)
        expected = f1_score(new_y, fitted.predict(new_x), labels=[0, 1], average=None)
        got = [found[source, layer, metric].value for metric in ("f1_H", "f1_E")]
        np.testing.assert_allclose(got, expected, atol=1e-12)
    most = np.bincount(np.concatenate([t.values for _, t in split.train])).argmax()
    truth = np.concatenate([t.values for _, t in split.test])
    expected = f1_score(truth, np.full(len(truth), most), labels=[0, 1], average=None, zero_division=0)
    assert [found["majority", None, name].value for name in ("f1_H", "f1_E")] == pytest.approx(expected)
    assert found["one_hot", None, "f1_H"].value > found["majority", None, "f1_H"].low


def test_contacts_are_those_of_scikit_learn(model, records, tmp_path):
    question, options = find_question("contact"), FitOptions(l1_proteins=3, l1=0.1, max_samples=700)
    split = read_split(model, question, [records], test_share=0.4)
    assert any("p0" in one.name for one in split.left_out)  # without coordinates
    result = probe(model, question, split, options)
    found = rows_of(result)

    def precision(score_of):
        values = []
        for protein, labels in split.test:
            order = np.argsort(-score_of(protein, labels.places), kind="stable")[: LENGTH // 5]
            values.append(labels.values[order].mean())
        return np.mean(values)

    rows = sample_places(split.train, options.max_samples, 0)
    assert {len(one) for one in rows} == {min(700 // len(split.train), 171)}
    chosen = [(p, t.places[k], t.values[k]) for (p, t), k in zip(split.train, rows, strict=True)]
    values = np.concatenate([one[2] for one in chosen])
    for source, layer, look in (
        ("one_hot", None, lambda p, places: pair_features(encode_letters(p.sequence), places)),
        ("embeddings", 1, lambda p, places: pair_features(model.embed(p.sequence)[1], places)),
        ("attention", 2, lambda p, places: both_ways(eager(model, p.sequence)[1], places)),
    ):
        x = np.concatenate([look(p, places) for p, places, _ in chosen])
        fitted = make_pipeline(StandardScaler(), linear_model.LogisticRegression(max_iter=500)).fit(x, values)
        expected = precision(lambda p, places, f=fitted, look=look: f.decision_function(look(p, places)))
        assert found[source, layer, "precision_at_L/5"].value == pytest.approx(expected, abs=1e-9)

    def corrected(protein, places):
        maps = eager(model, protein.sequence).astype(np.float64)
        maps = maps + maps.swapaxes(2, 3)
        sums = maps.sum(axis=3)
        maps -= sums[..., :, None] * sums[..., None, :] / sums.sum(axis=2)[..., None, None]
        return maps[:, :, places[:, 0], places[:, 1]].reshape(-1, len(places)).T

    few = [(p, t.places, t.values) for p, t in split.train[:3]]
    x = np.concatenate([corrected(p, places) for p, places, _ in few]).astype(np.float32)
    fitted = linear_model.LogisticRegression(
        C=10, l1_ratio=1, solver="liblinear", max_iter=500, random_state=0
    ).fit(x, np.concatenate([one[2] for one in few]))
    expected = precision(lambda p, places: corrected(p, places) @ fitted.coef_[0])
    assert found["attention_l1", None, "precision_at_L/5"].value == pytest.approx(expected, abs=0.1)
    weights = fitted.coef_[0]
    assert result.about["all_heads"]["positive"] == (weights > 0).sum()
    written = write_probe(tmp_path, model, result)
    if (weights > 0).any():
        heads = read_head_file(written[-1]).sets["contact"]
        np.testing.assert_allclose(
            heads.shares, np.sort(weights[weights > 0])[::-1] / weights[weights > 0].sum(), rtol=1e-3
        )
        assert isinstance(heads.alone, HeadId | HeadSet) and "on" in heads.note
    with written[0].open() as file:
        table = list(csv.DictReader(file))
    assert len(table) == len(result.rows)
    near = precision(lambda p, places: -(places[:, 1] - places[:, 0]).astype(float))
    assert found["nearest", None, "precision_at_L/5"].value == near


def both_ways(maps, places):
    i, j = places.T
    return np.stack([maps[:, i, j], maps[:, j, i]], axis=2).transpose(1, 0, 2).reshape(len(places), -1)


def test_binding_sites_are_those_of_scikit_learn(model, records):
    question = find_question("binding_site")
    split = read_split(model, question, [records], [records])
    assert "8 test proteins have a relative in the training" in split.how
    found = rows_of(probe(model, question, split))
    x = np.concatenate([model.embed(p.sequence)[2] for p, _ in split.train])
    y = np.concatenate([t.values for _, t in split.train])
    fitted = make_pipeline(StandardScaler(), linear_model.LogisticRegression(max_iter=500)).fit(x, y)
    best = [fitted.decision_function(model.embed(p.sequence)[2]).argmax() for p, _ in split.test]
    expected = np.mean([t.values[k] for k, (_, t) in zip(best, split.test, strict=True)])
    assert found["embeddings", 2, "precision_at_L/20"].value == expected
    assert found["majority", None, "precision_at_L/20"].value == pytest.approx(y.mean())


def test_scores_of_pairs_need_no_features_of_pairs():
    generator = np.random.default_rng(1)
    vectors = generator.normal(size=(9, 5)).astype(np.float32)
    pairs = np.argwhere(np.triu(np.ones((9, 9)), 1))
    labels = generator.integers(2, size=len(pairs))
    fitted = fit_probe(pair_features(vectors, pairs), labels)
    np.testing.assert_allclose(
        fitted.score_pairs(vectors)[tuple(pairs.T)], fitted.score(pair_features(vectors, pairs)), rtol=1e-5
    )


def test_intervals_are_drawn_over_clusters():
    one = measure_mean_precision([0.0, 1.0] * 50, ["a"] * 100)
    assert (one.value, one.n_proteins) == (0.5, 100) and np.isnan(one.low)
    own, tied = (
        measure_mean_precision([0.0, 1.0] * 50, names) for names in ([*map(str, range(100))], ["x", "y"] * 50)
    )
    assert 0.38 < own.low < 0.44 and 0.56 < own.high < 0.62
    assert (tied.low, tied.high) == (0.0, 1.0)
    counts = [np.array([[3, 1, 0]]), np.array([[1, 0, 2]])]
    assert measure_f1(counts, 0, ["a", "b"]).value == 8 / 11


def test_what_cannot_be_probed_is_told(model, tmp_path):
    path = tmp_path / "one.fasta"
    path.write_text(">a\nACDEFGHIKLMNPQRSTVWY\n")
    with pytest.raises(InputError, match=r"0 proteins are left.*1 left out"):
        read_split(model, find_question("ss"), [path])
    with pytest.raises(InputError, match="Did you mean «task=contact»"):
        find_question("contacts")


def test_the_program_writes_tables_and_a_figure(records, tmp_path, capsys):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    from provis_core.cli import main

    folder = write_tiny_bert(tmp_path / "tiny", n_layers=2, n_heads=2)
    out = tmp_path / "out"
    asked = ["probe", str(records), "--task", "binding_site", "--model", str(folder), "-o", str(out)]
    assert main([*asked, "--test-share", "0.4"]) == 0
    said = capsys.readouterr()
    assert "embeddings" in said.out and "proteins for the training" in said.err
    assert sorted(path.name for path in out.iterdir()) == ["layers.svg", "probe.csv", "probe.json"]
    picture = (out / "layers.svg").read_text()
    for word in ("Binding sites", "embeddings", "attention", "one-hot", "majority", "TapeBert*", "Layer"):
        assert f">{word}</text>" in picture
