"""Published sets become records in which the labels stand where they belong."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from provis_core.cli import main
from provis_core.errors import InputError
from provis_core.proteins.converting import convert_sets
from provis_core.proteins.protein import Protein
from provis_core.proteins.reading import read_proteins
from tests.viewers.structures import find_1hpv

from ..data import SHARED, STRUCTURES, find_structure

SITES = SHARED / "sites"
RECORDS = {
    "provis": (
        {"pdb_chain": "1abc.A", "sequence": "MKTAY", "sites_index_0based": [1, 4]},
        {"binding_site": [1, 4]},
    ),
    "ptm": (
        {"pdb_chain": "1abc.A", "sequence": "MKTAY", "modifications_index_0based": []},
        {"ptm": []},
    ),
    "ss3": (
        {"id": "1abc-A", "sequence": "MKTAY", "ss3": "HHECC", "mask": "01111"},
        {"ss_H": "-1000", "ss_E": "-0100"},
    ),
    "bindembed21": (
        {"id": "P1", "sequence": "MKTAY", "metal_1based": [1], "nuclear_1based": [], "small_1based": [5, 1]},
        {"binding_site": [0, 4], "metal": [0], "nucleic": [], "small": [4, 0]},
    ),
    "flip_bind": (
        {"id": "P1", "split": "train", "sequence": "MKTAY", "label": "50200"},
        {"binding_site": [0, 2], "metal": [0], "nucleic": [2], "small": [0]},
    ),
    "tmbed": (
        {"id": "P1", "sequence": "MKTAY", "topology": "HhU1S"},
        {"tm_helix": "11-00", "tm_strand": "00-00", "signal": "00-01"},
    ),
    "conservation": (
        {"id": "P1", "sequence": "MKTAY", "conservation": "19345"},
        {"conservation": {"numbers": [1, 9, 3, 4, 5]}},
    ),
    "phospho": (
        {"id": "P1", "kind": "phosphoY", "sequence": "MKTAY", "sites_1based": [5]},
        {"phosphoY": [4]},
    ),
    "scannet": (
        {"origin": "1abc_0-A", "split": "s", "resnum": ["1"] * 5, "sequence": "MKTAY", "label": "01001"},
        {"interface": "01001"},
    ),
}


@pytest.mark.parametrize("name", RECORDS)
def test_each_layout(tmp_path, name):
    record, labels = RECORDS[name]
    (tmp_path / "in.jsonl").write_text(json.dumps(record) + "\n\n{}\n")
    n, left_out = convert_sets([tmp_path / "in.jsonl"], tmp_path / "out.jsonl", tmp_path)
    assert n == 1 and [one.name for one in left_out] == ["in.jsonl:3"]
    made = json.loads((tmp_path / "out.jsonl").read_text())
    assert made == {"id": next(iter(record.values())), "sequence": "MKTAY", **labels}
    (protein,) = read_proteins([tmp_path / "out.jsonl"])
    assert isinstance(protein, Protein) and set(protein.annotate(labels).known) == set(labels)


def test_labels_of_several_sets_come_together(tmp_path):
    names = ("provis", "ptm", "ss3")
    for name in names:
        other = {**RECORDS[name][0], "sequence": "MKTAF"}
        (tmp_path / f"{name}.jsonl").write_text(f"{json.dumps(RECORDS[name][0])}\n{json.dumps(other)}\n")
    n, left_out = convert_sets(
        [tmp_path / f"{name}.jsonl" for name in names], tmp_path / "out.jsonl", tmp_path
    )
    made = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    labels = {"binding_site": [1, 4], "ptm": []}
    assert (n, left_out) == (4, []) and [one["id"] for one in made] == ["1abc.A"] * 2 + ["1abc-A"] * 2
    assert made[:2] == [{"id": "1abc.A", "sequence": one, **labels} for one in ("MKTAY", "MKTAF")]


def test_an_unknown_layout_is_told(tmp_path):
    (tmp_path / "in.jsonl").write_text('{"pdb": "1a4u", "residues": ["B_12"]}\n')
    with pytest.raises(InputError, match="has the keys pdb, residues"):
        convert_sets([tmp_path / "in.jsonl"], tmp_path / "out.jsonl", tmp_path)
    assert not (tmp_path / "out.jsonl").exists()


def test_from_the_shell(tmp_path, capsys):
    (tmp_path / "in.jsonl").write_text(json.dumps(RECORDS["provis"][0]) + "\n")
    words = ["survey", "convert", str(tmp_path / "in.jsonl"), "-o"]
    assert main([*words, str(tmp_path / "out.jsonl")]) == 0
    assert "1 records written" in capsys.readouterr().err
    assert main([*words, str(tmp_path / "out.csv")]) == 1
    assert main(["survey", "convert", str(tmp_path / "none.jsonl"), "-o", str(tmp_path / "o.jsonl")]) == 1


def test_the_authors_validation_set(tmp_path):
    path = SITES / "provis" / "binding_site_valid.jsonl.gz"
    if not path.is_file():
        pytest.skip(f"{path} is not at hand")
    n, left_out = convert_sets([path], tmp_path / "out.jsonl", tmp_path)
    assert n == 1418 and not left_out
    shares = [
        np.mean(one.annotate(["site"]).known["binding_site"].values)
        for one in read_proteins([tmp_path / "out.jsonl"])
        if isinstance(one, Protein)
    ]
    assert len(shares) == 1418 and 0.03 < np.mean(shares) < 0.08  # 4.83 % of the residues in the paper


def test_a_list_of_pdb_ids(tmp_path, monkeypatch):
    for name in ("pdb/4hhb.pdb.gz", "mmcif/1a4w.cif.gz"):
        shutil.copy(find_structure(name), tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))  # without mkdssp
    (tmp_path / "ids.txt").write_text("1A4W_H\n4hhb\n9xyz\n1a4w.Q\n")
    n, left_out = convert_sets([tmp_path / "ids.txt"], tmp_path / "out.jsonl", tmp_path)
    names = [one.name for one in left_out]
    assert n == 3 and names == ["1a4w_Q", "4hhb_C", "4hhb_D", "9xyz"]
    heavy, alpha, _ = (one for one in read_proteins([tmp_path / "out.jsonl"]) if isinstance(one, Protein))
    assert (heavy.name, alpha.name) == ("1a4w_H", "4hhb_A")
    (whole,) = [one for one in read_proteins([STRUCTURES / "mmcif/1a4w.cif.gz"]) if one.name == "1a4w_H"]
    assert isinstance(whole, Protein) and heavy.sequence == whole.sequence
    for name, one in whole.annotate(["contact", "site", "ptm"]).known.items():
        again = heavy.annotate([name]).known[name]
        np.testing.assert_array_equal(again.values, one.values)
        np.testing.assert_array_equal(again.valid, one.valid)


def test_secondary_structure_comes_back_as_it_was(tmp_path):
    shutil.copy(find_1hpv(), tmp_path / "1hpv.pdb")
    (tmp_path / "ids.txt").write_text("1hpv_A\n")
    assert convert_sets([tmp_path / "ids.txt"], tmp_path / "out.jsonl", tmp_path)[0] == 1
    (record,) = map(json.loads, (tmp_path / "out.jsonl").read_text().splitlines())
    assert len(record["ss"]) == 99 and {*record["ss"]} <= {*"HETC-"}
    whole = next(one for one in read_proteins([tmp_path / "1hpv.pdb"]) if one.name == "1hpv_A")
    (again,) = read_proteins([tmp_path / "out.jsonl"])
    assert isinstance(whole, Protein) and isinstance(again, Protein)
    expected, found = (one.annotate(["ss"]).known for one in (whole, again))
    assert {"ss_H", "ss_E"} <= {*expected} <= {*found}
    for name, one in expected.items():
        np.testing.assert_array_equal(found[name].values & found[name].valid, one.values & one.valid)
