"""The survey of explanations: which proteins, curves and controls; on a small model and planted spans."""

from __future__ import annotations

import json

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch")
pytest.importorskip("scipy", reason="training needs scipy")
pytest.importorskip("Bio", reason="training needs Biopython")

from provis_core.attribution.explain import explain, make_problem  # noqa: E402
from provis_core.checkpoints.readouts import ReadoutConfig  # noqa: E402
from provis_core.models import load_model  # noqa: E402
from provis_core.models.pooled import build_head, write_head  # noqa: E402
from provis_core.proteins.reading import read_proteins  # noqa: E402
from provis_core.targets.predictions import Prediction  # noqa: E402
from provis_core.training import explanations  # noqa: E402
from provis_core.training.explanations import (  # noqa: E402
    choose_survey_proteins,
    evaluate_explanations,
    format_explanations,
    measure_curve,
    write_held_out,
)
from provis_core.training.membrane import LABELS, MembraneProtein  # noqa: E402
from tests.tiny_checkpoints import write_tiny_esm  # noqa: E402
from tests.training.test_membrane import make_proteins, write_tmbed  # noqa: E402

MEMBRANE = Prediction("class", classes=("Membrane", "Soluble"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A tiny model with a head of random weights that calls everything membrane."""
    folder = write_tiny_esm(tmp_path_factory.mktemp("tiny"), n_layers=2, sharp=1.0)
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "token_dropout": False}))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        head = build_head(128, 10, 2)
        with torch.no_grad():
            head[6].bias.copy_(torch.tensor([-3.0, 3.0]))
    write_head(
        folder, ReadoutConfig("membrane", "sequence", LABELS, pooling="default_all"), head.state_dict()
    )
    return folder


def test_proteins_are_held_out_short_and_partly_in_the_membrane():
    def make(name: str, n: int, n_in: int, fold: int = 0) -> MembraneProtein:
        return MembraneProtein(name, "A" * n, fold, np.arange(n) < n_in)

    proteins = [
        make("good", 100, 40), make("other fold", 100, 40, 1), make("long", 201, 80), make("soluble", 100, 0),
        make("nearly all", 100, 80), make("good too", 200, 20),
    ]  # fmt: skip
    assert [one.name for one in choose_survey_proteins(proteins, 5)] == ["good", "good too"]
    assert choose_survey_proteins(proteins, 1) == choose_survey_proteins(proteins, 1)


def test_curves_are_the_scores_of_embeddings_that_are_exchanged(folder):
    """Masked by tokens, where the model does not scale its embeddings by their number."""
    model = load_model(folder, device="cpu")
    sequence = make_proteins(2)[1].sequence[:40]
    order = np.random.default_rng(0).permutation(40).tolist()
    readout, vocabulary = model.readout("membrane"), model.vocabulary

    def score(hidden: list[int]) -> float:
        ids = vocabulary.encode(sequence)
        for position in hidden:
            ids[1 + position] = vocabulary.mask
        with torch.no_grad():
            soluble, membrane = readout.logits(torch.tensor([ids]))[0].tolist()
        return membrane - soluble

    counts = (1, 2, 4, 8, 16, 32, 64)
    drop = measure_curve(model, sequence, MEMBRANE, order)
    rise = measure_curve(model, sequence, MEMBRANE, order, insert=True)
    np.testing.assert_allclose(drop, [score([]) - score(order[:n]) for n in counts], atol=1e-4)
    everything = score(order)
    np.testing.assert_allclose(rise, [score(order[n:]) - everything for n in counts], atol=1e-4)
    assert drop[-1] == pytest.approx(rise[-1], abs=1e-4)  # all 40 residues


def test_held_out_proteins_are_records_of_a_survey(tmp_path):
    data = write_tmbed(tmp_path, make_proteins(40))
    n = write_held_out(tmp_path / "set.jsonl", data, 3)
    items = list(read_proteins([tmp_path / "set.jsonl"]))
    assert n == len(items) == 3
    known = {one.name: one for one in make_proteins(40)}
    for one in items:
        found = one.annotate(["membrane"]).known["membrane"]
        np.testing.assert_array_equal(found.values, known[one.name].spans)


def test_methods_are_measured_and_tables_have_their_numbers(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(explanations.importlib.util, "find_spec", lambda name: None)  # without AntiBERTy
    data = write_tmbed(tmp_path, make_proteins(40))
    told: list[str] = []
    report = evaluate_explanations(folder, data, 3, told.append)
    assert report["proteins"] == 3
    assert told[0].startswith("3 proteins")
    text = format_explanations(report)
    row = report["membrane"]["ig"]["drop"]
    assert f"| ig | {row['mean']:.2f} ({row['interval'][0]:.2f} to" in text
    assert len(report["membrane"]["random"]["rise"]["curve"]) == 7
    assert -1 <= report["ablation"]["spearman"] <= 1
    assert f"ig and ablate: Spearman {report['ablation']['spearman']:.2f} (" in text
    sequence = make_proteins(40)[1].sequence
    problem, _ = make_problem(load_model(folder, device="cpu"), sequence, MEMBRANE, "mask")
    relevance = explain(load_model(folder, device="cpu"), sequence, MEMBRANE, baseline="mask")
    assert relevance.score == pytest.approx(problem.evaluate_each([problem.embedded])[0])
