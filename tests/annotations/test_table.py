"""Tables of residues: layouts, values, and lines that cannot be right."""

from __future__ import annotations

import numpy as np
import pytest

from provis_core.annotations.annotators import compute_annotations
from provis_core.errors import InputError
from provis_core.structures.chain import ResidueId
from provis_core.structures.subject import Subject

from .builders import make_chain, three_parts


@pytest.fixture
def annotate(tmp_path):
    """Annotate five residues, 1 to 4 and 4A, from a text."""
    ids = [ResidueId("A", 1), ResidueId("A", 2), ResidueId("A", 3), ResidueId("A", 4), ResidueId("A", 4, "A")]
    subject = Subject(make_chain("ACDEF", ids=ids))

    def run(text, **options):
        path = tmp_path / "mine.csv"
        path.write_text(text, encoding="utf-8")
        (found,) = compute_annotations("table", subject, file=str(path), **options)
        return found

    return run


@pytest.mark.parametrize(
    "text",
    [
        "resi\n2\n4A\n",
        "2\n4A\n",
        "chain,resi\nA,2\nB,77\nA,4a\n",
        "residue_number\tresn\n2\tCYS\n4A\tF\n",
        "# mine\nresi\n\n2\n4A\n",
        "\ufeffRESI\r\n2\r\n4A\r\n",
        "position;aa\n2;C\n4A;PHE\n",
        '"resi","chain"\n"2","A"\n"4A","A"\n',
    ],
)
def test_plain_lists(annotate, text):
    found = annotate(text)
    assert found.values.tolist() == [False, True, False, False, True]
    assert found.valid.all() and not found.is_numeric and found.source == "mine.csv"


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("resi,value\n1,0.5\n2,-1\n4A,nan\n", {}),
        ("1\t0.5\n2\t-1\n", {}),
        ("resi,score\n1,0.5\n2,-1\n3,\n", {}),
        ("resi,a,b\n1,7,0.5\n2,8,-1e0\n", {"column": "B"}),
        ("resi,value,other\n1,0.5,9\n2,-1,9\n", {}),
    ],
)
def test_numbers(annotate, text, options):
    found = annotate(text, **options)
    assert found.values[:2].tolist() == [0.5, -1] and np.isnan(found.values[2:]).all()
    assert found.valid.tolist() == [True, True, False, False, False] and found.is_numeric
    assert any("3 of 5 residues have no value" in note for note in found.notes)


def test_lines_about_other_chains_are_counted(annotate):
    assert annotate("chain,resi\nA,1\nB,1\nC,1\n").notes == ("2 lines are about other chains",)


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ("resi\n2\n99\n4B\n", {}, ["99 (line 3)", "4B (line 4)", "are not in toy chain A"]),
        ("resi,resn\n1,CYS\n", {}, ["CYS1 (line 2) is ALA"]),
        ("resi,value\n1,2\n1,3\n", {}, ["two different numbers", "1 (line 3)"]),
        ("resi,value\n1,high\n", {}, ["line 2", "'high'", "no number"]),
        ("resi\nA25\n", {}, ["line 2", "'A25' is no residue"]),
        ("chain,score\nA,1\n", {}, ["chain, score", "resi"]),
        ("resi,a,b\n1,1,1\n", {}, ["several columns", "a, b"]),
        ("resi,a\n1,1\n", {"column": "c"}, ["no column c"]),
        ("chain,resi\nB,1\n", {}, ["only about chain B"]),
        ("resi\n", {}, ["nothing about"]),
        ("", {}, ["empty"]),
        ("# only a comment\n", {}, ["empty"]),
    ],
)
def test_lines_that_cannot_be_right(annotate, text, options, words):
    with pytest.raises(InputError) as error:
        annotate(text, **options)
    assert three_parts(error.value)
    assert all(word in str(error.value) for word in words), str(error.value)


def test_many_unknown_residues_are_counted(annotate):
    with pytest.raises(InputError) as error:
        annotate("resi\n" + "".join(f"{number}\n" for number in range(100, 130)))
    assert "109 (line 11) and 20 more" in str(error.value)


def test_no_file(tmp_path):
    subject = Subject(make_chain("ACD"))
    for options in ({}, {"file": str(tmp_path / "none.csv")}, {"file": str(tmp_path)}):
        with pytest.raises(InputError) as error:
            compute_annotations("table", subject, **options)
        assert three_parts(error.value)


def test_repeated_line_with_the_same_number_is_fine(annotate):
    assert annotate("resi,value\n1,2\n1,2.0\n").valid.tolist() == [True, False, False, False, False]
