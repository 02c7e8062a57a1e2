"""A survey of relevance: numbers beside scipy's and statsmodels', a planted head, runs that go on."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from provis_core.attention.relevance import Relevance
from provis_core.attribution.explain import explain
from provis_core.attribution.shuffling import shuffled
from provis_core.cli import main
from provis_core.errors import InputError
from provis_core.models import load_model
from provis_core.structures.components import HYDROPATHY
from provis_core.survey.blocks import BlockFile, write_block
from provis_core.survey.labels import ResidueLabel
from provis_core.survey.plan import Plan
from provis_core.survey.protocol import find_protocol
from provis_core.survey.relevance_blocks import check_target
from provis_core.survey.relevance_counting import correlate, count_relevance
from provis_core.survey.relevance_summary import RelevanceResults, compare_sets, summarize_relevance
from provis_core.system.paths import resources_dir
from provis_core.targets.predictions import Prediction

torch = pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("transformers", reason="transformers is not installed")
pytest.importorskip("pyarrow", reason="pyarrow is not installed")
stats = pytest.importorskip("scipy.stats", reason="scipy is not installed")

pytestmark = pytest.mark.torch

MINI = resources_dir() / "provis_mini"
LETTERS = "ACDEFGHIKLMNPQRSTVWY"
ASKED = ("--model", "provis_mini", "--measure", "relevance")
TABLES = ("heads", "embedding", "proteins", "left_out")


def make_relevance(generator, sequence, heads=(2, 3)):
    n = len(sequence)
    return Relevance(
        "m", sequence, "class:A", "ig", "X", 20, 2.0, 0.0,
        generator.normal(size=n), np.zeros(2), generator.normal(size=(*heads, n)),
        generator.normal(size=(*heads, 2)),
    )  # fmt: skip


def make_label(values, known=None):
    known = np.ones(len(values), dtype=bool) if known is None else known
    moves = np.flatnonzero(known)[2:-2]
    return ResidueLabel(np.where(known, values, 0).astype(float), known, moves, False)


def test_numbers_of_a_protein_are_those_of_scipy():
    generator = np.random.default_rng(1)
    sequence = "".join(generator.choice(list(LETTERS), 60))
    relevance = make_relevance(generator, sequence)
    values, known = generator.random(60) < 0.3, generator.random(60) < 0.9
    shifts = np.array([0.0, 0.4])
    found = count_relevance(relevance, make_label(values, known), shifts)
    rows = [*relevance.heads.reshape(6, 60), relevance.residues]
    ends = [*relevance.head_special.reshape(6, 2), relevance.special]
    has = values[known]
    letters = np.array(list(sequence))[known]
    for k, (row, end) in enumerate(zip(rows, ends, strict=True)):
        assert found.r[k] == pytest.approx(stats.pointbiserialr(has, row[known]).statistic)
        area = stats.mannwhitneyu(row[known][has], row[known][~has]).statistic / has.sum() / (~has).sum()
        assert found.auroc[k] == pytest.approx(area)
        tokens = np.concatenate([row, end])
        marked = np.concatenate([values & known, [False, False]])
        assert found.paper[k] == pytest.approx(stats.pointbiserialr(marked, tokens).statistic)
        design = (letters[:, None] == np.unique(letters)).astype(float)
        left = [
            one - design @ np.linalg.lstsq(design, one, rcond=None)[0]
            for one in (row[known], has.astype(float))
        ]
        assert found.within[k] == pytest.approx(stats.pearsonr(*left).statistic)
    inner = np.flatnonzero(known)[2:-2]
    for k, step in enumerate(1 + (shifts * (len(inner) - 1)).astype(int)):
        moved = (values & known).astype(float)
        moved[inner] = np.roll(moved[inner], step)
        expected = stats.pearsonr(rows[3][known], moved[known]).statistic
        assert found.shifted[3, k] == pytest.approx(expected)
    assert found.types.sum() == known.sum() and found.types[:, 0].sum() == has.sum()
    assert count_relevance(relevance, make_label(np.zeros(60)), shifts) is None


def test_a_row_that_does_not_change_has_no_correlation():
    found = correlate(np.array([[2.0, 2, 2], [1, 2, 3]]), np.array([0.0, 0, 1]))
    assert np.isnan(found[0]) and found[1] == pytest.approx(np.sqrt(3) / 2)


def test_the_order_of_rows_comes_back_to_the_bit():
    model = load_model(MINI, device="cpu")
    before = {name: one.clone() for name, one in model.encoder.state_dict().items()}
    with shuffled(model):
        turned = model.encoder.state_dict()
        changed = [name for name in before if not torch.equal(before[name], turned[name])]
        assert changed and all(name.endswith("weight") for name in changed)
        for name in changed:
            torch.testing.assert_close(before[name].sort(dim=0).values, turned[name].sort(dim=0).values)
    assert all(torch.equal(before[name], one) for name, one in model.encoder.state_dict().items())


@pytest.fixture
def made(tmp_path):
    """24 proteins in 20 clusters; head 1-2 goes with the property, 2-3 against it, the rest are noise."""
    generator = np.random.default_rng(7)
    n_heads, n_proteins, n_shifts = 6, 24, 99
    r = generator.normal(scale=0.05, size=(n_proteins, n_heads + 1))
    r[:, 1] += 0.4
    r[:, 5] -= 0.4
    other = generator.normal(scale=0.05, size=r.shape)
    types = generator.integers(1, 4, size=(n_proteins, 25, 2))
    sums = generator.normal(size=r.shape) + np.array([0, 1, 0, 0, 0, -1, 3])
    facts = {
        "proteins": [
            {
                "name": f"p{k}", "source": "s", "residues": 50, "cut": 0, "cluster": f"c{min(k, 19)}",
                "sequence": f"S{k}", "missing": {}, "prediction": "class:A", "baseline": "X", "score": 2.0,
                "baseline_score": 0.5, "error": 0.01, "steps": 20, "shuffled_score": 0.1,
            }
            for k in range(n_proteins)
        ],
        "left_out": [], "features": {"tm": {"kind": "residue", "is_numeric": False}},
    }  # fmt: skip
    arrays = {
        "facts": np.frombuffer(json.dumps(facts).encode(), dtype=np.uint8), "sums": sums,
        "tm|place": np.arange(n_proteins), "tm|r": r, "tm|auroc": r / 2 + 0.5, "tm|within": r / 2,
        "tm|paper": r - 0.01, "tm|shuffled_r": other, "tm|shuffled_paper": other, "tm|types": types,
        "tm|shifted": generator.normal(scale=0.05, size=(n_heads + 1, n_shifts)) * np.sqrt(n_proteins),
        "tm|n_shifted": np.full((n_heads + 1, n_shifts), n_proteins),
    }  # fmt: skip
    (tmp_path / "blocks").mkdir()
    write_block(tmp_path / "blocks" / "000000.npz", arrays)
    protocol = find_protocol("provis", "relevance", target="A", features=("tm",))
    model = {"name": "m", "family": "f", "fingerprint": "x", "revision": "", "dtype": "float32"}
    plan = Plan(protocol, model, 2, 3, (), {}, n_proteins, 1, {})
    return RelevanceResults(plan, plan.block_paths(tmp_path)), arrays


def compute_p(columns):
    return np.array([stats.wilcoxon(column, alternative="greater").pvalue for column in columns.T])


def test_statistics_are_those_of_scipy_and_statsmodels(made):
    multitest = pytest.importorskip("statsmodels.stats.multitest", reason="statsmodels is not installed")
    results, arrays = made
    one = summarize_relevance(results)["tm"]
    r = arrays["tm|r"]
    joined = np.concatenate([r[:19], r[19:].mean(axis=0, keepdims=True)])  # a cluster counts once
    np.testing.assert_allclose(one.columns["median"], np.median(joined, axis=0))
    p = compute_p(joined)
    np.testing.assert_allclose(one.columns["p"], p)
    np.testing.assert_allclose(one.columns["fdr"][:-1], multitest.multipletests(p[:-1], method="fdr_bh")[1])
    paper = np.array(
        [stats.wilcoxon(column, alternative="greater").pvalue for column in arrays["tm|paper"].T]
    )
    corrected = multitest.multipletests(paper[:-1], method="fdr_bh")[1]
    np.testing.assert_allclose(one.columns["paper_fdr"][:-1], corrected)
    np.testing.assert_allclose(one.columns["paper_log_p"][:-1], -np.log(corrected))
    assert one.columns["paper_fdr"][-1] == paper[-1]  # the embedding is tested by itself
    total = compute_p(arrays["sums"])
    positive = multitest.multipletests(total[:-1], method="fdr_bh")[1] < 0.05
    np.testing.assert_array_equal(one.columns["paper_both"][:-1], (corrected < 0.05) & positive)
    draws = np.random.default_rng(0).integers(0, 20, (20_000, 20))
    low, high = np.quantile(np.median(joined[draws, 1], axis=1), (0.025, 0.975))
    np.testing.assert_allclose(
        [one.columns["median_low"][1], one.columns["median_high"][1]], [low, high], atol=0.01
    )
    assert one.columns["survives"].tolist() == [False, True, False, False, False, False, False]
    assert one.order()[0] == 1
    assert not (one.columns["shuffled_fdr"][:-1] < 0.05).any()


def test_what_the_kind_of_residue_gives_is_that_of_its_residues(made):
    results, arrays = made
    found = summarize_relevance(results)["tm"].types
    values, learned = [], []
    letters = "ABCDEFGHIKLMNOPQRSTUVWXYZ"
    types, clusters = arrays["tm|types"], results.clusters
    for k, counts in enumerate(types):
        has = np.repeat([1, 0] * 25, counts.ravel())
        rest = types[clusters != clusters[k]].sum(axis=0) + 0.5
        odds = np.log(rest[:, 0] / rest[:, 1])
        for scores, kept in (([HYDROPATHY.get(one, 0.0) for one in letters], values), (odds, learned)):
            spread = np.repeat(np.repeat(scores, 2), counts.ravel())
            area = (
                stats.mannwhitneyu(spread[has > 0], spread[has == 0]).statistic / has.sum() / (1 - has).sum()
            )
            kept.append((stats.pointbiserialr(has, spread).statistic, area))
    for name, kept in (("hydropathy", values), ("residue_type", learned)):
        rows = np.array(kept)
        joined = np.concatenate([rows[:19], rows[19:].mean(axis=0, keepdims=True)])
        np.testing.assert_allclose([found[name][0], found[name][3]], np.median(joined, axis=0))


def test_overlap_of_sets():
    one, other = np.array([1, 1, 0, 0], dtype=bool), np.array([0, 1, 1, 0], dtype=bool)
    assert compare_sets(one, other) == pytest.approx(1 / 3)
    assert np.isnan(compare_sets(one & ~one, other & ~other))


def test_protocols_are_those_of_the_paper_and_ours():
    paper, ours = (find_protocol(name, "relevance", target="A") for name in ("paper", "provis"))
    assert (paper.max_tokens, ours.max_tokens) == (1000, 0)
    assert find_protocol("paper").max_tokens == 512 and find_protocol("paper").measure == "attention"
    with pytest.raises(InputError, match=r"target=A.*measure=relevance"):
        find_protocol("provis", target="A")
    with pytest.raises(InputError, match=r"«of=some».*One of class, all"):
        find_protocol("provis", "relevance", of="some")


@pytest.fixture(scope="module")
def proteins(tmp_path_factory):
    """Five short proteins: three hydrophobic ones with a membrane span, a soluble one, one that is cut."""
    folder = tmp_path_factory.mktemp("input")
    span = "LLIVALLFVLIAVGLLIVFL"
    sequences = [f"MKK{span}RRKE", f"MSKDE{span}KRSG{span}RR", f"MRK{span}KKDESGKR", "MKEDSGKENRPQDEKGSTNE"]
    records = [
        {"id": f"p{k}", "sequence": one, "tm": "".join("01"[letter in "LIVAF"] for letter in one),
         "depth": {"numbers": [1.0] * len(one)}}
        for k, one in enumerate(sequences)
    ]  # fmt: skip
    records.append({"id": "bad", "sequence": "M", "tm": "0"})
    (folder / "set.jsonl").write_text("".join(json.dumps(one) + "\n" for one in records))
    return folder / "set.jsonl"


def survey(proteins: Path, out: Path, *more: str) -> int:
    words = [
        "--model",
        "provis_mini",
        "--measure",
        "relevance",
        "--target",
        "Membrane-Soluble",
        "--steps",
        "4",
    ]
    words += ["--features", "tm,depth,contact", "--block", "2", "--n-shifts", "9", "--quiet", *more]
    return main(["survey", str(proteins), "-o", str(out), *words])


def tables(folder: Path) -> dict[str, bytes]:
    return {name: (folder / f"{name}.csv").read_bytes() for name in TABLES}


@pytest.fixture(scope="module")
def whole(proteins, tmp_path_factory):
    out = tmp_path_factory.mktemp("whole")
    assert survey(proteins, out) == 0
    return out


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_only_proteins_of_the_class_are_explained_and_all_on_request(whole, proteins, tmp_path):
    about = json.loads((whole / "report.json").read_text())
    left = {row["name"]: row["reason"] for row in rows(whole, "left_out")}
    assert "does not give it Membrane-Soluble" in left["p3"]
    assert about["proteins"] + len(left) == 5
    missing = {row["feature"]: row["missing"] for row in rows(whole, "proteins") if row["missing"]}
    assert "is a number" in missing["depth"] and "no CA coordinates" in missing["contact"]
    assert survey(proteins, tmp_path, "--of", "all") == 0
    assert "p3" not in {row["name"] for row in rows(tmp_path, "left_out")}


def test_relevance_of_a_survey_is_that_of_explain(whole, proteins):
    model = load_model(MINI, device="cpu")
    one = json.loads(proteins.read_text().splitlines()[0])
    prediction = Prediction("class", classes=("Membrane-Soluble",))
    relevance = explain(model, one["sequence"], prediction, steps=4)
    has = np.array([letter == "1" for letter in one["tm"]])
    block = BlockFile(whole / "blocks" / "000000.npz")
    found = block.read("tm|r", "sums")
    expected = stats.pointbiserialr(has, relevance.heads[11, 1]).statistic
    assert found["tm|r"][0, 11 * 6 + 1] == pytest.approx(expected, abs=1e-6)
    np.testing.assert_allclose(found["sums"][0, :-1], relevance.head_sums.ravel(), rtol=0, atol=1e-4)
    assert block.proteins[0]["score"] == pytest.approx(relevance.score)


def test_a_run_that_goes_on_and_shards_give_the_same_to_the_bit(whole, proteins, tmp_path, capsys):
    assert survey(proteins, tmp_path / "one", "--shard", "1/2") == 0
    assert not (tmp_path / "one" / "heads.csv").exists()
    assert survey(proteins, tmp_path / "two", "--shard", "2/2") == 0
    merged = ["survey", "merge", str(tmp_path / "one"), str(tmp_path / "two"), "-o", str(tmp_path / "all")]
    assert main([*merged, "--quiet"]) == 0
    assert tables(tmp_path / "all") == tables(whole)
    (tmp_path / "all" / "blocks" / "000001.npz").unlink()
    assert survey(proteins, tmp_path / "all") == 0
    assert tables(tmp_path / "all") == tables(whole)
    assert survey(proteins, tmp_path / "all", "--baseline", "mask") != 0
    assert "begun with another baseline" in capsys.readouterr().err


def test_the_report_shows_heads_and_controls(whole):
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    assert main(["survey", "report", "-o", str(whole)]) == 0
    page = (whole / "report.html").read_text()
    assert "Why provis_mini says Membrane-Soluble" in page
    assert page.count("<figure>") == 3 and "Hydropathy" in page and "shuffled" in page


def test_the_paper_cuts_and_drops_what_lies_beyond(tmp_path):
    sequence = "M" + "LIVA" * 12
    record = {"id": "p", "sequence": sequence, "early": [1, 2, 3], "late": [1, 40]}
    path = tmp_path / "set.jsonl"
    path.write_text(json.dumps(record) + "\n")
    words = [
        "--model",
        "provis_mini",
        "--measure",
        "relevance",
        "--target",
        "Membrane",
        "--protocol",
        "paper",
    ]
    words += ["--steps", "3", "--max-tokens", "20", "--features", "early,late", "--of", "all", "--quiet"]
    assert main(["survey", str(path), "-o", str(tmp_path / "out"), *words]) == 0
    about = json.loads((tmp_path / "out" / "report.json").read_text())
    assert list(about["features"]) == ["early"] and about["cut"] == 1 and about["baseline"] == "pad"
    assert "beyond the cut" in about["unknown"]["late"]


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("", r"without «target=».*target=Membrane"),
        ("Membran-Solube", r"no such class"),
        ("V82A", "no such class"),
    ],
)
def test_a_target_that_no_protein_has_is_refused_before_anything_runs(target, words):
    with pytest.raises(InputError, match=words):
        check_target(load_model(MINI, device="cpu"), find_protocol("provis", "relevance", target=target))


def test_sets_of_heads_are_made_of_attention(whole, capsys):
    assert main(["survey", "heads", "-o", str(whole)]) != 0
    assert "survey of relevance" in capsys.readouterr().err
