"""provis explain, targets and heads --measure on a real file, beside transformers' own logits."""

from __future__ import annotations

import csv
import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from provis_core.annotations.annotators import compute_annotations
from provis_core.checkpoints.registry import find_model
from provis_core.structures.files.subjects import load_subjects
from tests.viewers.structures import find_1hpv

pytestmark = [
    pytest.mark.torch,
    pytest.mark.skipif(
        not all(importlib.util.find_spec(name) for name in ("torch", "transformers", "scipy")),
        reason="torch, transformers or scipy is not installed",
    ),
]

PLACE = 82  # of 1HPV's chain A, valine, the 82nd of 99 letters


@pytest.fixture
def chain_file() -> Path:
    return find_1hpv()


def log_odds(sequence: str) -> float:
    """Of alanine against valine at 82, with the valine in its place."""
    import torch
    import transformers

    folder = find_model("provis_mini").folder
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForMaskedLM.from_pretrained(folder).eval()
    letters = tokenizer(" ".join(sequence), return_tensors="pt")
    with torch.no_grad():
        logits = model(**letters).logits[0, PLACE].double()
    a, v = (tokenizer.convert_tokens_to_ids(letter) for letter in "AV")
    return float(logits[a] - logits[v])


def test_a_table_of_residues_adds_up_to_what_the_model_says(provis, chain_file, tmp_path) -> None:
    table, arrays = tmp_path / "why.json", tmp_path / "why.npz"
    asked = ("explain", chain_file, "--chain", "A", "--target", "V82A")
    said = provis(*asked, "--out", table)
    assert said.status == 0 and said.out == "" and "relevance of 99 residues written to" in said.err
    told = json.loads(table.read_text())
    (about,) = told["chains"]
    sequence = load_subjects(chain_file)[0].chain.sequence
    assert about["score"] == pytest.approx(log_odds(sequence), abs=1e-4)
    values = [row["relevance"] for row in told["rows"]]
    assert [row["position"] for row in told["rows"]] == list(range(1, 100))
    assert "".join(row["letter"] for row in told["rows"]) == sequence
    assert told["rows"][PLACE - 1]["residue"] == "A/VAL82"
    assert sum(values) == pytest.approx(about["sum_of_residues"], abs=1e-4)
    change = about["score"] - about["baseline_score"]
    total = about["sum_of_residues"] + about["sum_of_special_tokens"]
    assert abs(total - change) / abs(change) == pytest.approx(about["error"], abs=1e-6)
    assert about["error"] < 0.01 and about["target"] == "V82A" and about["steps"] >= 20
    assert told["rows"][0]["share"] == pytest.approx(values[0] / change, rel=1e-4)
    record = told["record"]
    assert record["commands"] == ["provis_explain chain A, V82A, model=provis_mini, out=relevance.json"]
    assert len(record["model"]["weights"]["model.safetensors"]) == 64
    note = record["model"]["note"]
    assert note.startswith("provis_mini: placeholder: ")
    assert len(record["chains"][0]["coordinates"]) == 64

    assert provis(*asked, "--head", "1-1", "--pairs", "--out", arrays).status == 0
    with np.load(arrays) as file:
        np.testing.assert_allclose(file["embedding"], values, rtol=1e-4, atol=1e-6)
        assert file["relevance"].shape == (12, 6, 99) and file["relevance_special"].shape == (12, 6, 2)
        assert str(file["target"]) == "V82A" and int(file["steps"]) == about["steps"]
        assert str(file["model_note"]) == note
        assert file["pairs"].shape == (99, 99) and str(file["pairs_head"]) == "1-1"


def test_heads_by_both_measures_stand_side_by_side(provis, chain_file, tmp_path) -> None:
    from scipy import stats

    plain, both = tmp_path / "heads.csv", tmp_path / "both.csv"
    asked = ("heads", chain_file, "--chain", "A", "--by", "site", "--min-attn", "0.1")
    assert provis(*asked, "--out", plain).status == 0
    said = provis(*asked, "--measure", "both", "--target", "V82A", "--out", both)
    assert said.status == 0 and "72 heads written to" in said.err
    with plain.open(newline="") as file:
        alone = {row["head"]: row for row in csv.DictReader(file)}
    with both.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 72 and {row["target"] for row in rows} == {"V82A"}
    for row in rows:
        one = alone[row["head"]]
        assert (row["rank"], row["arcs"]) == (one["rank"], one["n_arcs"])
        for name, other in (("share", "share"), ("attention_p_max", "p_max")):
            assert (row[name] == "") == (one[other] == "")
            if row[name]:
                assert float(row[name]) == pytest.approx(float(one[other]), rel=1e-3)
    arrays = tmp_path / "why.npz"
    provis("explain", chain_file, "--chain", "A", "--target", "V82A", "--out", arrays)
    site = compute_annotations("site", load_subjects(chain_file)[0])[0].values
    with np.load(arrays) as file:
        relevance = file["relevance"].astype(np.float64)
    for row in rows[:20]:
        values = relevance[int(row["layer"]) - 1, int(row["head_of_layer"]) - 1]
        difference = values[site].mean() - values[~site].mean()
        assert float(row["difference"]) == pytest.approx(difference, rel=1e-3, abs=1e-9)
        assert float(row["r"]) == pytest.approx(stats.pointbiserialr(site, values).statistic, abs=1e-3)
    sizes = [abs(float(row["z"])) for row in rows if row["z"]]
    assert sizes == sorted(sizes, reverse=True)


def test_targets_are_listed_and_classes_of_the_chain_beside_the_baseline(provis, chain_file) -> None:
    said = provis("targets", chain_file, "--chain", "A", "--quiet")
    assert said.status == 0
    assert "provis explain --target" in said.out and "V82A:masked" in said.out
    lines = said.out.splitlines()
    start = lines.index("1hpv chain A, classes of membrane, beside the baseline X:")
    best, other = lines[start + 2].split(), lines[start + 3].split()
    assert [best[0], other[0]] == ["Soluble", "Membrane"]
    assert float(best[2]) + float(other[2]) == pytest.approx(1, abs=2e-3)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--target", "W82A"), "W82A"),
        (("--target", "V82A", "--head", "13-1"), "layer 13"),
        (("--target", "V82A", "--steps", "1"), "--steps 1"),
        (("--target", "V82A", "--baseline", "nothing"), "a sequence of 99 letters"),
        (("--target", "V82A", "--out", "why.docx"), "why.docx"),
        (("--out", "both.npz"), "2 chains"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_the_words_of_a_shell(
    provis, chain_file, tmp_path, monkeypatch, arguments, words
) -> None:
    monkeypatch.chdir(tmp_path)
    chain = () if "2 chains" in words else ("--chain", "A")
    said = provis("explain", chain_file, *chain, *arguments)
    assert said.status in (1, 2) and said.out == ""
    assert words in said.err and "provis_" not in said.err.replace("provis_mini", "") and "«" not in said.err
    assert not list(tmp_path.glob("*.*"))
