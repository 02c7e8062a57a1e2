"""Ticks along the residues: the numbers that the user knows, on the residues that have them."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from provis_core.figures.residue_axis import ResidueAxis, join_axes, make_residue_axis
from provis_core.structures.chain import Chain, ResidueId
from provis_core.structures.files.chains import load_chains
from tests.data import find_structure


def chain_of(resis: list[str], chain_id: str = "A") -> Chain:
    """A chain of alanines with these numbers and insertion codes."""
    ids = [ResidueId(chain_id, int(text.rstrip("ABCDEFGH")), text.lstrip("-0123456789")) for text in resis]
    coords = np.zeros((len(ids), 3))
    return Chain("toy", chain_id, tuple(ids), ("ALA",) * len(ids), coords)


def numbers(*spans: tuple[int, int]) -> list[str]:
    return [str(k) for first, last in spans for k in range(first, last + 1)]


def check_ticks(axis: ResidueAxis, low: float, high: float, spacing: float) -> tuple[str, ...]:
    """What holds for all ticks; gives their labels."""
    places, labels = axis.ticks(low, high, spacing)
    assert labels == tuple(axis.resi[place] for place in places)
    assert (np.diff(places) >= spacing).all()
    assert ((places >= low) & (places <= high)).all()
    return labels


def test_round_numbers_of_a_plain_chain() -> None:
    axis = make_residue_axis(chain_of(numbers((1, 99))))
    assert check_ticks(axis, 0, 98, 7) == tuple(str(k) for k in range(10, 100, 10))
    assert check_ticks(axis, 0, 98, 18) == ("20", "40", "60", "80")
    assert check_ticks(axis, 24, 30, 1) == ("25", "26", "27", "28", "29", "30", "31")
    assert not len(axis.breaks)


def test_a_number_stands_on_its_residue_behind_a_gap() -> None:
    axis = make_residue_axis(chain_of(numbers((5, 33), (61, 90))))
    places, labels = axis.ticks(0, axis.n, 8)
    assert dict(zip(labels, places.tolist(), strict=True)) == {
        "10": 5, "20": 15, "30": 25, "70": 38, "80": 48, "90": 58
    }  # fmt: skip
    assert axis.breaks.tolist() == [29]
    assert axis.resi[29] == "61"


def test_insertion_codes_carry_no_round_number_twice() -> None:
    axis = make_residue_axis(chain_of(["49", "50", "50A", "50B", "50C", "51", "52"]))
    assert check_ticks(axis, 0, 6, 2) == ("50", "52")
    assert axis.ticks(0, 6, 2).places.tolist() == [1, 6]
    assert check_ticks(axis, 0, 6, 1) == ("49", "50", "50A", "50B", "50C", "51", "52")
    assert not len(axis.breaks)


def test_a_stretch_without_a_round_number_is_labelled_all_the_same() -> None:
    axis = make_residue_axis(chain_of(["1H", "1G", "1F", "1E", "1D", "1C", "1B", "1A", *numbers((1, 15))]))
    assert check_ticks(axis, 0, axis.n - 1, 5)[0] in {"1H", "5"}
    lonely = make_residue_axis(chain_of(["1H", "1G", "1F", "1E", "1D"]))
    assert check_ticks(lonely, 0, 4, 2) == ("1H",)
    island = make_residue_axis(chain_of(numbers((1, 35), (101, 109), (155, 190))))
    # 101 is too near to 30: the first residue of the stretch that has room
    assert check_ticks(island, 0, island.n, 8) == ("10", "20", "30", "103", "160", "170", "180", "190")


def test_negative_and_backward_numbers() -> None:
    axis = make_residue_axis(chain_of(numbers((-12, 20))))
    assert check_ticks(axis, 0, axis.n - 1, 4) == ("-10", "-5", "0", "5", "10", "15", "20")
    back = make_residue_axis(chain_of(numbers((1001, 1012), (1, 30), (20, 40))))
    places, labels = back.ticks(0, back.n, 4)
    assert back.breaks.tolist() == [12, 42]
    assert labels == ("1005", "1010", "5", "10", "15", "20", "25", "30", "25", "30", "35", "40")
    assert places.tolist() == [4, 9, 16, 21, 26, 31, 36, 41, 47, 52, 57, 62]


def test_several_chains() -> None:
    one, two = (make_residue_axis(chain_of(numbers((1, 30)), name)) for name in "AB")
    both = join_axes([one, two])
    assert both.dividers == (30,) and both.chain_names == ("A", "B") and not len(both.breaks)
    assert check_ticks(both, 0, 59, 6) == ("10", "20", "30", "10", "20", "30")
    assert both.labels[30] == "B/ALA1"


def test_nothing_visible_has_no_ticks() -> None:
    axis = make_residue_axis(chain_of(numbers((1, 9))))
    assert axis.ticks(20, 30, 1).labels == ()
    assert axis.ticks(3.2, 3.4, 1).labels == ()


@pytest.mark.parametrize("stem", ["1igy", "1a4w", "3sgb", "1hpx", "1h4aX", "2axd"])
def test_ticks_of_real_chains_are_what_the_file_says(stem: str) -> None:
    """Read back from the text of the file: the tick's label is the resi of that CA, in the order of CAs."""
    path = find_structure(f"pdb/{stem}.pdb.gz")
    with gzip.open(path, "rt") as file:
        lines = [line for line in file.read().split("ENDMDL")[0].splitlines() if line[12:16] == " CA "]
    for chain in load_chains(path):
        found = [line[22:27].strip() for line in lines if line[21].strip() == chain.chain_id]
        expected = list(dict.fromkeys(found))
        axis = make_residue_axis(chain)
        for spacing in (1.0, 3.3, 12.0, 40.0):
            check_ticks(axis, 0, axis.n - 1, spacing)
            for place, label in zip(*axis.ticks(0, axis.n - 1, spacing), strict=True):
                assert chain.residue_ids[place].resi == label
                assert label in expected
