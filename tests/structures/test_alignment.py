"""Observed residues on the whole sequence: against trying everything, and on cases with a known answer."""

from __future__ import annotations

import functools
import itertools
import random

import numpy as np
import pytest

from provis_core.errors import InputError
from provis_core.structures import alignment
from provis_core.structures.chain import Chain, ResidueId
from provis_core.structures.polymer import PolymerSequence
from provis_core.structures.sequence import SequenceMap, compute_sequence_map
from tests.patience import measure_work

from .files import THREE, random_letters


def observed(
    letters: str, kept: list[int], *, numbers: list[int] | None = None, source: str | None = "SEQRES"
) -> Chain:
    """The kept residues of a protein that lies on the x axis, 3.8 Å from CA to CA."""
    names = [THREE.get(letter, "UNK") for letter in letters]
    return Chain(
        "toy",
        "A",
        tuple(ResidueId("A", number) for number in (numbers or [k + 1 for k in kept])),
        tuple(names[k] for k in kept),
        np.array([[3.8 * k, 0, 0] for k in kept], dtype=np.float32).reshape(-1, 3),
        polymer=PolymerSequence(tuple(names), source) if source else None,
    )


def without(n_positions: int, *gaps: tuple[int, int]) -> list[int]:
    return [k for k in range(n_positions) if not any(first <= k < end for first, end in gaps)]


def resolved(found: SequenceMap) -> list[int]:
    return np.flatnonzero(found.residue_index >= 0).tolist()


def score_of(places: tuple[int, ...], scores: np.ndarray, steps: np.ndarray, apart: np.ndarray) -> int:
    """What a placement is worth, written down from the rules and not from the programme."""
    placed = [i for i, place in enumerate(places) if place >= 0]
    if not placed:
        return -(10**9)
    total = sum(int(scores[i, places[i]]) for i in placed)
    for n_left in (placed[0], len(places) - 1 - placed[-1]):
        total += -100 - 20 * (n_left - 1) if n_left else 0
    for i, j in itertools.pairwise(placed):
        if j - i > 1:  # residues left out: what is skipped after them is free
            total += -200 - 20 * (j - i - 2)
            continue
        touch, skip, by_number = alignment._transitions(int(steps[i]), float(apart[i]))
        distance = places[j] - places[i]
        options = [touch] if distance == 1 else [skip]
        if distance == steps[i] and distance > 1:
            options.append(by_number)
        total += max(options)
    return total


def all_places(n_residues: int, n_positions: int):
    """Every way to place residues in rising order, with -1 for one left out."""

    @functools.cache
    def after(n_left: int, first: int) -> tuple[tuple[int, ...], ...]:
        if not n_left:
            return ((),)
        found = [(-1, *rest) for rest in after(n_left - 1, first)]
        for place in range(first, n_positions):
            found += [(place, *rest) for rest in after(n_left - 1, place + 1)]
        return tuple(found)

    return after(n_residues, 0)


def test_the_programme_finds_the_best_of_all_placements() -> None:
    chance = random.Random(3)
    for _ in range(150):
        n_residues, n_positions = chance.randint(1, 5), chance.randint(1, 7)
        codes = np.array(chance.choices(range(3), k=n_residues))
        scores = np.where(codes[:, None] == np.array(chance.choices(range(3), k=n_positions)), 100, -100)
        scores = scores.astype(np.int32)
        steps = np.array(chance.choices([1, 1, 2, 3, 9], k=n_residues - 1), dtype=np.int64)
        apart = np.array(chance.choices([3.8, 3.8, 8.0, np.nan], k=n_residues - 1))
        places = alignment._place_by_score(scores, steps, apart)
        best = max(score_of(item, scores, steps, apart) for item in all_places(n_residues, n_positions))
        assert score_of(tuple(places), scores, steps, apart) == best
        rising = [place for place in places if place >= 0]
        assert rising == sorted(set(rising))


@pytest.mark.parametrize("numbers", ["right", "closed", "of another protein"])
@pytest.mark.parametrize("seed", range(5))
def test_gaps_are_found_with_any_numbering(numbers: str, seed: int) -> None:
    letters = random_letters(300, seed)
    kept = without(300, (0, 7), (50, 61), (120, 121), (200, 260), (295, 300))
    given = {
        "right": None,
        "closed": list(range(len(kept))),
        "of another protein": [7 * k % 91 for k in kept],
    }
    found = compute_sequence_map(observed(letters, kept, numbers=given[numbers]), "full")
    assert found.sequence == letters
    assert resolved(found) == kept
    assert (found.identity, found.n_left_out, found.n_unresolved) == (1, 0, 300 - len(kept))


def test_numbers_decide_where_letters_cannot() -> None:
    # a gap in a row of one kind: any three of the ten alanines could be missing
    letters = "MKV" + "A" * 10 + "WYC"
    for first in (4, 6, 9):
        kept = without(16, (first, first + 3))
        assert resolved(compute_sequence_map(observed(letters, kept), "full")) == kept
    # with closed numbers only the distance tells where the break is
    kept = without(16, (6, 9))
    assert resolved(compute_sequence_map(observed(letters, kept, numbers=list(range(13))), "full")) == kept
    # repeats: the numbers choose among equal copies
    kept = list(range(40, 60))
    assert resolved(compute_sequence_map(observed(random_letters(20) * 5, [0, *kept, 99]), "full")) == [
        0,
        *kept,
        99,
    ]


def test_insertion_codes_and_skipped_numbers_are_no_gaps() -> None:
    letters = random_letters(30)
    numbers = [*range(1, 11), 10, 10, 10, *range(11, 16), *range(20, 32)]
    chain = observed(letters, list(range(30)), numbers=numbers)
    assert resolved(compute_sequence_map(chain, "full")) == list(range(30))


def test_a_given_sequence_may_lack_tags_and_have_mutations() -> None:
    letters = random_letters(120)
    chain = observed("GSHM" + letters[:60] + "AGSGA" + letters[60:], list(range(129)), source=None)
    wild = list("MKTV" * 5 + letters + "WWW")
    wild[50] = "A" if wild[50] != "A" else "G"
    found = compute_sequence_map(chain, seqres="".join(wild))
    assert found.sequence == "".join(wild)
    assert resolved(found) == list(range(20, 140))
    assert found.residue_index[[20, 79, 80, 139]].tolist() == [4, 63, 69, 128]
    assert (found.gaps, found.source, found.n_left_out) == ("full", "given sequence", 9)
    assert found.identity == pytest.approx(119 / 129)
    assert found.description == (
        "143 residues of the full sequence (given sequence), 23 not resolved, 92.2 % of the observed "
        "residues agree, 9 observed residues are not in it"
    )


def test_another_protein_is_refused_and_the_identity_is_stated() -> None:
    letters = random_letters(100)
    chain = observed(letters, list(range(100)), source=None)
    with pytest.raises(InputError, match=r"agrees with \d+ % of the 100 observed residues of toy chain A"):
        compute_sequence_map(chain, seqres=random_letters(100, 9))
    changed = "".join("W" if k % 9 == 0 and letter != "W" else letter for k, letter in enumerate(letters))
    with pytest.raises(InputError, match=r"At least 90 % must agree"):
        compute_sequence_map(chain, seqres=changed)
    changed = "".join("W" if k % 11 == 0 and letter != "W" else letter for k, letter in enumerate(letters))
    assert compute_sequence_map(chain, seqres=changed).identity >= 0.9


def test_which_sequence_is_used_and_said() -> None:
    letters = random_letters(30)
    kept = without(30, (10, 14))
    known, unknown = observed(letters, kept), observed(letters, kept, source=None)
    closed = "".join(letters[k] for k in kept)
    assert compute_sequence_map(known).sequence == closed
    assert compute_sequence_map(known, "observed").description == "26 observed residues"
    assert (
        compute_sequence_map(known, "auto").description
        == "30 residues of the full sequence (SEQRES), 4 not resolved"
    )
    assert (
        compute_sequence_map(unknown, "auto").description == "26 observed residues (full sequence not known)"
    )
    with pytest.raises(InputError, match="gaps=full», but nothing tells the whole sequence of toy chain A"):
        compute_sequence_map(unknown, "full")
    with pytest.raises(InputError, match="gaps=some"):
        compute_sequence_map(known, "some")
    lines = f" {letters[:20].lower()}\n{letters[20:]}*\n"
    assert compute_sequence_map(unknown, "auto", lines).sequence == letters
    for wrong in ("", "  ", ">sp|P1\nACD", "AC-D", "AÄ"):
        with pytest.raises(InputError, match="seqres"):
            compute_sequence_map(unknown, "full", wrong)
    # SEQRES of something else: auto shows what is there, full says why not
    names = tuple(THREE[letter] for letter in random_letters(40, 5))
    other = Chain(
        "toy",
        "A",
        known.residue_ids,
        known.residue_names,
        known.ca_coords,
        polymer=PolymerSequence(names, "SEQRES"),
    )
    refused = compute_sequence_map(other, "auto")
    assert refused.gaps == "observed"
    assert refused.description.startswith("26 observed residues (not the full sequence (SEQRES): ")
    with pytest.raises(InputError, match="The SEQRES of 40 residues agrees with"):
        compute_sequence_map(other, "full")


def test_unknown_residues_fit_anywhere_but_count_for_nothing() -> None:
    letters = random_letters(40)
    kept = without(40, (0, 3))
    chain = observed(letters[:20] + "XX" + letters[22:], kept, source=None)
    found = compute_sequence_map(chain, seqres=letters)
    assert (found.sequence, resolved(found), found.identity) == (letters, kept, 1)


def test_the_work_grows_with_the_length_not_with_its_square() -> None:
    """Four times as long; with the square it would be sixteen times the work."""
    for numbered in (False, True):
        seconds = []
        for length in (1050, 4200):
            letters = random_letters(length)
            kept = [k for k in range(length) if k % 200 > 9]
            numbers = [13 * k % 997 for k in kept] if numbered else None
            chain = observed(letters, kept, numbers=numbers)
            assert resolved(compute_sequence_map(chain, "full")) == kept
            seconds.append(measure_work(lambda chain=chain: compute_sequence_map(chain, "full")))
        assert seconds[1] < 10 * seconds[0] + 0.05, (numbered, seconds)


def test_4000_residues_with_mutations_and_of_another_protein() -> None:
    letters = random_letters(4200)
    kept = [k for k in range(4200) if k % 200 > 9]
    chain = observed(letters, kept)
    mutated = "".join("W" if k % 25 == 0 else letter for k, letter in enumerate(letters))
    assert resolved(compute_sequence_map(chain, seqres=mutated)) == kept
    with pytest.raises(InputError):  # the slowest there is
        compute_sequence_map(chain, seqres=random_letters(4200, 2))
