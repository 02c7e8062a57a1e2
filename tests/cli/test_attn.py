"""provis attn on real files, with the bundled model in the worker as it is shipped."""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import provis_core
from provis_core.attention.edges import select_edges
from provis_core.structures.files.chains import load_chain, load_chains
from provis_core.structures.sequence import compute_sequence_map
from tests.patience import PATIENCE, wait_until

pytestmark = [
    pytest.mark.torch,
    pytest.mark.skipif(
        not all(importlib.util.find_spec(name) for name in ("torch", "transformers")),
        reason="torch or transformers is not installed",
    ),
]

Find = Callable[[str], Path]


def test_the_map_is_that_of_transformers(provis, structure: Find, tmp_path: Path, eager) -> None:
    path, out = structure("pdb/1hpx.pdb.gz"), tmp_path / "map.npz"
    said = provis("attn", path, "--chain", "A", "--layer", 12, "--head", 4, "--out", out)
    assert said.status == 0 and said.out == "" and "written to" in said.err
    chain = load_chain(path, "A")
    with np.load(out, allow_pickle=False) as file:
        assert str(file["sequence"]) == chain.sequence and str(file["head"]) == "12-4"
        assert str(file["model"]) == "provis_mini"
        assert str(file["model_note"]).startswith("provis_mini: placeholder: ")
        np.testing.assert_allclose(file["weights"], eager(chain.sequence)[11, 3], atol=1e-5)
        assert file["residue_index"].tolist() == list(range(99))
        ids = zip(
            file["chain"].tolist(), file["number"].tolist(), file["insertion_code"].tolist(), strict=True
        )
        assert list(ids) == [tuple(residue) for residue in chain.residue_ids]
        assert file["residue_name"].tolist() == list(chain.residue_names)
        np.testing.assert_array_equal(file["ca_coords"], chain.ca_coords)


def test_the_table_is_that_of_the_python_functions_in_every_format(
    provis, structure: Find, tmp_path: Path, eager
) -> None:
    path = structure("pdb/1hpx.pdb.gz")
    chain = load_chain(path, "B")
    weights = eager(chain.sequence)[11, 3]
    options = {"min_attn": 0.05, "top": 20, "min_sep": 3, "direction": "directed"}
    edges = select_edges(weights, chain, compute_sequence_map(chain), **options)
    arguments = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
    arguments += ["--chain", "B", "--layer", "12", "--head", "4"]
    expected = [
        (chain.residue_label(query), chain.residue_label(key), weight)
        for query, key, weight in zip(
            edges.query.tolist(), edges.key.tolist(), edges.weight.tolist(), strict=True
        )
    ]
    assert len(expected) == 20
    for suffix in ("csv", "json"):
        out = tmp_path / f"pairs.{suffix}"
        said = provis("attn", path, *arguments, "--out", out)
        assert said.status == 0 and "the strongest 20 are listed (--top 0 lists all)" in said.err
        with out.open(newline="", encoding="utf-8") as file:
            if suffix == "json":
                whole = json.load(file)
                rows = whole["rows"]
                assert (whole["head"], whole["model"], whole["options"]["top"]) == ("12-4", "provis_mini", 20)
                assert whole["chains"][0]["n_passed"] == edges.n_passed > 20
            else:
                rows = list(csv.DictReader(file))
        assert [(row["residue_1"], row["residue_2"]) for row in rows] == [pair[:2] for pair in expected]
        np.testing.assert_allclose(
            [float(row["weight"]) for row in rows], [pair[2] for pair in expected], atol=1e-5
        )
        for row, query, key in zip(rows, edges.query.tolist(), edges.key.tolist(), strict=True):
            apart = float(np.linalg.norm(chain.ca_coords[query] - chain.ca_coords[key]))
            assert float(row["distance"]) == pytest.approx(apart, abs=1e-3)
            assert int(row["separation"]) == abs(query - key)
            assert (row["chain_1"], row["resi_1"], row["resn_1"]) == (
                "B",
                chain.residue_ids[query].resi,
                chain.residue_names[query],
            )
    shown = provis("attn", path, *arguments, "--quiet")
    assert [tuple(row[:2]) for row in shown.rows] == [pair[:2] for pair in expected]


def test_all_chains_and_both_formats_of_an_entry(provis, structure: Find) -> None:
    pdb, mmcif = (
        provis("attn", structure(name), "--min-attn", "0.2")
        for name in ("pdb/1a4w.pdb.gz", "mmcif/1a4w.cif.gz")
    )
    assert pdb.status == mmcif.status == 0
    assert pdb.out == mmcif.out
    assert {row[0].split("/")[0] for row in pdb.rows} == {"L", "H", "I"}
    for name in ("L", "H", "I"):
        assert f"1a4w chain {name}, " in mmcif.err
    assert "(SEQRES)" in pdb.err and "(_entity_poly_seq)" in mmcif.err


def test_what_the_model_sees_is_chosen(provis, structure: Find, tmp_path: Path) -> None:
    path = structure("pdb/1a4w.pdb.gz")
    chain = next(one for one in load_chains(path) if one.chain_id == "H")
    lengths = {}
    for gaps in ("observed", "full"):
        out = tmp_path / f"{gaps}.npz"
        assert provis("attn", path, "--chain", "H", "--gaps", gaps, "--out", out).status == 0
        with np.load(out) as file:
            index = file["residue_index"]
            lengths[gaps] = len(index)
            assert file["weights"].shape == (len(index), len(index))
            assert np.array_equal(index[index >= 0], np.arange(chain.n_residues))
    assert lengths["observed"] == chain.n_residues < lengths["full"]


def test_linked_chains(provis, structure: Find) -> None:
    said = provis("attn", structure("pdb/1hpx.pdb.gz"), "--link", "--min-attn", "0.02", "--top", "0")
    assert said.status == 0 and "2 chains in one sequence" in said.err
    between = [row for row in said.rows if row[0][0] != row[1][0]]
    assert between and all(row[3] == "-" for row in between)
    assert all(row[3] != "-" for row in said.rows if row[0][0] == row[1][0])


def test_a_long_chain_is_kept_as_its_strong_pairs(provis, structure: Find, tmp_path: Path) -> None:
    path, out = structure("pdb/4hhb.pdb.gz"), tmp_path / "pairs.npz"
    said = provis("attn", path, "--chain", "A", "--window", "100", "--min-attn", "0.05", "--out", out)
    assert said.status == 0
    with np.load(out, allow_pickle=False) as file:
        assert "weights" not in file and float(file["min_weight"]) == 0.05
        assert len(file["query"]) == len(file["key"]) == len(file["weight"]) > 0
        assert file["weight"].min() >= 0.05 and file["query"].max() < 141


@pytest.mark.skipif(os.name == "nt", reason="no SIGINT to one process there")
def test_ctrl_c_stops_it_and_leaves_nothing(structure: Find, tmp_path: Path) -> None:
    # where the tests run in the background of a shell, the signal is ignored from the start
    heed = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)"
    code = f"{heed}; from provis_core.cli import main; sys.exit(main())"
    out = tmp_path / "x.csv"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "attn", str(structure("pdb/1aon.pdb.gz")), "--out", str(out)],
        stderr=subprocess.PIPE,
        cwd=Path(provis_core.__file__).parents[1],
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    said = ""
    while "loading provis_mini" not in said:
        line = process.stderr.readline()
        assert line, said
        said += line
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    said += process.stderr.read()
    process.stderr.close()
    assert process.wait(PATIENCE) == 130
    assert said.splitlines()[-1] == "provis: stopped" and "Traceback" not in said
    assert list(tmp_path.glob("*.csv*")) == []
    wait_until(lambda: not _alive(process.pid), "the end of the process")


def _alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True
