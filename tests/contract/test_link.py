"""Selections both ways between a program and a panel, and what a session keeps of ours."""

from __future__ import annotations

import numpy as np
import pytest

from provis_core.structures.chain import Chain
from provis_core.structures.linking import join_chains

from .worlds import World

INDICES = [[0], [29], [0, 1, 2], [3, 9, 10, 11, 20], list(range(30))]


def chains_of(world: World) -> list[Chain]:
    return [one.chain for one in world.viewer.read_chains("")]


def residues(chain: Chain, indices: list[int]) -> set[tuple[str, str]]:
    ids = [(one.chain_id, residue.resi) for one in chain.singles for residue in one.residue_ids]
    return {ids[k] for k in indices}


@pytest.mark.parametrize("indices", INDICES, ids=len)
def test_names_parse_back_to_the_same_residues(world: World, indices: list[int]) -> None:
    for chain in chains_of(world):
        assert world.parse(world.viewer.name_residues(chain, indices)) == residues(chain, indices)


def test_the_name_of_a_chain_is_all_of_it(world: World) -> None:
    for chain in chains_of(world):
        assert world.parse(world.viewer.name_residues(chain)) == residues(chain, list(range(30)))


def test_names_of_linked_chains_parse_back(world: World) -> None:
    joined = join_chains(chains_of(world))
    for indices in ([0, 30], [28, 29, 30, 31], [45], list(range(60))):
        assert world.parse(world.viewer.name_residues(joined, indices)) == residues(joined, indices)


def test_a_selection_is_made_and_dropped(world: World) -> None:
    first, second = chains_of(world)
    before = world.names()
    name = world.viewer.select_residues("ends", [(first, [0, 5]), (second, [7])])
    assert world.parse(name) == residues(first, [0, 5]) | residues(second, [7])
    name = world.viewer.select_residues("ends", [(join_chains([first, second]), [31])])
    assert world.parse(name) == residues(second, [1])  # in place of the one before
    world.viewer.drop_selections([name, "never made"])
    assert world.names() == before


def test_what_the_user_selects_is_marked(world: World) -> None:
    first, second = chains_of(world)
    assert not world.viewer.read_marked(first).any()
    world.mark([("A", "3"), ("A", "30"), ("B", "1")])
    assert np.flatnonzero(world.viewer.read_marked(first)).tolist() == [2, 29]
    assert np.flatnonzero(world.viewer.read_marked(second)).tolist() == [0]
    assert np.flatnonzero(world.viewer.read_marked(join_chains([first, second]))).tolist() == [2, 29, 30]
    world.mark([("A", "4")])
    assert np.flatnonzero(world.viewer.read_marked(first)).tolist() == [3]
    world.mark([])
    assert not world.viewer.read_marked(first).any()


def test_a_session_keeps_our_texts(world: World) -> None:
    assert world.viewer.kept_state("panel") == ""
    world.viewer.keep_state("panel", "first")
    world.viewer.keep_state("panel", '{"head": "12-4"}')
    world.viewer.keep_state("other", "é")
    world.reopen()
    assert world.viewer.kept_state("panel") == '{"head": "12-4"}'
    assert world.viewer.kept_state("other") == "é"
    assert world.viewer.kept_state("never") == ""
    world.viewer.keep_state("other", "")
    assert world.viewer.kept_state("other") == ""


def test_bringing_residues_to_the_middle_says_how(world: World) -> None:
    chain, _ = chains_of(world)
    said = world.viewer.center_residues(chain, [3, 9])
    closer = world.viewer.center_residues(chain, [3, 9], zoom=True)
    assert said != closer
    assert world.viewer.name_residues(chain, [3, 9]) in said
