"""Sets of heads of a survey: judged as a plain loop does, ranked on one half, reported on the other."""

from __future__ import annotations

import json

import numpy as np
import pytest

from provis_core.attention.head_files import read_head_file
from provis_core.attention.head_id import HeadId, HeadSet
from tests.tiny_checkpoints import write_tiny_bert

pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("pyarrow", reason="pyarrow is not installed")

from provis_core.cli import main
from provis_core.models import load_model
from provis_core.proteins.reading import read_proteins
from provis_core.survey.head_sets import find_truth, judge_heads, judge_means

pytestmark = pytest.mark.torch

LENGTH, N_PROTEINS = 26, 8
SETS = (HeadSet((HeadId(0, 1),)), HeadSet((HeadId(0, 1), HeadId(1, 0), HeadId(1, 1))))


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    generator = np.random.default_rng(3)
    path = tmp_path_factory.mktemp("set") / "set.jsonl"
    with path.open("w") as file:
        for number in range(N_PROTEINS):
            coords = np.cumsum(generator.normal(0, 2.2, (LENGTH, 3)), axis=0).round(2).tolist()
            coords[4] = None
            record = {
                "id": f"p{number}",
                "sequence": "".join(generator.choice(list("ACDEFGHIKLMNPQRSTVWY"), LENGTH)),
                "binding_site": sorted(generator.choice(LENGTH, 5, replace=False).tolist()),
                "ca_coords": coords,
            }
            file.write(json.dumps(record) + "\n")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_tiny_bert(tmp_path_factory.mktemp("model") / "tiny", n_layers=2, n_heads=2)


@pytest.fixture(scope="module")
def model(folder):
    return load_model(folder, device="cpu")


def loop_precision(weights, truth):
    """The definition, pair by pair."""
    if not truth.is_pair:
        scores = [sum(weights[q, k] for q in range(len(weights))) for k in truth.places]
    else:
        both = weights + weights.T
        rows, total = both.sum(axis=1), both.sum()
        scores = [both[i, j] - rows[i] * rows[j] / total for i, j in truth.places]
    best = sorted(range(len(scores)), key=lambda k: -scores[k])[: truth.n_best]
    return sum(bool(truth.values[k]) for k in best) / len(best)


def test_heads_and_means_are_judged_as_a_plain_loop_does(model, records):
    proteins = list(read_proteins([records]))[:3]
    for protein in proteins:
        truths = find_truth(protein, ["contact", "site", "aa"])
        assert list(truths) == ["contact", "binding_site"]
        assert truths["binding_site"].n_best == 5 and truths["contact"].n_best == (LENGTH - 1) // 5
        assert all(j - i >= 6 and 4 not in (i, j) for i, j in truths["contact"].places.tolist())
        maps = model.attend(protein.sequence, [HeadId(k, h) for k in range(2) for h in range(2)])
        wide = {head: one.astype(np.float64) for head, one in maps.items()}
        found = judge_heads(model, protein.sequence, truths)
        means = judge_means(model, protein.sequence, truths, dict.fromkeys(truths, SETS))
        for name, truth in truths.items():
            for head, one in wide.items():
                assert found[name][head] == pytest.approx(loop_precision(one, truth))
            for one, got in zip(SETS, means[name], strict=True):
                mean = np.mean([wide[head] for head in one.heads], axis=0)
                assert got == pytest.approx(loop_precision(mean, truth))


def test_a_survey_gives_heads_and_a_report(records, folder, tmp_path, capsys):
    out = tmp_path / "out"
    options = ["--model", str(folder), "--features", "contact,site", "--min-arcs", "1", "--n-shifts", "19"]
    assert main(["survey", str(records), "-o", str(out), "--quiet", *options]) == 0
    assert main(["survey", "heads", "-o", str(out), "--model", str(folder)]) == 0
    assert "binding_site_best: " in capsys.readouterr().out
    file = read_head_file(out / "heads.json")
    assert (file.model, file.n_layers, file.n_heads) == ("tiny", 2, 2)
    assert list(file.sets) == ["contact", "contact_best", "binding_site", "binding_site_best"]
    ranked, reported = file.about["ranked_on"], file.about["reported_on"]
    assert ranked + reported == N_PROTEINS and min(ranked, reported) >= 3
    model = load_model(folder, device="cpu")
    proteins = {one.name: one for one in read_proteins([records])}
    numbers = file.sets["binding_site"].numbers
    assert numbers["proteins"] == reported and numbers["low"] <= numbers["precision"] <= numbers["high"]
    # the best head of one half, on the other: some split of the proteins gives just these numbers
    every = {
        k: judge_heads(model, one.sequence, find_truth(one, ["site"]))["binding_site"]
        for k, one in proteins.items()
    }
    best = file.sets["binding_site_best"].heads[0]
    assert any(
        np.mean([one[best] for k, one in every.items() if k in part]) == pytest.approx(numbers["best_head"])
        for part in _parts(list(every), reported)
    )
    pytest.importorskip("matplotlib")
    assert main(["survey", "report", "-o", str(out)]) == 0
    page = (out / "report.html").read_text()
    assert page.count("<img ") == 3 and "is none of the five models" in page


def _parts(names, size):
    from itertools import combinations

    return combinations(names, size)
