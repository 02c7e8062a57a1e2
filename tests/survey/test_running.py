"""A survey from the shell: shards, kills, bad items; the same tables to the bit, however it ran."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from provis_core.cli import main
from provis_core.errors import CacheError
from provis_core.models import load_model
from provis_core.survey import blocks
from provis_core.survey.blocks import BlockFile
from provis_core.survey.counting import draw_shifts
from provis_core.survey.plan import Plan
from provis_core.survey.protocol import find_protocol
from provis_core.survey.results import Results

from ..patience import PATIENCE
from ..tiny_checkpoints import HIV_PROTEASE, write_tiny_bert

torch = pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("transformers", reason="transformers is not installed")
pytest.importorskip("pyarrow", reason="pyarrow is not installed")
pytest.importorskip("scipy", reason="scipy is not installed")

pytestmark = pytest.mark.torch

ROOT = Path(__file__).parents[2]
TABLES = ("heads", "layers", "proteins", "left_out", "amino_acids")


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    return write_tiny_bert(tmp_path_factory.mktemp("model"), max_positions=202)


@pytest.fixture(scope="module")
def proteins(tmp_path_factory) -> Path:
    """Thirteen proteins, and items of every kind that is none."""
    folder = tmp_path_factory.mktemp("input")
    rng = np.random.default_rng(5)
    records: list[object] = []
    for k in range(13):
        n = int(rng.integers(30, 90))
        walk = (np.cumsum(rng.normal(size=(n, 3)), axis=0) * 2).tolist()
        records.append(
            {
                "id": f"p{k}",
                "sequence": "".join(rng.choice(list("ACDEFGHIKLMNPQRSTVWY"), n)),
                "ca_coords": [None if rng.random() < 0.1 else point for point in walk],
                "binding_site": rng.choice(n, 5, replace=False).tolist(),
                "ss": "".join(rng.choice(list("HETC"), n)),
                "depth": {"numbers": rng.normal(size=n).tolist()},
            }
        )
    records += [
        {"id": "one", "sequence": "M"},
        {"id": "unknown", "sequence": "XXXXXXXX"},
        {"id": "long", "sequence": "M" * 5000},
        {"id": "nowhere", "sequence": HIV_PROTEASE, "ca_coords": [[float("nan")] * 3] * len(HIV_PROTEASE)},
        {"id": "wrong", "sequence": "MKT", "ss": "HH"},
    ]
    (folder / "set.jsonl").write_text("".join(json.dumps(one) + "\n" for one in records))
    (folder / "empty.fasta").write_text("")
    (folder / "empty.pdb").write_text("")
    return folder


def words(model: Path, *more: str) -> list[str]:
    features = "contact,site,ss,aa,depth"
    return [
        "--model",
        str(model),
        "--block",
        "3",
        "--features",
        features,
        "--n-shifts",
        "9",
        "--min-arcs",
        "10",
        *more,
    ]


def survey(proteins: Path, out: Path, model: Path, *more: str) -> None:
    assert main(["survey", str(proteins), "-o", str(out), "--quiet", *words(model, *more)]) == 0


def tables(folder: Path) -> dict[str, bytes]:
    names = [f"{name}.csv" for name in TABLES] + [f"amino_acids/aa_{letter}.csv" for letter in "ACDY"]
    return {name: (folder / name).read_bytes() for name in names}


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def whole(model, proteins, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("whole")
    survey(proteins, out, model)
    return out


def test_bad_items_are_told_and_counted(whole):
    left_out = {row["name"]: row["reason"] for row in rows(whole, "left_out")}
    assert set(left_out) == {"empty", "empty.fasta:1", "unknown", "long", "wrong"}
    assert "5000" in left_out["long"] and "no amino acid" in left_out["unknown"]
    report = json.loads((whole / "report.json").read_text())
    assert report["proteins"] == 15 and report["left_out"] == 5 and report["n_records"] == 20
    assert report["model"]["fingerprint"] and all(one["sha256"] for one in report["inputs"])
    known = {(row["protein"], row["feature"]) for row in rows(whole, "proteins") if not row["missing"]}
    assert ("one", "aa_M") in known and ("nowhere", "aa_P") in known and ("nowhere", "contact") not in known
    why = [
        row["missing"]
        for row in rows(whole, "proteins")
        if (row["protein"], row["feature"]) == ("nowhere", "contact")
    ]
    assert len(why) == 1 and "no CA coordinates" in why[0]


def test_tables_are_tidy_in_all_formats(whole):
    from pyarrow import parquet

    head = rows(whole, "heads")
    assert {row["feature"] for row in head} == {
        "contact", "binding_site", "ss_H", "ss_E", "ss_T", "ss_C", "depth",
        *(f"aa_{one}" for one in "ACDEFGHIKLMNPQRSTVWY"),
    }  # fmt: skip
    n_layers, n_heads = (
        json.loads((whole / "report.json").read_text())[key] for key in ("n_layers", "n_heads")
    )
    assert len(head) == 27 * n_layers * n_heads
    order = list(dict.fromkeys(row["feature"] for row in head))
    assert order[:7] == ["contact", "binding_site", "ss_H", "ss_E", "ss_T", "ss_C", "aa_A"]
    table = parquet.read_table(whole / "heads.parquet")
    assert table.column_names == list(head[0]) and table.num_rows == len(head)
    assert table.column("hits").to_pylist()[5] == float(head[5]["hits"])
    assert json.loads(table.schema.metadata[b"about"])["model"]["fingerprint"]
    for name in TABLES:
        content = json.loads((whole / f"{name}.rows.json").read_text())
        assert content["model"]["fingerprint"] and content["about"]["command"] and content["about"]["torch"]
        assert [list(row) for row in content["rows"]][:1] == [list(row) for row in rows(whole, name)][:1]
        assert content["rows"] == [row for row in parquet.read_table(whole / f"{name}.parquet").to_pylist()]
    places = {(int(row["layer"]), int(row["head"])) for row in head}
    assert places == {(layer, number) for layer in range(1, n_layers + 1) for number in range(1, n_heads + 1)}


@pytest.mark.parametrize("n_shards", [1, 2, 7])
def test_shards_give_the_same_to_the_bit(whole, model, proteins, tmp_path, n_shards):
    folders = [tmp_path / f"shard{which}" for which in range(1, n_shards + 1)]
    for which, folder in enumerate(folders, 1):
        survey(proteins, folder, model, "--shard", f"{which}/{n_shards}")
        assert (folder / "heads.csv").exists() == (n_shards == 1)  # a shard alone is the whole
    for order, out in ((folders, tmp_path / "there"), (folders[::-1], tmp_path / "back")):
        assert main(["survey", "merge", *map(str, order), "-o", str(out), "--quiet"]) == 0
        assert tables(out) == tables(whole)
        for path in Plan.load(whole).block_paths(whole):
            assert path.read_bytes() == (out / "blocks" / path.name).read_bytes()
    some = main(["survey", "merge", str(folders[0]), "-o", str(tmp_path / "some"), "--quiet"])
    assert some == (0 if n_shards == 1 else 1)


def test_a_run_that_was_killed_goes_on(whole, model, proteins, tmp_path):
    """Killed as soon as a block is there, in the middle of whatever comes then; twice."""
    out = tmp_path / "out"
    command = [
        sys.executable,
        "-m",
        "provis_core.cli",
        "survey",
        str(proteins),
        "-o",
        str(out),
        *words(model),
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    for least in (1, 3):
        run = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE
        while len(list(out.glob("blocks/*.npz"))) < least and run.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        run.send_signal(signal.SIGKILL)
        run.wait()
    left = sorted(out.glob("blocks/*.npz"))
    assert left
    before = {path: path.stat().st_mtime_ns for path in left}
    (out / "blocks" / left[0].name).write_bytes(left[0].read_bytes()[:200])  # a disk that lost its end
    survey(proteins, out, model)
    assert tables(out) == tables(whole)
    assert all(path.stat().st_mtime_ns == before[path] for path in left[1:])
    assert not list(out.glob("blocks/.*.tmp"))


def test_stopped_in_a_block_nothing_is_half(whole, model, proteins, tmp_path, monkeypatch):
    seen = []

    def stop(*arguments):
        seen.append(arguments)
        if len(seen) == 5:
            raise KeyboardInterrupt
        return count(*arguments)

    count = blocks.count_protein
    monkeypatch.setattr(blocks, "count_protein", stop)
    assert main(["survey", str(proteins), "-o", str(tmp_path), "--quiet", *words(model)]) == 130
    assert len(list(tmp_path.glob("blocks/*.npz"))) == 2
    monkeypatch.undo()
    survey(proteins, tmp_path, model)
    assert tables(tmp_path) == tables(whole)


def test_another_run_is_refused_and_tables_can_be_drawn_anew(whole, model, proteins, tmp_path, capsys):
    survey(proteins, tmp_path, model)
    for more, what in (
        (["--min-attn", "0.2"], "min_attn"),
        (["--features", "aa"], "features"),
        (["--dtype", "bfloat16"], "model"),
    ):
        assert main(["survey", str(proteins), "-o", str(tmp_path), "--quiet", *words(model, *more)]) == 1
        assert f"another {what}" in capsys.readouterr().err
    survey(proteins, tmp_path, model, "--denominator", "all", "--min-arcs", "20")
    changed, before = rows(tmp_path, "heads"), rows(whole, "heads")
    place = ("feature", "layer", "head")
    shares = {tuple(row[key] for key in place): row["all_share"] for row in before}
    for row in changed:
        assert row["share"] == row["all_share"] == shares[tuple(row[key] for key in place)]
        assert (row["is_few"] == "1") == (int(row["arcs"]) < 20)


def test_the_paper_cuts_and_counts_all_arcs(model, proteins, tmp_path):
    """512 tokens are more than this model takes; 40 show the same."""
    survey(proteins, tmp_path, model, "--protocol", "paper", "--max-tokens", "40")
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["proteins"] == 16 and report["cut"] > 5  # also the long one is counted now
    assert max(int(row["residues"]) for row in rows(tmp_path, "proteins")) == 38
    for row in rows(tmp_path, "heads"):
        assert row["arcs"] == row["all_arcs"]
    protocol = find_protocol("paper")
    assert (protocol.min_attn, protocol.max_tokens, protocol.min_arcs, protocol.denominator) == (
        0.3,
        512,
        100,
        "all",
    )


def test_without_shifts_and_without_long_ones(whole, model, proteins, tmp_path):
    survey(proteins, tmp_path, model, "--n-shifts", "0", "--max-residues", "60")
    left_out = {row["name"]: row["reason"] for row in rows(tmp_path, "left_out")}
    sizes = {row["protein"]: int(row["residues"]) for row in rows(whole, "proteins")}
    long = {name for name, n in sizes.items() if n > 60}
    assert long and long <= set(left_out) and all("more than 60" in left_out[name] for name in long)
    for row in rows(tmp_path, "heads"):
        assert row["shift_p_max"] == "" and row["survives"] == "0"


def test_options_that_cannot_be_used(model, proteins, tmp_path, capsys):
    for more, said in (
        (["--shard", "3/2"], "--shard 3/2"),
        (["--shard", "two"], "i/N"),
        (["--protocol", "papre"], "paper"),
        (["--min-attn", "2"], "up to 1"),
        (["--features", ","], "At least one"),
        (["--clusters", "none.tsv"], "none.tsv"),
    ):
        assert main(["survey", str(proteins), "-o", str(tmp_path / "x"), *words(model, *more)]) in (1, 2)
        assert said in capsys.readouterr().err
    assert main(["survey", "merge", str(tmp_path), "-o", str(tmp_path)]) == 1
    assert "no folder of a survey" in capsys.readouterr().err


def test_a_feature_that_nobody_knows_is_told(model, proteins, tmp_path, capsys):
    survey(proteins, tmp_path, model, "--features", "aa,contakt,ptm")
    said = capsys.readouterr().err
    assert (
        "contakt is known of no protein" in said and "Did you mean" in said and "ptm is known of no" in said
    )


def test_no_protein_at_all_is_an_error(model, tmp_path, capsys):
    (tmp_path / "in.jsonl").write_text('{"sequence": "XX"}\n')
    assert main(["survey", str(tmp_path / "in.jsonl"), "-o", str(tmp_path / "out"), *words(model)]) == 1
    assert "No protein of the 1 records" in capsys.readouterr().err


def test_clusters_given_or_made_shift_together(model, proteins, tmp_path, capsys):
    table = tmp_path / "clusters.tsv"
    table.write_text("a\tp0\na\tp1\nb\tp2\n")
    survey(proteins, tmp_path / "out", model, "--clusters", str(table))
    results = Results.load(tmp_path / "out")
    assert results.clusters[0] == results.clusters[1] != results.clusters[2]
    first, *_ = (json.loads(line) for line in (proteins / "set.jsonl").read_text().splitlines())
    near = {"id": "near", "sequence": first["sequence"][:-3], "binding_site": [2]}
    path = tmp_path / "two.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in (first, near)))
    for asked, n_clusters in (((), 1), (("--clusters", "0.9"), 1), (("--clusters", "1"), 2)):
        out = tmp_path / "-".join(("made", *asked))
        survey(path, out, model, *asked)
        report = json.loads((out / "report.json").read_text())
        assert report["distinct"] == n_clusters and report["proteins"] == 2
        named = {row["protein"]: row["cluster"] for row in rows(out, "proteins")}
        assert named == dict.fromkeys(("p0", "near"), "p0" if n_clusters == 1 else "")
        assert draw_labels(out) == n_clusters
    assert main(["survey", str(path), "-o", str(tmp_path / "x"), *words(model, "--clusters", "2")]) == 1
    assert "up to 1" in capsys.readouterr().err


def draw_labels(folder: Path) -> int:
    """In how many ways features were shifted: relatives are shifted alike."""
    results = Results.load(folder)
    drawn = [draw_shifts(one["cluster"] or one["sequence"], 3).tolist() for one in results.proteins]
    return len({tuple(one) for one in drawn})


def test_attention_that_is_no_number_ends_the_run(model, proteins, tmp_path, capsys, monkeypatch):
    broken = load_model(model, device="cpu")
    next(broken._network.parameters()).data.fill_(float("nan"))
    monkeypatch.setattr("provis_core.models.load_model", lambda *_: broken)
    assert main(["survey", str(proteins), "-o", str(tmp_path), *words(model)]) == 1
    assert "is not a number" in capsys.readouterr().err


def test_a_damaged_block_is_told(tmp_path):
    path = tmp_path / "000000.npz"
    path.write_bytes(b"none")
    with pytest.raises(CacheError, match="cannot be read"):
        BlockFile(path)
