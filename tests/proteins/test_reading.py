"""Sets of proteins: what is read, in which blocks, and what is said of what is not right."""

import gzip
import json
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from provis_core.errors import InputError
from provis_core.proteins.protein import BadItem, Protein
from provis_core.proteins.reading import count_records, find_inputs, read_blocks, read_proteins

from ..data import find_structure

SEQUENCE = "MKTAYIAKQRQISFVKSHFS"


def write_lines(path: Path, *records: object) -> Path:
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records))
    return path


def read_one(tmp_path: Path, **labels: object) -> Protein:
    (found,) = read_proteins([write_lines(tmp_path / "set.jsonl", {"sequence": SEQUENCE, **labels})])
    assert isinstance(found, Protein), found
    return found


def reason(tmp_path: Path, **labels: object) -> str:
    (found,) = read_proteins([write_lines(tmp_path / "set.jsonl", {"sequence": SEQUENCE, **labels})])
    assert isinstance(found, BadItem)
    return found.reason


def test_labels_of_a_record(tmp_path: Path) -> None:
    coords = [[3.8 * k, 0.0, 0.0] for k in range(20)]
    coords[10] = [0.0, 5.0, 0.0]
    protein = read_one(
        tmp_path,
        id="one",
        ss="HHHGEEBTTSCC--HHHHHH",
        ca_coords=[None if k == 3 else point for k, point in enumerate(coords)],
        binding_site=[0, 19],
        near=[[0, 10], [2, 9]],
        depth={"numbers": [None, *range(19)]},
        buried="01-" + 17 * "0",
        split="train",
        cluster=7,
    )
    found = protein.annotate(["contact", "site", "ss", "aa", "near", "depth", "buried", "ptm", "split"])
    assert protein.name == "one" and protein.sequence == SEQUENCE
    assert np.argwhere(found.known["contact"].values).tolist() == [[0, 10], [1, 10], [10, 0], [10, 1]]
    assert np.flatnonzero(~found.known["contact"].valid).tolist() == [3]
    assert found.known["binding_site"].residues.tolist() == [0, 19]
    assert found.known["ss_H"].residues.tolist() == [0, 1, 2, 3, 14, 15, 16, 17, 18, 19]
    assert found.known["ss_E"].residues.tolist() == [4, 5, 6]
    assert found.known["ss_T"].residues.tolist() == [7, 8, 9]
    assert found.known["ss_C"].residues.tolist() == [10, 11]
    assert np.flatnonzero(~found.known["ss_C"].valid).tolist() == [12, 13]
    assert found.known["aa_K"].residues.tolist() == [1, 7, 15]
    assert found.known["near"].kind == "pair" and found.known["near"].values[10, 0]
    assert found.known["depth"].is_numeric and not found.known["depth"].valid[0]
    assert found.known["buried"].residues.tolist() == [1] and not found.known["buried"].valid[2]
    # what nobody told is not taken for what is not there
    assert set(found.missing) == {"ptm", "split"}


def test_a_structure_has_its_unresolved_residues() -> None:
    path = find_structure("mmcif/1a4w.cif.gz")
    found = [one for one in read_proteins([path]) if isinstance(one, Protein)]
    heavy = next(one for one in found if one.name.endswith("_H"))
    known = heavy.annotate(["contact", "site", "ptm", "aa"]).known
    contact, site, index = known["contact"], known["binding_site"], heavy.sequence_map.residue_index
    assert (index < 0).any() and len(index) == heavy.n_positions
    assert not contact.valid[index < 0].any() and not contact.values[index < 0].any()
    assert np.isnan(heavy.ca_coords[index < 0]).all()
    resi = [heavy.subject.chain.residue_ids[k].resi for k in index[site.residues]]
    assert {"57", "195", "60D"} <= set(resi)
    i, j = np.nonzero(contact.values)
    apart = np.linalg.norm(heavy.ca_coords[i] - heavy.ca_coords[j], axis=1)
    assert apart.max() < 8 and np.abs(i - j).min() >= 6


def test_truncation_cuts_all(tmp_path: Path) -> None:
    cut = read_one(tmp_path, binding_site=[1, 19], ca_coords=[[0, 0, 0]] * 20).truncate(8)
    known = cut.annotate(["contact", "site"]).known
    assert cut.sequence == SEQUENCE[:8] and cut.ca_coords.shape == (8, 3)
    assert known["binding_site"].residues.tolist() == [1]
    assert np.argwhere(np.triu(known["contact"].values)).tolist() == [[0, 6], [0, 7], [1, 7]]


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ({"ss": "HHH"}, "ss of set.jsonl:1 has 3 values for 20 residues"),
        ({"ca_coords": [[0, 0, 0]]}, "ca_coords of set.jsonl:1 has 1 values"),
        ({"ca_coords": ["x"] * 20}, "or null, are needed"),
        ({"binding_site": [20]}, "counted from 0"),
        ({"near": [[0, 1, 2]]}, "pairs of residues"),
        ({"near": [[3, 3]]}, "two different residues"),
        ({"depth": {"numbers": [1.0]}}, "depth of set.jsonl:1 has 1 values"),
        ({"buried": "0101"}, "buried of set.jsonl:1 has 4 values"),
        ({"sequence": "XXXX"}, "no amino acid"),
        ({"sequence": ""}, "no sequence"),
        ({"sequence": "MK-T"}, "'-'"),
        ({"sequence": None}, "no sequence"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, labels: dict[str, object], words: str) -> None:
    assert words in reason(tmp_path, **labels)


def test_coordinates_that_are_no_numbers_are_unresolved(tmp_path: Path) -> None:
    points = [[float("nan"), 0.0, 0.0], [float("inf"), 0.0, 0.0], None, *[[0.0, 0.0, 0.0]] * 17]
    protein = read_one(tmp_path, ca_coords=points)
    assert np.flatnonzero(np.isnan(protein.ca_coords[:, 0])).tolist() == [0, 1, 2]
    nowhere = read_one(tmp_path, ca_coords=[[float("nan")] * 3] * 20).annotate(["contact"])
    assert not nowhere.known and "no CA coordinates" in nowhere.missing["contact"]


def test_one_residue_is_a_protein(tmp_path: Path) -> None:
    protein = read_one(tmp_path, sequence="M", binding_site=[0], ca_coords=[[0, 0, 0]])
    known = protein.annotate(["contact", "site", "aa"]).known
    assert known["contact"].values.shape == (1, 1) and known["aa_M"].residues.tolist() == [0]


def test_files_of_all_kinds_in_blocks(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    import pyarrow

    write_lines(
        tmp_path / "b.jsonl", {"id": "j1", "sequence": "MK"}, {"sequence": 3}, {"id": "j3", "sequence": "K"}
    )
    (tmp_path / "notes.txt").write_text("none of ours")
    (tmp_path / "c.jsonl").write_text('{"id": "broken"\n\n[1]\n')
    (tmp_path / "d.jsonl").write_text("")
    (tmp_path / "e.pdb").write_text("")
    with gzip.open(tmp_path / "a.fasta.gz", "wt") as file:
        file.write(">f1 a protein\nMKT\nAYI\n>f2\nMKX\n")
    rows = [{"id": "p1", "sequence": "MKT", "ss": "HHE"}, {"id": "p2", "sequence": "MK", "ss": None}]
    parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "f.parquet")
    (tmp_path / "g.parquet").write_text("none")
    files = find_inputs([tmp_path])
    assert [path.name[0] for path in files] == list("abcdefg")
    found = list(read_proteins([tmp_path]))
    names = [(one.name, isinstance(one, Protein)) for one in found]
    assert names == [
        ("f1", True), ("f2", True), ("j1", True), ("b.jsonl:2", False), ("j3", True), ("c.jsonl:1", False),
        ("c.jsonl:3", False), ("d.jsonl:1", False), ("e", False), ("p1", True), ("p2", True),
        ("g.parquet:1", False),
    ]  # fmt: skip
    assert count_records(files) == len(found)
    assert all(one.reason for one in found if isinstance(one, BadItem))
    proteins = {one.name: one for one in found if isinstance(one, Protein)}
    assert proteins["f1"].sequence == "MKTAYI"
    assert "ss_E" in proteins["p1"].annotate(["ss"]).known and not proteins["p2"].annotate(["ss"]).known
    for size in (1, 5, 100):
        blocks = list(read_blocks(files, size))
        assert [one.name for _, block in blocks for one in block] == [name for name, _ in names]
        (some,) = read_blocks(files, size, lambda number: number == 0)
        assert [one.name for one in some[1]] == [one.name for one in blocks[0][1]]


def test_same_sequences_of_a_file_count_once() -> None:
    found = list(read_proteins([find_structure("pdb/4hhb.pdb.gz")]))
    assert [type(one) for one in found] == [Protein, Protein, BadItem, BadItem]
    assert isinstance(found[2], BadItem) and "counts already" in found[2].reason


def test_inputs_that_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "x.docx").write_text("")
    for inputs, words in (
        ([tmp_path / "none"], "There is no file"),
        ([tmp_path / "x.docx"], "is not known"),
        ([tmp_path], "holds no file of proteins"),
        ([], "No input"),
    ):
        with pytest.raises(InputError, match=words):
            find_inputs(inputs)


@pytest.mark.parametrize("name", ["set.fasta.gz", "set.jsonl.gz"])
@pytest.mark.parametrize("unit", [b"A" * 2**20, b"A" * (2**20 - 1) + b"\n"])
def test_a_record_that_does_not_end_is_read_up_to_a_limit(tmp_path: Path, name: str, unit: bytes) -> None:
    """A small file that holds 100 MB; none of it may be needed at once."""
    with gzip.open(tmp_path / name, "wb", compresslevel=1) as file:
        file.write(b">one\n" if "fasta" in name else b"")
        for _ in range(100):
            file.write(unit)
    tracemalloc.start()
    found = list(read_proteins([tmp_path / name]))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert all(isinstance(one, BadItem) for one in found) and peak < 150 * 10**6
    if "fasta" in name or b"\n" not in unit:
        assert "a record of more than 16 million letters" in found[-1].reason
