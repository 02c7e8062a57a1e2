"""Whatever is wrong is said in one plain message, and nothing is drawn, lost or left running."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .structures import SEEN_1HPV, change, keep, protein, read_1hpv


@pytest.fixture(scope="session")
def short_bert(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A BERT that takes 60 residues."""
    from tests.tiny_checkpoints import write_tiny_bert

    folder = tmp_path_factory.mktemp("models") / "short_bert"
    return str(write_tiny_bert(folder, n_layers=2, max_positions=62))


def nucleic(show: Any) -> None:
    """Two nucleotides, as far as PyMOL needs them to know what they are."""
    atoms = [" P  ", " O5'", " C5'", " C4'", " C3'", " O3'", " C1'", " N9 "]
    lines = change(protein(read_1hpv())[: 2 * len(atoms)], chain="B")
    named = [change([line], name=name)[0] for line, name in zip(lines, atoms * 2, strict=True)]
    show(change(named[:8], resn=" DA", number=1) + change(named[8:], resn=" DG", number=2), "dna")


# -- what is selected


def test_a_selection_without_atoms(hpv: str, attn: Any, refuse: Any) -> None:
    refuse(
        lambda: attn("chain Q"), "The selection 'chain Q' holds no atoms", "loaded are: 1hpv.", "count_atoms"
    )


@pytest.mark.parametrize("selection", ["chain A)", "chain A and", "nosuch", "resi 5 5 5"])
def test_a_selection_that_pymol_cannot_read(hpv: str, attn: Any, refuse: Any, selection: str) -> None:
    refuse(lambda: attn(selection), f"PyMOL does not understand the selection {selection!r}", "1hpv")


def test_our_drawings_are_not_offered_as_molecules(hpv: str, attn: Any, refuse: Any) -> None:
    attn("chain A")
    assert "provis_1hpv" not in str(refuse(lambda: attn("chain Q"), "loaded are: 1hpv."))


def test_nothing_is_loaded(attn: Any, refuse: Any) -> None:
    refuse(lambda: attn(""), "No enabled object has atoms; loaded are: no molecules", "fetch 1hpv")
    refuse(lambda: attn("chain A"), "holds no atoms", "loaded are: no molecules")


def test_everything_is_disabled(cmd: Any, hpv: str, attn: Any, refuse: Any) -> None:
    cmd.disable("1hpv")
    refuse(lambda: attn(""), "No enabled object has atoms; loaded are: 1hpv", "enable it")


def test_no_polymer(hpv: str, attn: Any, refuse: Any) -> None:
    refuse(lambda: attn("organic or solvent"), "holds no protein: ", " residues of water", "ligand or ion")


def test_nucleic_acid_alone(show: Any, attn: Any, refuse: Any) -> None:
    nucleic(show)
    refuse(lambda: attn("dna"), "holds no protein: 2 residues of nucleic acid", "polymer.protein")


def test_nucleic_acid_beside_protein_is_left_alone(show: Any, hpv: str, attn: Any) -> None:
    nucleic(show)
    assert [item.chain.label for item in attn("")] == ["1hpv chain A", "1hpv chain B"]


def test_residues_that_no_model_knows(show: Any, attn: Any, refuse: Any) -> None:
    show(change(protein(read_1hpv()), resn="UNK"))
    refuse(lambda: attn("toy"), "toy chain A has no amino acid that ProVis knows (UNK)")


def test_a_number_used_twice(show: Any, attn: Any, refuse: Any, capsys: Any) -> None:
    lines = protein(read_1hpv())
    show([*lines, "TER", *change(lines, shift=(60, 0, 0))])
    refuse(
        lambda: attn("toy"), "two residues numbered 1 (99 numbers are used so)", "rank 758-1515, chain='B'"
    )
    show(lines, "good")
    capsys.readouterr()
    assert [item.chain.object_name for item in attn("")] == ["good"]  # said, and the rest is done
    assert "toy chain A has two residues numbered 1" in capsys.readouterr().out


# -- the model, its layers and heads


def test_models_that_are_none(hpv: str, attn: Any, refuse: Any, tmp_path: Path) -> None:
    refuse(lambda: attn("chain A", model="provis_min"), "no model 'provis_min'", "Did you mean provis_mini?")
    refuse(lambda: attn("chain A", model="xyzzy"), "no model 'xyzzy'", "provis_models")
    refuse(lambda: attn("chain A", model=str(tmp_path)), "no config.json", "Hugging Face layout")


@pytest.mark.parametrize(
    ("layer", "head", "words"),
    [
        (13, 4, ("layer=13", "12 layers with 4 heads", "layer=1 to layer=12")),
        (0, 4, ("layer=0", "layer=1 to layer=12")),
        (-1, 4, ("layer=-1", "layer=1 to layer=12")),
        (12, 5, ("head=5", "12 layers with 4 heads", "head=1 to head=4")),
        ("x", 4, ("layer=x", "whole number")),
        ("1.5", 4, ("layer=1.5", "whole number")),
        (1.5, 4, ("layer=1.5", "whole number")),
        (12, "4th", ("head=4th", "whole number")),
    ],
)
def test_layers_and_heads(hpv: str, attn: Any, refuse: Any, layer: Any, head: Any, words: Any) -> None:
    refuse(lambda: attn("chain A", layer, head), *words)


def test_a_chain_that_is_too_long(hpv: str, attn: Any, refuse: Any, short_bert: str, capsys: Any) -> None:
    refuse(lambda: attn("chain A", 1, 1, model=short_bert), "99 residues", "short_bert can take 60 at most")
    assert "99 residues" not in capsys.readouterr().out  # said once


def test_a_chain_that_is_too_long_can_be_seen_in_windows(
    cmd: Any, hpv: str, short_bert: str, attn: Any, capsys: Any
) -> None:
    (drawn,) = attn("chain A", 1, 1, model=short_bert, window=50, min_attn=0.05, top=0, quiet=0)
    assert drawn.edges.n_edges
    assert max(abs(drawn.edges.query - drawn.edges.key)) < 50
    said = " ".join(capsys.readouterr().out.split())
    assert f"{SEEN_1HPV} in windows of 50, short_bert 1-1" in said
    assert "pairs that are never in one window are absent" in said


def test_one_chain_fails_and_the_other_is_drawn(cmd: Any, show: Any, attn: Any, short_bert: str) -> None:
    """A script must not go on as if nothing were missing; a person is told of it."""
    show(protein(read_1hpv()), "long")
    show(keep(protein(read_1hpv()), lambda line: int(line[22:26]) <= 50), "short")
    with pytest.raises(Exception, match=r"long chain A was left out: The chain has 99 residues.*60 at most"):
        attn("", 2, 1, model=short_bert, min_attn=0)
    assert cmd.get_names("all") == ["long", "short", "provis_short_A_2-1", "provis"]


# -- options


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"min_attn": "-0.1"}, ("min_attn=-0.1", "0 to 1")),
        ({"min_attn": 1.01}, ("min_attn=1.01", "0 to 1")),
        ({"min_attn": "nan"}, ("min_attn=nan", "0 to 1")),
        ({"min_attn": "a lot"}, ("min_attn=a lot", "A number is needed")),
        ({"top": -1}, ("top=-1", "0 (all) or more")),
        ({"top": "ten"}, ("top=ten", "whole number")),
        ({"min_sep": 0}, ("min_sep=0", "at least 1")),
        ({"direction": "both"}, ("direction=both", "max, mean, directed")),
        ({"palette": "virdis"}, ("palette=virdis", "Did you mean palette=viridis?")),
        ({"radius": 0}, ("radius=0", "above 0")),
        ({"radius": "inf"}, ("radius=inf", "up to 10")),
        ({"wait": "maybe"}, ("wait=maybe", "0 or 1")),
        ({"quiet": "maybe"}, ("quiet=maybe", "0 or 1")),
        ({"sele": "1hpv"}, ("sele=1hpv", "there is an object of this name", "sele=1hpv_ends")),
        ({"sele": "1HPV"}, ("sele=1HPV", "there is an object of this name")),
        ({"sele": "provis"}, ("sele=provis", "provis_ends")),
        ({"sele": "é"}, ("sele=é", "letters, digits")),
        ({"name": "***"}, ("name=***", "letters, digits")),
    ],
    ids=lambda value: "-".join(f"{k}={v}" for k, v in value.items()) if isinstance(value, dict) else "",
)
def test_options(
    hpv: str, attn: Any, refuse: Any, worker: Any, options: Any, words: Any, monkeypatch: Any
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("the worker was asked although the command is wrong")

    monkeypatch.setattr(worker, "submit", fail)
    refuse(lambda: attn("chain A", **options), *words)


def test_an_unknown_argument_is_told_with_the_near_one(cmd: Any, hpv: str, console: Any) -> None:
    (line,) = console("provis_attn chain A, layers=4")
    assert "layers=4" in line and "Did you mean layer=4?" in line
    assert cmd.get_names("all") == ["1hpv"]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("min_atn", "0.2", ("no setting 'min_atn'", "Did you mean min_attn?")),
        ("min_attn", "high", ("min_attn='high'", "A number is needed")),
        ("min_attn", "3", ("min_attn=3", "at most 1")),
        ("top", "-5", ("top=-5", "at least 0")),
        ("palette", "rainbo", ("palette=rainbo", "is needed", "provis_set palette, ")),
        ("radius", "50", ("radius=50", "at most 10")),
        ("model", "provis_minni", ("no model 'provis_minni'", "provis_mini")),
    ],
)
def test_preferences(commands: Any, refuse: Any, name: str, value: str, words: Any) -> None:
    before = commands["provis_set"]()
    refuse(lambda: commands["provis_set"](name, value), *words)
    assert commands["provis_set"]() == before


def test_at_the_console_an_error_is_one_line(cmd: Any, hpv: str, console: Any, bert: Path) -> None:
    for line in (
        f"provis_attn chain Q, 1, 1, {bert}",
        f"provis_attn chain A, 99, 1, {bert}",
        "provis_model nix",
    ):
        (answer,) = console(line)
        assert answer.startswith(" Error: ")
    assert cmd.get_names("all") == ["1hpv"]
