"""Names of classes: in config.json, in a file beside it, from the files that a user gives."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from provis_core.checkpoints.labels import (
    LABELS_FILE,
    find_labels,
    is_unnamed,
    read_label_files,
    read_labels,
    read_own_labels,
    write_labels,
)
from provis_core.errors import CheckpointError, InputError

OBO = """format-version: 1.2

[Term]
id: GO:0016020
name: membrane
namespace: cellular_component
def: "A lipid bilayer: with proteins." [GOC:x]

[Term]
id: GO:0003824
name: catalytic activity
alt_id: GO:0099999

[Typedef]
id: part_of
name: part of
"""


def test_own_labels_are_in_the_order_of_their_numbers(tmp_path):
    """As JSON writes them the keys are texts, and 10 comes before 2."""
    table = {str(i): f"class {i}" for i in sorted(range(12), key=str)}
    assert read_own_labels({"id2label": table}, tmp_path) == tuple(f"class {i}" for i in range(12))
    assert read_own_labels({}, tmp_path) == ("LABEL_0", "LABEL_1")  # as transformers takes it
    assert read_own_labels({"num_labels": 3}, tmp_path)[2] == "LABEL_2"
    for number in ("x", 0, 10**12, None, 2.5):
        with pytest.raises(CheckpointError, match="num_labels"):
            read_own_labels({"num_labels": number}, tmp_path)
    for wrong in ({"1": "a", "2": "b"}, {"0": "a", "2": "b"}, {"0": 1}, ["a", 2], "ab"):
        with pytest.raises(CheckpointError, match="id2label"):
            read_own_labels({"id2label": wrong}, tmp_path)


def test_only_counted_classes_are_unnamed():
    assert is_unnamed(["LABEL_0", "LABEL_1"])
    assert not is_unnamed(["LABEL_0", "Membrane"])
    assert not is_unnamed([])


@pytest.mark.parametrize("ending", ["npy", "txt", "json", "table.json"])
def test_a_list_of_labels_is_read_in_its_order(tmp_path, ending):
    wanted = ("GO:0016020", "GO:0003824", "GO:0005488")
    path = tmp_path / f"label_itos.{ending}"
    if ending == "npy":
        np.save(path, np.array(wanted))
    elif ending == "txt":
        path.write_text("\n".join(wanted) + "\n\n")
    else:
        path.write_text(
            json.dumps({i: label for i, label in enumerate(wanted)} if "table" in ending else wanted)
        )
    assert read_labels(path) == wanted


def test_an_array_of_objects_is_not_unpickled(tmp_path):
    path = tmp_path / "label_itos.npy"
    np.save(path, np.array(["a", "b"], dtype=object), allow_pickle=True)
    with pytest.raises(InputError, match=r"pickled objects.*can run a program.*dtype=str"):
        read_labels(path)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.npy", b"\x93NUMPY damaged", "cannot be read"),
        ("a.txt", b"", "names no class"),
        ("a.txt", b"x\ny\nx\n", "names x twice"),
        ("a.json", b'{"1": "x"}', "from 0 on"),
        ("a.json", b"[", "a.json"),
        ("a.json", b"[1, 2]", "no text"),
        ("a.obo", b"no ontology", "no terms"),
    ],
)
def test_other_files_are_refused_in_words(tmp_path, name, content, words):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=words):
        read_label_files([path], ("LABEL_0", "LABEL_1"))


def test_numbers_in_an_array_are_no_labels(tmp_path):
    np.save(tmp_path / "a.npy", np.arange(3))
    with pytest.raises(InputError, match="no list of texts"):
        read_labels(tmp_path / "a.npy")


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    (tmp_path / "go.obo").write_text(OBO)
    (tmp_path / "labels.txt").write_text("GO:0099999\nGO:0016020\nGO:0000001\n")
    return tmp_path / "labels.txt", tmp_path / "go.obo"


def test_an_ontology_says_what_labels_mean(files):
    own = ("LABEL_0", "LABEL_1", "LABEL_2")
    for order in (files, files[::-1]):
        labels, meanings = read_label_files(order, own)
        assert labels == ("GO:0099999", "GO:0016020", "GO:0000001")
        assert meanings == ("catalytic activity", "membrane", "")
    assert read_label_files(files[:1], own)[1] == ()
    with pytest.raises(InputError, match=r"none of the model's classes.*--labels LIST"):
        read_label_files(files[1:], own)
    with pytest.raises(InputError, match=r"names 3 classes.*has 2"):
        read_label_files(files, own[:2])


def test_what_was_written_beside_a_checkpoint_is_found(tmp_path):
    own = ("LABEL_0", "LABEL_1")
    assert find_labels(tmp_path, own) == (own, ())
    write_labels(tmp_path, ("a", "b"), ("first", "second"))
    assert find_labels(tmp_path, own) == (("a", "b"), ("first", "second"))
    with pytest.raises(CheckpointError, match=r"names 2 classes.*has 3"):
        find_labels(tmp_path, (*own, "LABEL_2"))
    for damaged in ('{"labels": "ab", "meanings": []}', '{"labels": [1, 2], "meanings": []}', "{"):
        (tmp_path / LABELS_FILE).write_text(damaged)
        with pytest.raises(CheckpointError, match=LABELS_FILE):
            find_labels(tmp_path, own)
