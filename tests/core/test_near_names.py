"""A guess at what was meant is near, or there is none: one function for all names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from provis_core.annotations.annotators import find_annotator, known_annotators, name_property
from provis_core.checkpoints.registry import list_registry
from provis_core.errors import InputError, check_word, near_name
from provis_core.session.settings import SETTINGS

ROOT = Path(__file__).parents[2]
PROPERTIES = [name for one in known_annotators() for name in (one.name, *one.parts)]


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("helx", PROPERTIES, "helix"),
        ("contcat", PROPERTIES, "contact"),
        ("Bfactor", PROPERTIES, "b_factor"),
        ("b-factor", PROPERTIES, "b_factor"),
        ("uni", PROPERTIES, "uniprot"),
        ("ATP", PROPERTIES, ""),
        ("HEM", PROPERTIES, ""),
        ("binding", PROPERTIES, ""),
        ("min_atn", SETTINGS, "min_attn"),
        ("MINATTN", SETTINGS, "min_attn"),
        ("colour", SETTINGS, ""),
        ("esm2_35", [one.name for one in list_registry()], "esm2_35m"),
        ("gpt4", [one.name for one in list_registry()], ""),
        ("a", "ABCD", "A"),
        ("X", "ABCD", ""),
        ("", ["anything"], ""),
    ],
)
def test_guesses(name, known, expected):
    assert near_name(name, known) == expected


def test_no_other_code_guesses():
    for folder in ("provis_core", "plugin"):
        for path in (ROOT / folder).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            assert path.name == "errors.py" or not re.search(r"\bdifflib\b", text), path


@pytest.mark.parametrize("name", ["ligand", "Ligand:478", "ion:ZN", "peptide", "site:ligand", "helix"])
def test_what_is_bound_is_a_property_by_itself(name):
    is_bound = name.lower().split(":")[0] in ("ligand", "ion", "peptide")
    assert name_property(name) == (f"site:{name}" if is_bound else name)
    assert find_annotator(name).name == ("secondary_structure" if name == "helix" else "site")


def test_a_ligand_by_its_name_is_told_how():
    with pytest.raises(InputError, match="What is near a ligand ATP is «by=site:ligand:ATP»"):
        find_annotator("ATP")
    with pytest.raises(InputError, match="Did you mean «by=ligand»"):
        find_annotator("ligands")


@pytest.mark.parametrize(
    ("word", "usual", "expected"),
    [("map", "", None), ("mapp", "", "map"), ("xyz", "", "map"), ("xyz", "grid", "grid"), ("MAP", "", "map")],
)
def test_a_word_that_there_is_not_is_told_with_the_near_or_usual_one(word, usual, expected):
    if expected is None:
        check_word("what", word, ("map", "grid"), usual)
        return
    with pytest.raises(InputError) as told:
        check_word("what", word, ("map", "grid"), usual)
    assert told.value.got == f"«what={word}»" and "map, grid" in told.value.need
    assert f"«what={expected}»" in told.value.do


def test_no_other_code_lists_words_and_guesses_among_them():
    """But for settings, properties and metrics, which are no option of the name of a word alone."""
    by_hand = (
        r"not in (\w+)[^\n]*:\s+raise InputError\(\s*f\"«\w+=\{[\w.]+\}»\",\s*f\"One of \{', '\.join\(\1\)"
    )
    files = sorted((ROOT / "provis_core").rglob("*.py"))
    assert [path.name for path in files if re.search(by_hand, path.read_text(encoding="utf-8"))] == []
