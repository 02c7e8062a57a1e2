"""provis heads on real files: the shares of all heads counted again from transformers' own attention."""

from __future__ import annotations

import csv
import importlib.util
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from provis_core import __version__
from provis_core.annotations.annotators import compute_annotations
from provis_core.structures.files.subjects import load_subjects

pytestmark = [
    pytest.mark.torch,
    pytest.mark.skipif(
        not all(importlib.util.find_spec(name) for name in ("torch", "transformers", "scipy")),
        reason="torch, transformers or scipy is not installed",
    ),
]

Find = Callable[[str], Path]


def read_rows(path: Path) -> dict[str, dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return {row["head"]: row for row in csv.DictReader(file)}


@pytest.mark.parametrize("by", ["site", "contact"])
def test_every_head_is_counted_right(provis, structure: Find, tmp_path: Path, eager, by: str) -> None:
    path, out = structure("pdb/1hpx.pdb.gz"), tmp_path / "heads.csv"
    said = provis("heads", path, "--chain", "A", "--by", by, "--min-attn", "0.1", "--out", out)
    assert said.status == 0 and said.out == "" and "72 heads written to" in said.err
    subject = load_subjects(path)[0]
    values = compute_annotations(by, subject)[0].values
    rows = read_rows(out)
    weights = eager(subject.chain.sequence)
    assert len(rows) == weights.shape[0] * weights.shape[1] == 72
    i, j = np.indices(weights.shape[2:])
    counts = np.abs(i - j) >= 6 if by == "contact" else np.ones_like(i, dtype=bool)
    has = values if by == "contact" else values[j]
    # a weight that rounds to the other side of the threshold would count otherwise
    sure = (np.abs(weights - 0.1) > 1e-5).all(axis=(2, 3))
    assert sure.sum() > 60
    for layer, head in zip(*np.nonzero(sure), strict=True):
        arcs = (weights[layer, head] >= 0.1) & counts
        row = rows[f"{layer + 1}-{head + 1}"]
        assert int(row["n_arcs"]) == arcs.sum()
        assert float(row["hits"]) == (arcs & has).sum()
        if arcs.any():
            assert float(row["share"]) == pytest.approx((arcs & has).sum() / arcs.sum())
    background = values.mean() if by == "site" else values[np.abs(i - j) >= 6].mean()
    assert float(rows["1-1"]["background"]) == pytest.approx(background)


def test_heads_as_arrays(provis, structure: Find, tmp_path: Path) -> None:
    path = structure("pdb/1hpx.pdb.gz")
    for name in ("heads.csv", "heads.npz"):
        assert (
            provis("heads", path, "--chain", "A", "--min-attn", "0.1", "--out", tmp_path / name).status == 0
        )
    rows = read_rows(tmp_path / "heads.csv")
    with np.load(tmp_path / "heads.npz", allow_pickle=False) as file:
        for column in ("rank", "n_arcs", "share", "p_max", "is_sink", "precision_L", "precision_L_5_plain"):
            for layer, head in np.ndindex(12, 6):
                text = rows[f"{layer + 1}-{head + 1}"][column]
                expected = float(text) if text else np.nan
                np.testing.assert_equal(float(file[column][layer, head]), expected)
        assert str(file["property"]) == "contact" and str(file["model"]) == "provis_mini"
        assert str(file["model_note"]).startswith("provis_mini: placeholder: ")
        assert file["sinks"].shape == (12, 6, 99) and file["chain"].tolist() == ["A"] * 99


def test_the_table_of_the_console(provis, structure: Find) -> None:
    path = structure("pdb/1hpx.pdb.gz")
    said = provis("heads", path, "--min-attn", "0.1", "--top", "4")
    assert said.status == 0
    lines = said.out.splitlines()
    tops = [k for k, line in enumerate(lines) if line.split()[:2] == ["head", "arcs"]]
    assert len(tops) == 2  # one table for each chain
    for top in tops:
        assert all(line.split()[0].count("-") == 1 for line in lines[top + 1 : top + 5])
    assert lines[0].startswith("1hpx chain A, 99 residues") and "provis_mini" in lines[0]
    assert "contact: " in lines[1]
    assert "placeholder" in said.err and "provis_cancel" not in said.err


def test_both_formats_of_an_entry_give_one_table(provis, structure: Find, tmp_path: Path) -> None:
    tables = {}
    for name in ("pdb/1a4w.pdb.gz", "mmcif/1a4w.cif.gz"):
        out = tmp_path / f"{name.split('/')[0]}.json"
        arguments = ["--by", "site", "--option", "radius=4.5", "--min-attn", "0.1", "--out", out]
        said = provis("heads", structure(name), *arguments)
        assert said.status == 0
        assert "1a4w chain I has no site" in said.err  # the peptide, next to the heavy chain alone
        whole = json.loads(out.read_text())
        tables[name] = whole["rows"]
        assert whole["model"] == "provis_mini" and whole["by"] == "site"
        assert whole["model_note"].startswith("provis_mini: placeholder: ")
        assert whole["program"] == f"provis {__version__}"
        assert whole["file"] == str(structure(name))
    one, other = tables.values()
    assert one == other and len(one) == 72 and any(row["p"] is not None for row in one)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--by", "contcat"], ["--by contcat", "Did you mean --by contact?"]),
        (["--min-attn", "0.01"], ["--min-attn 0.01", "from 0.05 to 1"]),
        (["--min-arcs", "0"], ["--min-arcs 0"]),
        (["--top", "-1"], ["--top -1"]),
        (["--by", "site:ligand:XYZ"], ["has no site:ligand:XYZ"]),
        (["--by", "site", "--option", "radius=far"], ["--distance far"]),
        (["--by", "table", "--option", "file=nothing.csv"], ["nothing.csv cannot be read"]),
        (["--out", "heads.npz"], ["--out heads.npz", "4 chains", "--chain A"]),
        (["--out", "heads.xlsx"], ["--out 'heads.xlsx'", ".csv, .tsv, ", ".json", ".npz"]),
        (["--chain", "Q"], ["no protein chain 'Q'"]),
        (["--model", "nothing"], ["no model 'nothing'"]),
    ],
)
def test_heads_that_cannot_be_ranked(provis, structure: Find, arguments: list[str], words: list[str]) -> None:
    said = provis("heads", structure("pdb/4hhb.pdb.gz"), *arguments)
    assert said.status == 1 and said.out == "" and "Traceback" not in said.err
    line = said.err.splitlines()[-1]
    assert line.startswith("provis: ") and all(word in line for word in words)
