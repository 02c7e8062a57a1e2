"""What is to be explained, in the words of the user and the numbering of the structure."""

from __future__ import annotations

import numpy as np
import pytest

from provis_core.errors import InputError
from provis_core.structures.chain import Chain, ResidueId, SelectedChain
from provis_core.targets.predictions import KINDS, Prediction, read_prediction
from provis_core.targets.targets import make_targets

NAMES = ("GLY", "ALA", "VAL", "ASP", "CYS", "LEU")


def make_target(chain_id="A", numbers=("-1", "5", "82", "82A", "83", "200"), link_to=()):
    chains = [
        Chain(
            "1abc", one, tuple(ResidueId.from_resi(one, number) for number in numbers), NAMES,
            np.arange(18, dtype=np.float32).reshape(6, 3) * 3,
        )
        for one in (chain_id, *link_to)
    ]  # fmt: skip
    selected = [SelectedChain(chain, np.ones(6, dtype=bool)) for chain in chains]
    (target, *_), _ = make_targets(selected, "observed", link=bool(link_to))
    return target


@pytest.mark.parametrize(
    "text, expected",
    [
        ("V82A", Prediction("substitution", (2,), "VA")),
        ("v82a:masked", Prediction("substitution", (2,), "VA", masked=True)),
        ("D82AG", Prediction("substitution", (3,), "DG")),
        ("G-1P", Prediction("substitution", (0,), "GP")),
        ("A/V82A", Prediction("substitution", (2,), "VA")),
        ("residue:82a", Prediction("residue", (3,), masked=True)),
        ("Residue: 200", Prediction("residue", (5,), masked=True)),
        ("likelihood", Prediction("likelihood")),
        ("contact:82A-5", Prediction("contact", (1, 3))),
        ("contact:-1-5", Prediction("contact", (0, 1))),
        ("contact: A/5 - A/200", Prediction("contact", (1, 5))),
        ("residue:5:binding", Prediction("residue_class", (1,), classes=("binding",))),
        ("Membrane", Prediction("class", classes=("Membrane",))),
        ("GO:0016020", Prediction("class", classes=("GO:0016020",))),
        ("class:4", Prediction("class", classes=("4",))),
        ("heavy-light", Prediction("class", classes=("heavy-light",))),
    ],
)
def test_targets_are_read_in_the_numbers_of_the_structure(text, expected):
    prediction = read_prediction(text, make_target())
    assert prediction == expected
    assert Prediction.from_json(prediction.to_json()) == prediction


@pytest.mark.parametrize(
    "text, words",
    [
        ("L82A", r"the residue 82 of 1abc chain A is V.*Try «target=V82A»"),
        ("L82A:masked", r"Try «target=V82A:masked»"),
        ("V82V", "changes nothing"),
        ("V7A", r"no residue 7 that the model sees.*from -1 to 200"),
        ("contact:5-5", "one residue twice"),
        ("contact:5-6", "no residue 6"),
        ("contact:5", r"is not understood.*contact:25-82"),
        ("residue:82B", r"no residue 82B"),
        ("residue:abc", r"no number of a residue"),
        ("B/V82A", r"1abc chain A is not chain B.*link=1"),
        ("contact:A/5-B/200", r"1abc chain A is not chain B.*link=1"),
        ("Membrane:masked", "is not understood.*V82A"),
        ("", "is not understood"),
    ],
)
def test_what_cannot_be_meant_is_refused(text, words):
    with pytest.raises(InputError, match=words):
        read_prediction(text, make_target())


def test_a_residue_that_is_not_resolved_has_no_number():
    """It is in the sequence that the model reads, and the structure gives it none."""
    target = make_target(numbers=("1", "2", "3", "6", "7", "8"))
    whole, _ = make_targets([target.selected], "full", "GAVEEDCL")
    assert whole[0].sequence_map.residue_index.tolist() == [0, 1, 2, -1, -1, 3, 4, 5]
    assert read_prediction("residue:6", whole[0]).positions == (5,)
    with pytest.raises(
        InputError, match=r"no residue 4 that the model sees.*without coordinates have no number"
    ):
        read_prediction("residue:4", whole[0])


def test_a_number_of_linked_chains_needs_its_chain():
    target = make_target(link_to=("B",))
    with pytest.raises(InputError, match=r"2 residues of .* have the number 82.*chains A, B.*as in A/82"):
        read_prediction("residue:82", target)
    second = read_prediction("B/V82A", target)
    assert target.sequence_map.residue_index[second.positions[0]] == 8
    assert target.sequence_map.sequence[second.positions[0]] == "V"


def test_every_kind_has_an_example_that_is_read():
    target = make_target(numbers=("1", "2", "82", "4", "25", "6"))
    kinds = {read_prediction(example, target).kind for example, _, _ in KINDS}
    assert kinds == {"substitution", "residue", "likelihood", "contact", "class", "residue_class"}


def test_words_name_positions_from_one():
    assert Prediction("substitution", (2,), "VA", masked=True).text == "V3A:masked"
    assert Prediction("residue", (0,), masked=True).text == "residue:1"
    assert Prediction("class", classes=("heavy", "light")).text == "class:heavy-light"
